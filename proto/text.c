// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of "key=value" pairs in a buffer: RFC 7143, section 6.1.  Pure.
 */
#include <iser/keys.h>
#include "text.h"

int iser_text_next(const char *buf, u32 len, u32 pos, struct iser_pair *pair)
{
	const char *start, *nul, *eq;
	u32 size;

	/* Padding and empty pairs are left to the layer above. */
	while (pos < len && !buf[pos])
		pos++;
	if (pos >= len)
		return 0;

	start = buf + pos;
	nul = memchr(start, 0, len - pos);
	size = nul ? (u32)(nul - start) : len - pos;
	pair->start = pos;
	pair->end = pos + size + (nul ? 1 : 0);

	eq = memchr(start, '=', size);
	if (!eq || eq == start || eq - start > ISER_KEY_NAME_MAX)
		return -1;
	pair->key_len = (u32)(eq - start);
	pair->value = pos + pair->key_len + 1;
	pair->value_len = size - pair->key_len - 1;
	return 1;
}

static bool same(const char *p, u32 len, const char *word)
{
	return len == strlen(word) && !memcmp(p, word, len);
}

const char *iser_keys_find(const char *text, u32 len, const char *key,
			   u32 *value_len)
{
	struct iser_pair pair;
	u32 pos = 0;
	int rc;

	while ((rc = iser_text_next(text, len, pos, &pair)) != 0) {
		if (rc > 0 && same(text + pair.start, pair.key_len, key)) {
			if (value_len)
				*value_len = pair.value_len;
			return text + pair.value;
		}
		pos = pair.end;
	}
	return NULL;
}

u32 iser_keys_answer_size(const char *text, u32 len)
{
	struct iser_pair pair;
	u32 pos = 0, size = 0;
	int rc;

	while ((rc = iser_text_next(text, len, pos, &pair)) != 0) {
		size += (u32)sizeof("=NotUnderstood");
		if (rc > 0)
			size += pair.key_len;
		pos = pair.end;
	}
	return size;
}

bool iser_text_is(const char *buf, const struct iser_pair *pair,
		  const char *word)
{
	return same(buf + pair->value, pair->value_len, word);
}

bool iser_text_has(const char *buf, const struct iser_pair *pair,
		   const char *word)
{
	const char *p = buf + pair->value;
	u32 left = pair->value_len;
	const char *comma;
	u32 size;

	for (;;) {
		comma = memchr(p, ',', left);
		size = comma ? (u32)(comma - p) : left;
		if (same(p, size, word))
			return true;
		if (!comma)
			return false;
		p += size + 1;
		left -= size + 1;
	}
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool iser_text_number(const char *buf, const struct iser_pair *pair, u64 *v)
{
	const char *p = buf + pair->value;
	u32 len = pair->value_len;
	u32 base = 10;
	u64 sum = 0;
	u32 d, i;

	if (len > 1 && p[0] == '0') {
		/*
		 * A decimal has no leading zeros, and the kernel's own parser
		 * would read octal: both ends must see one number.
		 */
		if (p[1] != 'x' && p[1] != 'X')
			return false;
		base = 16;
		p += 2;
		len -= 2;
	}
	if (!len)
		return false;

	for (i = 0; i < len; i++) {
		d = (u32)digit(p[i]);
		if (d >= base)
			return false;
		if (sum > (base == 16 ? ~0ull / 16 : ~0ull / 10))
			return false;
		sum *= base;
		if (sum + d < sum)
			return false;
		sum += d;
	}
	*v = sum;
	return true;
}

void iser_text_remove(struct iser_text *t, struct iser_pair *pair)
{
	memmove(t->buf + pair->start, t->buf + pair->end, t->len - pair->end);
	t->len -= pair->end - pair->start;
	pair->end = pair->start;
}

bool iser_text_set(struct iser_text *t, struct iser_pair *pair,
		   const char *value)
{
	u32 n = (u32)strlen(value);
	u32 old = pair->value_len;
	u32 tail = pair->value + old;

	if (n > old && n - old > t->cap - t->len)
		return false;
	memmove(t->buf + pair->value + n, t->buf + tail, t->len - tail);
	memcpy(t->buf + pair->value, value, n);
	t->len = t->len - old + n;
	pair->end = pair->end - old + n;
	pair->value_len = n;
	return true;
}

bool iser_text_set_number(struct iser_text *t, struct iser_pair *pair, u32 v)
{
	char word[12];

	snprintf(word, sizeof(word), "%u", v);
	return iser_text_set(t, pair, word);
}

bool iser_text_append(struct iser_text *t, const char *key, const char *value)
{
	u32 key_len = (u32)strlen(key);
	u32 value_len = (u32)strlen(value);
	/* A peer may have omitted the NUL after its last pair. */
	u32 nul = t->len && t->buf[t->len - 1] ? 1 : 0;
	u32 need = nul + key_len + 1 + value_len + 1;
	char *p = t->buf + t->len;

	if (need > t->cap - t->len)
		return false;
	if (nul)
		*p++ = 0;
	memcpy(p, key, key_len);
	p += key_len;
	*p++ = '=';
	memcpy(p, value, value_len);
	p[value_len] = 0;
	t->len += need;
	return true;
}

bool iser_text_append_number(struct iser_text *t, const char *key, u32 v)
{
	char word[12];

	snprintf(word, sizeof(word), "%u", v);
	return iser_text_append(t, key, word);
}
