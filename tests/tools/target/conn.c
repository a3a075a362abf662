// SPDX-License-Identifier: GPL-2.0-only
/* Connections: one work request at a time, PDUs, the CM. */
#include <sched.h>
#include <time.h>
#include "target.h"

#define ROOM	12288
#define RECVS	160
#define CONNS	16

static struct rdma_event_channel *channel;
static struct conn *conns[CONNS];

static void post_recv(struct conn *c, int slot)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)c->mem + (1 + slot) * ROOM,
		.length = ROOM, .lkey = c->mr->lkey,
	};
	struct ibv_recv_wr wr = { .wr_id = slot, .sg_list = &sge, .num_sge = 1 }, *bad;

	if (ibv_post_recv(c->id->qp, &wr, &bad))
		c->dead = 1;
}

/* Posts one work request and waits for it; its status. */
static enum ibv_wc_status post(struct conn *c, struct ibv_send_wr *wr)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	struct ibv_send_wr *bad;
	struct ibv_wc wc;
	time_t end = time(NULL) + 60;

	wr->send_flags = IBV_SEND_SIGNALED;
	if (ibv_post_send(c->id->qp, wr, &bad)) {
		c->dead = 1;
		return IBV_WC_GENERAL_ERR;
	}
	while (time(NULL) < end) {
		if (ibv_poll_cq(c->id->send_cq, 1, &wc) > 0) {
			if (wc.status != IBV_WC_SUCCESS)
				c->dead = 1;
			return wc.status;
		}
		/* siw does not flush what is posted after a Terminate Message. */
		if (!ibv_query_qp(c->id->qp, &attr, IBV_QP_STATE, &init) &&
		    attr.qp_state == IBV_QPS_ERR &&
		    ibv_poll_cq(c->id->send_cq, 1, &wc) <= 0) {
			c->dead = 1;
			return IBV_WC_WR_FLUSH_ERR;
		}
		usleep(50);
	}
	c->dead = 1;
	return IBV_WC_RESP_TIMEOUT_ERR;
}

enum ibv_wc_status rdma(struct conn *c, enum ibv_wr_opcode opcode, void *mem,
			uint32_t len, uint64_t addr, uint32_t stag)
{
	struct ibv_sge sge = { .addr = (uintptr_t)mem, .length = len,
			       .lkey = c->disk_mr->lkey };
	struct ibv_send_wr wr = {
		.opcode = opcode, .sg_list = &sge, .num_sge = 1,
		.wr.rdma = { .remote_addr = addr, .rkey = stag },
	};

	return len ? post(c, &wr) : IBV_WC_SUCCESS;
}

enum ibv_wc_status send_pdu(struct conn *c, uint32_t len, uint32_t stag)
{
	struct ibv_sge sge = { .addr = (uintptr_t)c->mem, .length = ISER + BHS + len,
			       .lkey = c->mr->lkey };
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .sg_list = &sge, .num_sge = 1 };

	if (stag) {
		wr.opcode = IBV_WR_SEND_WITH_INV;
		wr.invalidate_rkey = stag;
	}
	return post(c, &wr);
}

unsigned char *pdu(struct conn *c, unsigned char opcode, uint32_t itt)
{
	unsigned char *bhs = c->mem + ISER;

	memset(c->mem, 0, ISER + BHS);
	c->mem[0] = 0x10;
	bhs[0] = opcode;
	bhs[1] = 0x80;
	put32(bhs + 16, itt);
	put32(bhs + 20, 0xffffffff);
	put32(bhs + 24, c->statsn);
	put32(bhs + 28, c->expcmdsn);
	put32(bhs + 32, c->expcmdsn + WINDOW - 1);
	return bhs;
}

struct conn *other_conn(struct conn *c)
{
	int i;

	for (i = 0; i < CONNS; i++)
		if (conns[i] && conns[i] != c && conns[i]->full && !conns[i]->dead)
			return conns[i];
	return NULL;
}

static void conn_open(struct rdma_cm_id *id, const struct rdma_conn_param *req)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 16, .max_recv_wr = RECVS,
			 .max_send_sge = 1, .max_recv_sge = 1 },
	};
	unsigned char private[4] = { 0x80 };
	struct rdma_conn_param param = {
		.private_data = private, .private_data_len = sizeof(private),
		.responder_resources = req->responder_resources,
		.initiator_depth = req->initiator_depth,
		.retry_count = 7, .rnr_retry_count = 7,
	};
	struct sched_param first = { .sched_priority = 1 }, fair = { };
	struct conn *c = calloc(1, sizeof(*c));
	int i, slot;

	for (slot = 0; slot < CONNS && conns[slot]; slot++)
		;
	if (!c || slot == CONNS)
		die("too many connections");
	c->id = id;
	id->context = c;
	c->statsn = 1;
	if (rdma_create_qp(id, NULL, &attr))
		die("queue pair");
	c->mem = calloc(RECVS + 1, ROOM);
	if (!c->mem)
		die("memory");
	c->mr = ibv_reg_mr(id->pd, c->mem, (RECVS + 1) * ROOM, IBV_ACCESS_LOCAL_WRITE);
	/* iWARP wants the sink of a read to be open to remote writes. */
	c->disk_mr = ibv_reg_mr(id->pd, disk, sizeof(disk),
				IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	if (!c->mr || !c->disk_mr)
		die("memory region");
	for (i = 0; i < RECVS; i++)
		post_recv(c, i);
	conns[slot] = c;
	/*
	 * siw hands the socket over to the queue pair only after it has sent its MPA
	 * reply: a message that arrives in between is not seen until the next one
	 * arrives.  So no other task may run meanwhile.
	 */
	sched_setscheduler(0, SCHED_FIFO, &first);
	if (rdma_accept(id, &param))
		c->dead = 1;
	sched_setscheduler(0, SCHED_OTHER, &fair);
}

static void conn_close(int slot)
{
	struct conn *c = conns[slot];

	conns[slot] = NULL;
	rdma_disconnect(c->id);
	rdma_destroy_qp(c->id);
	ibv_dereg_mr(c->mr);
	ibv_dereg_mr(c->disk_mr);
	rdma_destroy_id(c->id);
	free(c->mem);
	free(c);
}

void conns_event(void)
{
	struct rdma_cm_event *event;
	struct rdma_conn_param param;
	enum rdma_cm_event_type type;
	struct rdma_cm_id *id;

	if (rdma_get_cm_event(channel, &event))
		die("event");
	type = event->event;
	id = event->id;
	param = event->param.conn;
	rdma_ack_cm_event(event);
	if (type == RDMA_CM_EVENT_CONNECT_REQUEST)
		conn_open(id, &param);
	else if (type == RDMA_CM_EVENT_DISCONNECTED ||
		 type == RDMA_CM_EVENT_CONNECT_ERROR)
		((struct conn *)id->context)->dead = 1;
}

/* Return: 1, something was received. */
static int conn_poll(struct conn *c)
{
	struct ibv_wc wc;

	if (c->dead || ibv_poll_cq(c->id->recv_cq, 1, &wc) <= 0)
		return 0;
	if (wc.status != IBV_WC_SUCCESS) {
		c->dead = 1;
		return 1;
	}
	received(c, c->mem + (1 + wc.wr_id) * ROOM, wc.byte_len);
	if (!c->dead)
		post_recv(c, wc.wr_id);
	return 1;
}

int conns_poll(void)
{
	int i, busy = 0;

	for (i = 0; i < CONNS; i++) {
		if (conns[i])
			busy |= conn_poll(conns[i]);
		if (conns[i] && conns[i]->dead)
			conn_close(i);
	}
	return busy;
}

int conns_listen(const char *address, const char *port)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP, .ai_flags = RAI_PASSIVE };
	struct rdma_addrinfo *res;
	struct rdma_cm_id *listener;

	channel = rdma_create_event_channel();
	if (!channel || rdma_create_id(channel, &listener, NULL, RDMA_PS_TCP))
		die("channel");
	if (rdma_getaddrinfo(address, port, &hints, &res))
		die("address");
	if (rdma_bind_addr(listener, res->ai_src_addr) || rdma_listen(listener, CONNS))
		die("listen");
	rdma_freeaddrinfo(res);
	return channel->fd;
}
