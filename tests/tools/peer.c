// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer - an iSER initiator that misbehaves on purpose.
 *
 * peer [OPTION]... ADDRESS PORT MODE
 *   -n COUNT   connections (1)
 *   -t MS      how long to wait for the target's answer to MODE (5000)
 *   -l         log in first (needs -T), then do MODE
 *   -T TARGET  -i INITIATOR  names for the login
 *   -s ISID    last byte of the ISID (1)
 *   -r COUNT   messages of the modes that send many (100)
 *
 * MODE silent, or hold after -l: says "ready COUNT", keeps the connections until
 * standard input ends, then says "closed N": how many the target ended.
 * After -l, modes that send many messages. They say "answered N", and if that is
 * not all or in a wrong order of StatSN, why:
 *   burst    16 reads, and behind them 32 NOP-Out by one doorbell
 *   order    reads, 16 at a time
 *   nops     NOP-Out, one after another
 *   strays   Data-Out of no task, a NOP-Out behind each eighth
 *   aborts   writes with immediate data, each followed by its ABORT TASK
 * MODE flood sends 33 Login Requests without waiting.
 * MODE storm sends -r messages by one doorbell on each connection, and waits
 * for all to be closed: "closed N MS".
 * MODE deaf, after -l: a command whose response finds no receive, nor after one
 * repetition.
 * Modes that take nothing of what the target sends, however often it comes:
 *   stall    a Login Request and, when it has arrived, another one
 *   texts    after -l: SendTargets, and the request for the next part
 * They say "closed MS" or "open MS".
 * Any other MODE sends one message and says what came of it: "closed MS",
 * "answer OPCODE STATUS", or "open".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <rdma/rdma_verbs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ISER	28
#define BHS	48
#define ROOM	32768

struct conn {
	struct rdma_cm_id *id;
	struct ibv_mr *mr;
	unsigned char *mem;	/* one send buffer, recvs receive buffers */
	unsigned int statsn, cmdsn;
	int closed;
};

static const char *address, *port, *mode;
static const char *target, *initiator = "iqn.2026-01.org.example.iser:peer";
static int count = 1, wait_ms = 5000, isid = 1, recvs = 8, repeat = 100, first;
static int burst;	/* send buffers after the receives */
static int deep;	/* further sends of one buffer */
static int deaf;
static int mute;	/* posts no receive except that of the login */

static void die(const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void post_recv(struct conn *c, int slot)
{
	if (rdma_post_recv(c->id, (void *)(uintptr_t)slot,
			   c->mem + (1 + slot) * ROOM, ROOM, c->mr))
		die("post_recv");
}

static void conn_open(struct conn *c)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP }, *res;
	struct ibv_qp_init_attr attr = {
		.cap = { .max_send_wr = 8 + burst + deep, .max_recv_wr = recvs,
			 .max_send_sge = 1, .max_recv_sge = 1 },
		.sq_sig_all = 1,
	};
	unsigned char private[4] = { 0xc0 };
	struct rdma_conn_param param = {
		.private_data = private, .private_data_len = sizeof(private),
		.responder_resources = 4, .initiator_depth = 1,
		.retry_count = 7,
		.rnr_retry_count = mute ? 7 : deaf ? 1 : 6,
	};
	int i;

	if (rdma_getaddrinfo(address, port, &hints, &res))
		die("address");
	if (rdma_create_ep(&c->id, res, NULL, &attr))
		die("endpoint");
	rdma_freeaddrinfo(res);
	c->mem = calloc(recvs + 1 + burst, ROOM);
	if (!c->mem)
		die("memory");
	c->mr = rdma_reg_msgs(c->id, c->mem, (recvs + 1 + burst) * ROOM);
	if (!c->mr)
		die("memory region");
	for (i = 0; i < (mute ? first : recvs); i++)
		post_recv(c, i);
	if (rdma_connect(c->id, &param))
		die("connect");
}

/* True when the target has ended the connection, now or before. */
static int conn_ended(struct conn *c, int ms)
{
	struct pollfd fd = { .fd = c->id->channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;

	while (!c->closed && poll(&fd, 1, ms) == 1) {
		if (rdma_get_cm_event(c->id->channel, &event))
			break;
		if (event->event == RDMA_CM_EVENT_DISCONNECTED ||
		    event->event == RDMA_CM_EVENT_TIMEWAIT_EXIT)
			c->closed = 1;
		rdma_ack_cm_event(event);
		ms = 0;
	}
	return c->closed;
}

static unsigned int get32(const unsigned char *p)
{
	return (unsigned int)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void put32(unsigned char *p, unsigned int v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static void put24(unsigned char *p, unsigned int v)
{
	p[0] = v >> 16;
	p[1] = v >> 8;
	p[2] = v;
}

/* A Login Request that asks for full feature phase at once. */
static unsigned int login_pdu(unsigned char *p)
{
	unsigned char *bhs = p + ISER, *text = bhs + BHS;
	int len;

	memset(p, 0, ISER + BHS);
	p[0] = 0x10;
	bhs[0] = 0x43;
	bhs[1] = 0x87;
	bhs[8] = 0x80;		/* ISID of the random kind */
	bhs[13] = isid;
	bhs[19] = 7;		/* ITT */
	bhs[27] = 1;		/* CmdSN */
	len = sprintf((char *)text, "InitiatorName=%s%cTargetName=%s%c"
		      "SessionType=Normal%cHeaderDigest=None%cDataDigest=None%c"
		      "InitialR2T=Yes%cImmediateData=Yes%c"
		      "MaxRecvDataSegmentLength=%d%c"
		      "RDMAExtensions=Yes%cInitiatorRecvDataSegmentLength=%d%c"
		      "TargetRecvDataSegmentLength=8192%c"
		      /* all that LIO would otherwise ask for in another round */
		      "MaxConnections=1%cErrorRecoveryLevel=0%c"
		      "DefaultTime2Wait=2%cDefaultTime2Retain=0%c"
		      "MaxOutstandingR2T=1%cMaxBurstLength=262144%c"
		      "FirstBurstLength=65536%cDataPDUInOrder=Yes%c"
		      "DataSequenceInOrder=Yes%cOFMarker=No%cIFMarker=No%c",
		      initiator, 0, target ? target : "iqn.none.such:x", 0, 0,
		      0, 0, 0, 0, mute ? 512 : 8192, 0, 0, mute ? 512 : 8192,
		      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	put24(bhs + 5, len);
	return ISER + BHS + (len + 3) / 4 * 4;
}

static unsigned int message(unsigned char *p)
{
	unsigned int len = login_pdu(p), i;
	unsigned char *bhs = p + ISER;

	if (!strcmp(mode, "login") || !strcmp(mode, "flood"))
		return len;
	if (!strcmp(mode, "empty"))
		return 0;
	if (!strcmp(mode, "short"))		/* half an iSER header */
		return 14;
	if (!strcmp(mode, "header"))		/* no PDU behind it */
		return ISER;
	if (!strcmp(mode, "truncated"))		/* less text than announced */
		return ISER + BHS + 16;
	if (!strcmp(mode, "hello")) {
		memset(p, 0, ISER);
		p[0] = 0x20;
		p[1] = 0xaa;
		p[7] = 4;
		return ISER;
	}
	if (!strcmp(mode, "opcode")) {		/* no such iSER opcode */
		p[0] = 0x70;
	} else if (!strcmp(mode, "oversized")) {
		put24(bhs + 5, ROOM - ISER - BHS);
		memset(p + len, 'x', ROOM - len);
		len = ROOM;
	} else if (!strcmp(mode, "datalength")) { /* far more than can come */
		put24(bhs + 5, 0xffffff);
	} else if (!strcmp(mode, "ahs")) {	/* longer than the message */
		bhs[4] = 255;
	} else if (!strcmp(mode, "pdu")) {	/* no such iSCSI opcode */
		memset(bhs, 0, BHS);
		bhs[0] = 0x3e;
		bhs[1] = 0x80;
		len = ISER + BHS;
	} else if (!strcmp(mode, "command")) {	/* INQUIRY with an STag of nobody */
		memset(p, 0, ISER + BHS);
		p[0] = 0x14;
		p[15] = 0x77;
		bhs[0] = 0x01;
		bhs[1] = 0xc1;
		bhs[19] = 9;
		bhs[22] = 0x01;
		bhs[27] = 1;
		bhs[32] = 0x12;
		bhs[36] = 0xff;
		len = ISER + BHS;
	} else if (!strcmp(mode, "dataout")) {	/* for no task */
		memset(p, 0, ISER + BHS);
		p[0] = 0x10;
		bhs[0] = 0x05;
		bhs[1] = 0x80;
		put24(bhs + 5, 512);
		bhs[19] = 0x55;
		memset(bhs + 20, 0xff, 4);
		len = ISER + BHS + 512;
	} else if (!strcmp(mode, "nonul")) {	/* text without its NUL */
		memset(bhs + BHS, 'A', 1024);
		put24(bhs + 5, 1024);
		len = ISER + BHS + 1024;
	} else if (!strcmp(mode, "noname")) {	/* a login without a name */
		put24(bhs + 5, 0);
		len = ISER + BHS;
	} else if (!strcmp(mode, "random")) {
		for (i = 0; i < 600; i++)
			p[i] = rand();
		len = 600;
	} else {
		fprintf(stderr, "peer: no mode %s\n", mode);
		exit(2);
	}
	return len;
}

/* Sends LEN bytes; returns the slot of an answer, -1 closed, -2 nothing. */
static int exchange(struct conn *c, unsigned int len)
{
	struct ibv_wc wc;
	long end = now_ms() + wait_ms;

	if (rdma_post_send(c->id, NULL, c->mem, len, c->mr, 0))
		die("post_send");
	while (now_ms() < end) {
		while (ibv_poll_cq(c->id->send_cq, 1, &wc) > 0)
			;
		if (ibv_poll_cq(c->id->recv_cq, 1, &wc) > 0 &&
		    wc.status == IBV_WC_SUCCESS)
			return wc.wr_id;
		if (conn_ended(c, 5))
			return -1;
	}
	return -2;
}

static unsigned char *answer(struct conn *c, int slot)
{
	return c->mem + (1 + slot) * ROOM + ISER;
}

static void log_in(struct conn *c)
{
	int slot = exchange(c, login_pdu(c->mem));
	unsigned char *bhs;

	if (slot < 0) {
		printf("login %s\n", slot == -1 ? "closed" : "unanswered");
		exit(1);
	}
	bhs = answer(c, slot);
	if (bhs[0] != 0x23 || bhs[36] || (bhs[1] & 0x83) != 0x83) {
		printf("login refused: opcode %02x flags %02x status %02x%02x\n",
		       bhs[0], bhs[1], bhs[36], bhs[37]);
		exit(1);
	}
	c->statsn = get32(bhs + 24);
	c->cmdsn = 1;
	if (!mute && !deaf)
		post_recv(c, slot);
	isid++;
}

/* --- many messages --------------------------------------------------------- */

static struct ibv_mr *sink;	/* where reads go */
static const char *wrong;

#define BURST_READS	16
#define BURST_NOPS	32

static unsigned int many_pdu(struct conn *c, unsigned char opcode, unsigned int itt)
{
	unsigned char *bhs = c->mem + ISER;

	memset(c->mem, 0, ISER + BHS);
	c->mem[0] = 0x10;
	bhs[0] = opcode;
	bhs[1] = 0x80;
	put32(bhs + 16, itt);
	put32(bhs + 20, 0xffffffff);
	put32(bhs + 24, c->cmdsn);
	put32(bhs + 28, c->statsn + 1);
	return ISER + BHS;
}

/* READ or WRITE of 4 KiB, eight blocks further each time. */
static unsigned int many_command(struct conn *c, int write, unsigned int itt)
{
	unsigned int len = many_pdu(c, 0x01, itt);
	unsigned char *bhs = c->mem + ISER;

	bhs[1] = write ? 0xa1 : 0xc1;
	put32(bhs + 20, 4096);
	bhs[32] = write ? 0x2a : 0x28;
	put32(bhs + 34, itt % 1024 * 8);
	bhs[40] = 8;
	if (write) {
		put24(bhs + 5, 4096);
		len += 4096;
	} else {
		c->mem[0] |= 0x04;
		put32(c->mem + 16, sink->rkey);
		put32(c->mem + 20, (uintptr_t)sink->addr >> 32);
		put32(c->mem + 24, (uintptr_t)sink->addr);
	}
	c->cmdsn++;
	return len;
}

/*
 * Handles what has arrived: counts @opcode (0: all), and checks that StatSN follows
 * StatSN.
 */
static int many_answers(struct conn *c, unsigned char opcode)
{
	unsigned char *bhs;
	struct ibv_wc wc;
	int n = 0;

	while (ibv_poll_cq(c->id->recv_cq, 1, &wc) > 0) {
		if (wc.status != IBV_WC_SUCCESS)
			continue;
		bhs = answer(c, wc.wr_id);
		/* A NOP-In that is not an answer takes no StatSN. */
		if (get32(bhs + 16) != 0xffffffff && get32(bhs + 24) != ++c->statsn)
			wrong = "StatSN out of order";
		if (get32(bhs + 16) != 0xffffffff)
			c->statsn = get32(bhs + 24);
		n += !opcode || (bhs[0] & 0x3f) == opcode;
		post_recv(c, wc.wr_id);
	}
	return n;
}

static void many_send(struct conn *c, unsigned int len)
{
	struct ibv_wc wc = { .status = IBV_WC_GENERAL_ERR };
	long end = now_ms() + wait_ms;

	if (rdma_post_send(c->id, NULL, c->mem, len, c->mr, 0))
		die("post_send");
	/* There is one send buffer: it has to be free again. */
	while (!ibv_poll_cq(c->id->send_cq, 1, &wc) && now_ms() < end)
		usleep(50);
	if (wc.status != IBV_WC_SUCCESS)
		wrong = "a Send failed";
}

/* Sends more at a time than the target has tags for. */
static int many_burst(struct conn *c)
{
	struct ibv_send_wr wr[BURST_NOPS] = { 0 }, *bad;
	struct ibv_sge sge[BURST_NOPS];
	unsigned char *to = c->mem + (1 + recvs) * ROOM;
	int i;

	for (i = 0; i < BURST_READS; i++)
		many_send(c, many_command(c, 0, 0x1000 + i));
	for (i = 0; i < BURST_NOPS; i++, to += ROOM) {
		sge[i] = (struct ibv_sge){ .addr = (uintptr_t)to, .lkey = c->mr->lkey,
					   .length = many_pdu(c, 0x40, 0x2000 + i) };
		memcpy(to, c->mem, sge[i].length);
		wr[i] = (struct ibv_send_wr){ .opcode = IBV_WR_SEND, .sg_list = &sge[i],
					      .num_sge = 1 };
		wr[i].next = i < BURST_NOPS - 1 ? &wr[i + 1] : NULL;
	}
	if (ibv_post_send(c->id->qp, wr, &bad))
		die("post_send");
	return BURST_READS + BURST_NOPS;
}

static void many(struct conn *c)
{
	int order = !strcmp(mode, "order");
	int strays = !strcmp(mode, "strays"), aborts = !strcmp(mode, "aborts");
	unsigned char opcode = burst ? 0 : order ? 0x21 : aborts ? 0x22 : 0x20;
	int room = order ? 16 : 1;
	int total = repeat * (1 + aborts), sent = 0, asked = 0, got = 0;
	unsigned int len, itt;
	long end = now_ms() + wait_ms;

	if (burst)
		sent = total = asked = many_burst(c);
	while ((sent < total || got < asked) && !wrong && now_ms() < end) {
		if (conn_ended(c, sent < total && asked - got < room ? 0 : 1)) {
			wrong = "closed";
			break;
		}
		got += many_answers(c, opcode);
		if (sent == total || asked - got >= room)
			continue;
		itt = 0x1000 + sent;
		asked++;
		if (order) {
			len = many_command(c, 0, itt);
		} else if (aborts && !(sent & 1)) {
			len = many_command(c, 1, itt);
			asked--;
		} else if (aborts) {
			len = many_pdu(c, 0x42, itt);
			c->mem[ISER + 1] = 0x81;
			put32(c->mem + ISER + 20, itt - 1);
			put32(c->mem + ISER + 32, c->cmdsn - 1);
		} else if (strays && sent % 8 != 7) {
			len = many_pdu(c, 0x05, itt) + 512;
			put24(c->mem + ISER + 5, 512);
			asked--;
		} else {
			len = many_pdu(c, 0x40, itt);
		}
		sent++;
		many_send(c, len);
	}
	if (!wrong && got < asked)
		wrong = "the rest is missing";
	printf("answered %d%s%s\n", got, wrong ? ", " : "", wrong ? wrong : "");
}

/* --- modes that take nothing ------------------------------------------------ */

static void take_nothing(struct conn *c)
{
	unsigned char *text = c->mem + ISER + BHS;
	unsigned int len;
	long start;

	if (first) {
		len = many_pdu(c, 0x44, 7) + 16;
		put24(c->mem + ISER + 5, 16);
		memcpy(text, "SendTargets=All", 16);
	} else {
		len = login_pdu(c->mem);
		c->mem[ISER + 1] = 0x04;	/* more will follow */
	}
	many_send(c, len);
	/* The peer cannot see when the answer is under way. */
	usleep(wait_ms * 50);
	if (first) {
		len = many_pdu(c, 0x44, 7);
		put32(c->mem + ISER + 20, 0);	/* LIO's first tag of a session */
	} else {
		c->mem[ISER + 1] = 0x87;
	}
	many_send(c, len);
	printf("sent\n");
	fflush(stdout);
	start = now_ms();
	while (!conn_ended(c, 100) && now_ms() < start + wait_ms)
		;
	printf("%s %ld\n", c->closed ? "closed" : "open", now_ms() - start);
}

static int is_many(void)
{
	return strstr(" burst order nops strays aborts ", mode) != NULL;
}

/* Sends all messages at once, far more than the target has granted. */
static void storm(struct conn *c)
{
	unsigned int len = login_pdu(c->mem);
	long start = now_ms(), end = start + wait_ms;
	int i, closed = 0;

	for (i = 0; i < count; i++) {
		struct ibv_sge sge = { .addr = (uintptr_t)c[i].mem, .length = len,
				       .lkey = c[i].mr->lkey };
		struct ibv_send_wr *wr = calloc(deep, sizeof(*wr)), *bad;
		int n;

		memcpy(c[i].mem, c->mem, len);
		for (n = 0; n < deep; n++)
			wr[n] = (struct ibv_send_wr){ .opcode = IBV_WR_SEND,
				.sg_list = &sge, .num_sge = 1,
				.next = n < deep - 1 ? &wr[n + 1] : NULL };
		if (ibv_post_send(c[i].id->qp, wr, &bad))
			die("post_send");
		free(wr);
	}
	for (i = 0; i < count; i++) {
		while (!conn_ended(&c[i], 5) && now_ms() < end)
			;
		closed += c[i].closed;
	}
	printf("closed %d %ld\n", closed, now_ms() - start);
}

/* TEST UNIT READY has no data, and a response that the peer cannot take. */
static unsigned int deaf_command(struct conn *c)
{
	unsigned int len = many_pdu(c, 0x01, 0x1000);

	memset(c->mem + ISER + 20, 0, 4);
	return len;
}

static void hold(struct conn *c)
{
	char byte;
	int i, closed = 0;

	printf("ready %d\n", count);
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	for (i = 0; i < count; i++)
		closed += conn_ended(&c[i], 0);
	printf("closed %d\n", closed);
}

int main(int argc, char **argv)
{
	struct conn *c;
	unsigned char *bhs;
	int opt, i, slot;
	long start;

	while ((opt = getopt(argc, argv, "n:t:lT:i:s:r:")) != -1) {
		switch (opt) {
		case 'n': count = atoi(optarg); break;
		case 't': wait_ms = atoi(optarg); break;
		case 'l': first = 1; break;
		case 'T': target = optarg; break;
		case 'i': initiator = optarg; break;
		case 's': isid = atoi(optarg); break;
		case 'r': repeat = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 3) {
		fputs("usage: peer [OPTION]... ADDRESS PORT MODE\n", stderr);
		return 2;
	}
	address = argv[optind];
	port = argv[optind + 1];
	mode = argv[optind + 2];
	if (is_many())
		recvs = 256;
	mute = !strcmp(mode, "stall") || !strcmp(mode, "texts");
	if (!strcmp(mode, "burst") || !strcmp(mode, "flood"))
		burst = BURST_NOPS;
	deaf = !strcmp(mode, "deaf");
	if (deaf)
		recvs = 1;
	if (!strcmp(mode, "storm"))
		deep = repeat;
	c = calloc(count, sizeof(*c));
	for (i = 0; i < count; i++) {
		conn_open(&c[i]);
		if (first)
			log_in(&c[i]);
	}
	if (!strcmp(mode, "silent") || !strcmp(mode, "hold")) {
		hold(c);
		return 0;
	}
	if (deep) {
		storm(c);
		return 0;
	}
	if (mute) {
		take_nothing(c);
		return 0;
	}
	if (is_many()) {
		sink = ibv_reg_mr(c->id->pd, calloc(1, 4096), 4096,
				  IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
		if (!sink || !first)
			die("many messages need -l and memory");
		many(c);
		return 0;
	}
	start = now_ms();
	for (i = 0; i < burst; i++)
		if (rdma_post_send(c->id, NULL, c->mem, message(c->mem), c->mr, 0))
			die("post_send");
	slot = exchange(&c[0], deaf ? deaf_command(c) : message(c[0].mem));
	if (slot >= 0) {
		bhs = answer(&c[0], slot);
		printf("answer %02x %02x%02x\n", bhs[0] & 0x3f,
		       bhs[0] == 0x23 ? bhs[36] : bhs[2],
		       bhs[0] == 0x23 ? bhs[37] : 0);
	} else {
		printf(slot == -1 ? "closed %ld\n" : "open %ld\n",
		       now_ms() - start);
	}
	return 0;
}
