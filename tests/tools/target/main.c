// SPDX-License-Identifier: GPL-2.0-only
/*
 * target - an iSER target that misbehaves on purpose.
 *
 * target [OPTION]... ADDRESS PORT MODE
 *   -b LBA   the block whose read or write brings MODE on, once (2048)
 *   -i       invalidate STags by the response, where MODE does not say else
 *   -u       allow unsolicited data: InitialR2T=No
 *   -w MS    how long MODE late waits (300)
 *
 * A disk of 16 MiB in memory behind any target name, no authentication. Says
 * what happens: "ready", "login N", and what came of MODE:
 *   serve     nothing is wrong
 *   late      the STag is used once more, after the response: refused, accepted
 *   rights    the STag is used the other way round: refused, accepted
 *   foreign   the STag is used on another connection: refused, accepted
 *   wrong     waits for two commands, answers one and invalidates the other's STag
 *   early     answers a write with a check condition before its data are here
 *   pings     1000 NOP-In that want no answer, then the response: answered
 *   reset-late  a task management request is answered when the block is read,
 *             after that command and before its data: refused, accepted
 *   no-task   an abort of the read is answered by "task does not exist", then
 *             the data and the response come: refused, accepted
 *   mute      no answer, nor to anything else on this connection
 *   close     the connection goes while the data are written
 * and, one message in place of the response:
 *   twice stranger nop text logout tmf datain r2t relogin opcode long ahs short huge
 */
#include <poll.h>
#include "target.h"

struct options opt = {
	.trigger = 2048,
	.wait_ms = 300,
};

void die(const char *what)
{
	fprintf(stderr, "target: %s: %s\n", what, strerror(errno));
	exit(1);
}

int is(const char *name)
{
	return !strcmp(opt.mode, name);
}

int main(int argc, char **argv)
{
	struct pollfd fd = { .events = POLLIN };
	int o;

	while ((o = getopt(argc, argv, "b:iuw:")) != -1) {
		switch (o) {
		case 'b': opt.trigger = atoi(optarg); break;
		case 'i': opt.invalidate = 1; break;
		case 'u': opt.unsolicited = 1; break;
		case 'w': opt.wait_ms = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 3) {
		fputs("usage: target [OPTION]... ADDRESS PORT MODE\n", stderr);
		return 2;
	}
	opt.mode = argv[optind + 2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	disk_fill();
	fd.fd = conns_listen(argv[optind], argv[optind + 1]);
	printf("ready\n");
	for (;;)
		if (poll(&fd, 1, conns_poll() ? 0 : 1) == 1)
			conns_event();
}
