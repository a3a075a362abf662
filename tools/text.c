// SPDX-License-Identifier: GPL-2.0-only
/* Text that is safe to print and to paste. */
#include <stdlib.h>
#include <string.h>

#include "iserctl.h"

static void __attribute__((noreturn)) out_of_memory(void)
{
	fputs("iserctl: out of memory\n", stderr);
	exit(EXIT_UNSEEN);
}

void *take(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		out_of_memory();
	return memory;
}

void *room(void *array, size_t count, size_t size)
{
	void *more;

	/* The room doubles at each power of two. */
	if (count & (count - 1))
		return array;
	more = take((count * 2 + 1) * size);
	if (count)
		memcpy(more, array, count * size);
	free(array);
	return more;
}

/* FNV-1a */
uint64_t hash(const char *text)
{
	uint64_t number = 14695981039346656037ULL;

	for (; *text; text++)
		number = (number ^ (unsigned char)*text) * 1099511628211ULL;
	return number;
}

char *vformat(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory();
	return text;
}

char *format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = vformat(fmt, args);
	va_end(args);
	return text;
}

char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r\n");
	length = strlen(text);
	while (length && strchr(" \t\r\n", text[length - 1]))
		text[--length] = 0;
	return text;
}

bool printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

/*
 * A byte beyond ASCII may be half of a character, or one that turns the direction of
 * writing round, so it is written as a number, as control characters are. $'' is a word of
 * bash, ksh, zsh and busybox; another shell sees a harmless word that names nothing.
 */
static const char *quote_bytes(const char *name)
{
	char *text = take(strlen(name) * 4 + 4), *to = text;

	to += sprintf(to, "$'");
	for (; *name; name++) {
		unsigned char c = *name;

		if (!printable(c) || strchr("'\\!", c))
			to += sprintf(to, "\\%03o", c);
		else
			*to++ = c;
	}
	strcpy(to, "'");
	return text;
}

bool made_of(const char *text, const char *more)
{
	const char *c;

	for (c = text; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || strchr(more, *c)))
			return false;
	return c != text;
}

const char *quote(const char *name)
{
	const char *c;
	char *text, *to;

	if (made_of(name, "_@%+:,./-"))
		return name;
	for (c = name; *c; c++)
		if (!printable(*c))
			return quote_bytes(name);
	text = take(strlen(name) * 4 + 3);
	to = text;
	*to++ = '\'';
	for (c = name; *c; c++) {
		if (*c == '\'')
			to += sprintf(to, "'\\''");
		else
			*to++ = *c;
	}
	strcpy(to, "'");
	return text;
}

/* The bytes of a character of UTF-8 that begins here, 0 if it is ASCII or not well-formed. */
static unsigned int utf8(const unsigned char *c)
{
	unsigned int i, n = c[0] >= 0xc2 && c[0] < 0xe0 ? 2 :
			    c[0] >= 0xe0 && c[0] < 0xf0 ? 3 :
			    c[0] >= 0xf0 && c[0] < 0xf5 ? 4 :
							  0;

	for (i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) ||
	    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] >= 0x90))
		return 0;
	return n;
}

static uint32_t utf8_number(const unsigned char *c, unsigned int length)
{
	uint32_t number = c[0] & (0x7f >> length);
	unsigned int i;

	for (i = 1; i < length; i++)
		number = number << 6 | (c[i] & 0x3f);
	return number;
}

/* All but printable ASCII is escaped, because the text may be seen on a terminal. */
const char *json(const char *text)
{
	char *result, *to;

	if (!text)
		return "null";
	result = take(strlen(text) * 6 + 3);
	to = result;
	*to++ = '"';
	while (*text) {
		unsigned char c = *text;
		unsigned int n = utf8((const unsigned char *)text);

		if (n) {
			uint32_t number = utf8_number((const unsigned char *)text, n);

			if (number > 0xffff)
				to += sprintf(to, "\\u%04x\\u%04x", 0xd7c0 + (number >> 10),
					      0xdc00 + (number & 0x3ff));
			else
				to += sprintf(to, "\\u%04x", number);
			text += n;
			continue;
		}
		if (c == '"' || c == '\\')
			to += sprintf(to, "\\%c", c);
		else if (printable(c))
			*to++ = c;
		else
			to += sprintf(to, "\\u%04x", c);
		text++;
	}
	strcpy(to, "\"");
	return result;
}

long number_of(const char *text, long most)
{
	char *end = "";
	long number = text ? strtol(text, &end, 10) : 0;

	return *end || number < 1 || number > most ? 0 : number;
}
