// SPDX-License-Identifier: GPL-2.0-only
/* Makes the initiator under test act: --drive COMMAND. */
#include <signal.h>
#include <sys/wait.h>
#include "run.h"

static pid_t running;

void drive(const char *verb, ...)
{
	char words[512], line[2048];
	va_list args;

	va_start(args, verb);
	vsnprintf(words, sizeof(words), verb, args);
	va_end(args);
	if (!opt.drive) {
		/* Somebody else drives it: what comes is taken. */
		note("now the initiator should: %s", words);
		return;
	}
	if (running && drive_wait(opt.wait_ms) < 0)
		fail("'%s %s': the command before still runs", opt.drive, words);
	snprintf(line, sizeof(line), "exec %s %s", opt.drive, words);
	setenv("CONFORM_ADDRESS", opt.address, 1);
	setenv("CONFORM_PORT", opt.port, 1);
	if (opt.target)
		setenv("CONFORM_TARGET", opt.target, 1);
	fflush(stdout);
	running = fork();
	if (running < 0)
		fail("fork: %s", strerror(errno));
	if (running)
		return;
	/* What it says is no KTAP. */
	dup2(2, 1);
	execl("/bin/sh", "sh", "-c", line, NULL);
	_exit(127);
}

int drive_wait(int ms)
{
	long end = now_ms() + (long)ms * opt.slow;
	int status;

	while (running) {
		if (waitpid(running, &status, WNOHANG) == running) {
			running = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
		}
		if (now_ms() >= end)
			return -1;
		usleep(1000);
	}
	return 0;
}

void drive_stop(void)
{
	if (running)
		kill(running, SIGTERM);
}
