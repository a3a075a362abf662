/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One walk over one login text: what the files of the login keys share.
 * Nobody else includes this; see keys.h.  Pure.
 */
#ifndef ISER_PASS_H
#define ISER_PASS_H

#include <iser/keys.h>
#include <iser/text.h>

/* The keys that matter here.  The first five can be owed an answer. */
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

extern const char * const iser_key_names[KEYS];

/* What the target owes for a key that it took out. */
enum iser_owed {
	OWED_NOTHING = 0,
	OWED_ANSWER,
	OWED_REJECT,
	OWED_IRRELEVANT,
};

#define STAGE_SECURITY		0
#define STAGE_OPERATIONAL	1

/* One walk over one text. */
struct iser_pass {
	struct iser_keys *k;
	struct iser_text text;
	u8 stage;
	bool ours;		/* written by this end */
	u32 seen;		/* keys met in this text */
};

static inline u32 iser_lesser(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* The value is one of the constants of RFC 7143, section 6.2. */
bool iser_pass_refused(const struct iser_pass *p, const struct iser_pair *pair);

/* 1 for Yes, 0 for No, else ISER_KEYS_MALFORMED. */
int iser_pass_boolean(const struct iser_pass *p, const struct iser_pair *pair);

enum iser_key_state *iser_key_state_of(struct iser_keys *k, enum iser_key id);

/* What this end can take or send in the direction of a segment length. */
u32 iser_segment_limit(const struct iser_keys *k, enum iser_key id);

/* Remove a pair from the text; the target answers it later. */
void iser_pass_take_out(struct iser_pass *p, struct iser_pair *pair,
			enum iser_key id, enum iser_owed owed);

/* A key with two sides: RDMAExtensions, segment lengths, digests, ... */
int iser_key_negotiate(struct iser_pass *p, struct iser_pair *pair,
		       enum iser_key id);

/* One of the four was met in a text. */
int iser_key_declare(struct iser_pass *p, struct iser_pair *pair,
		     enum iser_key id);

/* Initiator: add one of the four; false when it does not fit. */
bool iser_key_offer(struct iser_pass *p, enum iser_key id);

/* Target: add the answer to a key that was taken out; likewise. */
bool iser_key_answer(struct iser_pass *p, enum iser_key id);

#endif
