/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of "key=value" pairs in a buffer: RFC 7143, section 6.1.  Pure.
 */
#ifndef ISER_TEXT_H
#define ISER_TEXT_H

#include <iser/types.h>

#define ISER_KEY_NAME_MAX	63	/* RFC 7143, section 6.1 */

/* The caller owns the buffer; len never exceeds cap. */
struct iser_text {
	char *buf;
	u32 len;
	u32 cap;
};

/* One pair, as offsets into the buffer. */
struct iser_pair {
	u32 start;		/* first byte of the key */
	u32 key_len;
	u32 value;		/* first byte of the value */
	u32 value_len;
	u32 end;		/* after the NUL, or the end of the text */
};

/**
 * iser_text_next - find the next pair
 * @buf: text
 * @len: its length; the NUL after the last pair may be missing
 * @pos: where to look; NULs without a pair are skipped
 * @pair: the result; its end is set for a malformed pair too
 * Return: 1, 0 at the end, or -1 if it is not key=value.
 */
int iser_text_next(const char *buf, u32 len, u32 pos, struct iser_pair *pair);

/* iser_text_is - whether the value of the pair is this word */
bool iser_text_is(const char *buf, const struct iser_pair *pair,
		  const char *word);

/* iser_text_has - whether the value, a list with commas, has this word */
bool iser_text_has(const char *buf, const struct iser_pair *pair,
		   const char *word);

/**
 * iser_text_number - value of the pair as an unsigned number
 * @buf: text
 * @pair: pair of iser_text_next()
 * @v: the number
 *
 * Decimal without leading zeros, or hexadecimal after 0x; below 2^64.
 * Return: false, and @v is as before, when it is not such a number.
 */
bool iser_text_number(const char *buf, const struct iser_pair *pair, u64 *v);

/* iser_text_remove - remove the pair; pair->end becomes its start */
void iser_text_remove(struct iser_text *t, struct iser_pair *pair);

/* iser_text_set - give the pair another value; false if it does not fit */
bool iser_text_set(struct iser_text *t, struct iser_pair *pair,
		   const char *value);

/* iser_text_set_number - the same with a decimal number */
bool iser_text_set_number(struct iser_text *t, struct iser_pair *pair, u32 v);

/* iser_text_append - add a pair; false, and no change, if it does not fit */
bool iser_text_append(struct iser_text *t, const char *key, const char *value);

/* iser_text_append_number - the same with a decimal number */
bool iser_text_append_number(struct iser_text *t, const char *key, u32 v);

#endif
