// SPDX-License-Identifier: GPL-2.0-only
/* Makes the initiator under test act: --drive COMMAND. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "run.h"

#define MOST	64

static pid_t running[MOST];
static int count, worst, said_fd = -1;

static void start(const char *words)
{
	char line[2048];
	pid_t pid;

	if (!opt.drive) {
		/* Another program drives the initiator: take what comes. */
		note("now the initiator should: %s", words);
		return;
	}
	if (count == MOST)
		fail("'%s %s': too many commands at a time", opt.drive, words);
	snprintf(line, sizeof(line), "exec %s %s", opt.drive, words);
	setenv("CONFORM_ADDRESS", opt.address, 1);
	setenv("CONFORM_PORT", opt.port, 1);
	if (opt.target)
		setenv("CONFORM_TARGET", opt.target, 1);
	/* What the command prints is not KTAP. */
	if (said_fd >= 0)
		close(said_fd);
	said_fd = memfd_create("said", 0);
	fflush(stdout);
	pid = fork();
	if (pid < 0 || said_fd < 0)
		fail("starting '%s': %s", line, strerror(errno));
	if (pid) {
		running[count++] = pid;
		return;
	}
	dup2(said_fd, 1);
	execl("/bin/sh", "sh", "-c", line, NULL);
	_exit(127);
}

void drive(const char *verb, ...)
{
	char words[1024];
	va_list args;

	va_start(args, verb);
	vsnprintf(words, sizeof(words), verb, args);
	va_end(args);
	if (drive_wait(opt.wait_ms) < 0)
		fail("'%s': the command before still runs", words);
	worst = 0;
	start(words);
}

void drive_also(const char *verb, ...)
{
	char words[1024];
	va_list args;

	va_start(args, verb);
	vsnprintf(words, sizeof(words), verb, args);
	va_end(args);
	start(words);
}

int drive_wait(int ms)
{
	long end = now_ms() + (long)ms * opt.slow;
	int i, status, code;

	for (;;) {
		for (i = 0; i < count;) {
			if (waitpid(running[i], &status, WNOHANG) != running[i]) {
				i++;
				continue;
			}
			running[i] = running[--count];
			code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
			if (code > worst)
				worst = code;
		}
		if (!count)
			return worst;
		if (now_ms() >= end)
			return -1;
		usleep(1000);
	}
}

const char *drive_said(void)
{
	static char text[4096];
	ssize_t len = said_fd < 0 ? 0 : pread(said_fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = 0;
	return text;
}

void drive_stop(void)
{
	int i;

	for (i = 0; i < count; i++)
		kill(running[i], SIGTERM);
}
