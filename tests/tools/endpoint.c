// SPDX-License-Identifier: GPL-2.0-only
/*
 * endpoint - ask the iSCSI class about an endpoint by its number, as iscsid does,
 * and print what it answers: a number, 0 or more, or minus an errno.
 *
 * endpoint poll HANDLE		is it connected?
 * endpoint session HANDLE	make a session over it
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CREATE_BOUND_SESSION	28
#define EP_POLL			23
#define IF_ERROR		103

/* struct iscsi_uevent of scsi/iscsi_if.h, which no package has. */
struct event {
	uint32_t type;
	int32_t error;
	uint64_t transport;
	union {
		struct {
			uint64_t ep;
			uint32_t timeout_ms;
		} poll;
		struct {
			uint64_t ep;
			uint32_t cmdsn;
			uint16_t cmds_max, queue_depth;
		} session;
		uint8_t room[24];
	};
	union {
		int32_t result;
		uint8_t answer_room[16];
	};
};

struct request {
	struct nlmsghdr head;
	struct event event;
};

static uint64_t transport(void)
{
	FILE *f = fopen("/sys/class/iscsi_transport/iser/handle", "r");
	unsigned long long handle = 0;

	if (!f || fscanf(f, "%llu", &handle) != 1)
		perror("no transport iser");
	if (f)
		fclose(f);
	return handle;
}

int main(int argc, char **argv)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct request r = { .head.nlmsg_len = sizeof(r) };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ISCSI);

	if (argc != 3) {
		fputs("usage: endpoint poll|session HANDLE\n", stderr);
		return 2;
	}
	r.event.transport = transport();
	if (!strcmp(argv[1], "poll")) {
		r.head.nlmsg_type = EP_POLL;
		r.event.poll.ep = strtoull(argv[2], NULL, 0);
	} else {
		r.head.nlmsg_type = CREATE_BOUND_SESSION;
		r.event.session.ep = strtoull(argv[2], NULL, 0);
		r.event.session.cmds_max = 128;
		r.event.session.queue_depth = 32;
	}
	r.event.type = r.head.nlmsg_type;
	if (fd < 0 || sendto(fd, &r, sizeof(r), 0, (void *)&kernel, sizeof(kernel)) < 0 ||
	    recv(fd, &r, sizeof(r), 0) < (ssize_t)sizeof(r)) {
		perror("netlink");
		return 1;
	}
	printf("%d\n", r.event.type == IF_ERROR ? r.event.error : r.event.result);
	return 0;
}
