// SPDX-License-Identifier: GPL-2.0-only
/*
 * A received message of any bytes: iser_parse and iser_check_ahs.
 */
#include <iser/wire.h>

#include "fuzz.h"

/* Compares the members: the bytes between them are not set. */
static bool same_header(const struct iser_header *a, const struct iser_header *b)
{
	return a->wsv == b->wsv && a->write_stag == b->write_stag &&
	       a->write_base == b->write_base && a->rsv == b->rsv &&
	       a->read_stag == b->read_stag && a->read_base == b->read_base;
}

/* Encodes the header that was read: the result must mean the same. */
static void encode_again(const struct iser_msg *msg)
{
	struct iser_msg again;
	u8 buf[ISER_MSG_MIN] = { 0 };

	iser_encode_control(buf, &msg->hdr);
	REQUIRE(iser_parse(buf, sizeof(buf), &again) == ISER_MSG_OK);
	REQUIRE(same_header(&again.hdr, &msg->hdr));
}

void fuzz_message(const u8 *data, size_t size)
{
	enum iser_msg_error err;
	struct iser_hello reply;
	struct iser_msg msg;
	u8 *head, *ahs;
	u32 len, max;

	if (size < 4)
		return;
	/*
	 * Some messages say that they are longer than the input: the core reads only
	 * the head.
	 */
	len = (u32)size - 4;
	max = data[0];
	if (data[1] & 1)
		len += iser_get16(data + 2) * 257u;
	data += 4;
	size -= 4;

	head = fuzz_copy(data, size < ISER_MSG_MIN ? size : ISER_MSG_MIN);
	if (size >= ISER_MSG_MIN || len == size) {
		err = iser_parse(head, len, &msg);
		REQUIRE(iser_msg_error_name(err));
		if (err == ISER_MSG_OK && msg.opcode == ISER_OP_CONTROL) {
			REQUIRE(msg.data_off >= ISER_MSG_MIN);
			REQUIRE(msg.data_off == ISER_MSG_MIN + msg.ahs_len);
			REQUIRE(msg.data_off <= len);
			REQUIRE(msg.data_len <= len - msg.data_off);
			REQUIRE(len - msg.data_off - msg.data_len < 4);
			encode_again(&msg);
		} else if (err == ISER_MSG_OK) {
			REQUIRE(len == ISER_HDR_LEN);
			iser_answer_hello(&msg.hello, (u16)max, &reply);
			REQUIRE(reply.depth <= max);
			REQUIRE(reply.depth <= msg.hello.depth);
		}
	}
	free(head);

	ahs = fuzz_copy(data, size);
	if (iser_check_ahs(ahs, (u32)size, max) == ISER_MSG_OK)
		REQUIRE(!max || size <= max);
	iser_cm_may_invalidate(ahs, (u32)size);
	free(ahs);
}
