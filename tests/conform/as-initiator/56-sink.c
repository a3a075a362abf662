// SPDX-License-Identifier: GPL-2.0-only
/* The sink of an RDMA Read, which iWARP names on the wire: section 8.3.2. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <sys/socket.h>
#include "conform.h"

/* Opens a socket that receives all packets of the network devices of this host. */
static int packets(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));

	if (fd < 0)
		skip("packets cannot be seen: %s", strerror(errno));
	return fd;
}

/*
 * Looks through the packets for an RDMA Read Request from the buffer of @m: sink STag,
 * sink Tagged Offset, length, source STag, source Tagged Offset.
 */
static bool sink_of(int fd, const struct mem *m, uint32_t *stag, uint64_t *base)
{
	static uint8_t frame[1 << 17];
	uint8_t source[12], *at;
	ssize_t len;

	put32(source, m->stag);
	put64(source + 4, m->base);
	while ((len = recv(fd, frame, sizeof(frame), 0)) > 0) {
		at = memmem(frame, len, source, sizeof(source));
		/* The header of an untagged message comes before that. */
		if (!at || at - frame < 34 || get32(at - 4) > m->len)
			continue;
		*stag = get32(at - 16);
		*base = get64(at - 12);
		return true;
	}
	return false;
}

CASE(initiator, "stag/sink-dead", "R-8.3.2-3",
     "iWARP: the sink STag of an RDMA Read, as the wire shows it, is dead behind that Read")
{
	struct conn *c = session("");
	struct mem *m, *own;
	uint64_t base;
	uint32_t stag;
	int fd;

	if (!conn_iwarp(c))
		skip("a sink STag travels over iWARP only");
	m = mem_new(c, 65536, WRITE_SOURCE);
	own = mem_new(c, 4096, IBV_ACCESS_LOCAL_WRITE);
	fill(m->p, m->len, 140);
	block_size(c);
	fd = packets();
	command(c, write_blocks(c, free_block(c), m, 0));
	if (!sink_of(fd, m, &stag, &base)) {
		check(!conn_siw(c), "no RDMA Read Request was seen");
		skip("the packets of %s pass by this host's network", conn_device(c));
	}
	note("sink STag %x at %llx", stag, (unsigned long long)base);
	/* Write the byte that the sink already has. */
	own->p[0] = m->p[0];
	rdma_op(c, IBV_WR_RDMA_WRITE, own->mr, own->p, 1, base, stag);
	expect_end(c, "an RDMA Write to the sink of a Read that is over");
	still_serves();
}
