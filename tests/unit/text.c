// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of key=value pairs: RFC 7143, section 6.1.
 */
#include <iser/keys.h>
#include "../../proto/text.h"

#include "unit.h"

/* "|" becomes NUL; the buffer is exactly as long as cap says. */
static void fill(struct unit *t, struct iser_text *text, const char *s,
		 u32 room)
{
	u32 i;

	text->len = (u32)strlen(s);
	text->cap = text->len + room;
	text->buf = unit_alloc(t, text->cap);
	for (i = 0; i < text->len; i++)
		text->buf[i] = s[i] == '|' ? 0 : s[i];
}

static void expect(struct unit *t, const struct iser_text *text,
		   const char *want)
{
	char *shown = unit_alloc(t, text->len + 1);
	u32 i;

	CHECK(t, text->len <= text->cap);
	for (i = 0; i < text->len; i++)
		shown[i] = text->buf[i] ? text->buf[i] : '|';
	CHECK_STR(t, shown, want);
}

struct list_row {
	const char *what;
	const char *text;
	int pairs;		/* -1: malformed */
};

static const struct list_row lists[] = {
	{ "empty", "", 0 },
	{ "one NUL", "|", 0 },
	{ "only NULs", "|||||", 0 },
	{ "one pair", "A=1|", 1 },
	{ "no NUL behind the last", "A=1", 1 },
	{ "two pairs", "A=1|B=2|", 2 },
	{ "NULs between and around", "||A=1|||B=2||", 2 },
	{ "an empty value", "A=|", 1 },
	{ "an empty value at the end", "A=", 1 },
	{ "an equals sign in the value", "A==b=c|", 1 },
	{ "no equals sign", "A|", -1 },
	{ "no equals sign behind a good pair", "A=1|B|", -1 },
	{ "no key", "=1|", -1 },
	{ "an equals sign alone", "=", -1 },
	{ "a key of 63 characters",
	  "Abcdefghijklmnopqrstuvwxyz0123456789Abcdefghijklmnopqrstuvwxyz0=1|", 1 },
	{ "a key of 64 characters",
	  "Abcdefghijklmnopqrstuvwxyz0123456789Abcdefghijklmnopqrstuvwxyz01=1|", -1 },
};

static void list(struct unit *t)
{
	const struct list_row *row = t->param_value;
	struct iser_text text;
	struct iser_pair pair;
	u32 pos = 0;
	int rc, n = 0;

	fill(t, &text, row->text, 0);
	while ((rc = iser_text_next(text.buf, text.len, pos, &pair)) > 0) {
		CHECK(t, pair.end > pos && pair.end <= text.len);
		CHECK(t, pair.value + pair.value_len <= pair.end);
		CHECK_EQ(t, pair.value, pair.start + pair.key_len + 1);
		pos = pair.end;
		n++;
	}
	CHECK_EQ(t, rc < 0 ? -1 : n, row->pairs);
	/* After the end there is nothing more. */
	CHECK_EQ(t, iser_text_next(text.buf, text.len, text.len, &pair), 0);
}

UNIT_TABLE(list, lists)

struct number_row {
	const char *what;
	const char *value;
	bool ok;
	u64 want;
};

static const struct number_row numbers[] = {
	{ "zero", "0", true, 0 },
	{ "one digit", "7", true, 7 },
	{ "8192", "8192", true, 8192 },
	{ "2^32-1", "4294967295", true, 0xffffffff },
	{ "2^32", "4294967296", true, 0x100000000ull },
	{ "2^64-1", "18446744073709551615", true, ~0ull },
	{ "2^64", "18446744073709551616", false, 0 },
	{ "10 * 2^64", "184467440737095516150", false, 0 },
	{ "60 nines", "999999999999999999999999999999999999999999999999999999999999",
	  false, 0 },
	{ "hexadecimal", "0x2000", true, 8192 },
	{ "hexadecimal, capitals", "0XfFfF", true, 65535 },
	{ "hexadecimal, leading zeros", "0x0000000000000000000200", true, 512 },
	{ "hexadecimal 2^64-1", "0xffffffffffffffff", true, ~0ull },
	{ "hexadecimal 2^64", "0x10000000000000000", false, 0 },
	{ "hexadecimal without digits", "0x", false, 0 },
	{ "hexadecimal, bad digit", "0x20g0", false, 0 },
	{ "a leading zero, which is octal to some", "010000", false, 0 },
	{ "empty", "", false, 0 },
	{ "a sign", "+8192", false, 0 },
	{ "a negative", "-1", false, 0 },
	{ "a leading space", " 8192", false, 0 },
	{ "a trailing space", "8192 ", false, 0 },
	{ "a letter", "8192k", false, 0 },
	{ "a hexadecimal digit in a decimal", "81a2", false, 0 },
	{ "a word", "Yes", false, 0 },
	{ "a range", "512~8192", false, 0 },
	{ "base 64", "0bAA==", false, 0 },
};

static void number(struct unit *t)
{
	const struct number_row *row = t->param_value;
	struct iser_text text;
	struct iser_pair pair;
	char line[96];
	u64 got = 0x5a5a;

	snprintf(line, sizeof(line), "K=%s", row->value);
	fill(t, &text, line, 0);
	CHECK_EQ(t, iser_text_next(text.buf, text.len, 0, &pair), 1);
	CHECK_EQ(t, iser_text_number(text.buf, &pair, &got), row->ok);
	CHECK_EQ(t, got, row->ok ? row->want : 0x5a5a);
}

UNIT_TABLE(number, numbers)

struct find_row {
	const char *what;
	const char *text;
	const char *key;
	const char *want;	/* NULL: not there */
};

static const struct find_row finds[] = {
	{ "in an empty text", "", "A", NULL },
	{ "the first", "Aa=1|Bb=2|", "Aa", "1" },
	{ "the last", "Aa=1|Bb=2|", "Bb", "2" },
	{ "the last without a NUL", "Aa=1|Bb=234", "Bb", "234" },
	{ "an empty value", "Aa=|Bb=2|", "Aa", "" },
	{ "an empty value at the end", "Aa=", "Aa", "" },
	{ "a longer key is another", "Aab=1|", "Aa", NULL },
	{ "a shorter key is another", "A=1|", "Aa", NULL },
	{ "case counts", "AA=1|", "Aa", NULL },
	{ "a value is no key", "Bb=Aa=1|", "Aa", NULL },
	{ "the first of two", "Aa=1|Aa=2|", "Aa", "1" },
	{ "behind a malformed pair", "x|=y|Aa=1|", "Aa", "1" },
};

static void find(struct unit *t)
{
	const struct find_row *row = t->param_value;
	struct iser_text text;
	const char *got;
	u32 len = 99;

	fill(t, &text, row->text, 0);
	got = iser_keys_find(text.buf, text.len, row->key, &len);
	if (!row->want) {
		CHECK(t, !got);
		return;
	}
	CHECK(t, got);
	if (!got)
		return;
	CHECK_EQ(t, len, strlen(row->want));
	CHECK_EQ(t, memcmp(got, row->want, strlen(row->want)), 0);
	CHECK(t, got == iser_keys_find(text.buf, text.len, row->key, NULL));
}

UNIT_TABLE(find, finds)

struct answer_row {
	const char *what;
	const char *text;
	u32 want;
};

static const struct answer_row answers[] = {
	{ "nothing", "", 0 },
	{ "padding", "|||", 0 },
	{ "a key", "Key=a|", sizeof("Key=NotUnderstood") },
	{ "without a NUL", "Key=a", sizeof("Key=NotUnderstood") },
	{ "a long value", "K=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|", sizeof("K=NotUnderstood") },
	{ "short keys", "a=|b=|c=|", 3 * sizeof("a=NotUnderstood") },
	{ "no pair", "a=|bbb|c=|", 2 * sizeof("a=NotUnderstood") + sizeof("=NotUnderstood") },
};

static void answer(struct unit *t)
{
	const struct answer_row *row = t->param_value;
	struct iser_text text;

	fill(t, &text, row->text, 0);
	CHECK_EQ(t, iser_keys_answer_size(text.buf, text.len), row->want);
}

UNIT_TABLE(answer, answers)

struct named_row {
	const char *what;
	const char *text;
	bool want;
};

static const struct named_row names[] = {
	{ "nothing", "", true },
	{ "one of each", "InitiatorName=a|X-k=b|TargetName=c|SessionType=Normal|", true },
	{ "without a NUL", "A=b|TargetName=a", true },
	{ "twice", "TargetName=a|A=b|TargetName=a|", false },
	{ "a key that begins like one", "TargetNames=a|", false },
	{ "a key that ends like one", "aTargetName=b|TargetName=a|", true },
	{ "no pair", "TargetName|", false },
	{ "another one that is no pair", "Target|TargetName=a|", true },
	{ "a key of CHAP", "TargetName=a|CHAP_A=5|", false },
	{ "a key of SRP", "SRP_U=a|", false },
	{ "its method", "TargetName=a|AuthMethod=CHAP,None|", true },
};

static void named(struct unit *t)
{
	const struct named_row *row = t->param_value;
	struct iser_text text;

	fill(t, &text, row->text, 0);
	CHECK_EQ(t, iser_keys_named_once(text.buf, text.len), row->want);
}

UNIT_TABLE(named, names)

struct has_row {
	const char *what;
	const char *value;
	bool want;
};

static const struct has_row words[] = {
	{ "alone", "None", true },
	{ "first", "None,CRC32C", true },
	{ "last", "CRC32C,None", true },
	{ "in the middle", "A,None,B", true },
	{ "not there", "CRC32C", false },
	{ "a longer word", "NoneSuch,CRC32C", false },
	{ "a shorter word", "Non,e", false },
	{ "behind an empty one", ",None", true },
	{ "before an empty one", "None,", true },
	{ "empty", "", false },
	{ "commas", ",,,", false },
	{ "case counts", "none,NONE", false },
};

static void has(struct unit *t)
{
	const struct has_row *row = t->param_value;
	struct iser_text text;
	struct iser_pair pair;
	char line[64];

	snprintf(line, sizeof(line), "K=%s", row->value);
	fill(t, &text, line, 0);
	CHECK_EQ(t, iser_text_next(text.buf, text.len, 0, &pair), 1);
	CHECK_EQ(t, iser_text_has(text.buf, &pair, "None"), row->want);
	CHECK_EQ(t, iser_text_is(text.buf, &pair, "None"),
		 !strcmp(row->value, "None"));
}

UNIT_TABLE(has, words)

static void remove_pairs(struct unit *t)
{
	struct iser_text text;
	struct iser_pair pair;

	fill(t, &text, "A=1|B=22|C=3", 0);
	CHECK_EQ(t, iser_text_next(text.buf, text.len, 4, &pair), 1);
	iser_text_remove(&text, &pair);
	expect(t, &text, "A=1|C=3");
	CHECK_EQ(t, pair.end, 4);
	/* The walk continues where the pair was. */
	CHECK_EQ(t, iser_text_next(text.buf, text.len, pair.end, &pair), 1);
	iser_text_remove(&text, &pair);
	expect(t, &text, "A=1|");
	CHECK_EQ(t, iser_text_next(text.buf, text.len, 0, &pair), 1);
	iser_text_remove(&text, &pair);
	expect(t, &text, "");
}

static void set_value(struct unit *t)
{
	struct iser_text text;
	struct iser_pair pair;

	fill(t, &text, "A=1|B=22|C=3", 4);
	CHECK_EQ(t, iser_text_next(text.buf, text.len, 4, &pair), 1);
	CHECK(t, iser_text_set(&text, &pair, "x"));
	expect(t, &text, "A=1|B=x|C=3");
	CHECK_EQ(t, pair.end, 8);
	CHECK(t, iser_text_set(&text, &pair, "666666"));
	expect(t, &text, "A=1|B=666666|C=3");
	CHECK_EQ(t, pair.end, 13);
	/* One byte more than there is room for. */
	CHECK(t, !iser_text_set(&text, &pair, "7777777"));
	expect(t, &text, "A=1|B=666666|C=3");
	CHECK(t, iser_text_set(&text, &pair, ""));
	expect(t, &text, "A=1|B=|C=3");
	CHECK(t, iser_text_set_number(&text, &pair, 429496));
	CHECK(t, !iser_text_set_number(&text, &pair, 4294967));
	expect(t, &text, "A=1|B=429496|C=3");
}

static void append(struct unit *t)
{
	struct iser_text text;

	fill(t, &text, "A=1|", 6);
	CHECK(t, !iser_text_append(&text, "Key", "ab"));
	expect(t, &text, "A=1|");
	CHECK(t, iser_text_append(&text, "Key", "a"));
	expect(t, &text, "A=1|Key=a|");
	CHECK(t, !iser_text_append(&text, "K", ""));
}

static void append_nul(struct unit *t)
{
	struct iser_text text;

	fill(t, &text, "A=1", 5);
	CHECK(t, !iser_text_append(&text, "B", "22"));
	expect(t, &text, "A=1");
	CHECK(t, iser_text_append(&text, "B", "2"));
	expect(t, &text, "A=1|B=2|");
	fill(t, &text, "", 13);
	CHECK(t, iser_text_append_number(&text, "K", 4294967295u));
	expect(t, &text, "K=4294967295|");
}

struct unit_case text_cases[] = {
	UNIT_ROWS(list, "list"),
	UNIT_ROWS(number, "number"),
	UNIT_ROWS(find, "find"),
	UNIT_ROWS(answer, "room for answers"),
	UNIT_ROWS(named, "a session is named once"),
	UNIT_ROWS(has, "word in a list"),
	UNIT_CASE(remove_pairs, "pairs are taken out"),
	UNIT_CASE(set_value, "values shrink and grow within the buffer"),
	UNIT_CASE(append, "a pair is added if all of it fits"),
	UNIT_CASE(append_nul, "a missing NUL is added before the next pair"),
	{}
};
