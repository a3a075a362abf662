// SPDX-License-Identifier: GPL-2.0-only
/* Rounds of random operations: seeds, counts, the story of a round that failed. */
#include <sys/mman.h>
#include <sys/wait.h>
#include "../../lib/ktap.h"
#include "random.h"

#define LINES		256	/* lines of the story; a power of two */
#define TALLIES		64
#define OPERATIONS	64

/* Written by the process of a round, read by the one that runs them. */
static struct shared {
	unsigned int done[OPERATIONS];
	struct {
		char name[48];
		unsigned int n;
	} tallies[TALLIES];
	unsigned int lines;
	char story[LINES][120];
} *shared;

static const struct random_role *role;
static uint64_t round_seed, dice;
static unsigned int turn;	/* the operation that this round must do */
static bool turn_done;

/* SplitMix64: any seed is as good as another. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint32_t roll(uint32_t sides)
{
	dice += 0x9e3779b97f4a7c15ULL;
	return sides ? (mix(dice) >> 32) % sides : 0;
}

void dice_for(uint32_t n)
{
	dice = mix(round_seed * 0x9e3779b97f4a7c15ULL + n);
}

void did(const char *format, ...)
{
	char *line = shared->story[shared->lines++ % LINES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(shared->story[0]), format, args);
	va_end(args);
	if (opt.verbose)
		printf("#   %s\n", line);
}

void tally(const char *format, ...)
{
	char name[sizeof(shared->tallies[0].name)];
	va_list args;
	int i;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	for (i = 0; i < TALLIES; i++) {
		if (!*shared->tallies[i].name)
			strcpy(shared->tallies[i].name, name);
		if (strcmp(shared->tallies[i].name, name))
			continue;
		shared->tallies[i].n++;
		return;
	}
	fail("no room to count '%s'", name);
}

static bool do_it(unsigned int i)
{
	step("%s", role->operations[i].name);
	if (!role->operations[i].act())
		return false;
	shared->done[i]++;
	turn_done |= i == turn;
	return true;
}

static unsigned int draw(void)
{
	unsigned int sum = 0, at, i;

	for (i = 0; i < role->count; i++)
		sum += role->operations[i].weight;
	at = roll(sum);
	for (i = 0; at >= role->operations[i].weight; i++)
		at -= role->operations[i].weight;
	return i;
}

void operate(uint32_t n)
{
	unsigned int tries;

	dice_for(n);
	if (!turn_done && n > 3 && do_it(turn))
		return;
	for (tries = 0; tries < 8; tries++)
		if (do_it(draw()))
			return;
}

static void one_round(void)
{
	dice_for(0);
	role->round();
}

static void tell_story(void)
{
	unsigned int i = shared->lines > LINES ? shared->lines - LINES : 0;

	for (; i < shared->lines; i++)
		printf("#   %s\n", shared->story[i % LINES]);
}

/*
 * Runs --after COMMAND, which gets the seed of the next round and checks that nothing
 * is left at the other end; prints its output.
 */
static bool even(unsigned long next)
{
	char line[1024];
	FILE *from;
	bool bad;

	if (!opt.after)
		return true;
	snprintf(line, sizeof(line), "%s %lu 2>&1", opt.after, next);
	from = popen(line, "r");
	if (!from)
		return false;
	while (fgets(line, sizeof(line), from))
		printf("# %s", line);
	bad = pclose(from);
	return !bad;
}

static bool run_round(unsigned long seed)
{
	static const struct test test = { .name = "random", .run = one_round };
	int code;

	round_seed = seed;
	turn = seed % role->count;
	turn_done = false;
	shared->lines = 0;
	code = run_case(&test, opt.limit_ms);
	if (code == RUN_PASS && even(seed + 1))
		return true;
	if (code == RUN_PASS)
		printf("# the round of seed %lu leaves something\n", seed);
	else
		printf("# the round of seed %lu fails, while: %s\n", seed, run_shared->step);
	if (code == -1)
		printf("# no end within %d ms\n", opt.limit_ms * opt.slow);
	tell_story();
	printf("# again: --rounds 1 --seed %lu\n", seed);
	return false;
}

static unsigned int table(void)
{
	unsigned int i, zero = 0;

	for (i = 0; i < role->count; i++) {
		printf("# %7u %s\n", shared->done[i], role->operations[i].name);
		zero += !shared->done[i];
	}
	for (i = 0; i < TALLIES && *shared->tallies[i].name; i++)
		printf("# %7u %s\n", shared->tallies[i].n, shared->tallies[i].name);
	return zero;
}

int random_rounds(void)
{
	const char *who = opt.role == target ? "target" : "initiator";
	char name[32], all[32];
	unsigned long i, good = 0;
	unsigned int zero;
	long start = now_ms();

	role = opt.role == target ? &random_target : &random_initiator;
	run_begin();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED || role->count > OPERATIONS)
		return 1;
	ktap_plan(2);
	printf("# seed %lu, %lu rounds\n", opt.seed, opt.rounds);
	/*
	 * Stop at the first round that fails: later ones would fail because of what it
	 * has left behind.
	 */
	while (good < opt.rounds && run_round(opt.seed + good))
		good++;
	i = now_ms() - start;
	zero = table();
	printf("# %lu rounds in %lu.%lu s\n", good, i / 1000, i % 1000 / 100);
	snprintf(name, sizeof(name), "random/%s", who);
	snprintf(all, sizeof(all), "random/%s-all", who);
	ktap_result(good == opt.rounds ? KTAP_PASSED : KTAP_FAILED, name, NULL);
	if (good < role->enough)
		ktap_result(KTAP_SKIPPED, all, "too few rounds for every operation");
	else
		ktap_result(zero ? KTAP_FAILED : KTAP_PASSED, all, NULL);
	return (good != opt.rounds) + (zero && good >= role->enough);
}
