/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The login keys of RFC 7145, section 6, and what the transports do to the
 * login text so that an iSCSI layer that does not know them is not disturbed.
 * Pure: no allocation, no lock; the caller owns the text buffer.
 *
 * Text is a list of "key=value" pairs, each ended by a NUL byte (RFC 7143,
 * section 6.1).  The functions work in place and return the new length.
 */
#ifndef ISER_KEYS_H
#define ISER_KEYS_H

#include <iser/types.h>

#define ISER_RECV_DSL_DEFAULT	8192	/* sections 6.4 and 6.5 */
#define ISER_RECV_DSL_MIN	512
#define ISER_RECV_DSL_MAX	0xffffff
#define ISER_MAX_AHS_DEFAULT	256	/* section 6.8 */
#define ISER_UNEXPECTED_DEFAULT	16	/* chosen: 6.7 wants a bound */

/* How the login ended for one of these keys. */
enum iser_key_state {
	ISER_KEY_UNSEEN = 0,	/* neither end offered it */
	ISER_KEY_OFFERED,	/* offered, no answer yet */
	ISER_KEY_AGREED,	/* both ends named it */
	ISER_KEY_REFUSED,	/* NotUnderstood, Reject, Irrelevant or silence */
};

struct iser_keys {
	/* What this end can do.  Set before the first text. */
	bool offer;			/* initiator: parameter: offer the four keys */
	bool leading;			/* first connection of its session */
	bool first_contact;		/* initiator: offer; false after a failed try */
	u32 recv_dsl;			/* data bytes of a posted receive buffer */
	u32 send_dsl;			/* most data that this end puts into one PDU */
	u32 max_unexpected;		/* receive buffers for unexpected PDUs, not 1 */
	u32 max_ahs;			/* AHS bytes that a receive buffer holds */
	bool want_hello;		/* initiator: offer iSERHelloRequired=Yes */
	bool force_initial_r2t;		/* target: answer InitialR2T=Yes */
	bool strict;			/* target: absent TaggedBuffer... means No */

	/* The outcome. */
	bool discovery;			/* SessionType=Discovery was named */
	bool rdma_extensions;		/* both ends sent RDMAExtensions=Yes */
	u32 initiator_dsl;		/* InitiatorRecvDataSegmentLength */
	u32 target_dsl;			/* TargetRecvDataSegmentLength */
	u32 peer_unexpected;		/* peer's MaxOutstandingUnexpectedPDUs, 0: none named */
	u32 peer_ahs;			/* peer's MaxAHSLength */
	bool tagged_solicited_only;	/* base offset meaning, section 6.9 */
	bool hello;			/* Hello exchange was agreed */

	enum iser_key_state rdma_state, initiator_dsl_state, target_dsl_state;
	enum iser_key_state unexpected_state, ahs_state, tagged_state;
	enum iser_key_state hello_state;

	/* Working state of the functions below; not for their callers. */
	bool target;			/* this end is the target */
	bool named;			/* the first request has been seen */
	bool offered;			/* initiator: the four keys were sent */
	bool rdma_ours, rdma_peer;	/* that end sent RDMAExtensions=Yes */
	bool initial_r2t_owed;		/* target: replaced InitialR2T=No */
	bool parts_in, parts_out;	/* the text before was partial */
	u32 refuse;			/* target: segment lengths to be rejected */
	u32 upper;			/* initiator: keys that the layer above named */
	u8 owed[5];			/* target: answers to removed keys */
};

/**
 * iser_keys_init - start a login
 * @k: zeroed and filled: leading connection, first contact, keys are named,
 *	the defaults above; the caller changes what differs.  For further
 *	connections of an iSER session (leading false) the caller copies the
 *	keys that hold for the whole session
 * @recv_dsl: data bytes of a posted receive buffer of this end
 * @send_dsl: most data bytes that this end sends in one control-type PDU
 */
void iser_keys_init(struct iser_keys *k, u32 recv_dsl, u32 send_dsl);

/* Why a login text can't be taken. */
enum iser_keys_error {
	ISER_KEYS_MALFORMED = -1,	/* no key=value, bad number, duplicate */
	ISER_KEYS_SPACE = -2,		/* the buffer is full */
	ISER_KEYS_DIGEST = -3,		/* a digest or marker that iSER forbids */
	ISER_KEYS_NO_RDMA = -4,		/* RDMAExtensions ended other than Yes */
};

/**
 * iser_keys_request_out - initiator: prepare the text of a Login Request
 * @k: state of this login
 * @text: text as open-iscsi wrote it
 * @len: its length
 * @cap: size of the buffer
 * @stage: CSG of the request (0 security, 1 operational); keys of section 6
 *	are added in the first operational request only
 * @partial: C bit is set: nothing is touched
 *
 * Clamps InitiatorRecvDataSegmentLength to recv_dsl and
 * TargetRecvDataSegmentLength to what this end sends; adds the four keys once
 * RDMAExtensions=Yes is offered.  Digests become None, markers No.
 * In a Discovery session adds nothing, and removes RDMAExtensions.
 * Return: the new length or enum iser_keys_error.
 */
int iser_keys_request_out(struct iser_keys *k, char *text, u32 len, u32 cap,
			  u8 stage, bool partial);

/**
 * iser_keys_response_in - initiator: read and clean a Login Response's text
 * @k: state of this login
 * @text: text as received; changed in place
 * @len: its length
 * @stage: CSG of the response (0 security, 1 operational)
 * @partial: C bit is set: nothing is touched
 *
 * Removes the four keys, even if they were not offered, because open-iscsi
 * fails on a key that it does not know; notes all results, clamps as above.
 * Replaces a refused segment length by the default, because open-iscsi would
 * read "Reject" as zero.
 * Return: the new length or enum iser_keys_error.
 */
int iser_keys_response_in(struct iser_keys *k, char *text, u32 len,
			  u8 stage, bool partial);

/**
 * iser_keys_named_once - target: whether a first Login Request is plain about its session
 * @text: its text
 * @len: its length
 *
 * LIO must find one each of InitiatorName, TargetName and SessionType at most, and none
 * of a key that begins like one of these, nor keys of an authentication method.
 * Return: true if so.
 */
bool iser_keys_named_once(const char *text, u32 len);

/**
 * iser_keys_request_in - target: read and clean a Login Request's text
 * @k: state of this login
 * @text: text as received; changed in place
 * @len: its length
 * @cap: size of the buffer
 * @stage: CSG of the request (0 security, 1 operational)
 * @partial: C bit is set: nothing is touched
 *
 * Removes the four keys and remembers them for the answer (LIO would answer
 * NotUnderstood).  Clamps the two segment lengths, because LIO does not, and
 * shows LIO the default for one out of range, which the response rejects.
 * HeaderDigest and DataDigest become None if None is among the values, else
 * ISER_KEYS_DIGEST is returned.  Never leaves an empty text in stage 0, unless it had
 * nothing but names: those of the session are removed from all requests but the first,
 * also where @partial.
 * Return: the new length or enum iser_keys_error.
 */
int iser_keys_request_in(struct iser_keys *k, char *text, u32 len, u32 cap,
			 u8 stage, bool partial);

/**
 * iser_keys_response_out - target: complete a Login Response's text
 * @k: state of this login
 * @text: text as LIO wrote it
 * @len: its length
 * @cap: size of the buffer
 * @stage: CSG of the response (0 security, 1 operational)
 * @partial: C bit is set: nothing is touched
 *
 * Appends the answers owed; makes InitialR2T Yes when force_initial_r2t.
 * Return: the new length or enum iser_keys_error.
 */
int iser_keys_response_out(struct iser_keys *k, char *text, u32 len, u32 cap,
			   u8 stage, bool partial);

/**
 * iser_keys_finish - the login is about to enter full feature phase
 * @k: state of this login
 *
 * Settles what was offered and not answered.  Call it after the last text: at
 * the target after iser_keys_response_out for the final Login Response.
 * Return: 0, or ISER_KEYS_NO_RDMA when a Normal session did not agree on
 * RDMAExtensions=Yes (RFC 7145, section 5.1).
 */
int iser_keys_finish(struct iser_keys *k);

/**
 * iser_keys_find - value of a key in a text
 * @text: text
 * @len: its length
 * @key: name
 * @value_len: length of the value, may be NULL
 * Return: pointer into @text, or NULL.
 */
const char *iser_keys_find(const char *text, u32 len, const char *key,
			   u32 *value_len);

/**
 * iser_keys_answer_size - bytes of a text that answers NotUnderstood to each key
 * @text: text; a part that is not key=value counts as a key
 * @len: its length
 * Return: bytes, with a NUL after each answer.
 */
u32 iser_keys_answer_size(const char *text, u32 len);

#endif
