// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd - logins to an iSER target from one address, good and bad ones.
 *
 * crowd [OPTION]... SOURCE ADDRESS PORT bad|good
 *   -n COUNT   bad ones (4)
 *   -p MS      until one that was dropped comes again (2000)
 *   -s         bad ones are all silent, and one that was dropped does not come again
 *   -r COUNT   good logins, one after another (10)
 *   -d MS      good: until it answers a Login Response, as if it were far away (0)
 *   -T TARGET  -i INITIATOR  -u USER  -w SECRET  names and CHAP secret
 *
 * bad: COUNT connections until standard input ends; of four one says nothing,
 * one sends a Login Request and no other, one has a wrong secret, and one sends
 * no PDU.  Says "up" when each has been tried, "closed N, refused N" at the end.  With
 * -s it says "begun MS", "up MS" when each is connected, and "closed N MS" of each that the
 * target ends: N were connected before it, and MS is the system's monotonic time.
 * good: logs in with CHAP and disconnects.  What fails is tried again after 0.2 s.
 * Says "MS tries N" for each, the time from the first try to the response that
 * ends the login.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ISER	28
#define BHS	48
#define HEAD	(ISER + BHS)
#define ROOM	9216
#define RECVS	2

enum kind { SILENT, ONE, WRONG, GARBAGE, GOOD };

struct guest {
	enum kind kind;
	struct rdma_cm_id *id;
	unsigned int number, life;	/* index; counts connections */
	int step;			/* Login Responses so far */
	int up;				/* it is, or was, connected: as number 1, 2, ... */
	long again;			/* when to connect, or 0 */
	long due;			/* when to answer the response in @slot, or 0 */
	int slot;
	unsigned char *mem;		/* a send buffer, RECVS receives */
};

static const char *source, *address, *port;
static const char *target = "iqn.none.such:x", *user = "user-in", *secret = "";
static const char *initiator = "iqn.2026-01.org.example.iser:crowd";
static int count = 4, pause_ms = 2000, repeat = 10, delay_ms;
static struct rdma_event_channel *events;
static struct ibv_comp_channel *comps;
static struct ibv_cq *recv_cq, *send_cq;
static struct ibv_pd *pd;
static struct ibv_mr *mr;
static struct guest *guests;
static unsigned char *memory;
static int closed, refused, logged_in, tried, connected;
static int silent;			/* option -s */

static void die(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- CHAP: RFC 1321, RFC 1994 ------------------------------------------------ */

static void md5_block(uint32_t *state, const unsigned char *p)
{
	static const unsigned char shift[16] = { 7, 12, 17, 22, 5, 9, 14, 20,
						 4, 11, 16, 23, 6, 10, 15, 21 };
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], f, w;
	int i, g, s;

	for (i = 0; i < 64; i++) {
		/* floor(2^32 * |sin(i + 1)|), without libm: a series is enough. */
		double x = i + 1, term, sum;
		int k;

		while (x > 3.14159265358979323846)
			x -= 6.28318530717958647692;
		for (term = sum = x, k = 1; k < 20; k++) {
			term *= -x * x / ((2 * k) * (2 * k + 1));
			sum += term;
		}
		if (sum < 0)
			sum = -sum;
		if (i < 16) {
			f = (b & c) | (~b & d);
			g = i;
		} else if (i < 32) {
			f = (d & b) | (~d & c);
			g = (5 * i + 1) % 16;
		} else if (i < 48) {
			f = b ^ c ^ d;
			g = (3 * i + 5) % 16;
		} else {
			f = c ^ (b | ~d);
			g = 7 * i % 16;
		}
		w = p[4 * g] | p[4 * g + 1] << 8 | p[4 * g + 2] << 16 |
			(uint32_t)p[4 * g + 3] << 24;
		f += a + w + (uint32_t)(sum * 4294967296.0);
		s = shift[i / 16 * 4 + i % 4];
		a = d;
		d = c;
		c = b;
		b += f << s | f >> (32 - s);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

static void md5(const unsigned char *data, size_t len, unsigned char *out)
{
	uint32_t state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	unsigned char buf[1024] = { 0 };
	size_t total = (len + 9 + 63) / 64 * 64, i;

	if (total > sizeof(buf))
		exit(2);
	memcpy(buf, data, len);
	buf[len] = 0x80;
	for (i = 0; i < 8; i++)
		buf[total - 8 + i] = (uint64_t)len * 8 >> 8 * i;
	for (i = 0; i < total; i += 64)
		md5_block(state, buf + i);
	for (i = 0; i < 16; i++)
		out[i] = state[i / 4] >> 8 * (i % 4);
}

/* The value of a key in the text of a response, or "". */
static const char *value_of(const unsigned char *bhs, const char *key)
{
	unsigned int len = bhs[5] << 16 | bhs[6] << 8 | bhs[7];
	const char *p = (const char *)bhs + BHS, *end = p + len;
	size_t n = strlen(key);

	for (; p < end; p += strlen(p) + 1)
		if (!strncmp(p, key, n) && p[n] == '=')
			return p + n + 1;
	return "";
}

static void chap(const unsigned char *bhs, const char *key, char *hex)
{
	const char *c = value_of(bhs, "CHAP_C");
	unsigned char data[512], out[16];
	size_t n = 0, len = strlen(key);
	unsigned int byte;
	int i;

	data[n++] = atoi(value_of(bhs, "CHAP_I"));
	memcpy(data + n, key, len);
	n += len;
	for (c += 2; n < sizeof(data) && sscanf(c, "%2x", &byte) == 1; c += 2)
		data[n++] = byte;
	md5(data, n, out);
	for (i = 0; i < 16; i++)
		sprintf(hex + 2 * i, "%02x", out[i]);
}

/* --- messages ----------------------------------------------------------------- */

static void post_recv(struct guest *g, int slot)
{
	struct ibv_sge sge = { .addr = (uintptr_t)(g->mem + (1 + slot) * ROOM),
			       .length = ROOM, .lkey = mr->lkey };
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	wr.wr_id = (uint64_t)g->life << 32 | g->number << 8 | slot;
	ibv_post_recv(g->id->qp, &wr, &bad);
}

static void send_len(struct guest *g, unsigned int len)
{
	struct ibv_sge sge = { .addr = (uintptr_t)g->mem, .length = len,
			       .lkey = mr->lkey };
	struct ibv_send_wr wr = { .sg_list = &sge, .num_sge = 1,
				  .opcode = IBV_WR_SEND }, *bad;

	ibv_post_send(g->id->qp, &wr, &bad);
}

/* Sends the Login Request of a step; @rsp is the response before it. */
static void request(struct guest *g, const unsigned char *rsp)
{
	static const unsigned char flags[] = { 0x00, 0x00, 0x81, 0x87 };
	unsigned char *bhs = g->mem + ISER;
	char *text = (char *)bhs + BHS, hex[33];
	unsigned int len = 0;

	if (g->step > 2)
		memset(text, 0, 1024);
	switch (g->step) {
	case 0:
		len = sprintf(text, "InitiatorName=%s%cTargetName=%s%cSessionType=Normal%cAuthMethod=CHAP%c",
			      initiator, 0, target, 0, 0, 0);
		break;
	case 1:
		len = sprintf(text, "CHAP_A=5%c", 0);
		break;
	case 2:
		chap(rsp, g->kind == GOOD ? secret : "something else", hex);
		len = sprintf(text, "CHAP_N=%s%cCHAP_R=0x%s%c", user, 0, hex, 0);
		break;
	default:
		len = sprintf(text, "HeaderDigest=None%cDataDigest=None%c"
			      "InitialR2T=Yes%cImmediateData=Yes%c"
			      "MaxRecvDataSegmentLength=8192%cRDMAExtensions=Yes%c"
			      "InitiatorRecvDataSegmentLength=8192%c"
			      "TargetRecvDataSegmentLength=8192%c"
			      "MaxConnections=1%cErrorRecoveryLevel=0%c"
			      "DefaultTime2Wait=2%cDefaultTime2Retain=0%c"
			      "MaxOutstandingR2T=1%cMaxBurstLength=262144%c"
			      "FirstBurstLength=65536%cDataPDUInOrder=Yes%c"
			      "DataSequenceInOrder=Yes%cOFMarker=No%cIFMarker=No%c",
			      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			      0, 0);
		break;
	}
	memset(g->mem, 0, HEAD);
	g->mem[0] = 0x10;
	bhs[0] = 0x43;
	bhs[1] = flags[g->step < 3 ? g->step : 3];
	bhs[6] = len >> 8;
	bhs[7] = len;
	bhs[8] = 0x80;		/* ISID of the random kind */
	bhs[9] = getpid() >> 8;
	bhs[10] = getpid();
	bhs[12] = g->number >> 8;
	bhs[13] = g->number;
	bhs[19] = 7;		/* ITT */
	bhs[27] = 1;		/* CmdSN */
	if (rsp) {
		memcpy(bhs + 28, rsp + 24, 4);
		bhs[31]++;
	}
	send_len(g, HEAD + (len + 3) / 4 * 4);
}

/* --- connections ------------------------------------------------------------------ */

static void guest_end(struct guest *g, int again_ms)
{
	if (g->id) {
		if (g->id->qp) {
			rdma_disconnect(g->id);
			rdma_destroy_qp(g->id);
		}
		rdma_destroy_id(g->id);
	}
	g->id = NULL;
	g->due = 0;
	g->again = now_ms() + again_ms;
}

static void guest_begin(struct guest *g)
{
	struct sockaddr_in src = { .sin_family = AF_INET }, dst = src;

	inet_pton(AF_INET, source, &src.sin_addr);
	inet_pton(AF_INET, address, &dst.sin_addr);
	dst.sin_port = htons(atoi(port));
	g->life++;
	g->step = 0;
	g->again = 0;
	tried++;
	if (rdma_create_id(events, &g->id, g, RDMA_PS_TCP))
		die("id");
	if (rdma_resolve_addr(g->id, (struct sockaddr *)&src,
			      (struct sockaddr *)&dst, 5000))
		guest_end(g, pause_ms);
}

static void first_device(struct ibv_context *verbs)
{
	size_t size = (size_t)count * (1 + RECVS) * ROOM;
	int i;

	pd = ibv_alloc_pd(verbs);
	comps = ibv_create_comp_channel(verbs);
	memory = calloc(1, size);
	if (!pd || !comps || !memory)
		die("device");
	recv_cq = ibv_create_cq(verbs, 1000, NULL, comps, 0);
	send_cq = ibv_create_cq(verbs, 1000, NULL, NULL, 0);
	mr = ibv_reg_mr(pd, memory, size, IBV_ACCESS_LOCAL_WRITE);
	if (!recv_cq || !send_cq || !mr || ibv_req_notify_cq(recv_cq, 0))
		die("queues");
	fcntl(comps->fd, F_SETFL, O_NONBLOCK);
	for (i = 0; i < count; i++)
		guests[i].mem = memory + (size_t)i * (1 + RECVS) * ROOM;
}

static void guest_connect(struct guest *g)
{
	unsigned char private[4] = { 0xc0 };
	struct rdma_conn_param param = {
		.private_data = private, .private_data_len = sizeof(private),
		.responder_resources = 1, .initiator_depth = 1,
		.retry_count = 7, .rnr_retry_count = 7,
	};
	struct ibv_qp_init_attr attr = {
		.cap = { .max_send_wr = 8, .max_recv_wr = RECVS + 1,
			 .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC,
	};
	int i;

	if (!pd)
		first_device(g->id->verbs);
	attr.send_cq = send_cq;
	attr.recv_cq = recv_cq;
	if (rdma_create_qp(g->id, pd, &attr)) {
		guest_end(g, pause_ms);
		return;
	}
	for (i = 0; i < RECVS; i++)
		post_recv(g, i);
	if (rdma_connect(g->id, &param))
		guest_end(g, pause_ms);
}

static void guest_up(struct guest *g)
{
	int i;

	if (!g->up)
		g->up = ++connected;
	if (g->kind == GARBAGE) {
		for (i = 0; i < 600; i++)
			g->mem[i] = rand();
		send_len(g, 600);
	} else if (g->kind != SILENT) {
		request(g, NULL);
	}
}

static void one_event(void)
{
	struct rdma_cm_event *event;
	enum rdma_cm_event_type type;
	struct guest *g;

	if (rdma_get_cm_event(events, &event))
		return;
	g = event->id->context;
	type = event->event;
	rdma_ack_cm_event(event);
	switch (type) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		if (rdma_resolve_route(g->id, 5000))
			guest_end(g, pause_ms);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		guest_connect(g);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		guest_up(g);
		break;
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		break;
	default:
		closed++;
		if (silent && g->up) {
			printf("closed %d %ld\n", g->up - 1, now_ms());
			fflush(stdout);
		}
		guest_end(g, g->kind == GOOD ? 200 : pause_ms);
		if (silent && g->up)
			g->again = 0;
		break;
	}
}

static void one_answer(struct guest *g, int slot)
{
	unsigned char *bhs = g->mem + (1 + slot) * ROOM + ISER;

	if (bhs[0] != 0x23 || bhs[36]) {
		refused++;
		guest_end(g, g->kind == GOOD ? 200 : pause_ms);
		return;
	}
	if ((bhs[1] & 0x83) == 0x83) {
		logged_in++;
		guest_end(g, 0);
		g->again = 0;
		return;
	}
	g->step++;
	if (g->kind == ONE)
		return;
	g->slot = slot;
	g->due = now_ms() + (g->kind == GOOD ? delay_ms : 0);
}

static void answer_now(struct guest *g)
{
	g->due = 0;
	request(g, g->mem + (1 + g->slot) * ROOM + ISER);
	post_recv(g, g->slot);
}

static void answers(void)
{
	struct ibv_cq *cq;
	struct ibv_wc wc;
	void *context;

	while (!ibv_get_cq_event(comps, &cq, &context))
		ibv_ack_cq_events(cq, 1);
	ibv_req_notify_cq(recv_cq, 0);
	while (ibv_poll_cq(recv_cq, 1, &wc) > 0) {
		struct guest *g = &guests[wc.wr_id >> 8 & 0xffff];

		if (wc.status == IBV_WC_SUCCESS && g->id &&
		    g->life == wc.wr_id >> 32)
			one_answer(g, wc.wr_id & 0xff);
	}
	while (ibv_poll_cq(send_cq, 1, &wc) > 0)
		;
}

/* Handles events for at most @ms; false when standard input has ended. */
static int turn(int ms)
{
	struct pollfd fds[3] = {
		{ .fd = events->fd, .events = POLLIN },
		{ .fd = comps ? comps->fd : -1, .events = POLLIN },
		{ .fd = 0, .events = POLLIN },
	};
	char byte;
	int i;

	poll(fds, 3, ms);
	if (fds[0].revents)
		one_event();
	if (comps)
		answers();
	for (i = 0; i < count; i++) {
		if (guests[i].due && guests[i].due <= now_ms())
			answer_now(&guests[i]);
		if (guests[i].again && guests[i].again <= now_ms())
			guest_begin(&guests[i]);
	}
	return !fds[2].revents || read(0, &byte, 1) > 0;
}

static void bad(void)
{
	int i, up = 0;

	for (i = 0; i < count; i++) {
		guests[i].kind = silent ? SILENT : i % 4;
		/*
		 * They start as far apart as they come again later.  All at
		 * once, connect requests are lost, and the connection manager
		 * repeats one after 4 s only: that would be measured then.
		 */
		guests[i].again = now_ms() + (long)pause_ms * i / count;
	}
	if (silent)
		printf("begun %ld\n", now_ms());
	while (turn(20)) {
		if (!up && (silent ? connected : tried) >= count) {
			up = 1;
			printf(silent ? "up %ld\n" : "up\n", now_ms());
			fflush(stdout);
		}
	}
	printf("tried %d, closed %d, refused %d\n", tried, closed, refused);
}

static void good(void)
{
	long start;
	int i, before;

	count = 1;
	guests[0].kind = GOOD;
	for (i = 0; i < repeat; i++) {
		start = now_ms();
		before = tried;
		guest_begin(&guests[0]);
		while (logged_in == i)
			turn(delay_ms ? 5 : 100);
		printf("%ld tries %d\n", now_ms() - start, tried - before);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	int opt, i;

	while ((opt = getopt(argc, argv, "n:p:sr:d:T:i:u:w:")) != -1) {
		switch (opt) {
		case 'n': count = atoi(optarg); break;
		case 'p': pause_ms = atoi(optarg); break;
		case 's': silent = 1; break;
		case 'd': delay_ms = atoi(optarg); break;
		case 'r': repeat = atoi(optarg); break;
		case 'T': target = optarg; break;
		case 'i': initiator = optarg; break;
		case 'u': user = optarg; break;
		case 'w': secret = optarg; break;
		default: return 2;
		}
	}
	if (argc - optind != 4) {
		fputs("usage: crowd [OPTION]... SOURCE ADDRESS PORT bad|good\n", stderr);
		return 2;
	}
	source = argv[optind];
	address = argv[optind + 1];
	port = argv[optind + 2];
	srand(getpid());
	events = rdma_create_event_channel();
	guests = calloc(count, sizeof(*guests));
	if (!events || !guests)
		die("event channel");
	for (i = 0; i < count; i++)
		guests[i].number = i;
	if (!strcmp(argv[optind + 3], "good"))
		good();
	else
		bad();
	return 0;
}
