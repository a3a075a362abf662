// SPDX-License-Identifier: GPL-2.0-only
/*
 * mark COMMAND [ARGUMENT...]
 *
 * Runs the command between two markers, instructions that do nothing but are
 * known to counter.c. Exit status: the command's.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* nopl 0x125e15NN(%rax,%rax,1) */
#define MARK(n) __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, " #n ", 0x15, 0x5e, 0x12")

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	MARK(1);
	pid = fork();
	if (!pid) {
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 126;
	MARK(2);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
