// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole logins: both ends together, with what open-iscsi writes and what LIO makes of
 * the text that it sees.
 */
#include "dialog.h"

#define ROOM	1024

struct ends {
	struct iser_keys *initiator, *target;
	char *text;
	int len;
};

static void put(struct unit *t, struct ends *e, const char *s)
{
	int i;

	e->len = (int)strlen(s);
	e->text = unit_alloc(t, ROOM);
	for (i = 0; i < e->len; i++)
		e->text[i] = s[i] == '|' ? 0 : s[i];
}

static bool has(const struct ends *e, const char *key)
{
	return iser_keys_find(e->text, (u32)e->len, key, NULL);
}

static void is(struct unit *t, const struct ends *e, const char *key,
	       const char *want)
{
	const char *value = iser_keys_find(e->text, (u32)e->len, key, NULL);

	CHECK_STR(t, value ? value : "(absent)", want);
}

static void begin(struct unit *t, struct ends *e, u32 posted)
{
	e->initiator = unit_alloc(t, sizeof(*e->initiator));
	e->target = unit_alloc(t, sizeof(*e->target));
	iser_keys_init(e->initiator, 8192, 262144);
	iser_keys_init(e->target, posted, 8192);
}

/* LIO answers keys that it knows with the value offered, the rest with NotUnderstood. */
static void lio(struct unit *t, struct ends *e)
{
	static const char * const knows[] = {
		"RDMAExtensions", "InitiatorRecvDataSegmentLength",
		"TargetRecvDataSegmentLength", "InitialR2T", "HeaderDigest",
	};
	char *answer = unit_alloc(t, ROOM);
	const char *p = e->text, *eq;
	u32 i, size;
	int len = 0;

	while (p < e->text + e->len) {
		size = (u32)strlen(p);
		eq = strchr(p, '=');
		CHECK(t, eq);
		if (!eq)
			break;
		for (i = 0; i < ARRAY_SIZE(knows); i++)
			if (strlen(knows[i]) == (size_t)(eq - p) &&
			    !strncmp(knows[i], p, (size_t)(eq - p)))
				break;
		len += 1 + (i < ARRAY_SIZE(knows) ?
			    snprintf(answer + len, ROOM - (u32)len, "%s", p) :
			    snprintf(answer + len, ROOM - (u32)len,
				     "%.*s=NotUnderstood", (int)(eq - p), p));
		p += size + 1;
	}
	e->text = answer;
	e->len = len;
}

/* Initiator, wire, target, LIO, wire, initiator. */
static void exchange(struct unit *t, struct ends *e, bool target_ours,
		     bool initiator_ours)
{
	if (initiator_ours) {
		e->len = iser_keys_request_out(e->initiator, e->text,
					       (u32)e->len, ROOM, 1, false);
		CHECK(t, e->len > 0);
	}
	if (target_ours) {
		e->len = iser_keys_request_in(e->target, e->text, (u32)e->len,
					      ROOM, 1, false);
		CHECK(t, e->len > 0);
	}
	lio(t, e);
	if (target_ours) {
		e->len = iser_keys_response_out(e->target, e->text,
						(u32)e->len, ROOM, 1, false);
		CHECK(t, e->len > 0);
	}
	if (initiator_ours) {
		e->len = iser_keys_response_in(e->initiator, e->text,
					       (u32)e->len, 1, false);
		CHECK(t, e->len > 0);
	}
}

#define OPEN_ISCSI "RDMAExtensions=Yes|InitiatorRecvDataSegmentLength=262144|" \
	"TargetRecvDataSegmentLength=65536|InitialR2T=No|"

static void both_ours(struct unit *t)
{
	struct ends e;

	begin(t, &e, 16384);
	e.initiator->want_hello = true;
	put(t, &e, OPEN_ISCSI);
	exchange(t, &e, true, true);
	CHECK_EQ(t, iser_keys_finish(e.initiator), 0);
	CHECK_EQ(t, iser_keys_finish(e.target), 0);
	dialog_check_state(t, e.initiator,
			   "iser i:8192 t:16384 unexpected:16 ahs:256 tagged:Yes hello:Yes");
	dialog_check_state(t, e.target,
			   "iser i:8192 t:16384 unexpected:16 ahs:256 tagged:Yes hello:Yes");
	/* open-iscsi sees no key that it does not know. */
	is(t, &e, "TargetRecvDataSegmentLength", "16384");
	is(t, &e, "InitiatorRecvDataSegmentLength", "8192");
	CHECK(t, !has(&e, "MaxAHSLength"));
	CHECK(t, !has(&e, "MaxOutstandingUnexpectedPDUs"));
	CHECK(t, !has(&e, "TaggedBufferForSolicitedDataOnly"));
	CHECK(t, !has(&e, "iSERHelloRequired"));
}

static void kernel_target(struct unit *t)
{
	struct ends e;

	begin(t, &e, 16384);
	e.initiator->want_hello = true;
	put(t, &e, OPEN_ISCSI);
	exchange(t, &e, false, true);
	CHECK_EQ(t, iser_keys_finish(e.initiator), 0);
	dialog_check_state(t, e.initiator,
			   "iser i:8192 t:65536 unexpected:0 unexpected:refused ahs:256 tagged:Yes hello:No hello:refused");
	CHECK(t, !has(&e, "MaxAHSLength"));
	CHECK(t, !has(&e, "iSERHelloRequired"));
}

static void kernel_initiator(struct unit *t)
{
	struct ends e;

	begin(t, &e, 16384);
	put(t, &e, OPEN_ISCSI);
	exchange(t, &e, true, false);
	CHECK_EQ(t, iser_keys_finish(e.target), 0);
	dialog_check_state(t, e.target,
			   "iser i:8192 t:16384 unexpected:0 ahs:256 tagged:Yes tagged:unseen hello:No hello:unseen");
	is(t, &e, "TargetRecvDataSegmentLength", "16384");
	/* open-iscsi sees no key that it does not know. */
	CHECK(t, !has(&e, "MaxAHSLength"));
	CHECK(t, !has(&e, "TaggedBufferForSolicitedDataOnly"));
}

static void forced_r2t(struct unit *t)
{
	struct ends e;

	begin(t, &e, 16384);
	e.target->force_initial_r2t = true;
	put(t, &e, OPEN_ISCSI);
	exchange(t, &e, true, true);
	is(t, &e, "InitialR2T", "Yes");
}

static void digests(struct unit *t)
{
	struct ends e;

	begin(t, &e, 16384);
	put(t, &e, OPEN_ISCSI "HeaderDigest=CRC32C,None|");
	exchange(t, &e, true, false);
	is(t, &e, "HeaderDigest", "None");
}

static void second_login(struct unit *t)
{
	struct ends e;

	begin(t, &e, 16384);
	put(t, &e, OPEN_ISCSI);
	exchange(t, &e, true, true);
	dialog_check_state(t, e.target, "ahs:agreed");
	iser_keys_init(e.target, 4096, 4096);
	dialog_check_state(t, e.target,
			   "normal plain rdma:unseen i:8192 t:8192 ahs:256 ahs:unseen unexpected:0 tagged:Yes hello:No");
	CHECK_EQ(t, e.target->recv_dsl, 4096);
	CHECK_EQ(t, e.target->leading, 1);
	CHECK_EQ(t, e.target->offer, 1);
}

static void wrong_lengths(struct unit *t)
{
	struct ends e;

	begin(t, &e, 8192);
	put(t, &e, "A=1|");
	CHECK_EQ(t, iser_keys_request_out(e.initiator, e.text, 5, 4, 1, false),
		 (u64)ISER_KEYS_SPACE);
	CHECK_EQ(t, iser_keys_request_in(e.target, e.text, 0x80000000u,
					 0x80000000u, 1, false),
		 (u64)ISER_KEYS_SPACE);
	CHECK_EQ(t, iser_keys_response_in(e.initiator, e.text, 0xffffffffu, 1,
					  false), (u64)ISER_KEYS_SPACE);
	CHECK_EQ(t, iser_keys_response_out(e.target, e.text, 9, 8, 1, false),
		 (u64)ISER_KEYS_SPACE);
}

static void no_one(struct unit *t)
{
	struct ends e;

	/* Sections 6.7 and 6.8 have no value 1, so the initiator cannot offer it. */
	begin(t, &e, 8192);
	e.initiator->max_unexpected = 1;
	e.initiator->max_ahs = 1;
	put(t, &e, "RDMAExtensions=Yes|");
	e.len = iser_keys_request_out(e.initiator, e.text, (u32)e.len, ROOM, 1,
				      false);
	CHECK(t, !has(&e, "MaxOutstandingUnexpectedPDUs"));
	CHECK(t, !has(&e, "MaxAHSLength"));
	CHECK(t, has(&e, "TaggedBufferForSolicitedDataOnly"));
}

struct unit_case login_cases[] = {
	UNIT_CASE(both_ours, "R-3.3-6 our initiator, our target"),
	UNIT_CASE(kernel_target, "R-5.1.3-11 our initiator, the kernel's target"),
	UNIT_CASE(kernel_initiator, "R-5.1.3-12 the kernel's initiator, our target"),
	UNIT_CASE(forced_r2t, "R-8.1-1 InitialR2T is forced and answered"),
	UNIT_CASE(digests, "R-5.1-9 a digest is offered with RDMAExtensions=Yes"),
	UNIT_CASE(second_login, "nothing is left of the login before"),
	UNIT_CASE(wrong_lengths, "lengths that can't be are refused"),
	UNIT_CASE(no_one, "R-6.7-1 R-6.8-1 1 is not declared"),
	{}
};
