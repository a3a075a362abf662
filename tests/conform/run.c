// SPDX-License-Identifier: GPL-2.0-only
/* Runs cases, each in a process with a time limit, and prints KTAP. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "../lib/ktap.h"
#include "run.h"

extern const struct test * const __start_conform_cases[], * const __stop_conform_cases[];

struct run_shared *run_shared;

const struct test *const *run_tests(int *n)
{
	*n = __stop_conform_cases - __start_conform_cases;
	return __start_conform_cases;
}

/* A name is a case, or a group: what stands before the slash. */
bool run_wants(const struct test *test, char **names, int n)
{
	int i;

	if (test->role != opt.role)
		return false;
	for (i = 0; i < n; i++) {
		size_t len = strlen(names[i]);

		if (!strcmp(test->name, names[i]) ||
		    (!strncmp(test->name, names[i], len) && test->name[len] == '/'))
			return true;
	}
	return !n;
}

void run_begin(void)
{
	run_shared = mmap(NULL, sizeof(*run_shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run_shared == MAP_FAILED)
		exit(1);
}

void run_end(int code)
{
	conn_close_all();
	drive_stop();
	fflush(stdout);
	_exit(code);
}

int run_case(const struct test *test, int limit_ms)
{
	long end = now_ms() + (long)limit_ms * opt.slow;
	int status, code = -1;
	pid_t pid;

	memset(run_shared, 0, sizeof(*run_shared));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -2;
	if (!pid) {
		/* In a group of its own, so that what the case starts ends with it. */
		setpgid(0, 0);
		test->run();
		run_end(RUN_PASS);
	}
	setpgid(pid, pid);
	while (now_ms() < end) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			code = WIFEXITED(status) ? WEXITSTATUS(status) : -2;
			break;
		}
		usleep(2000);
	}
	kill(-pid, SIGKILL);
	if (code == -1)
		waitpid(pid, &status, 0);
	else if (code == -2)
		printf("# signal %d\n", WTERMSIG(status));
	return code;
}

static void serves(void)
{
	/* The output of the probe is of no use. */
	if (!freopen("/dev/null", "w", stdout))
		fail("/dev/null: %s", strerror(errno));
	still_serves();
}

/*
 * After a failure a target may be busy with the rest of it, or with an unfinished
 * login, which LIO keeps until its login timer ends.  The next case must not fail
 * because of that.
 */
static void settle(void)
{
	static const struct test probe = { .name = "probe", .run = serves };
	long start = now_ms();

	while (run_case(&probe, 5000) != RUN_PASS) {
		if (now_ms() - start > 20000L * opt.slow) {
			printf("# the target serves no more\n");
			return;
		}
		pause_ms(500);
	}
	if (now_ms() - start > 2000L * opt.slow)
		printf("# the target serves again after %ld ms\n", now_ms() - start);
}

int run_all(char **names, int n)
{
	const struct test *const *tests;
	int count, i, number = 0, failed = 0, code;

	run_begin();
	tests = run_tests(&count);
	for (i = 0; i < count; i++)
		number += run_wants(tests[i], names, n);
	if (!number) {
		fprintf(stderr, "iser-conform: no case of this role and name\n");
		return 1;
	}
	ktap_plan(number);
	for (i = 0; i < count; i++) {
		const struct test *test = tests[i];

		if (!run_wants(test, names, n))
			continue;
		printf("# %s: %s\n", test->name, test->ids);
		code = run_case(test, opt.limit_ms);
		if (code == -1)
			printf("# no end within %d ms, while: %s\n", opt.limit_ms * opt.slow,
			       *run_shared->step ? run_shared->step : "starting");
		else if (code == -2)
			printf("# died, while: %s\n", run_shared->step);
		failed += code != RUN_PASS && code != RUN_SKIP;
		ktap_result(code == RUN_PASS ? KTAP_PASSED :
			    code == RUN_SKIP ? KTAP_SKIPPED : KTAP_FAILED,
			    test->name, run_shared->skip);
		if (opt.role == initiator &&
		    (run_shared->unfinished || (code != RUN_PASS && code != RUN_SKIP)))
			settle();
		fflush(stdout);
	}
	return failed;
}
