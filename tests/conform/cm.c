// SPDX-License-Identifier: GPL-2.0-only
/* Makes and accepts connections, and watches for their end. */
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include "run.h"
#include "setup.h"

static struct rdma_event_channel *listen_channel;
static struct rdma_cm_id *listener;
static struct conn *open_conns[256];

struct cm cm_default(void)
{
	static uint8_t data[4];
	struct cm cm = {
		.ird = 4, .ord = 1, .recvs = 64, .recv_size = 12288, .send_size = MSG_ROOM,
		.rnr_retry = 6,
		/*
		 * An initiator may have many connections and sends little at a time on
		 * each.
		 */
		.sends = opt.role == initiator ? 64 : 256,
	};

	if (!opt.like->no_private_data) {
		data[0] = opt.like->private_data;
		/*
		 * A window costs a work request, so use windows only where cases need
		 * them.
		 */
		if (opt.role == initiator && !strcmp(opt.like->name, "none"))
			data[0] |= 0x40;
		cm.data = data;
		cm.data_len = sizeof(data);
	}
	return cm;
}

static struct addrinfo *resolve(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *res;
	int rc = getaddrinfo(opt.address, opt.port, &hints, &res);

	if (rc)
		fail("the address %s port %s: %s", opt.address, opt.port, gai_strerror(rc));
	return res;
}

static struct rdma_event_channel *channel_new(void)
{
	struct rdma_event_channel *channel = rdma_create_event_channel();

	if (!channel)
		fail("no RDMA device here: rdma_create_event_channel: %s (modprobe rdma_ucm?)",
		     strerror(errno));
	fcntl(channel->fd, F_SETFL, fcntl(channel->fd, F_GETFL) | O_NONBLOCK);
	return channel;
}

static struct conn *conn_new(const struct cm *cm)
{
	struct conn *c = calloc(1, sizeof(*c));
	static unsigned int number;
	uint16_t tail = getpid() + 0x4000 * number;

	if (!c)
		fail("no memory");
	c->cm = cm ? *cm : cm_default();
	c->itt = 0x1000;
	c->cmdsn = 1;
	c->isid[0] = 0x80;		/* random format */
	put16(c->isid + 4, tail);
	put16(c->isid + 1, number);
	open_conns[number++ % 256] = c;
	return c;
}

/* The next event of the connection, or -1 if none comes within @ms. */
static int wait_event(struct conn *c, int ms, bool keep)
{
	struct pollfd fd = { .fd = c->channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;
	struct rdma_conn_param *param;
	int type;

	if (poll(&fd, 1, ms) != 1 || rdma_get_cm_event(c->channel, &event))
		return -1;
	type = event->event;
	param = &event->param.conn;
	if (keep && (type == RDMA_CM_EVENT_ESTABLISHED || type == RDMA_CM_EVENT_CONNECT_RESPONSE ||
		     type == RDMA_CM_EVENT_REJECTED)) {
		c->peer.data_len = param->private_data_len < sizeof(c->peer.data) ?
				   param->private_data_len : sizeof(c->peer.data);
		if (param->private_data)
			memcpy(c->peer.data, param->private_data, c->peer.data_len);
		c->peer.ird = param->initiator_depth;
		c->peer.ord = param->responder_resources;
		/* In iWARP's event the two values are those of this end. */
		if (conn_iwarp(c)) {
			c->peer.ird = param->responder_resources;
			c->peer.ord = param->initiator_depth;
		}
	}
	rdma_ack_cm_event(event);
	return type;
}

static struct rdma_conn_param conn_param(struct conn *c)
{
	return (struct rdma_conn_param){
		.private_data = c->cm.data, .private_data_len = c->cm.data_len,
		.responder_resources = c->cm.ird, .initiator_depth = c->cm.ord,
		.retry_count = 7, .rnr_retry_count = c->cm.rnr_retry,
	};
}

struct conn *conn_prepare(const struct cm *cm)
{
	struct conn *c = conn_new(cm);
	struct addrinfo *to = resolve();
	int limit = opt.wait_ms * opt.slow;

	step("connecting to %s port %s", opt.address, opt.port);
	c->channel = channel_new();
	if (rdma_create_id(c->channel, &c->id, c, RDMA_PS_TCP) ||
	    rdma_resolve_addr(c->id, NULL, to->ai_addr, limit) ||
	    wait_event(c, limit, false) != RDMA_CM_EVENT_ADDR_RESOLVED)
		fail("no RDMA device leads to %s", opt.address);
	if (rdma_resolve_route(c->id, limit) ||
	    wait_event(c, limit, false) != RDMA_CM_EVENT_ROUTE_RESOLVED)
		fail("no route to %s", opt.address);
	freeaddrinfo(to);
	qp_new(c);
	return c;
}

struct conn *conn_try(const struct cm *cm)
{
	struct conn *c = conn_prepare(cm);
	struct rdma_conn_param param = conn_param(c);
	int event;

	if (rdma_connect(c->id, &param))
		fail("rdma_connect: %s", strerror(errno));
	event = wait_event(c, opt.wait_ms * opt.slow, true);
	if (event == RDMA_CM_EVENT_ESTABLISHED)
		return c;
	note("connect: %s", event < 0 ? "no answer" : rdma_event_str(event));
	c->ended = true;
	return NULL;
}

struct conn *conn_open(const struct cm *cm)
{
	struct conn *c = conn_try(cm);

	if (!c)
		fail("%s port %s does not take the connection", opt.address, opt.port);
	return c;
}

void conn_listen(void)
{
	struct addrinfo *at = resolve();
	int yes = 1;

	if (listener)
		return;
	listen_channel = channel_new();
	if (rdma_create_id(listen_channel, &listener, NULL, RDMA_PS_TCP))
		fail("rdma_create_id: %s", strerror(errno));
	rdma_set_option(listener, RDMA_OPTION_ID, RDMA_OPTION_ID_REUSEADDR, &yes, sizeof(yes));
	if (rdma_bind_addr(listener, at->ai_addr) || rdma_listen(listener, 16))
		fail("listening on %s port %s: %s", opt.address, opt.port, strerror(errno));
	freeaddrinfo(at);
}

/*
 * siw hands the socket over to the queue pair only after it has sent its MPA reply: a
 * message that arrives in between is not seen until the next one arrives.  So no other
 * task may run meanwhile.
 */
static int accept_alone(struct rdma_cm_id *id, struct rdma_conn_param *param)
{
	struct sched_param first = { .sched_priority = 1 }, fair = { 0 };
	int rc;

	sched_setscheduler(0, SCHED_FIFO, &first);
	rc = rdma_accept(id, param);
	sched_setscheduler(0, SCHED_OTHER, &fair);
	return rc;
}

/* From here on the kernel refuses connections at once. */
void conn_unlisten(void)
{
	if (listener)
		rdma_destroy_id(listener);
	listener = NULL;
}

struct conn *conn_next(const struct cm *cm, int ms)
{
	struct pollfd fd;
	struct rdma_cm_event *event;
	struct rdma_conn_param param;
	struct conn *c;

	conn_listen();
	fd = (struct pollfd){ .fd = listen_channel->fd, .events = POLLIN };
	do {
		if (poll(&fd, 1, ms) != 1 || rdma_get_cm_event(listen_channel, &event))
			return NULL;
		if (event->event != RDMA_CM_EVENT_CONNECT_REQUEST)
			rdma_ack_cm_event(event);
		else
			break;
	} while (true);
	c = conn_new(cm);
	c->id = event->id;
	c->id->context = c;
	c->peer.ird = event->param.conn.initiator_depth;
	c->peer.ord = event->param.conn.responder_resources;
	c->peer.data_len = event->param.conn.private_data_len < sizeof(c->peer.data) ?
			   event->param.conn.private_data_len : sizeof(c->peer.data);
	if (event->param.conn.private_data)
		memcpy(c->peer.data, event->param.conn.private_data, c->peer.data_len);
	rdma_ack_cm_event(event);
	c->channel = channel_new();
	if (rdma_migrate_id(c->id, c->channel))
		fail("rdma_migrate_id: %s", strerror(errno));
	/* The CM refuses more than the other end offers. */
	if (c->cm.ird > c->peer.ord)
		c->cm.ird = c->peer.ord;
	if (c->cm.ord > c->peer.ird)
		c->cm.ord = c->peer.ird;
	qp_new(c);
	param = conn_param(c);
	if (accept_alone(c->id, &param) ||
	    wait_event(c, opt.wait_ms * opt.slow, false) != RDMA_CM_EVENT_ESTABLISHED) {
		note("a connection was not established");
		conn_close(c);
		return NULL;
	}
	c->exp_statsn = 1;
	return c;
}

struct conn *conn_accept(const struct cm *cm)
{
	struct conn *c;

	step("waiting for a connection");
	c = conn_next(cm, 2 * opt.wait_ms * opt.slow);
	if (!c)
		fail("nobody connects, or not to the end");
	return c;
}

void conn_watch(struct conn *c)
{
	int type;

	while (!c->closed && (type = wait_event(c, 0, false)) >= 0) {
		c->closed = type == RDMA_CM_EVENT_DISCONNECTED ||
			    type == RDMA_CM_EVENT_TIMEWAIT_EXIT;
		if (c->ended || (!c->closed && type != RDMA_CM_EVENT_DEVICE_REMOVAL &&
				 type != RDMA_CM_EVENT_CONNECT_ERROR))
			continue;
		c->ended = true;
		c->how = rdma_event_str(type);
	}
}

void conn_close(struct conn *c)
{
	if (!c->ended)
		c->how = "closed by this end";
	c->ended = true;
	/* siw allows a process only a limited number of queue pairs. */
	if (c->id && c->id->qp) {
		rdma_disconnect(c->id);
		/* rxe waits for the windows that are bound to the queue pair. */
		while (c->nr_windows)
			ibv_dealloc_mw(c->windows[--c->nr_windows]);
		rdma_destroy_qp(c->id);
	}
}

void conn_close_all(void)
{
	unsigned int i;

	for (i = 0; i < 256; i++) {
		if (!open_conns[i])
			continue;
		run_shared->unfinished |= !open_conns[i]->full &&
					 !open_conns[i]->closed;
		conn_close(open_conns[i]);
	}
}

bool conn_iwarp(const struct conn *c)
{
	return c->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP;
}

const char *conn_device(const struct conn *c)
{
	return ibv_get_device_name(c->id->verbs->device);
}

bool conn_siw(const struct conn *c)
{
	struct ibv_device_attr attr;

	return !ibv_query_device(c->id->verbs, &attr) && attr.vendor_id == 0x626d74;
}
