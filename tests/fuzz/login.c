// SPDX-License-Identifier: GPL-2.0-only
/*
 * Login texts of any bytes through the four functions of the keys.
 */
#include <iser/keys.h>
#include "../../proto/text.h"

#include "fuzz.h"

static const char * const four[] = {
	"MaxOutstandingUnexpectedPDUs", "MaxAHSLength",
	"TaggedBufferForSolicitedDataOnly", "iSERHelloRequired",
};

enum { REQUEST_OUT, RESPONSE_IN, REQUEST_IN, RESPONSE_OUT, FUNCTIONS };

static void set_up(struct iser_keys *k, u8 options)
{
	iser_keys_init(k, options & 1 ? 8192 : 262144,
		       options & 2 ? 8192 : 16384);
	k->offer = !(options & 4);
	k->first_contact = !(options & 8);
	k->leading = !(options & 16);
	k->want_hello = options & 32;
	k->strict = options & 64;
	k->force_initial_r2t = options & 128;
}

/* A segment length in a good text is one that this end can do, or a word. */
static void check_length(const char *text, u32 len, const char *key, u32 limit)
{
	struct iser_pair pair;
	u32 pos = 0;
	u64 n;

	while (iser_text_next(text, len, pos, &pair) > 0) {
		if (pair.key_len == strlen(key) &&
		    !memcmp(text + pair.start, key, pair.key_len) &&
		    iser_text_number(text, &pair, &n))
			REQUIRE(n <= limit);
		pos = pair.end;
	}
}

static void check_text(const struct iser_keys *k, int function,
		       const char *text, u32 len)
{
	bool target = function == REQUEST_IN || function == RESPONSE_OUT;
	u32 i;

	check_length(text, len, "InitiatorRecvDataSegmentLength",
		     target ? k->send_dsl : k->recv_dsl);
	check_length(text, len, "TargetRecvDataSegmentLength",
		     target ? k->recv_dsl : k->send_dsl);
	if (function == RESPONSE_IN)
		for (i = 0; i < 4; i++)
			REQUIRE(k->upper || !iser_keys_find(text, len, four[i],
							    NULL));
}

static void one_text(struct iser_keys *k, int function, u8 how,
		     const u8 *data, size_t size)
{
	bool partial = (how & 0x30) == 0x30;
	u32 len = (u32)size, cap;
	u8 stage = how & 0x08 ? 0 : 1;
	bool judged;
	char *text;
	int rc;

	/* Of exactly this size, so that the sanitizer reports a byte beyond it. */
	cap = len + (function == RESPONSE_IN ? 0 : (how & 0xc0) * 4u);
	text = fuzz_copy(data, size);
	text = realloc(text, cap ? cap : 1);
	REQUIRE(text);

	judged = !partial && !(function == REQUEST_OUT ||
			       function == RESPONSE_OUT ? k->parts_out :
							  k->parts_in);
	switch (function) {
	case REQUEST_OUT:
		rc = iser_keys_request_out(k, text, len, cap, stage, partial);
		break;
	case RESPONSE_IN:
		rc = iser_keys_response_in(k, text, len, stage, partial);
		break;
	case REQUEST_IN:
		rc = iser_keys_request_in(k, text, len, cap, stage, partial);
		break;
	default:
		rc = iser_keys_response_out(k, text, len, cap, stage, partial);
		break;
	}
	REQUIRE(rc >= ISER_KEYS_NO_RDMA);
	REQUIRE(rc <= (int)cap);
	if (partial)
		REQUIRE(rc == (int)len && !memcmp(text, data, len));
	if (rc >= 0 && judged && stage == 1)
		check_text(k, function, text, (u32)rc);
	free(text);
}

void fuzz_login(const u8 *data, size_t size)
{
	struct iser_keys k;
	size_t part;
	u8 how;

	if (size < 2)
		return;
	set_up(&k, data[0]);
	data++;
	size--;

	/* A byte that says what to do, then two bytes of length, then a text. */
	while (size >= 3) {
		how = data[0];
		part = iser_get16(data + 1);
		data += 3;
		size -= 3;
		if (part > size)
			part = size;
		one_text(&k, how % FUNCTIONS, how, data, part);
		data += part;
		size -= part;
	}
	if (iser_keys_finish(&k) == 0)
		REQUIRE(k.discovery || !k.leading || k.rdma_extensions);
	REQUIRE(k.initiator_dsl <= (k.target ? k.send_dsl : k.recv_dsl));
	REQUIRE(k.target_dsl <= (k.target ? k.recv_dsl : k.send_dsl));
	REQUIRE(k.peer_unexpected != 1 && k.peer_ahs != 1);
}
