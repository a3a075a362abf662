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
	"       iserctl status [--json]\n"
	"See iserctl(8).\n";

int main(int argc, char **argv)
{
	const char *other = getenv("ISERCTL_ROOT");
	size_t i;

	if (other)
		root = other;
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fputs(usage, stderr);
	return EXIT_USAGE;
}
