// SPDX-License-Identifier: GPL-2.0-only
/* The queue pair of a connection: Sends, receives, RDMA. */
#include "conform.h"
#include "setup.h"

#define LOGIN_RECVS	4
#define SENDS_MAX	512	/* outstanding work requests */

static void post_recv(struct conn *c, unsigned int slot)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)c->recv_mem + (size_t)slot * c->cm.recv_size,
		.length = c->cm.recv_size, .lkey = c->recv_mr->lkey,
	};
	struct ibv_recv_wr wr = { .wr_id = slot, .sg_list = &sge, .num_sge = 1 }, *bad;

	/* The first few receives are for the login, whichever peer is played. */
	if (opt.like->recv_data && opt.role == initiator && (c->full || slot >= LOGIN_RECVS))
		sge.length = MSG_MIN + opt.like->recv_data;
	if (ibv_post_recv(c->id->qp, &wr, &bad) && !c->ended) {
		c->ended = true;
		c->how = "a receive could not be posted";
	}
}

void qp_new(struct conn *c)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = c->cm.sends, .max_recv_wr = c->cm.recvs ?: 1,
			 .max_send_sge = 1, .max_recv_sge = 1 },
	};
	size_t recv_len = (size_t)(c->cm.recvs ?: 1) * c->cm.recv_size, send_len;
	unsigned int i;

	if (rdma_create_qp(c->id, NULL, &attr))
		fail("queue pair: %s", strerror(errno));
	send_len = (size_t)c->cm.sends * c->cm.send_size;
	c->send_mem = aligned_alloc(4096, (send_len + 4095) & ~4095UL);
	c->recv_mem = aligned_alloc(4096, (recv_len + 4095) & ~4095UL);
	if (!c->send_mem || !c->recv_mem)
		fail("no memory");
	c->send_mr = ibv_reg_mr(c->id->pd, c->send_mem, send_len, 0);
	c->recv_mr = ibv_reg_mr(c->id->pd, c->recv_mem, recv_len, IBV_ACCESS_LOCAL_WRITE);
	if (!c->send_mr || !c->recv_mr)
		fail("memory region: %s (ulimit -l?)", strerror(errno));
	for (i = 0; i < c->cm.recvs; i++)
		post_recv(c, i);
}

static void reap_sends(struct conn *c)
{
	struct ibv_wc wc;

	while (ibv_poll_cq(c->id->send_cq, 1, &wc) > 0) {
		if (wc.wr_id == SETUP_ID) {
			c->rdma_status = wc.status;
			c->rdma_done = true;
		} else {
			c->reaped++;
		}
		if (wc.status == IBV_WC_SUCCESS || c->ended)
			continue;
		c->ended = true;
		c->how = ibv_wc_status_str(wc.status);
	}
}

static void received(struct conn *c, const struct ibv_wc *wc)
{
	uint8_t *b = c->recv_mem + (size_t)wc->wr_id * c->cm.recv_size;
	struct rx *rx = rx_parse(b, wc->byte_len), **end = &c->queue;

	hex("received", b, wc->byte_len);
	if (rx->header_fault)
		note("received %s: %s", opcode_name(rx->opcode), rx->header_fault);
	/*
	 * rxe passes on the kernel's value of this flag, which means checksums in user
	 * space.
	 */
	if (wc->wc_flags & (IBV_WC_WITH_INV | IBV_WC_IP_CSUM_OK)) {
		rx->invalidated = true;
		rx->invalidated_stag = wc->invalidated_rkey;
	}
	while (*end)
		end = &(*end)->next;
	*end = rx;
	if (!c->hold_recvs)
		post_recv(c, wc->wr_id);
}

void pump(struct conn *c)
{
	struct ibv_wc wc;

	if (!c->id->qp)
		return;
	/*
	 * Look for the end first: so messages that were sent before it are still taken.
	 */
	conn_watch(c);
	reap_sends(c);
	while (ibv_poll_cq(c->id->recv_cq, 1, &wc) > 0) {
		if (wc.status == IBV_WC_SUCCESS) {
			received(c, &wc);
		} else if (!c->ended) {
			c->ended = true;
			c->how = ibv_wc_status_str(wc.status);
		}
	}
}

struct rx *next_rx(struct conn *c, int ms)
{
	long end = now_ms() + (long)ms * opt.slow;
	struct rx *rx;

	for (;;) {
		pump(c);
		rx = c->queue;
		if (rx) {
			c->queue = rx->next;
			rx->next = NULL;
			return rx;
		}
		if (c->ended || now_ms() >= end)
			return NULL;
		usleep(100);
	}
}

/* Waits until there is room for @n more work requests. */
static void wait_room(struct conn *c, unsigned int n)
{
	long end = now_ms() + (long)opt.wait_ms * opt.slow;

	while (c->sent + n - c->reaped > c->cm.sends && !c->ended) {
		if (now_ms() > end)
			fail("Sends are not acknowledged");
		pump(c);
		usleep(50);
	}
}

bool sends_done(struct conn *c)
{
	wait_room(c, c->cm.sends);
	return !c->ended;
}

void post_many(struct conn *c, struct msg **m, int n)
{
	static struct ibv_send_wr wr[SENDS_MAX];
	static struct ibv_sge sge[SENDS_MAX];
	struct ibv_send_wr *bad;
	int i;

	if (c->ended)
		return;
	if (n > SENDS_MAX || n > (int)c->cm.sends)
		fail("%d messages by one doorbell are too many", n);
	wait_room(c, n);
	if (c->ended)
		return;
	for (i = 0; i < n; i++) {
		uint8_t *to = c->send_mem + (c->sent + i) % c->cm.sends * c->cm.send_size;

		check(m[i]->len <= c->cm.send_size, "a message of %u bytes has no room", m[i]->len);
		hex("sent", m[i]->b, m[i]->len);
		memcpy(to, m[i]->b, m[i]->len);
		sge[i] = (struct ibv_sge){ .addr = (uintptr_t)to, .length = m[i]->len,
					   .lkey = c->send_mr->lkey };
		wr[i] = (struct ibv_send_wr){
			.opcode = m[i]->invalidate ? IBV_WR_SEND_WITH_INV : IBV_WR_SEND,
			.sg_list = &sge[i], .num_sge = m[i]->len ? 1 : 0,
			.send_flags = IBV_SEND_SIGNALED |
				      (m[i]->solicited ? IBV_SEND_SOLICITED : 0),
			.invalidate_rkey = m[i]->invalidate,
			/* The library of siw takes the STag from this member. */
			.wr.rdma.rkey = m[i]->invalidate,
			.next = i < n - 1 ? &wr[i + 1] : NULL,
		};
	}
	c->sent += n;
	if (!ibv_post_send(c->id->qp, wr, &bad))
		return;
	c->ended = true;
	c->how = "ibv_post_send failed";
}

void post(struct conn *c, const struct msg *m)
{
	struct msg *one = (struct msg *)m;

	post_many(c, &one, 1);
}

/* siw does not flush what is posted after a Terminate Message. */
static bool stuck(struct conn *c)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	return conn_iwarp(c) && !ibv_query_qp(c->id->qp, &attr, IBV_QP_STATE, &init) &&
	       attr.qp_state == IBV_QPS_ERR;
}

enum ibv_wc_status rdma_op(struct conn *c, enum ibv_wr_opcode op, struct ibv_mr *mr,
			   void *local, uint32_t len, uint64_t remote, uint32_t stag)
{
	struct ibv_sge sge = { .addr = (uintptr_t)local, .length = len, .lkey = mr->lkey };
	struct ibv_send_wr wr = {
		.wr_id = SETUP_ID, .opcode = op, .sg_list = &sge, .num_sge = 1,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = remote, .rkey = stag },
	}, *bad;
	long limit = (long)opt.wait_ms * opt.slow, start;

	wait_room(c, 1);
	start = now_ms();
	c->rdma_done = false;
	if (c->ended || ibv_post_send(c->id->qp, &wr, &bad))
		return IBV_WC_WR_FLUSH_ERR;
	while (!c->rdma_done) {
		bool dead = stuck(c);

		reap_sends(c);
		if (dead && !c->rdma_done) {
			c->ended = true;
			c->how = "the queue pair is in error";
			return IBV_WC_WR_FLUSH_ERR;
		}
		/* When the other end has gone, rxe goes on sending for half a minute. */
		if (now_ms() - start > limit / 4 && !c->ended) {
			conn_watch(c);
			if (c->ended && !c->rdma_done)
				return IBV_WC_WR_FLUSH_ERR;
		}
		if (now_ms() - start > limit)
			fail("an RDMA operation does not end");
		usleep(50);
	}
	return c->rdma_status;
}
