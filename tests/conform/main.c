// SPDX-License-Identifier: GPL-2.0-only
/* iser-conform: the command line. */
#include <getopt.h>
#include <time.h>
#include "act/act.h"
#include "random/random.h"

static const char usage[] =
"usage: iser-conform --as initiator --to ADDRESS:PORT --target IQN [OPTION]... [CASE|GROUP]...\n"
"       iser-conform --as target --listen ADDRESS:PORT [--drive COMMAND] [OPTION]... [CASE|GROUP]...\n"
"       iser-conform --as ROLE ... --rounds N [--seed N] [--after COMMAND]\n"
"       iser-conform --as initiator --to ADDRESS:PORT [--target IQN] --act WAY [--count N] [OPTION]...\n"
"       iser-conform --as target --listen ADDRESS:PORT --act WAY [OPTION]...\n"
"       iser-conform [--as ROLE] --list [CASE|GROUP]...\n"
"\n"
"Plays that part against a peer and prints KTAP. Exit code: 0, none failed; 1, some\n"
"did; 2, usage. LUN 0 of a target is written to.\n"
"  --list             a line a case: name, role, rules, what it shows\n"
"  --initiator IQN    its name (iqn.2026-01.org.example.iser:conform)\n"
"  --lun N            disk that may be written to (0)\n"
"  --drive COMMAND    makes the initiator under test act; see conform.h\n"
"  --rounds N         operations at random instead of cases, so often\n"
"  --seed N           of the first round, the next one's is N + 1 (the time)\n"
"  --after COMMAND    looks at the other end behind each round, with the seed of the\n"
"                     next as its argument; fails if all is not even\n"
"  --act WAY          behaves in one WAY and says what comes of it; an initiator with\n"
"                     --target logs in first\n"
"  --count N          how many connections or messages some of the ways have (1)\n"
"  --like NAME        behave like a deployed peer:\n";

static const char usage_more[] =
"  --timeout SECONDS  for a case (10; as target 30: it takes a login)\n"
"  --slow FACTOR      all waits that many times longer (1)\n"
"  --verbose          every message in hex\n";

struct options opt = {
	.initiator = "iqn.2026-01.org.example.iser:conform",
	.wait_ms = 3000,
	.slow = 1,
	.count = 1,
};

static const struct act *act_find(const char *name)
{
	const struct act *a = opt.role == target ? target_acts : initiator_acts;

	while (a->name && strcmp(a->name, name))
		a++;
	return a->name ? a : NULL;
}

static void act_list(FILE *to, const char *role, const struct act *a)
{
	fprintf(to, "  WAY, as %s:\n", role);
	for (; a->name; a++)
		fprintf(to, "      %-10s %s\n", a->name, a->what);
}

static void help(FILE *to)
{
	fputs(usage, to);
	like_list(to);
	fputs(usage_more, to);
	act_list(to, "initiator", initiator_acts);
	act_list(to, "target", target_acts);
}

static int refuse(const char *why)
{
	fprintf(stderr, "iser-conform: %s\n", why);
	help(stderr);
	return 2;
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT" */
static bool split_address(char *s)
{
	char *port = strrchr(s, ':');

	if (!port || !port[1])
		return false;
	*port = 0;
	opt.port = port + 1;
	opt.address = s;
	if (*s == '[' && port[-1] == ']') {
		port[-1] = 0;
		opt.address = s + 1;
	}
	return *opt.address;
}

static void list(char **names, int n, bool both)
{
	const struct test *const *tests;
	int count, i;

	tests = run_tests(&count);
	for (i = 0; i < count; i++) {
		if (both)
			opt.role = tests[i]->role;
		if (run_wants(tests[i], names, n))
			printf("%s\t%s\t%s\t%s\n", tests[i]->name,
			       tests[i]->role == target ? "target" : "initiator",
			       tests[i]->ids, tests[i]->what);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "as", 1, NULL, 'a' }, { "to", 1, NULL, 't' }, { "listen", 1, NULL, 't' },
		{ "target", 1, NULL, 'T' }, { "initiator", 1, NULL, 'i' },
		{ "lun", 1, NULL, 'l' }, { "like", 1, NULL, 'k' }, { "list", 0, NULL, 'L' },
		{ "drive", 1, NULL, 'd' },
		{ "rounds", 1, NULL, 'r' }, { "seed", 1, NULL, 's' }, { "after", 1, NULL, 'A' },
		{ "act", 1, NULL, 'w' }, { "count", 1, NULL, 'n' },
		{ "timeout", 1, NULL, 'x' }, { "slow", 1, NULL, 'f' },
		{ "verbose", 0, NULL, 'v' }, { "help", 0, NULL, 'h' }, { 0 }
	};
	bool have_role = false, only_list = false;
	const char *way = NULL;
	int o;

	opt.like = like_find("none");
	opt.seed = time(NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'a':
			if (strcmp(optarg, "initiator") && strcmp(optarg, "target"))
				return refuse("--as initiator or --as target");
			opt.role = *optarg == 't' ? target : initiator;
			have_role = true;
			break;
		case 't':
			if (!split_address(optarg))
				return refuse("an address is ADDRESS:PORT");
			break;
		case 'T': opt.target = optarg; break;
		case 'i': opt.initiator = optarg; break;
		case 'l': opt.lun = atoi(optarg); break;
		case 'L': only_list = true; break;
		case 'd': opt.drive = optarg; break;
		case 'r': opt.rounds = strtoul(optarg, NULL, 0); break;
		case 's': opt.seed = strtoul(optarg, NULL, 0); break;
		case 'A': opt.after = optarg; break;
		case 'w': way = optarg; break;
		case 'n': opt.count = atoi(optarg); break;
		case 'x': opt.limit_ms = atoi(optarg) * 1000; break;
		case 'f': opt.slow = atoi(optarg) > 0 ? atoi(optarg) : 1; break;
		case 'v': opt.verbose = true; break;
		case 'k':
			opt.like = like_find(optarg);
			if (!opt.like)
				return refuse("no such peer");
			break;
		case 'h':
			help(stdout);
			return 0;
		default:
			return refuse("no such option");
		}
	}
	if (only_list) {
		list(argv + optind, argc - optind, !have_role);
		return 0;
	}
	if (!opt.limit_ms)
		opt.limit_ms = opt.rounds ? 120000 : opt.role == target ? 30000 : 10000;
	if (!have_role || !opt.address)
		return refuse("--as and --to or --listen are needed");
	if (opt.role == initiator && !opt.target && !way)
		return refuse("--target is needed");
	if (way) {
		opt.act = act_find(way);
		if (!opt.act || optind < argc)
			return refuse("--act is one of the ways below, and runs no cases");
		/* An initiator that does one thing may have to wait long for what comes. */
		if (opt.role == initiator)
			opt.wait_ms = opt.limit_ms;
		run_begin();
		opt.act->run();
		run_end(RUN_PASS);
	}
	if (opt.rounds)
		return random_rounds() ? 1 : 0;
	return run_all(argv + optind, argc - optind) ? 1 : 0;
}
