// SPDX-License-Identifier: GPL-2.0-only
/* iserctl: looks into iSER of this host. It changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "iserctl.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "doctor", doctor },
	{ "status", status },
};

static const char usage[] =
	"usage: iserctl doctor [--limit SECONDS] [initiator|target] [ADDRESS[:PORT]]\n"
	"       iserctl doctor --list\n"
	"       iserctl status [--json | --prometheus]\n"
	"See iserctl(8).\n";

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
		fputs(usage, stdout);
		return printed(0);
	}
	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return printed(commands[i].run(argc - 1, argv + 1));
	fputs(usage, stderr);
	return EXIT_USAGE;
}
