// SPDX-License-Identifier: GPL-2.0-only
/*
 * The login keys of RFC 7145, section 6.  One walk over the text serves all
 * four directions: what an initiator sends and receives, and what a target
 * receives and sends.  Four keys declare something, and are unknown to
 * open-iscsi and LIO (sections 6.7 to 6.10); the others are negotiated (6.1, 6.3
 * to 6.6).  Pure.
 */
#include <iser/keys.h>
#include "text.h"

/* The keys handled here.  The target may owe an answer to the first five. */
enum iser_key {
	KEY_UNEXPECTED,
	KEY_AHS,
	KEY_TAGGED,
	KEY_HELLO,
	KEY_RDMA,
	KEY_INITIATOR_DSL,
	KEY_TARGET_DSL,
	KEY_HEADER_DIGEST,
	KEY_DATA_DIGEST,
	KEY_IF_MARKER,
	KEY_OF_MARKER,
	KEY_INITIAL_R2T,
	KEYS,
};

#define KEYS_OWED	(KEY_RDMA + 1)
#define OWN_KEYS	(KEY_HELLO + 1)	/* "the four" */

/* What the target owes for a key that it removed. */
enum iser_owed {
	OWED_NOTHING = 0,
	OWED_ANSWER,
	OWED_REJECT,
	OWED_IRRELEVANT,
};

#define STAGE_SECURITY		0
#define STAGE_OPERATIONAL	1

/* One walk over one text. */
struct iser_key_walk {
	struct iser_keys *k;
	struct iser_text text;
	u8 stage;
	bool ours;		/* written by this end */
	u32 seen;		/* keys found in this text */
};

static const char * const iser_key_names[KEYS] = {
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

/* The value is one of the constants of RFC 7143, section 6.2. */
static bool iser_key_refused(const struct iser_key_walk *p, const struct iser_pair *pair)
{
	const char *buf = p->text.buf;

	return iser_text_is(buf, pair, "NotUnderstood") ||
	       iser_text_is(buf, pair, "Reject") ||
	       iser_text_is(buf, pair, "Irrelevant");
}

/* Return: 1 for Yes, 0 for No, else ISER_KEYS_MALFORMED. */
static int iser_key_boolean(const struct iser_key_walk *p, const struct iser_pair *pair)
{
	if (iser_text_is(p->text.buf, pair, "Yes"))
		return 1;
	if (iser_text_is(p->text.buf, pair, "No"))
		return 0;
	return ISER_KEYS_MALFORMED;
}

static enum iser_key_state *iser_key_state_of(struct iser_keys *k, enum iser_key id)
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

/* Remove a pair from the text; the target answers it later. */
static void iser_key_take_out(struct iser_key_walk *p, struct iser_pair *pair,
			      enum iser_key id, enum iser_owed owed)
{
	iser_text_remove(&p->text, pair);
	if (p->k->target)
		p->k->owed[id] = (u8)owed;
}

static enum iser_key find_key(const struct iser_key_walk *p,
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

/* Note what the peer sent for one of the four keys. */
static int note(struct iser_key_walk *p, const struct iser_pair *pair,
		enum iser_key id)
{
	struct iser_keys *k = p->k;
	enum iser_key_state *state = iser_key_state_of(k, id);
	int yes;
	u64 n;

	if (iser_key_refused(p, pair)) {
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
		yes = iser_key_boolean(p, pair);
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
	/* OFFERED: by the peer if this end is the target, else by this end. */
	if (k->target)
		*state = ISER_KEY_OFFERED;
	else if (*state == ISER_KEY_OFFERED)
		*state = ISER_KEY_AGREED;
	return OWED_ANSWER;
}

/* True if everything but this pair is NUL. */
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

/* The target has found one of the four keys, offered by the initiator. */
static int offered_key(struct iser_key_walk *p, struct iser_pair *pair,
		       enum iser_key id, bool counts)
{
	struct iser_keys *k = p->k;
	enum iser_key_state *state = iser_key_state_of(k, id);
	int owed = OWED_REJECT;

	/* LIO fails an empty text in the security stage. */
	if (p->stage == STAGE_SECURITY && alone(&p->text, pair))
		return 0;

	if (k->discovery)
		owed = OWED_IRRELEVANT;
	else if (counts && *state == ISER_KEY_UNSEEN)
		owed = note(p, pair, id);
	if (owed < 0)
		return owed;
	iser_key_take_out(p, pair, id, (enum iser_owed)owed);
	return 0;
}

/* The walk has found one of the four keys, which declare something. */
static int iser_key_declare(struct iser_key_walk *p, struct iser_pair *pair,
			    enum iser_key id)
{
	struct iser_keys *k = p->k;
	/* Leading connection, operational stage, normal session: RFC 7145, 6. */
	bool counts = p->stage == STAGE_OPERATIONAL && k->leading &&
		      !k->discovery;
	enum iser_key_state *state = iser_key_state_of(k, id);
	int rc;

	if (p->ours) {
		/* The layer above knows this key and gets the answer, too. */
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
		iser_key_take_out(p, pair, id, OWED_NOTHING);
	return 0;
}

static int replace(struct iser_key_walk *p, struct iser_pair *pair,
		   const char *value)
{
	return iser_text_set(&p->text, pair, value) ? 0 : ISER_KEYS_SPACE;
}

static int replace_number(struct iser_key_walk *p, struct iser_pair *pair,
			  u32 value)
{
	return iser_text_set_number(&p->text, pair, value) ? 0 : ISER_KEYS_SPACE;
}

/* What this end can receive or send in the direction of a segment length. */
static u32 iser_segment_limit(const struct iser_keys *k, enum iser_key id)
{
	bool receives = (id == KEY_TARGET_DSL) == k->target;

	return iser_lesser(receives ? k->recv_dsl : k->send_dsl,
			   ISER_RECV_DSL_MAX);
}

/*
 * InitiatorRecvDataSegmentLength and TargetRecvDataSegmentLength: sections
 * 6.4 and 6.5.  Until the answer the value is the offer, then the minimum.
 */
static int segment_length(struct iser_key_walk *p, struct iser_pair *pair,
			  enum iser_key id)
{
	struct iser_keys *k = p->k;
	enum iser_key_state *state = iser_key_state_of(k, id);
	u32 *value = id == KEY_TARGET_DSL ? &k->target_dsl : &k->initiator_dsl;
	u32 limit = iser_segment_limit(k, id);
	bool named = *state == ISER_KEY_OFFERED || *state == ISER_KEY_AGREED;
	u64 n;

	if (p->ours && (k->refuse & 1u << id)) {
		/* The layer above has seen the default instead. */
		k->refuse &= ~(1u << id);
		return replace(p, pair, "Reject");
	}

	if (iser_key_refused(p, pair)) {
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
		/* RFC 7143, section 6.2.2: inadmissible proposal. */
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
static int rdma_extensions(struct iser_key_walk *p, struct iser_pair *pair)
{
	struct iser_keys *k = p->k;
	int yes;

	if (k->discovery) {
		/* It is Irrelevant here, which the layers above don't know. */
		if (k->target != p->ours)
			iser_key_take_out(p, pair, KEY_RDMA, OWED_IRRELEVANT);
		return 0;
	}

	yes = iser_key_refused(p, pair) ? 0 : iser_key_boolean(p, pair);
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

/* HeaderDigest and DataDigest: section 6.1 allows only None. */
static int digest(struct iser_key_walk *p, struct iser_pair *pair)
{
	if (iser_key_refused(p, pair) || iser_text_is(p->text.buf, pair, "None"))
		return 0;
	if (!iser_text_has(p->text.buf, pair, "None"))
		return ISER_KEYS_DIGEST;
	return replace(p, pair, "None");
}

/*
 * IFMarker and OFMarker: section 6.6.  The target leaves an offer that it
 * receives to LIO, because LIO then writes the refusal.
 */
static int marker(struct iser_key_walk *p, struct iser_pair *pair)
{
	if (!iser_text_is(p->text.buf, pair, "Yes"))
		return 0;
	if (p->ours)
		return replace(p, pair, "No");
	return p->k->target ? 0 : ISER_KEYS_DIGEST;
}

/*
 * InitialR2T, RFC 7143, section 13.10: the function is OR, so a target may
 * make it Yes.  LIO sees the Yes, too, and need not answer it.
 */
static int initial_r2t(struct iser_key_walk *p, struct iser_pair *pair)
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

/* The walk has found a negotiated key: RDMAExtensions, digests, ... */
static int iser_key_negotiate(struct iser_key_walk *p, struct iser_pair *pair,
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

static int walk(struct iser_key_walk *p)
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
 * A text that continues in the next PDU may be cut within a pair, and the last
 * piece may begin within one, so pieces are not parsed.
 */
static bool whole(bool *parts, bool partial)
{
	bool before = *parts;

	*parts = partial;
	return !before && !partial;
}

static bool fits(const struct iser_key_walk *p)
{
	return p->text.len <= p->text.cap && p->text.cap <= 0x7fffffff;
}

/* The type of a session is what the first request says. */
static void note_session(struct iser_key_walk *p)
{
	const char *value;
	u32 len;

	if (p->k->named)
		return;
	p->k->named = true;
	value = iser_keys_find(p->text.buf, p->text.len, "SessionType", &len);
	/* One that joins a session has the type of that. */
	if (value)
		p->k->discovery = p->k->leading && len == 9 &&
				  !memcmp(value, "Discovery", 9);
}

/* What a Login Request says of its session: RFC 7143, sections 13.4, 13.5 and 13.21. */
#define NAME_KEYS	3

static const char * const iser_name_keys[NAME_KEYS] = {
	"InitiatorName", "TargetName", "SessionType",
};

/* Whether a pair, which may be no pair, begins like this. */
static bool begins(const char *text, const struct iser_pair *pair, const char *word)
{
	return pair->end - pair->start >= strlen(word) &&
	       !memcmp(text + pair->start, word, strlen(word));
}

/* The name that a pair begins with, and whether that is its key, or NAME_KEYS. */
static u32 find_name(const char *text, const struct iser_pair *pair, bool *exact)
{
	u32 id, size;

	for (id = 0; id < NAME_KEYS; id++) {
		size = (u32)strlen(iser_name_keys[id]);
		if (!begins(text, pair, iser_name_keys[id]))
			continue;
		*exact = pair->end - pair->start > size &&
			 text[pair->start + size] == '=';
		break;
	}
	return id;
}

bool iser_keys_named_once(const char *text, u32 len)
{
	u32 pos = 0, id, seen = 0;
	struct iser_pair pair;
	bool exact;

	while (iser_text_next(text, len, pos, &pair)) {
		pos = pair.end;
		/* An authentication method is agreed on before its keys come. */
		if (begins(text, &pair, "CHAP_") || begins(text, &pair, "SRP_"))
			return false;
		id = find_name(text, &pair, &exact);
		if (id == NAME_KEYS)
			continue;
		if (!exact || seen & 1u << id)
			return false;
		seen |= 1u << id;
	}
	return true;
}

/*
 * Only the first request may say for which session it is.  Some initiators repeat it,
 * and need no answer.
 */
static void remove_names(struct iser_key_walk *p)
{
	struct iser_pair pair;
	u32 pos = 0;
	bool exact;

	while (iser_text_next(p->text.buf, p->text.len, pos, &pair)) {
		pos = pair.end;
		if (find_name(p->text.buf, &pair, &exact) == NAME_KEYS || !exact)
			continue;
		pos = pair.start;
		iser_text_remove(&p->text, &pair);
	}
}

void iser_keys_init(struct iser_keys *k, u32 recv_dsl, u32 send_dsl)
{
	memset(k, 0, sizeof(*k));
	k->offer = true;
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
	 * Section 6.9: an absent key means No, but every deployed initiator
	 * means Yes, as does ib_iser here.  See also iser_keys_finish.
	 */
	k->tagged_solicited_only = true;
}

/* Sections 6.7 and 6.8 do not allow 1: the key is omitted then. */
static bool append_limit(struct iser_key_walk *p, enum iser_key id)
{
	u32 n = id == KEY_AHS ? p->k->max_ahs : p->k->max_unexpected;

	return n == 1 || iser_text_append_number(&p->text, iser_key_names[id], n);
}

/* Initiator: add one of the four.  Return: false when it does not fit. */
static bool iser_key_offer(struct iser_key_walk *p, enum iser_key id)
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

int iser_keys_request_out(struct iser_keys *k, char *text, u32 len, u32 cap,
			  u8 stage, bool partial)
{
	struct iser_key_walk p = {
		.k = k, .text = { text, len, cap }, .stage = stage, .ours = true,
	};
	u32 id;
	int rc;

	if (!fits(&p))
		return ISER_KEYS_SPACE;
	k->target = false;
	note_session(&p);
	if (!whole(&k->parts_out, partial))
		return (int)len;
	rc = walk(&p);
	if (rc < 0)
		return rc;

	/*
	 * Section 6: leading only, irrelevant without RDMAExtensions=Yes, which
	 * is noted only in the operational stage of a normal session.
	 */
	if (k->offer && k->first_contact && k->leading && k->rdma_ours &&
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
	struct iser_key_walk p = {
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
	struct iser_key_walk p = {
		.k = k, .text = { text, len, cap }, .stage = stage,
	};
	int rc;

	if (!fits(&p))
		return ISER_KEYS_SPACE;
	k->target = true;
	if (k->named)
		remove_names(&p);
	note_session(&p);
	if (!whole(&k->parts_in, partial))
		return (int)p.text.len;
	rc = walk(&p);
	return rc < 0 ? rc : (int)p.text.len;
}

/* The answer to a key that was removed from the request. */
static bool iser_key_answer(struct iser_key_walk *p, enum iser_key id)
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

int iser_keys_response_out(struct iser_keys *k, char *text, u32 len, u32 cap,
			   u8 stage, bool partial)
{
	struct iser_key_walk p = {
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

	/* After silence or a refusal: the default of sections 6.4 and 6.5. */
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
