// SPDX-License-Identifier: GPL-2.0-only
/*
 * ends ADDRESS COUNT
 *
 * Makes COUNT endpoints with the queues and buffers of tests/tools/peer, not
 * connected to anything, says "ready COUNT" and keeps them until standard input
 * ends: what the peer's own end of a connection costs in memory.
 */
#include <rdma/rdma_cma.h>
#include <rdma/rdma_verbs.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM	32768	/* all three as in the peer */
#define RECVS	8
#define SENDS	8

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void end_make(const char *address)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP }, *res;
	struct ibv_qp_init_attr attr = {
		.cap = { .max_send_wr = SENDS, .max_recv_wr = RECVS,
			 .max_send_sge = 1, .max_recv_sge = 1 },
		.sq_sig_all = 1,
	};
	struct rdma_cm_id *id;
	struct ibv_mr *mr;
	char *mem;
	int i;

	if (rdma_getaddrinfo(address, "3260", &hints, &res))
		die("address");
	if (rdma_create_ep(&id, res, NULL, &attr))
		die("endpoint");
	rdma_freeaddrinfo(res);
	mem = calloc(RECVS + 1, ROOM);
	mr = mem ? rdma_reg_msgs(id, mem, (RECVS + 1) * ROOM) : NULL;
	if (!mr)
		die("memory");
	for (i = 0; i < RECVS; i++)
		if (rdma_post_recv(id, NULL, mem + (1 + i) * ROOM, ROOM, mr))
			die("post_recv");
}

int main(int argc, char **argv)
{
	int count, i;

	if (argc != 3)
		return 2;
	count = atoi(argv[2]);
	for (i = 0; i < count; i++)
		end_make(argv[1]);
	printf("ready %d\n", count);
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
