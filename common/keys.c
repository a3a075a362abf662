// SPDX-License-Identifier: GPL-2.0-only
/*
 * The login keys of RFC 7145, section 6.  One walk over the text serves all
 * four directions; declare.c and negotiate.c have what a key does.  Pure.
 */
#include <iser/pass.h>

const char * const iser_key_names[KEYS] = {
	[KEY_UNEXPECTED]	= "MaxOutstandingUnexpectedPDUs",
	[KEY_AHS]		= "MaxAHSLength",
	[KEY_TAGGED]		= "TaggedBufferForSolicitedDataOnly",
	[KEY_HELLO]		= "iSERHelloRequired",
	[KEY_RDMA]		= "RDMAExtensions",
	[KEY_INITIATOR_DSL]	= "InitiatorRecvDataSegmentLength",
	[KEY_TARGET_DSL]	= "TargetRecvDataSegmentLength",
	[KEY_HEADER_DIGEST]	= "HeaderDigest",
	[KEY_DATA_DIGEST]	= "DataDigest",
	[KEY_IF_MARKER]		= "IFMarker",
	[KEY_OF_MARKER]		= "OFMarker",
	[KEY_INITIAL_R2T]	= "InitialR2T",
};

bool iser_pass_refused(const struct iser_pass *p, const struct iser_pair *pair)
{
	const char *buf = p->text.buf;

	return iser_text_is(buf, pair, "NotUnderstood") ||
	       iser_text_is(buf, pair, "Reject") ||
	       iser_text_is(buf, pair, "Irrelevant");
}

int iser_pass_boolean(const struct iser_pass *p, const struct iser_pair *pair)
{
	if (iser_text_is(p->text.buf, pair, "Yes"))
		return 1;
	if (iser_text_is(p->text.buf, pair, "No"))
		return 0;
	return ISER_KEYS_MALFORMED;
}

enum iser_key_state *iser_key_state_of(struct iser_keys *k, enum iser_key id)
{
	switch (id) {
	case KEY_UNEXPECTED:
		return &k->unexpected_state;
	case KEY_AHS:
		return &k->ahs_state;
	case KEY_TAGGED:
		return &k->tagged_state;
	case KEY_HELLO:
		return &k->hello_state;
	case KEY_RDMA:
		return &k->rdma_state;
	case KEY_INITIATOR_DSL:
		return &k->initiator_dsl_state;
	default:
		return &k->target_dsl_state;
	}
}

void iser_pass_take_out(struct iser_pass *p, struct iser_pair *pair,
			enum iser_key id, enum iser_owed owed)
{
	iser_text_remove(&p->text, pair);
	if (p->k->target)
		p->k->owed[id] = (u8)owed;
}

static enum iser_key find_key(const struct iser_pass *p,
			      const struct iser_pair *pair)
{
	u32 id;

	for (id = 0; id < KEYS; id++)
		if (pair->key_len == strlen(iser_key_names[id]) &&
		    !memcmp(p->text.buf + pair->start, iser_key_names[id],
			    pair->key_len))
			break;
	return (enum iser_key)id;
}

static int walk(struct iser_pass *p)
{
	struct iser_pair pair;
	u32 pos = 0;
	enum iser_key id;
	int rc;

	while ((rc = iser_text_next(p->text.buf, p->text.len, pos, &pair)) > 0) {
		id = find_key(p, &pair);
		if (id < KEYS) {
			/* RFC 7143, section 6.2: no renegotiation. */
			if (p->seen & 1u << id)
				return ISER_KEYS_MALFORMED;
			p->seen |= 1u << id;
			rc = id < OWN_KEYS ? iser_key_declare(p, &pair, id) :
					     iser_key_negotiate(p, &pair, id);
			if (rc < 0)
				return rc;
		}
		pos = pair.end;
	}
	return rc < 0 ? ISER_KEYS_MALFORMED : 0;
}

/*
 * A text that goes on in the next PDU may be cut within a pair, and so may
 * the last piece begin within one: pieces are not judged.
 */
static bool whole(bool *parts, bool partial)
{
	bool before = *parts;

	*parts = partial;
	return !before && !partial;
}

static bool fits(const struct iser_pass *p)
{
	return p->text.len <= p->text.cap && p->text.cap <= 0x7fffffff;
}

static void note_session(struct iser_pass *p)
{
	const char *value;
	u32 len;

	value = iser_keys_find(p->text.buf, p->text.len, "SessionType", &len);
	if (value)
		p->k->discovery = len == 9 && !memcmp(value, "Discovery", 9);
}

void iser_keys_init(struct iser_keys *k, u32 recv_dsl, u32 send_dsl)
{
	memset(k, 0, sizeof(*k));
	k->inject = true;
	k->leading = true;
	k->first_contact = true;
	k->recv_dsl = recv_dsl;
	k->send_dsl = send_dsl;
	k->max_unexpected = ISER_UNEXPECTED_DEFAULT;
	k->max_ahs = ISER_MAX_AHS_DEFAULT;

	k->initiator_dsl = ISER_RECV_DSL_DEFAULT;
	k->target_dsl = ISER_RECV_DSL_DEFAULT;
	k->peer_ahs = ISER_MAX_AHS_DEFAULT;
	/*
	 * Section 6.9 has No for an absent key, yet every deployed initiator
	 * means Yes; so does ours.  See also iser_keys_finish.
	 */
	k->tagged_solicited_only = true;
}

int iser_keys_request_out(struct iser_keys *k, char *text, u32 len, u32 cap,
			  u8 stage, bool partial)
{
	struct iser_pass p = {
		.k = k, .text = { text, len, cap }, .stage = stage, .ours = true,
	};
	u32 id;
	int rc;

	if (!fits(&p))
		return ISER_KEYS_SPACE;
	k->target = false;
	if (!whole(&k->parts_out, partial))
		return (int)len;
	note_session(&p);
	rc = walk(&p);
	if (rc < 0)
		return rc;

	/*
	 * Section 6: leading only, irrelevant without RDMAExtensions=Yes.  That
	 * is noted in the operational stage of a normal session alone.
	 */
	if (k->inject && k->first_contact && k->leading && k->rdma_ours &&
	    !k->offered) {
		for (id = 0; id < OWN_KEYS; id++)
			if (!iser_key_offer(&p, (enum iser_key)id))
				return ISER_KEYS_SPACE;
		k->offered = true;
	}
	return (int)p.text.len;
}

int iser_keys_response_in(struct iser_keys *k, char *text, u32 len, u8 stage,
			  bool partial)
{
	struct iser_pass p = {
		.k = k, .text = { text, len, len }, .stage = stage,
	};
	int rc;

	if (!fits(&p))
		return ISER_KEYS_SPACE;
	k->target = false;
	if (!whole(&k->parts_in, partial))
		return (int)len;
	rc = walk(&p);
	return rc < 0 ? rc : (int)p.text.len;
}

int iser_keys_request_in(struct iser_keys *k, char *text, u32 len, u32 cap,
			 u8 stage, bool partial)
{
	struct iser_pass p = {
		.k = k, .text = { text, len, cap }, .stage = stage,
	};
	int rc;

	if (!fits(&p))
		return ISER_KEYS_SPACE;
	k->target = true;
	if (!whole(&k->parts_in, partial))
		return (int)len;
	note_session(&p);
	rc = walk(&p);
	return rc < 0 ? rc : (int)p.text.len;
}

int iser_keys_response_out(struct iser_keys *k, char *text, u32 len, u32 cap,
			   u8 stage, bool partial)
{
	struct iser_pass p = {
		.k = k, .text = { text, len, cap }, .stage = stage, .ours = true,
	};
	bool judge;
	u32 id;
	int rc;

	if (!fits(&p))
		return ISER_KEYS_SPACE;
	k->target = true;
	judge = whole(&k->parts_out, partial);
	if (partial)
		return (int)len;
	if (judge) {
		rc = walk(&p);
		if (rc < 0)
			return rc;
	}

	for (id = 0; id < KEYS_OWED; id++) {
		if (!iser_key_answer(&p, (enum iser_key)id))
			return ISER_KEYS_SPACE;
		k->owed[id] = OWED_NOTHING;
	}
	if (k->initial_r2t_owed) {
		if (!iser_text_append(&p.text, iser_key_names[KEY_INITIAL_R2T],
				      "Yes"))
			return ISER_KEYS_SPACE;
		k->initial_r2t_owed = false;
	}
	return (int)p.text.len;
}

int iser_keys_finish(struct iser_keys *k)
{
	enum iser_key_state *state;
	u32 id;

	/* Silence, or a refusal: the default of sections 6.4 and 6.5. */
	if (k->initiator_dsl_state != ISER_KEY_AGREED)
		k->initiator_dsl = iser_lesser(k->initiator_dsl,
					       ISER_RECV_DSL_DEFAULT);
	if (k->target_dsl_state != ISER_KEY_AGREED)
		k->target_dsl = iser_lesser(k->target_dsl, ISER_RECV_DSL_DEFAULT);
	k->initiator_dsl = iser_lesser(k->initiator_dsl,
				       iser_segment_limit(k, KEY_INITIATOR_DSL));
	k->target_dsl = iser_lesser(k->target_dsl,
				    iser_segment_limit(k, KEY_TARGET_DSL));

	if (k->target && k->strict && k->tagged_state == ISER_KEY_UNSEEN)
		k->tagged_solicited_only = false;
	if (k->hello_state != ISER_KEY_AGREED)
		k->hello = false;

	for (id = 0; id <= KEY_TARGET_DSL; id++) {
		state = iser_key_state_of(k, (enum iser_key)id);
		if (*state == ISER_KEY_OFFERED)
			*state = ISER_KEY_REFUSED;
	}

	/* Section 5.1: further connections follow the leading one. */
	if (k->discovery || !k->leading || k->rdma_extensions)
		return 0;
	return ISER_KEYS_NO_RDMA;
}
