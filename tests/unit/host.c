// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the unit tests in user space.  Results are KTAP, the last line counts.
 * Usage: unit [WORD] runs the cases whose name contains WORD.
 */
#include <signal.h>
#include <unistd.h>

#include "../lib/ktap.h"
#include "unit.h"

static const struct {
	const char *name;
	struct unit_case *cases;
} suites[] = {
	{ "wire", wire_cases },
	{ "hello", hello_cases },
	{ "greeting", greeting_cases },
	{ "text", text_cases },
	{ "initiator-keys", initiator_keys_cases },
	{ "target-keys", target_keys_cases },
	{ "login", login_cases },
	{ "account", account_cases },
	{ "segment", segment_cases },
	{ "state", state_cases },
	{ "pi", pi_cases },
};

/* A list of everything that a case allocated. */
struct chunk {
	struct chunk *next;
	void *data;
};

static char name[512];
static unsigned int number;
static bool counting;	/* cases, before the first one runs */

/* A report must name the case: both sanitizers end with SIGABRT. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "abort_on_error=1";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

static void died(int sig)
{
	const char *text = sig == SIGALRM ? " # too slow, or without end\n" :
					    " # a report, see above\n";
	ssize_t done;

	/* Only what a signal handler may call. */
	done = write(1, "\nnot ok 0 ", 10);
	done += write(1, name, strlen(name));
	done += write(1, text, strlen(text));
	_exit(done < 0 ? 3 : 2);
}

void unit_fail(struct unit *t, const char *file, int line, const char *what,
	       unsigned long long got, unsigned long long want)
{
	t->failed++;
	printf("# %s:%d: %s is %llu (0x%llx), not %llu (0x%llx)\n", file,
	       line, what, got, got, want, want);
}

void unit_fail_str(struct unit *t, const char *file, int line,
		   const char *what, const char *got, const char *want)
{
	t->failed++;
	printf("# %s:%d: %s is\n#   \"%s\", not\n#   \"%s\"\n", file, line,
	       what, got, want);
}

void *unit_alloc(struct unit *t, size_t size)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk)
		abort();
	chunk->data = calloc(1, size);
	if (size && !chunk->data)
		abort();
	chunk->next = t->memory;
	t->memory = chunk;
	return chunk->data;
}

static void release(struct unit *t)
{
	struct chunk *chunk;

	while ((chunk = t->memory)) {
		t->memory = chunk->next;
		free(chunk->data);
		free(chunk);
	}
}

static void run(const char *suite, const struct unit_case *c, const void *row,
		const char *only)
{
	struct unit t = { .param_value = row };
	const char *what = row ? *(const char *const *)row : NULL;

	snprintf(name, sizeof(name), "%s: %s%s%s", suite, c->name,
		 what ? ": " : "", what ? what : "");
	if (only && !strstr(name, only))
		return;
	if (counting) {
		number++;
		return;
	}
	alarm(20);
	c->run_case(&t);
	alarm(0);
	release(&t);
	ktap_result(t.failed ? KTAP_FAILED : KTAP_PASSED, name, NULL);
}

/* Runs all cases, or with @only those whose name has it. */
static void run_all(const char *only)
{
	const struct unit_case *c;
	const char *row;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		for (c = suites[i].cases; c->run_case; c++) {
			if (!c->rows) {
				run(suites[i].name, c, NULL, only);
				continue;
			}
			row = *(const char *const *)c->rows;
			for (n = 0; n < c->row_count; n++)
				run(suites[i].name, c, row + n * c->row_size,
				    only);
		}
	}
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;

	signal(SIGALRM, died);
	signal(SIGABRT, died);
	setvbuf(stdout, NULL, _IOLBF, 0);

	counting = true;
	run_all(only);
	counting = false;
	ktap_plan(number);
	run_all(only);
	return ktap_end();
}
