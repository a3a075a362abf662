// SPDX-License-Identifier: GPL-2.0-only
/* Login and Text keys: RFC 7143, section 6.1. */
#include "conform.h"

static char *find(const struct text *t, const char *key)
{
	size_t len = strlen(key);
	const char *p;

	for (p = t->b; p < t->b + t->len; p += strlen(p) + 1)
		if (!strncmp(p, key, len) && p[len] == '=')
			return (char *)p;
	return NULL;
}

const char *text_get(const struct text *t, const char *key)
{
	char *p = find(t, key);

	return p ? p + strlen(key) + 1 : NULL;
}

void text_add(struct text *t, const char *key, const char *value)
{
	if (t->len + strlen(key) + strlen(value) + 3 > sizeof(t->b))
		fail("too much text");
	t->len += sprintf(t->b + t->len, "%s=%s", key, value) + 1;
	t->b[t->len] = 0;
}

static void text_del(struct text *t, const char *key)
{
	char *p = find(t, key);
	size_t len;

	if (!p)
		return;
	len = strlen(p) + 1;
	memmove(p, p + len, t->b + t->len - (p + len));
	t->len -= len;
}

/* In place, so that the order of the keys stays. */
static void text_replace(struct text *t, const char *key, const char *value)
{
	struct text new = { 0 };
	const char *p;
	bool done = false;

	for (p = t->b; p < t->b + t->len; p += strlen(p) + 1) {
		char name[256];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, "="), p);
		if (strcmp(name, key)) {
			text_add(&new, name, p + strlen(name) + (p[strlen(name)] == '='));
		} else {
			text_add(&new, key, value);
			done = true;
		}
	}
	if (!done)
		text_add(&new, key, value);
	*t = new;
}

void text_change(struct text *t, const char *changes)
{
	while (*changes) {
		size_t len = strcspn(changes, " ");
		char word[512], *value;

		snprintf(word, sizeof(word), "%.*s", (int)len, changes);
		changes += len + (changes[len] == ' ');
		value = strchr(word, '=');
		if (value)
			*value++ = 0;
		if (*word == '-')
			text_del(t, word + 1);
		else if (*word == '+' && value)
			text_add(t, word + 1, value);
		else if (value && *word != '~')
			text_replace(t, word, value);
	}
}

void text_default(struct text *t, const char *changes)
{
	static const char * const keys =
		"SessionType=Normal HeaderDigest=None DataDigest=None RDMAExtensions=Yes "
		"InitiatorRecvDataSegmentLength=8192 TargetRecvDataSegmentLength=8192 "
		"InitialR2T=Yes ImmediateData=Yes MaxConnections=1 ErrorRecoveryLevel=0 "
		"DefaultTime2Wait=2 DefaultTime2Retain=0 MaxOutstandingR2T=1 "
		"MaxBurstLength=262144 FirstBurstLength=65536 DataPDUInOrder=Yes "
		"DataSequenceInOrder=Yes";

	memset(t, 0, sizeof(*t));
	text_add(t, "InitiatorName", opt.initiator);
	if (opt.target)
		text_add(t, "TargetName", opt.target);
	text_change(t, keys);
	if (opt.like->keys)
		text_change(t, opt.like->keys);
	text_change(t, changes);
}
