// SPDX-License-Identifier: GPL-2.0-only
/*
 * The four keys that neither open-iscsi nor LIO knows; all declare something:
 * RFC 7145, sections 6.7 to 6.10.  Pure.
 */
#include <iser/pass.h>

/* Take note of what the peer said for one of the four keys. */
static int note(struct iser_pass *p, const struct iser_pair *pair,
		enum iser_key id)
{
	struct iser_keys *k = p->k;
	enum iser_key_state *state = iser_key_state_of(k, id);
	int yes;
	u64 n;

	if (iser_pass_refused(p, pair)) {
		*state = ISER_KEY_REFUSED;
		return OWED_NOTHING;
	}

	if (id == KEY_UNEXPECTED || id == KEY_AHS) {
		if (!iser_text_number(p->text.buf, pair, &n))
			return ISER_KEYS_MALFORMED;
		/* Sections 6.7 and 6.8: zero, or 2 to 2^32 - 1. */
		if (n == 1 || n > 0xffffffffu) {
			*state = ISER_KEY_REFUSED;
			return OWED_REJECT;
		}
		if (id == KEY_UNEXPECTED)
			k->peer_unexpected = (u32)n;
		else
			k->peer_ahs = (u32)n;
	} else {
		yes = iser_pass_boolean(p, pair);
		if (yes < 0)
			return yes;
		/* Only the initiator declares these; a target answers. */
		if (id == KEY_TAGGED && k->target)
			k->tagged_solicited_only = yes;
		if (id == KEY_HELLO)
			k->hello = yes && (k->target ||
					   (k->want_hello &&
					    *state == ISER_KEY_OFFERED));
	}
	/* At the target OFFERED says that the peer did, at the initiator we. */
	if (k->target)
		*state = ISER_KEY_OFFERED;
	else if (*state == ISER_KEY_OFFERED)
		*state = ISER_KEY_AGREED;
	return OWED_ANSWER;
}

/* Nothing but NULs beside this pair? */
static bool alone(const struct iser_text *t, const struct iser_pair *pair)
{
	u32 i;

	for (i = 0; i < t->len; i++) {
		if (i == pair->start)
			i = pair->end;
		if (i < t->len && t->buf[i])
			return false;
	}
	return true;
}

/* One of the four, at the target, as the initiator offered it. */
static int offered_key(struct iser_pass *p, struct iser_pair *pair,
		       enum iser_key id, bool counts)
{
	struct iser_keys *k = p->k;
	enum iser_key_state *state = iser_key_state_of(k, id);
	int owed = OWED_REJECT;

	if (!k->inject) {
		/* LIO answers NotUnderstood.  What was declared is noted. */
		if (counts && *state == ISER_KEY_UNSEEN) {
			owed = note(p, pair, id);
			*state = ISER_KEY_REFUSED;
			k->hello = false;
		}
		return owed < 0 ? owed : 0;
	}
	/* LIO fails an empty text in the security stage. */
	if (p->stage == STAGE_SECURITY && alone(&p->text, pair))
		return 0;

	if (k->discovery)
		owed = OWED_IRRELEVANT;
	else if (counts && *state == ISER_KEY_UNSEEN)
		owed = note(p, pair, id);
	if (owed < 0)
		return owed;
	iser_pass_take_out(p, pair, id, (enum iser_owed)owed);
	return 0;
}

int iser_key_declare(struct iser_pass *p, struct iser_pair *pair,
		     enum iser_key id)
{
	struct iser_keys *k = p->k;
	/* Leading connection, operational stage, normal session: RFC 7145, 6. */
	bool counts = p->stage == STAGE_OPERATIONAL && k->leading &&
		      !k->discovery;
	enum iser_key_state *state = iser_key_state_of(k, id);
	int rc;

	if (p->ours) {
		/* The layer above knows this key: it gets the answer too. */
		if (!k->target) {
			k->upper |= 1u << id;
			if (counts)
				*state = ISER_KEY_OFFERED;
		}
		return 0;
	}
	if (k->target)
		return offered_key(p, pair, id, counts);

	if (counts && *state != ISER_KEY_AGREED && *state != ISER_KEY_REFUSED) {
		rc = note(p, pair, id);
		if (rc < 0)
			return rc;
	}
	if (!(k->upper & 1u << id))
		iser_pass_take_out(p, pair, id, OWED_NOTHING);
	return 0;
}

/* Section 6.7 and 6.8 know no 1: then the key is left out. */
static bool append_limit(struct iser_pass *p, enum iser_key id)
{
	u32 n = id == KEY_AHS ? p->k->max_ahs : p->k->max_unexpected;

	return n == 1 || iser_text_append_number(&p->text, iser_key_names[id], n);
}

bool iser_key_offer(struct iser_pass *p, enum iser_key id)
{
	struct iser_keys *k = p->k;

	if (k->upper & 1u << id)
		return true;
	if (id == KEY_HELLO && !k->want_hello)
		return true;
	if (!(id == KEY_UNEXPECTED || id == KEY_AHS ? append_limit(p, id) :
	      iser_text_append(&p->text, iser_key_names[id], "Yes")))
		return false;
	*iser_key_state_of(k, id) = ISER_KEY_OFFERED;
	return true;
}

/* The answer to a key that was taken out of the request. */
bool iser_key_answer(struct iser_pass *p, enum iser_key id)
{
	struct iser_keys *k = p->k;
	bool yes = id == KEY_HELLO ? k->hello : k->tagged_solicited_only;

	switch (k->owed[id]) {
	case OWED_REJECT:
		return iser_text_append(&p->text, iser_key_names[id], "Reject");
	case OWED_IRRELEVANT:
		return iser_text_append(&p->text, iser_key_names[id],
					"Irrelevant");
	case OWED_ANSWER:
		/* A declaration needs no answer, but silence is no support. */
		*iser_key_state_of(k, id) = ISER_KEY_AGREED;
		if (id == KEY_UNEXPECTED || id == KEY_AHS)
			return append_limit(p, id);
		return iser_text_append(&p->text, iser_key_names[id],
					yes ? "Yes" : "No");
	default:
		return true;
	}
}
