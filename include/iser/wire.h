/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The iSER Message on the wire: RFC 7145, section 9.  Pure.
 */
#ifndef ISER_WIRE_H
#define ISER_WIRE_H

#include <iser/types.h>

#define ISER_HDR_LEN		28	/* iSER header, every form */
#define ISER_BHS_LEN		48	/* iSCSI Basic Header Segment */
#define ISER_MSG_MIN		(ISER_HDR_LEN + ISER_BHS_LEN)
#define ISER_VERSION		10	/* RFC 7145, section 9.3 */

/* High nibble of the first byte: section 9.1. */
enum iser_opcode {
	ISER_OP_CONTROL		= 1,
	ISER_OP_HELLO		= 2,
	ISER_OP_HELLO_REPLY	= 3,
};

#define ISER_FLAG_WSV		0x08	/* Write STag is valid */
#define ISER_FLAG_RSV		0x04	/* Read STag is valid */
#define ISER_FLAG_REJ		0x01	/* HelloReply: connection rejected */

/* The header of an iSCSI control-type PDU, decoded: section 9.2. */
struct iser_header {
	bool wsv, rsv;
	u32 write_stag, read_stag;
	u64 write_base, read_base;
};

/* Hello and HelloReply, decoded: sections 9.3 and 9.4. */
struct iser_hello {
	bool rej;		/* HelloReply only */
	u8 max_version;
	u8 min_version;		/* HelloReply: CurVer */
	u16 depth;		/* Hello: iSER-IRD; HelloReply: iSER-ORD */
};

/* Why a received message is refused. */
enum iser_msg_error {
	ISER_MSG_OK = 0,
	ISER_MSG_SHORT,		/* shorter than its form demands */
	ISER_MSG_OPCODE,	/* no iSER opcode */
	ISER_MSG_LENGTH,	/* AHS and data do not add up to the message */
	ISER_MSG_DATA,		/* no byte of the data that the BHS declares */
	ISER_MSG_AHS,		/* TotalAHSLength or an AHS inside does not fit */
};

/*
 * One received message, decoded.  Offsets count from the first byte of the
 * message; iser_parse() checks them against its length.
 */
struct iser_msg {
	enum iser_opcode opcode;
	struct iser_hello hello;	/* all but ISER_OP_CONTROL, which leaves it */
	u32 ahs_len;			/* bytes, without padding of data */
	u32 data_off;
	u32 data_len;			/* DataSegmentLength, without padding */
	struct iser_header hdr;		/* ISER_OP_CONTROL; otherwise zero */
};

/*
 * What follows up to iser_parse() is inline, because each message is parsed, and a
 * call of another file takes a quarter of it.
 */

/* iser_parse_other - iser_parse() of what is no control-type PDU, or too short */
enum iser_msg_error iser_parse_other(const u8 *head, u32 len, struct iser_msg *msg);

/*
 * Lengths in the iSCSI Basic Header Segment: RFC 7143, section 11.2.1.
 * TotalAHSLength, in words, is the first byte, DataSegmentLength the others.
 */
#define ISER_BHS_LENGTHS	4

static inline u32 iser_pad4(u32 len)
{
	return (len + 3) & ~3u;
}

static inline void iser_decode_control(const u8 *p, struct iser_header *hdr)
{
	u8 flags = p[0];

	/*
	 * Section 9.2: the fields of an STag that is not valid are ignored.
	 * They are zero here, so that no caller can use them by mistake.
	 */
	*hdr = (struct iser_header){ };
	if (flags & ISER_FLAG_WSV) {
		hdr->wsv = true;
		hdr->write_stag = iser_get32(p + 4);
		hdr->write_base = iser_get64(p + 8);
	}
	if (flags & ISER_FLAG_RSV) {
		hdr->rsv = true;
		hdr->read_stag = iser_get32(p + 16);
		hdr->read_base = iser_get64(p + 20);
	}
}

static inline enum iser_msg_error iser_parse_pdu(const u8 *bhs, u32 len,
						 struct iser_msg *msg)
{
	u32 lengths = iser_get32(bhs + ISER_BHS_LENGTHS), bare, padded;

	/* At most 76 + 1020 + 2^24: the sums can't wrap. */
	msg->ahs_len = (lengths >> 24) * 4;
	msg->data_len = lengths & 0xffffff;
	msg->data_off = ISER_MSG_MIN + msg->ahs_len;
	if (msg->data_off > len)
		return ISER_MSG_AHS;

	/*
	 * The message ends where the PDU ends.  Some peers send the padding
	 * of the data segment, others leave it out.
	 */
	bare = msg->data_off + msg->data_len;
	padded = msg->data_off + iser_pad4(msg->data_len);
	if (len != bare && len != padded)
		return len == msg->data_off ? ISER_MSG_DATA : ISER_MSG_LENGTH;
	return ISER_MSG_OK;
}

/**
 * iser_parse - check and decode one received message
 * @head: the first bytes of the message: its first ISER_MSG_MIN bytes must be
 *	readable here when @len is at least that
 * @len: bytes received
 * @msg: the result, if the message is valid
 *
 * A control message is @len = 28 + 48 + AHS + data, or that with the data
 * padded to four bytes.  AHS contents are not checked (see iser_check_ahs).
 * Any context.
 * Return: ISER_MSG_OK or the reason of refusal.
 */
static inline enum iser_msg_error iser_parse(const u8 *head, u32 len,
					     struct iser_msg *msg)
{
	if (len < ISER_MSG_MIN || head[0] >> 4 != ISER_OP_CONTROL)
		return iser_parse_other(head, len, msg);
	msg->opcode = ISER_OP_CONTROL;
	iser_decode_control(head, &msg->hdr);
	return iser_parse_pdu(head + ISER_HDR_LEN, len, msg);
}

/**
 * iser_check_ahs - walk the Additional Header Segments
 * @ahs: the bytes
 * @len: TotalAHSLength in bytes
 * @max: the MaxAHSLength that was declared
 * Return: ISER_MSG_OK or ISER_MSG_AHS (RFC 7143, section 11.2.2).
 */
enum iser_msg_error iser_check_ahs(const u8 *ahs, u32 len, u32 max);

/* iser_msg_error_name - the reason of refusal in words, for a log line */
const char *iser_msg_error_name(enum iser_msg_error err);

/* iser_encode_control - write the 28 bytes before a control-type PDU */
static __always_inline void iser_encode_control(u8 *buf,
						const struct iser_header *hdr)
{
	/* Section 9.2: invalid and reserved fields are sent as zero. */
	memset(buf, 0, ISER_HDR_LEN);
	buf[0] = ISER_OP_CONTROL << 4;
	if (hdr->wsv) {
		buf[0] |= ISER_FLAG_WSV;
		iser_put32(buf + 4, hdr->write_stag);
		iser_put64(buf + 8, hdr->write_base);
	}
	if (hdr->rsv) {
		buf[0] |= ISER_FLAG_RSV;
		iser_put32(buf + 16, hdr->read_stag);
		iser_put64(buf + 20, hdr->read_base);
	}
}

/* iser_encode_hello - write a Hello message (28 bytes) */
void iser_encode_hello(u8 *buf, const struct iser_hello *hello);

/* iser_encode_hello_reply - write a HelloReply message (28 bytes) */
void iser_encode_hello_reply(u8 *buf, const struct iser_hello *hello);

/**
 * iser_answer_hello - decide the HelloReply to a Hello
 * @in: the Hello as received
 * @ord: the Outbound RDMA Read depth that this end can use
 * @out: the reply; out->rej says that the connection must end after it
 *
 * RFC 7145, sections 5.1.3, 9.4 and 10.1.3.4.
 */
void iser_answer_hello(const struct iser_hello *in, u16 ord,
		       struct iser_hello *out);

/*
 * CM private data: four bytes as deployed peers send them.  A set bit means
 * that the sender does NOT support the feature.
 */
#define ISER_CM_LEN		4
#define ISER_CM_NO_ZBVA		0x80
#define ISER_CM_NO_INVALIDATE	0x40

/* iser_cm_encode - private data of a connect request or reply */
void iser_cm_encode(u8 *buf, bool remote_invalidate);

/**
 * iser_cm_may_invalidate - whether this peer takes Sends with invalidate
 * @buf: private data of the peer, or NULL
 * @len: its length
 *
 * Zero-filled or absent data promise nothing: only a peer that set
 * ISER_CM_NO_ZBVA is known to use this header.
 * Return: true if it does.
 */
bool iser_cm_may_invalidate(const u8 *buf, u32 len);

/*
 * The first messages of full feature phase, Hello and HelloReply: RFC 7145,
 * sections 5.1.1 to 5.1.3, 10.1.3.2 and 10.1.3.4.
 */

/* The outcome of iSERHelloRequired. */
enum iser_hello_rule {
	ISER_HELLO_NONE,	/* No, or a refusal: no Hello */
	ISER_HELLO_ALLOWED,	/* not named: an old initiator may send it */
	ISER_HELLO_REQUIRED,	/* Yes: the first message of each end */
};

struct iser_hello_state {
	bool target;		/* this end is the target */
	enum iser_hello_rule rule;
	bool first;		/* the peer's first message has not come yet */
	u16 ird;		/* initiator: iSER-IRD, as the Hello says it */
};

/* What the caller must do with a received message. */
enum iser_hello_act {
	ISER_HELLO_PASS,	/* neither Hello nor HelloReply: hand it on */
	ISER_HELLO_ANSWER,	/* target: a Hello, call iser_answer_hello() */
	ISER_HELLO_ACCEPT,	/* initiator: the HelloReply is acceptable */
	ISER_HELLO_REFUSE,	/* end the connection */
};

/**
 * iser_hello_judge - decide about a message by its place
 * @g: changed: the next message is not the first
 * @msg: the message, parsed
 * @why: with ISER_HELLO_REFUSE: the reason in words, for a log line
 * Return: what the caller must do.
 */
enum iser_hello_act iser_hello_judge(struct iser_hello_state *g,
				     const struct iser_msg *msg,
				     const char **why);

#endif
