// SPDX-License-Identifier: GPL-2.0-only
/* Answers of a network that is made up, for tests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"

#define WORDS 6
#define MOST 2048

/* The next line that begins with kind, split into words; false at the end. */
static bool fact(const char **at, const char *kind, char *word[WORDS])
{
	static const char *text;

	if (!text)
		text = *root ? file_text("/facts") : NULL;
	if (!text)
		text = "";
	if (!*at)
		*at = text;
	while (**at) {
		size_t length = strcspn(*at, "\n"), i;
		char *line = format("%.*s", (int)length, *at), *left;

		*at += length + ((*at)[length] == '\n');
		for (i = 0; i < WORDS; i++)
			word[i] = strtok_r(i ? NULL : line, " \t", &left);
		if (word[0] && !strcmp(word[0], kind))
			return true;
	}
	return false;
}

const char *facts_netdev(const char *device, unsigned int port)
{
	const char *at = NULL;
	char *word[WORDS];

	while (fact(&at, "netdev", word))
		if (word[3] && !strcmp(word[1], device) && (unsigned int)atoi(word[2]) == port)
			return word[3];
	return NULL;
}

struct rdma_id *facts_ids(size_t *count)
{
	struct rdma_id *ids = take(MOST * sizeof(*ids));
	const char *at = NULL;
	char *word[WORDS];

	*count = 0;
	while (*count < MOST && fact(&at, "listener", word)) {
		ids[*count].device = word[1];
		addr_parse(word[2], &ids[(*count)++].from);
	}
	at = NULL;
	while (*count < MOST && fact(&at, "connection", word)) {
		ids[*count].device = word[1];
		ids[*count].owner = word[2];
		addr_parse(word[3], &ids[*count].from);
		addr_parse(word[4], &ids[(*count)++].to);
	}
	return ids;
}

struct rdma_use *facts_uses(size_t *count)
{
	struct rdma_use *uses = take(MOST * sizeof(*uses)), *use;
	const char *at = NULL;
	char *word[WORDS];

	*count = 0;
	while (*count < MOST && fact(&at, "resources", word)) {
		use = &uses[(*count)++];
		use->device = word[1];
		use->queue_pairs = atoi(word[2]);
		use->completion_queues = atoi(word[3]);
		use->memory_regions = atoi(word[4]);
	}
	return uses;
}

bool facts_gsi(const char *device)
{
	const char *at = NULL;
	char *word[WORDS];

	while (fact(&at, "gsi", word))
		if (!strcmp(word[1], device))
			return true;
	return false;
}

struct own_addr *facts_addrs(size_t *count)
{
	struct own_addr *addrs = take(MOST * sizeof(*addrs));
	const char *at = NULL;
	char *word[WORDS];

	*count = 0;
	while (*count < MOST && fact(&at, "address", word)) {
		addrs[*count].netdev = word[1];
		addr_parse(word[2], &addrs[(*count)++].addr);
	}
	return addrs;
}

int facts_route(const struct addr *addr, struct route *route)
{
	const char *at = NULL;
	char *word[WORDS];
	struct addr to;

	while (fact(&at, "route", word)) {
		if (!addr_parse(word[1], &to) || !addr_same(&to, addr) || !strcmp(word[2], "none"))
			continue;
		route->netdev = word[2];
		route->local = !strcmp(word[2], "local");
		route->mtu = word[3] ? atoi(word[3]) : 0;
		return 0;
	}
	return ENETUNREACH;
}

enum answer facts_answer(const char *kind, const struct addr *addr)
{
	static const char *const words[] = {
		[ANSWER_UNSEEN] = "unseen", [ANSWER_OPEN] = "open", [ANSWER_REFUSED] = "refused",
		[ANSWER_NONE] = "none", [ANSWER_NO_DEVICE] = "no-device",
	};
	const char *at = NULL;
	char *word[WORDS];
	struct addr to;
	size_t i;

	while (fact(&at, kind, word)) {
		if (!addr_parse(word[1], &to) || !addr_same(&to, addr) || to.port != addr->port)
			continue;
		if (!strcmp(word[2], "hangs"))
			pause();
		for (i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!strcmp(word[2], words[i]))
				return i;
	}
	return ANSWER_NONE;
}
