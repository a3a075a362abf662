// SPDX-License-Identifier: GPL-2.0-only
/*
 * The iSER Message on the wire: RFC 7145, section 9, and the private data of
 * the connection manager.  Pure.
 */
#include <iser/wire.h>

/* Additional Header Segments: RFC 7143, section 11.2.2. */
#define AHS_FIXED		3	/* AHSLength and AHSType */
#define AHS_CODE		0x3f	/* the other two bits are reserved */
#define AHS_EXTENDED_CDB	1
#define AHS_BIDI_LENGTH		2
#define AHS_EXTENDED_CDB_MIN	2	/* a CDB of 17 bytes */
#define AHS_BIDI_LENGTH_SIZE	5

static void decode_hello(const u8 *p, struct iser_hello *hello)
{
	hello->max_version = p[1] >> 4;
	hello->min_version = p[1] & 0x0f;
	hello->depth = iser_get16(p + 2);
}

enum iser_msg_error iser_parse_other(const u8 *head, u32 len, struct iser_msg *msg)
{
	if (len < ISER_HDR_LEN)
		return ISER_MSG_SHORT;

	memset(msg, 0, sizeof(*msg));
	switch (head[0] >> 4) {
	case ISER_OP_CONTROL:
		return ISER_MSG_SHORT;
	case ISER_OP_HELLO:
		msg->opcode = ISER_OP_HELLO;
		break;
	case ISER_OP_HELLO_REPLY:
		msg->opcode = ISER_OP_HELLO_REPLY;
		msg->hello.rej = head[0] & ISER_FLAG_REJ;
		break;
	default:
		return ISER_MSG_OPCODE;
	}

	/* Sections 9.3 and 9.4: only the header, nothing follows it. */
	if (len != ISER_HDR_LEN)
		return ISER_MSG_LENGTH;
	decode_hello(head, &msg->hello);
	return ISER_MSG_OK;
}

enum iser_msg_error iser_check_ahs(const u8 *ahs, u32 len, u32 max)
{
	u32 size, value;

	/* Section 6.8: a MaxAHSLength of zero declares no limit. */
	if (max && len > max)
		return ISER_MSG_AHS;

	while (len) {
		if (len < AHS_FIXED + 1)
			return ISER_MSG_AHS;
		value = iser_get16(ahs);
		size = iser_pad4(AHS_FIXED + value);
		if (size > len)
			return ISER_MSG_AHS;

		switch (ahs[2] & AHS_CODE) {
		case AHS_EXTENDED_CDB:
			if (value < AHS_EXTENDED_CDB_MIN)
				return ISER_MSG_AHS;
			break;
		case AHS_BIDI_LENGTH:
			if (value != AHS_BIDI_LENGTH_SIZE)
				return ISER_MSG_AHS;
			break;
		default:
			/* The iSCSI layer must judge other codes. */
			break;
		}
		ahs += size;
		len -= size;
	}
	return ISER_MSG_OK;
}

const char *iser_msg_error_name(enum iser_msg_error err)
{
	switch (err) {
	case ISER_MSG_OK:
		return "no error";
	case ISER_MSG_SHORT:
		return "message too short";
	case ISER_MSG_OPCODE:
		return "unknown iSER opcode";
	case ISER_MSG_LENGTH:
		return "length does not fit the header";
	case ISER_MSG_DATA:
		return "its data are missing";
	case ISER_MSG_AHS:
		return "bad additional header segment";
	}
	return "unknown error";
}

static void encode_hello(u8 *buf, u8 first, const struct iser_hello *hello)
{
	memset(buf, 0, ISER_HDR_LEN);
	buf[0] = first;
	buf[1] = (u8)(hello->max_version << 4 | (hello->min_version & 0x0f));
	iser_put16(buf + 2, hello->depth);
}

void iser_encode_hello(u8 *buf, const struct iser_hello *hello)
{
	encode_hello(buf, ISER_OP_HELLO << 4, hello);
}

void iser_encode_hello_reply(u8 *buf, const struct iser_hello *hello)
{
	encode_hello(buf, (u8)(ISER_OP_HELLO_REPLY << 4 |
			       (hello->rej ? ISER_FLAG_REJ : 0)), hello);
}

void iser_answer_hello(const struct iser_hello *in, u16 ord,
		       struct iser_hello *out)
{
	u16 ird = in->depth;
	u16 depth = ord < ird ? ord : ird;
	bool overlap = in->min_version <= ISER_VERSION &&
		       in->max_version >= ISER_VERSION;

	/*
	 * Section 5.1.3: the negotiation fails if the versions do not overlap,
	 * or if the target can't do the RDMA Reads that the initiator expects.
	 */
	out->rej = !overlap || (ird && !depth);
	out->max_version = ISER_VERSION;
	out->min_version = ISER_VERSION;
	out->depth = depth;
}

void iser_cm_encode(u8 *buf, bool remote_invalidate)
{
	memset(buf, 0, ISER_CM_LEN);
	buf[0] = ISER_CM_NO_ZBVA;
	if (!remote_invalidate)
		buf[0] |= ISER_CM_NO_INVALIDATE;
}

bool iser_cm_may_invalidate(const u8 *buf, u32 len)
{
	if (!buf || len < ISER_CM_LEN)
		return false;
	return (buf[0] & ISER_CM_NO_ZBVA) && !(buf[0] & ISER_CM_NO_INVALIDATE);
}

/*
 * Checks of the first messages of full feature phase.  RFC 7145, sections
 * 5.1.3 and 10.1.3.  Pure.
 */

/* Returns why this message is not allowed at this time, or NULL. */
static const char *misplaced(const struct iser_hello_state *g,
			     const struct iser_msg *msg)
{
	switch (msg->opcode) {
	case ISER_OP_HELLO:
		/* Section 10.1.3.3. */
		if (!g->target)
			return "it comes from a target";
		if (g->rule == ISER_HELLO_NONE)
			return "it was not agreed on";
		return g->first ? NULL : "it is not the first message";
	case ISER_OP_HELLO_REPLY:
		if (g->target)
			return "it comes from an initiator";
		return g->first && g->rule == ISER_HELLO_REQUIRED ? NULL :
			"no Hello waits for a reply";
	default:
		/* Section 10.1.3.4. */
		if (!g->first || g->rule != ISER_HELLO_REQUIRED)
			return NULL;
		return g->target ?
			"the first message is not the Hello that was agreed on" :
			"the target's first message is not a HelloReply";
	}
}

/* Returns why to refuse this HelloReply, or NULL: sections 5.1.3 and 9.4. */
static const char *bad_reply(const struct iser_hello_state *g,
			     const struct iser_hello *reply)
{
	if (reply->rej)
		return "the target rejects the connection";
	if (reply->min_version != ISER_VERSION)
		return "the target chose a version other than 10";
	if (g->ird && !reply->depth)
		return "the target can't do RDMA Reads";
	if (reply->depth > g->ird)
		return "the target would do more RDMA Reads than the Hello allows";
	return NULL;
}

enum iser_hello_act iser_hello_judge(struct iser_hello_state *g,
				     const struct iser_msg *msg,
				     const char **why)
{
	*why = misplaced(g, msg);
	g->first = false;
	if (*why)
		return ISER_HELLO_REFUSE;

	switch (msg->opcode) {
	case ISER_OP_HELLO:
		return ISER_HELLO_ANSWER;
	case ISER_OP_HELLO_REPLY:
		*why = bad_reply(g, &msg->hello);
		return *why ? ISER_HELLO_REFUSE : ISER_HELLO_ACCEPT;
	default:
		return ISER_HELLO_PASS;
	}
}
