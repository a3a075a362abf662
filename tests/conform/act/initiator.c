// SPDX-License-Identifier: GPL-2.0-only
/* An initiator that does one thing.  It logs in first if it knows a target. */
#include "act.h"

/* LIO would ask for these in another round, and some of these peers take one response. */
#define KEYS	"MaxRecvDataSegmentLength=8192 OFMarker=No IFMarker=No "
#define SMALL	KEYS "MaxRecvDataSegmentLength=512 InitiatorRecvDataSegmentLength=512"

#define READS	16	/* at a time */
#define BURST	32
#define STORM	300
#define TEXT_C	0x40

static struct conn *arrive(const struct cm *cm, const char *keys)
{
	static uint16_t number;
	struct conn *c = conn_open(cm);

	/* Two of these programs have the same ISIDs, so that their sessions collide. */
	memset(c->isid + 1, 0, 3);
	put16(c->isid + 4, ++number);
	/* A single receive is for the Login Response; nothing is taken behind that. */
	c->hold_recvs = cm && cm->recvs == 1;
	if (opt.target && keys)
		login(c, keys);
	return c;
}

static struct msg *login_request(struct conn *c, int nsg, const char *keys)
{
	struct text t;

	text_default(&t, keys);
	if (!opt.target)
		text_add(&t, "TargetName", "iqn.none.such:x");
	return login_pdu(c, 1, nsg, &t);
}

static long limit(void)
{
	return now_ms() + (long)opt.wait_ms * opt.slow;
}

/* Does the other end close the connection until @end? */
static bool closes(struct conn *c, long end)
{
	for (;;) {
		pump(c);
		if (c->closed || now_ms() >= end)
			return c->closed;
		usleep(1000);
	}
}

/* Waits for that, and says since when. */
static void say_end(struct conn *c, long start, long end)
{
	const char *what = closes(c, end) ? "closed" : "open";

	printf("%s %ld\n", what, now_ms() - start);
}

/* Sends a message @n times by one doorbell. */
static void post_copies(struct conn *c, struct msg *m, unsigned int n)
{
	struct msg *all[STORM];
	unsigned int i;

	for (i = 0; i < n; i++)
		all[i] = m;
	post_many(c, all, n);
}

/* The same, and says what comes of it. */
static void outcome(struct conn *c, struct msg *m, unsigned int n)
{
	long start = now_ms(), end = limit();
	struct rx *rx;

	post_copies(c, m, n);
	rx = next_rx(c, opt.wait_ms);
	if (rx && rx->bhs)
		printf("answer %02x %04x\n", rx->opcode,
		       rx->opcode == ISCSI_LOGIN_RSP ? login_status(rx) : rx->bhs[2] << 8);
	else if (rx)
		printf("answer: %s\n", rx->header_fault);
	else
		say_end(c, start, end);
}

/* --- connections that do nothing -------------------------------------------- */

static void keep(struct conn *(*make)(const struct cm *))
{
	struct conn **c = calloc(opt.count, sizeof(*c));
	struct cm cm = cm_default();
	unsigned int i, closed = 0;
	char byte;

	cm.recvs = 8;
	cm.sends = 4;
	cm.send_size = 4096;
	for (i = 0; i < opt.count; i++)
		c[i] = make(&cm);
	printf("ready %u\n", opt.count);
	while (read(0, &byte, 1) > 0)
		;
	for (i = 0; i < opt.count; i++) {
		pump(c[i]);
		closed += c[i]->closed;
	}
	printf("closed %u\n", closed);
}

static struct conn *idle(const struct cm *cm)
{
	return arrive(cm, KEYS);
}

static void hold(void)
{
	keep(idle);
}

static void ends(void)
{
	keep(conn_prepare);
}

/* --- one message ------------------------------------------------------------ */

static void message(void)
{
	struct conn *c = arrive(NULL, KEYS);

	outcome(c, opt.act->make(c), 1);
}

static struct msg *cut(struct conn *c)
{
	struct msg *m = login_request(c, 3, KEYS);

	m->len = opt.act->len;
	return m;
}

static struct msg *poke(struct conn *c)
{
	struct msg *m = login_request(c, 3, KEYS);

	m->b[opt.act->at] = opt.act->byte;
	return m;
}

static struct msg *oversized(struct conn *c)
{
	struct msg *m = login_request(c, 3, KEYS);

	add_data(m, NULL, MSG_ROOM - m->len);
	return m;
}

static struct msg *opcode(struct conn *c)
{
	struct msg *m = pdu(c, 0x3e);

	memset(BHS(m) + 2, 0, BHS_LEN - 2);
	return m;
}

static struct msg *command_first(struct conn *c)
{
	struct mem nobodys = { .len = 255, .stag = 0x77 };

	return inquiry(c, &nobodys, 255);
}

static struct msg *stray(struct conn *c)
{
	return data_out(c, 0x55, NO_TAG, 0, 0, NULL, 512, true);
}

static struct msg *text(struct conn *c)
{
	struct msg *m = login_pdu(c, 1, 3, NULL);

	if (opt.act->len)
		add_data(m, NULL, opt.act->len);
	return m;
}

static struct msg *noise(struct conn *c)
{
	struct msg *m = msg_raw(NULL, 600);
	uint32_t i;

	(void)c;
	for (i = 0; i < m->len; i++)
		m->b[i] = random();
	m->b[0] |= 0x40;	/* no opcode of iSER */
	return m;
}

/* A command whose response finds no receive, nor after one repetition. */
static void deaf(void)
{
	struct cm cm = cm_default();
	struct conn *c;

	cm.recvs = 1;
	cm.rnr_retry = 1;
	c = arrive(&cm, KEYS);
	outcome(c, test_unit_ready(c), 1);
}

/* --- many messages ---------------------------------------------------------- */

static void flood(void)
{
	struct conn *c = arrive(NULL, KEYS);

	outcome(c, login_request(c, 3, KEYS), BURST + 1);
}

static void storm(void)
{
	struct conn **c = calloc(opt.count, sizeof(*c));
	struct cm cm = cm_default();
	long start, end;
	unsigned int i, closed = 0;

	cm.sends = STORM;
	cm.send_size = 1024;
	cm.recvs = 8;
	for (i = 0; i < opt.count; i++)
		c[i] = arrive(&cm, NULL);
	start = now_ms();
	end = limit();
	for (i = 0; i < opt.count; i++)
		post_copies(c[i], login_request(c[i], 3, KEYS), STORM);
	for (i = 0; i < opt.count; i++)
		closed += closes(c[i], end);
	printf("closed %u %ld\n", closed, now_ms() - start);
}

/* All that such a connection does has to be done in the time for one answer. */
static long busy_end;

static struct conn *busy(void)
{
	struct cm cm = cm_default();

	check(opt.target, "--target is needed");
	cm.recvs = 256;
	busy_end = limit();
	return session_cm(&cm, KEYS);
}

static void answered(struct conn *c, unsigned int n)
{
	check(!c->sn_faults, "%u StatSN are out of order", c->sn_faults);
	check(now_ms() < busy_end, "the answers took too long");
	printf("answered %u\n", n);
}

static void nops(void)
{
	struct conn *c = busy();
	unsigned int i;

	for (i = 0; i < opt.count; i++)
		ask(c, nop_out(c, true), ISCSI_NOP_IN);
	answered(c, i);
}

static void strays(void)
{
	struct conn *c = busy();
	unsigned int i;

	for (i = 1; i <= opt.count; i++)
		if (i % 8)
			post(c, stray(c));
		else
			ask(c, nop_out(c, true), ISCSI_NOP_IN);
	answered(c, opt.count / 8);
}

static void aborts(void)
{
	struct conn *c = busy();
	struct mem *mem = mem_new(c, 4096, WRITE_SOURCE);
	unsigned int i;

	for (i = 0; i < opt.count; i++) {
		struct msg *m = write_blocks(c, i % 1024 * 8, mem, mem->len);

		post(c, m);
		ask(c, tmf(c, TMF_ABORT_TASK, itt_of(BHS(m))), ISCSI_TMF_RSP);
	}
	answered(c, i);
}

static void order(void)
{
	struct conn *c = busy();
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	unsigned int i;

	for (i = 0; i < opt.count + READS; i++) {
		if (i >= READS)
			expect(c, ISCSI_RESPONSE, ANY_ITT);
		if (i < opt.count)
			post(c, read_blocks(c, i % 1024 * 8, mem));
	}
	answered(c, opt.count);
}

/* More requests at a time than the target has tags for. */
static void burst(void)
{
	struct conn *c = busy();
	struct mem *mem = mem_new(c, 4096, READ_SINK);
	struct msg *nop[BURST];
	unsigned int i;

	for (i = 0; i < READS; i++)
		post(c, read_blocks(c, i * 8, mem));
	for (i = 0; i < BURST; i++)
		nop[i] = nop_out(c, true);
	post_many(c, nop, BURST);
	for (i = 0; i < READS + BURST; i++)
		expect(c, i < READS ? ISCSI_RESPONSE : ISCSI_NOP_IN, ANY_ITT);
	answered(c, i);
}

/* --- an answer of several parts ---------------------------------------------- */

/* Asks a Discovery session for one target, and prints the text of all parts. */
static void targets(void)
{
	struct conn *c = conn_open(NULL);
	uint32_t itt, ttt, parts = 1, i;
	struct text t = { 0 };
	struct msg *m;
	struct rx *rx;

	check(opt.target, "--target is needed");
	discovery(c, "MaxRecvDataSegmentLength=512");
	m = send_targets(c);
	itt = itt_of(BHS(m));
	for (;; parts++) {
		rx = ask(c, m, ISCSI_TEXT_RSP);
		ttt = get32(rx->bhs + 20);
		check(rx->data_len <= 512, "a part has %u bytes", rx->data_len);
		check(t.len + rx->data_len < sizeof(t.b), "too much text");
		memcpy(t.b + t.len, rx->data, rx->data_len);
		t.len += rx->data_len;
		if (rx->bhs[1] & FINAL)
			break;
		check(rx->bhs[1] == TEXT_C, "the flags of part %u are %02x", parts, rx->bhs[1]);
		check(ttt != NO_TAG, "part %u has no Target Transfer Tag", parts);
		m = text_request(c, "");
		put32(BHS(m) + 16, itt);
		put32(BHS(m) + 20, ttt);
	}
	check(rx->bhs[1] == FINAL, "the flags of the last part are %02x", rx->bhs[1]);
	check(ttt == NO_TAG, "the last part has the Target Transfer Tag %08x", ttt);
	check(!c->sn_faults, "%u StatSN are out of order", c->sn_faults);
	for (i = 0; i < t.len; i++)
		putchar(t.b[i] ?: '\n');
	printf("parts %u\n", parts);
}

/* --- nothing is taken, however often it comes -------------------------------- */

static void take_nothing(struct conn *c, struct msg *first, struct msg *second)
{
	post(c, first);
	/* This end cannot see when the answer is under way. */
	pause_ms(500);
	post(c, second);
	sends_done(c);
	printf("sent\n");
	say_end(c, now_ms(), limit());
}

static void stall(void)
{
	struct cm cm = cm_default();
	struct conn *c;

	cm.recvs = 0;
	cm.rnr_retry = 7;
	c = arrive(&cm, NULL);
	take_nothing(c, login_request(c, -1, SMALL), login_request(c, 3, SMALL));
}

static void texts(void)
{
	struct cm cm = cm_default();
	struct msg *m[2];
	struct conn *c;

	cm.recvs = 1;
	cm.rnr_retry = 7;
	c = arrive(&cm, SMALL);
	m[0] = text_request(c, "SendTargets=All");
	m[1] = text_request(c, "");
	put32(BHS(m[1]) + 16, itt_of(BHS(m[0])));
	put32(BHS(m[1]) + 20, 0);	/* LIO's first tag of a session */
	take_nothing(c, m[0], m[1]);
}

const struct act initiator_acts[] = {
	{ "hold", "N connections until standard input ends: \"ready N\", \"closed N\"", hold },
	{ "ends", "N unconnected ends of them: what this end costs", ends },
	/* One message, and what comes of it: "closed MS", "open MS", "answer OPCODE STATUS". */
	{ "empty", "a message of no bytes", message, cut },
	{ "short", "half an iSER header", message, cut, .len = 14 },
	{ "header", "no PDU behind it", message, cut, .len = ISER_LEN },
	{ "truncated", "less text than announced", message, cut, .len = MSG_MIN + 16 },
	{ "opcode", "no opcode of iSER", message, poke, .at = 0, .byte = 0x70 },
	{ "ahs", "an AHS longer than the message", message, poke, .at = ISER_LEN + 4, .byte = 255 },
	{ "datalength", "16 MiB announced", message, poke, .at = ISER_LEN + 5, .byte = 255 },
	{ "oversized", "a message of 20 KiB", message, oversized },
	{ "pdu", "no opcode of iSCSI", message, opcode },
	{ "command", "an INQUIRY with an STag of nobody", message, command_first },
	{ "dataout", "Data-Out of no task", message, stray },
	{ "nonul", "a login whose text has no NUL", message, text, .len = 1024 },
	{ "noname", "a login without text", message, text },
	{ "random", "600 random bytes", message, noise },
	{ "deaf", "no receive for the response to a command, nor after one repetition", deaf },
	{ "flood", "33 Login Requests at once", flood },
	{ "storm", "300 Login Requests at once on N connections: \"closed N MS\"", storm },
	/* N messages; "answered N" if all were and StatSN followed StatSN. */
	{ "nops", "NOP-Out, one after another", nops },
	{ "strays", "Data-Out of no task, but each eighth is a NOP-Out", strays },
	{ "aborts", "writes with immediate data, each with its ABORT TASK", aborts },
	{ "order", "reads, 16 at a time", order },
	{ "burst", "16 reads, and behind them 32 NOP-Out by one doorbell", burst },
	{ "targets", "SendTargets of one target in parts of 512 bytes: its text, \"parts N\"",
	  targets },
	/* "sent", then "closed MS" or "open MS". */
	{ "stall", "two Login Requests, and no response is taken", stall },
	{ "texts", "two Text Requests, and no response is taken", texts },
	{ 0 }
};
