// SPDX-License-Identifier: GPL-2.0-only
/* iserctl: looks into iSER of this host. It changes nothing that lasts but results of bench. */
#include <stdlib.h>
#include <string.h>

#include "../include/iser/version.h"
#include "iserctl.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage[2];
} commands[] = {
	{ "doctor", doctor,
	  { "doctor [--limit SECONDS] [initiator|target] [ADDRESS[:PORT]]", "doctor --list" } },
	{ "status", status, { "status [--json | --prometheus]" } },
	{ "top", top, { "top [--interval SECONDS] [-n COUNT]" } },
	{ "latency", latency, { "latency [--time SECONDS]" } },
	{ "bench", bench, { "bench [--time SECONDS] [--file FILE] DEVICE|SESSION" } },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

/* Of one command, or of all. */
static void usage_print(FILE *to, const char *command)
{
	const char *before = "usage:";
	size_t i, j;

	for (i = 0; i < COMMANDS; i++) {
		for (j = 0; j < 2 && commands[i].usage[j]; j++) {
			if (command && strcmp(command, commands[i].name))
				continue;
			fprintf(to, "%-6s iserctl %s\n", before, commands[i].usage[j]);
			before = "";
		}
	}
	/* No command has this name. */
	if (*before) {
		usage_print(to, NULL);
		return;
	}
	if (!command)
		fputs("       iserctl --version\n", to);
	fputs("See iserctl(8).\n", to);
}

int usage(const char *command, const char *why)
{
	fprintf(stderr, "iserctl %s: %s\n", command, why);
	usage_print(stderr, command);
	return EXIT_USAGE;
}

/* What has not arrived, on a full disk for example, is as good as not seen. */
static int printed(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	perror("iserctl");
	return EXIT_UNSEEN;
}

int main(int argc, char **argv)
{
	const char *other = getenv("ISERCTL_ROOT");
	size_t i;

	if (other)
		root = other;
	/* Alone or after the name of a command. */
	if ((argc == 2 || argc == 3) &&
	    (!strcmp(argv[argc - 1], "--help") || !strcmp(argv[argc - 1], "-h"))) {
		usage_print(stdout, argc == 3 ? argv[1] : NULL);
		return printed(0);
	}
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("iserctl " ISER_RELEASE);
		return printed(0);
	}
	for (i = 0; argc > 1 && i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return printed(commands[i].run(argc - 1, argv + 1));
	fprintf(stderr, "iserctl: %s%s\n", argc > 1 ? "no command " : "which command?",
		argc > 1 ? quote(argv[1]) : "");
	usage_print(stderr, NULL);
	return EXIT_USAGE;
}
