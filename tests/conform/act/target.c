// SPDX-License-Identifier: GPL-2.0-only
/*
 * A target of any name with a disk in memory, which never invalidates an STag.  It serves
 * as it should until block 2048 is read or written, and then does one thing wrong, once.
 * Only "hidden" does it in the login.
 */
#include <signal.h>
#include "../as-target/target.h"
#include "act.h"

#define TRIGGER	2048u
#define BLOCKS	32768
#define CONNS	16
#define LOGIN_C	0x40

static struct conn *conns[CONNS];
static struct conn *mute_conn;
static bool done;
/* A request that is answered later than it should be, and whose it is. */
static struct rx *held;
static struct conn *held_of;
static struct rx *held_read;

static void say(const char *what)
{
	printf("%s %s\n", opt.act->name, what);
}

static bool is_read(const struct rx *rx)
{
	return rx->b[0] & ISER_RSV;
}

/* Uses the STag of a command on connection @c. */
static void try_stag(struct conn *c, const struct rx *rx, bool write)
{
	bool no = refused(c, write ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ, BLOCK, base_of(rx),
			  stag_of(rx));

	say(no ? "refused" : "accepted");
}

static bool late(struct conn *c, struct rx *rx)
{
	move_data(c, rx);
	post(c, good(c, rx));
	sends_done(c);
	pause_ms(300);
	try_stag(c, rx, is_read(rx));
	return true;
}

static bool rights(struct conn *c, struct rx *rx)
{
	try_stag(c, rx, !is_read(rx));
	return c->ended;
}

static bool foreign(struct conn *c, struct rx *rx)
{
	int i;

	for (i = 0; i < CONNS; i++)
		if (conns[i] && conns[i] != c && conns[i]->full && !conns[i]->ended)
			break;
	if (i < CONNS)
		try_stag(conns[i], rx, is_read(rx));
	else
		say("has no other connection");
	return false;
}

static bool wrong_stag(struct conn *c, struct rx *rx)
{
	struct msg *m;

	if (!held) {
		held = rx;
		done = false;
		return true;
	}
	m = good(c, held);
	m->invalidate = stag_of(rx);
	post(c, m);
	say("sent");
	return true;
}

static bool early(struct conn *c, struct rx *rx)
{
	/* ABORTED COMMAND: the initiator sends the write again. */
	static const uint8_t sense[20] = { 0, 18, 0x70, 0, 0x0b, 0, 0, 0, 0, 10 };
	struct msg *m = response(c, rx, 0, 0);

	BHS(m)[3] = 2;
	add_data(m, sense, sizeof(sense));
	post(c, m);
	say("sent");
	return true;
}

static bool pings(struct conn *c, struct rx *rx)
{
	int i;

	(void)rx;
	for (i = 0; i < 1000 && !c->ended; i++) {
		post(c, nop_in(c, NO_TAG));
		/* One at a time: iWARP has no receiver-not-ready. */
		sends_done(c);
	}
	say(c->ended ? "ended" : "answered");
	return false;
}

static bool mute(struct conn *c, struct rx *rx)
{
	(void)rx;
	mute_conn = c;
	return true;
}

static bool gone(struct conn *c, struct rx *rx)
{
	if (is_read(rx))
		rdma_op(c, IBV_WR_RDMA_WRITE, disk_mr(c), disk + TRIGGER * BLOCK,
			edtl_of(rx) / 2, base_of(rx), stag_of(rx));
	conn_close(c);
	say("sent");
	return true;
}

/* The data and the response of a command, when the initiator had time to act. */
static void answer_late(struct conn *c, struct rx *rx)
{
	pause_ms(300);
	move_data(c, rx);
	say("accepted");
	post(c, good(c, rx));
}

/* The answer to a reset comes behind a later command. */
static bool reset_held(struct conn *c, struct rx *rx)
{
	if (done)
		return false;
	held = rx;
	held_of = c;
	printf("reset held\n");
	return true;
}

static bool reset_late(struct conn *c, struct rx *rx)
{
	if (held_of == c) {
		post(c, reply(c, held, ISCSI_TMF_RSP));
		printf("reset answered\n");
	}
	answer_late(c, rx);
	return true;
}

/* The first reset is answered while a second one waits, and a read that came between. */
static bool resets_held(struct conn *c, struct rx *rx)
{
	struct rx *first = held;
	sigset_t go_on;
	int sig;

	if (!first) {
		held = rx;
		held_of = c;
		printf("reset held\n");
		return true;
	}
	if (!held_read || held_of != c)
		return false;
	post(c, reply(c, first, ISCSI_TMF_RSP));
	printf("reset answered\n");
	/* The initiator has time to take this for the answer to its second reset. */
	pause_ms(300);
	sigemptyset(&go_on);
	sigaddset(&go_on, SIGUSR1);
	sigprocmask(SIG_BLOCK, &go_on, NULL);
	try_stag(c, held_read, true);
	sigwait(&go_on, &sig);
	held_read = NULL;
	if (!c->ended)
		post(c, reply(c, rx, ISCSI_TMF_RSP));
	return true;
}

static bool read_held(struct conn *c, struct rx *rx)
{
	(void)c;
	held_read = rx;
	printf("read held\n");
	return true;
}

/* The abort of a command is answered ahead of it: there is no such task. */
static bool abort_held(struct conn *c, struct rx *rx)
{
	(void)c;
	held = rx;
	return true;
}

static bool no_task(struct conn *c, struct rx *rx)
{
	struct msg *m;

	if (!held || (rx->bhs[1] & 0x7f) != TMF_ABORT_TASK)
		return false;
	m = reply(c, rx, ISCSI_TMF_RSP);
	BHS(m)[2] = 1;
	post(c, m);
	answer_late(c, held);
	held = NULL;
	return true;
}

static bool instead(struct conn *c, struct rx *rx)
{
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	if (opt.act->opcode)
		BHS(m)[0] = opt.act->opcode;
	put32(BHS(m) + 16, itt_of(rx->bhs) ^ opt.act->itt);
	BHS(m)[4] = opt.act->ahs_words;
	put24(BHS(m) + 5, opt.act->data_len);
	m->len += opt.act->longer;
	post(c, m);
	if (opt.act->twice) {
		put32(BHS(m) + 24, c->exp_statsn++);
		post(c, m);
	}
	say("sent");
	return true;
}

/*
 * A value that no target may declare is in a text that has no end: an initiator that reads
 * it there, part by part, takes it after all.
 */
static bool hidden_length(struct conn *c, struct rx *rx)
{
	static const char text[] = "TargetRecvDataSegmentLength=0";
	static struct conn *said;
	struct msg *m;

	if (!(rx->bhs[1] & 0x0c))
		return false;
	if (!offered(c, "RDMAExtensions")) {
		said = NULL;
		rx->bhs[1] &= 0x0c;
		return false;
	}
	if (said == c) {
		rx->bhs[1] |= FINAL | 3;
		return false;
	}
	said = c;
	c->cmdsn = get32(rx->bhs + 24);
	m = reply(c, rx, ISCSI_LOGIN_RSP);
	BHS(m)[1] = LOGIN_C | (rx->bhs[1] & 0x0c);
	memcpy(BHS(m) + 8, rx->bhs + 8, 8);
	add_data(m, text, sizeof(text));
	post(c, m);
	say("sent");
	return true;
}

/* --- serving ---------------------------------------------------------------- */

static bool on_trigger(const struct rx *rx)
{
	const uint8_t *cdb = rx->bhs + 32;
	uint32_t lba = get32(cdb + 2);

	return rx->opcode == ISCSI_COMMAND && (cdb[0] == 0x28 || cdb[0] == 0x2a) &&
	       lba <= TRIGGER && TRIGGER - lba < get16(cdb + 7);
}

static void handle(struct conn *c, struct rx *rx)
{
	static int logins;

	if (c == mute_conn)
		return;
	if (rx->opcode == ISCSI_LOGIN && !c->full) {
		if (opt.act->login && opt.act->login(c, rx))
			return;
		if ((rx->bhs[1] & 0x83) == 0x83)
			printf("login %d\n", ++logins);
		serve_login_request(c, rx, opt.act->keys ?: "");
		return;
	}
	if (rx->opcode == ISCSI_TMF && opt.act->tmf && opt.act->tmf(c, rx))
		return;
	if (rx->bhs && on_trigger(rx) && !done && opt.act->wrong) {
		done = true;
		if (opt.act->wrong(c, rx))
			return;
	}
	serve_pdu(c, rx);
}

/* Return: was there anything to do? */
static bool attend(struct conn **slot)
{
	struct conn *c = *slot;
	struct rx *rx = c ? next_rx(c, 0) : NULL;

	if (rx)
		handle(c, rx);
	if (!c || rx || !c->ended)
		return rx;
	conn_close(c);
	*slot = NULL;
	return true;
}

static void serve(void)
{
	static struct like plain;
	struct cm cm = cm_default();
	bool busy = false;
	struct conn *c;
	int i;

	plain = *opt.like;
	plain.plain_send = true;
	opt.like = &plain;
	/* Room for all Data-Out of a window of commands. */
	cm.recvs = 160;
	cm.sends = 64;
	for (i = 1; i < BLOCKS; i++)
		memset(disk + i * BLOCK, 1 + i % 251, BLOCK);
	conn_listen();
	printf("ready\n");
	for (;;) {
		c = conn_next(&cm, busy ? 0 : 1);
		busy = c;
		for (i = 0; i < CONNS && conns[i] && c; i++)
			;
		check(i < CONNS, "too many connections");
		if (c)
			conns[i] = c;
		for (i = 0; i < CONNS; i++)
			busy |= attend(&conns[i]);
	}
}

const struct act target_acts[] = {
	{ "serve", "nothing is wrong", serve },
	/* What came of it: "refused", "accepted". */
	{ "late", "uses an STag once more, behind the response", serve, .wrong = late },
	{ "rights", "uses an STag the other way round", serve, .wrong = rights },
	{ "foreign", "uses an STag on another connection", serve, .wrong = foreign },
	{ "reset-late", "answers a reset behind a later read, before its data", serve,
	  .wrong = reset_late, .tmf = reset_held },
	{ "resets", "answers the first of two resets, and at SIGUSR1 the second one", serve,
	  .wrong = read_held, .tmf = resets_held },
	{ "no-task", "answers the abort of a read ahead of the read", serve,
	  .wrong = abort_held, .tmf = no_task },
	{ "pings", "sends 1000 NOP-In that want no answer: \"answered\"", serve, .wrong = pings },
	/* The others say "sent". */
	{ "wrong", "invalidates the STag of another command", serve,
	  .wrong = wrong_stag },
	{ "hidden", "declares a length of 0 in a login text without an end", serve,
	  .login = hidden_length, .keys = "InitialR2T=No" },
	{ "early", "lets a write fail before its data are here", serve, .wrong = early,
	  .keys = "InitialR2T=No" },
	{ "mute", "answers nothing any more on this connection", serve, .wrong = mute },
	{ "close", "ends the connection amid the data", serve, .wrong = gone },
	{ "nop", "answers with a NOP-In", serve, .wrong = instead, .opcode = ISCSI_NOP_IN },
	{ "text", "answers with a Text Response", serve, .wrong = instead, .opcode = ISCSI_TEXT_RSP },
	{ "logout", "answers with a Logout Response", serve, .wrong = instead,
	  .opcode = ISCSI_LOGOUT_RSP },
	{ "tmf", "answers with a Task Management Response", serve, .wrong = instead,
	  .opcode = ISCSI_TMF_RSP },
	{ "datain", "answers with a Data-In", serve, .wrong = instead, .opcode = ISCSI_DATA_IN },
	{ "r2t", "answers with an R2T", serve, .wrong = instead, .opcode = ISCSI_R2T },
	{ "relogin", "answers with a Login Response", serve, .wrong = instead,
	  .opcode = ISCSI_LOGIN_RSP },
	{ "opcode", "answers with an opcode that iSCSI has not", serve, .wrong = instead,
	  .opcode = 0x3e },
	{ "stranger", "answers to no task", serve, .wrong = instead, .itt = 0x40 },
	{ "twice", "answers twice", serve, .wrong = instead, .twice = true },
	{ "long", "answers with 100 bytes announced and not there", serve,
	  .wrong = instead, .data_len = 100 },
	{ "ahs", "the same with an AHS", serve, .wrong = instead, .ahs_words = 10 },
	{ "short", "answers with less than a PDU", serve, .wrong = instead, .longer = -20 },
	{ "huge", "answers with more than a receive holds", serve, .wrong = instead,
	  .longer = 4096 },
	{ 0 }
};
