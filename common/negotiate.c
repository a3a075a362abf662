// SPDX-License-Identifier: GPL-2.0-only
/*
 * Login keys with two sides: RFC 7145, sections 6.1 and 6.3 to 6.6.  Pure.
 */
#include <iser/pass.h>

static int replace(struct iser_pass *p, struct iser_pair *pair,
		   const char *value)
{
	return iser_text_set(&p->text, pair, value) ? 0 : ISER_KEYS_SPACE;
}

static int replace_number(struct iser_pass *p, struct iser_pair *pair,
			  u32 value)
{
	return iser_text_set_number(&p->text, pair, value) ? 0 : ISER_KEYS_SPACE;
}

u32 iser_segment_limit(const struct iser_keys *k, enum iser_key id)
{
	bool receives = (id == KEY_TARGET_DSL) == k->target;

	return iser_lesser(receives ? k->recv_dsl : k->send_dsl,
			   ISER_RECV_DSL_MAX);
}

/*
 * InitiatorRecvDataSegmentLength and TargetRecvDataSegmentLength: sections
 * 6.4 and 6.5.  Until the answer the value is the offer; then the minimum.
 */
static int segment_length(struct iser_pass *p, struct iser_pair *pair,
			  enum iser_key id)
{
	struct iser_keys *k = p->k;
	enum iser_key_state *state = iser_key_state_of(k, id);
	u32 *value = id == KEY_TARGET_DSL ? &k->target_dsl : &k->initiator_dsl;
	u32 limit = iser_segment_limit(k, id);
	bool named = *state == ISER_KEY_OFFERED || *state == ISER_KEY_AGREED;
	u64 n;

	if (p->ours && (k->refuse & 1u << id)) {
		/* The layer above was shown the default in its place. */
		k->refuse &= ~(1u << id);
		return replace(p, pair, "Reject");
	}

	if (iser_pass_refused(p, pair)) {
		*state = ISER_KEY_REFUSED;
		*value = iser_lesser(iser_lesser(*value, limit),
				     ISER_RECV_DSL_DEFAULT);
		/* open-iscsi reads a word as zero; LIO ends the login. */
		return p->ours ? 0 : replace_number(p, pair, *value);
	}

	if (!iser_text_number(p->text.buf, pair, &n))
		return ISER_KEYS_MALFORMED;

	if (!p->ours && k->target &&
	    (n < ISER_RECV_DSL_MIN || n > ISER_RECV_DSL_MAX)) {
		/* RFC 7143, section 6.2.2: a proposal not admissible. */
		*state = ISER_KEY_REFUSED;
		*value = iser_lesser(limit, ISER_RECV_DSL_DEFAULT);
		k->refuse |= 1u << id;
		return replace_number(p, pair, *value);
	}
	if (!p->ours && n < ISER_RECV_DSL_MIN)
		return ISER_KEYS_MALFORMED;

	if (named)
		limit = iser_lesser(limit, *value);
	if (n < ISER_RECV_DSL_MIN || n > limit) {
		if (n < ISER_RECV_DSL_MIN)
			n = ISER_RECV_DSL_MIN;
		if (n > limit)
			n = limit;
		if (replace_number(p, pair, (u32)n))
			return ISER_KEYS_SPACE;
	}

	if (*state == ISER_KEY_UNSEEN) {
		*state = ISER_KEY_OFFERED;
		*value = (u32)n;
	} else if (*state == ISER_KEY_OFFERED) {
		*state = ISER_KEY_AGREED;
		*value = (u32)n;
	}
	return 0;
}

/* RDMAExtensions: section 6.3. */
static int rdma_extensions(struct iser_pass *p, struct iser_pair *pair)
{
	struct iser_keys *k = p->k;
	int yes;

	if (k->discovery) {
		/* Irrelevant there; the layers above know nothing of that. */
		if (k->target != p->ours)
			iser_pass_take_out(p, pair, KEY_RDMA, OWED_IRRELEVANT);
		return 0;
	}

	yes = iser_pass_refused(p, pair) ? 0 : iser_pass_boolean(p, pair);
	if (yes < 0)
		return yes;
	if (p->ours)
		k->rdma_ours = yes;
	else
		k->rdma_peer = yes;
	k->rdma_extensions = k->rdma_ours && k->rdma_peer;
	if (!yes)
		k->rdma_state = ISER_KEY_REFUSED;
	else
		k->rdma_state = k->rdma_extensions ? ISER_KEY_AGREED :
						     ISER_KEY_OFFERED;
	return 0;
}

/* HeaderDigest and DataDigest: section 6.1 leaves None only. */
static int digest(struct iser_pass *p, struct iser_pair *pair)
{
	if (iser_pass_refused(p, pair) || iser_text_is(p->text.buf, pair, "None"))
		return 0;
	if (!iser_text_has(p->text.buf, pair, "None"))
		return ISER_KEYS_DIGEST;
	return replace(p, pair, "None");
}

/*
 * IFMarker and OFMarker: section 6.6.  An offer that the target receives is
 * left to LIO, which refuses it: somebody has to give the answer.
 */
static int marker(struct iser_pass *p, struct iser_pair *pair)
{
	if (!iser_text_is(p->text.buf, pair, "Yes"))
		return 0;
	if (p->ours)
		return replace(p, pair, "No");
	return p->k->target ? 0 : ISER_KEYS_DIGEST;
}

/*
 * InitialR2T, RFC 7143, section 13.10: the function is OR, so a target may
 * make it Yes.  LIO is shown the Yes too and need not answer that.
 */
static int initial_r2t(struct iser_pass *p, struct iser_pair *pair)
{
	struct iser_keys *k = p->k;

	if (!k->target || !k->force_initial_r2t)
		return 0;
	if (p->ours)
		k->initial_r2t_owed = false;
	if (!iser_text_is(p->text.buf, pair, "No"))
		return 0;
	if (!p->ours)
		k->initial_r2t_owed = true;
	return replace(p, pair, "Yes");
}

int iser_key_negotiate(struct iser_pass *p, struct iser_pair *pair,
		       enum iser_key id)
{
	/* Section 5.1: the others count in the operational stage only. */
	if (p->stage != STAGE_OPERATIONAL)
		return 0;

	switch (id) {
	case KEY_RDMA:
		return rdma_extensions(p, pair);
	case KEY_INITIATOR_DSL:
	case KEY_TARGET_DSL:
		return segment_length(p, pair, id);
	case KEY_HEADER_DIGEST:
	case KEY_DATA_DIGEST:
		return digest(p, pair);
	case KEY_IF_MARKER:
	case KEY_OF_MARKER:
		return marker(p, pair);
	case KEY_INITIAL_R2T:
		return initial_r2t(p, pair);
	default:
		return 0;
	}
}

