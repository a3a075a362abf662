// SPDX-License-Identifier: GPL-2.0-only
/* The session of a random initiator, and its tasks. */
#include "play.h"

#define BATCH		48	/* messages by one doorbell at most */
#define PIECE		8192	/* bytes of Data-Out */

struct play play;

static struct msg *batch[CONNS][BATCH];
static unsigned int nr_batch[CONNS];

int index_of(const struct conn *c)
{
	int i = CONNS - 1;

	/* One that is in place of another has not got its place yet: it is the first. */
	while (i && play.c[i] != c)
		i--;
	return i;
}

unsigned int conns(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < CONNS; i++)
		n += !!play.c[i];
	return n;
}

/* Forgets the tasks of this connection: nothing can come of them. */
void forget_conn(struct conn *c)
{
	unsigned int i;

	for (i = 0; i < play.nr_tasks; i++) {
		struct task *t = &play.tasks[i];

		if (t->c != c || !t->open)
			continue;
		t->open = false;
		if (t->slot) {
			t->slot->users--;
			t->slot->known &= !t->write;
		}
		tally("tasks that ended with their connection");
	}
	nr_batch[index_of(c)] = 0;
	play.c[index_of(c)] = NULL;
	play.lost = conns();
}

void close_conn(struct conn *c)
{
	did("close connection %d (%s)", index_of(c), c->ended ? c->how : "by this end");
	tally("connections ended by %s", c->ended ? "the target" : "this end");
	forget_conn(c);
	conn_close(c);
}

/* Keys with a different effect each. */
static const char *some_keys(void)
{
	static const char * const bursts[] = { "512", "4096", "8192", "65536" };
	static char keys[512];

	snprintf(keys, sizeof(keys), "TaggedBufferForSolicitedDataOnly=%s InitialR2T=%s "
		 "ImmediateData=%s FirstBurstLength=%s MaxBurstLength=%s ErrorRecoveryLevel=%u "
		 "MaxConnections=%u MaxOutstandingUnexpectedPDUs=16", one_in(3) ? "No" : "Yes",
		 one_in(3) ? "Yes" : "No", one_in(4) ? "No" : "Yes", bursts[roll(4)],
		 one_in(3) ? "65536" : "262144", roll(2), one_in(3) ? 2 : CONNS);
	return keys;
}

bool may_connect(void)
{
	return play.conns < CONNS_MOST;
}

/* A unit attention may answer the first command of a session. */
static void make_ready(struct conn *c)
{
	int tries;

	for (tries = 0; tries < 3; tries++)
		if (!ask(c, test_unit_ready(c), ISCSI_RESPONSE)->bhs[3])
			break;
	/*
	 * block_size() sends a command the first time: do that while nothing is under
	 * way.
	 */
	block_size(c);
}

void enter(const uint8_t *isid)
{
	static const uint8_t plain_send[4] = { 0xc0 };
	struct cm cm = cm_default();
	struct conn *c;

	play.conns++;
	play.sessions++;
	play.discovery = !isid && one_in(10);
	play.muddled = false;
	play.logged_out = false;
	play.lost = false;
	play.aborting = 0;
	play.nr_missing = 0;
	cm.recvs = 200;
	if (one_in(3))
		cm.data = plain_send;
	c = conn_open(&cm);
	if (isid)
		memcpy(c->isid, isid, sizeof(c->isid));
	if (play.discovery) {
		did("discovery session");
		discovery(c, "");
		tally("discovery sessions");
	} else {
		const char *keys = some_keys();

		did("session: %s", keys);
		login(c, keys);
		make_ready(c);
		tally("sessions of level %u", answer_number(c, "ErrorRecoveryLevel", 0));
	}
	/*
	 * Every session of the round has its own tags, on whichever connection the
	 * answer comes.
	 */
	c->itt = 0x100000 * play.sessions;
	play.c[0] = c;
	play.cmdsn = c->cmdsn;
}

struct conn *further(struct conn *first, uint16_t cid)
{
	struct conn *c;

	play.conns++;
	c = conn_joining(first, cid);
	c->cmdsn = play.cmdsn;
	/* The first connection may have ended, and with it the session. */
	if (login_try(c, "-RDMAExtensions -MaxConnections -InitialR2T -ImmediateData "
		      "-ErrorRecoveryLevel -DefaultTime2Wait -DefaultTime2Retain "
		      "-MaxOutstandingR2T -MaxBurstLength -FirstBurstLength "
		      "-DataPDUInOrder -DataSequenceInOrder")) {
		tally("further connections that were refused");
		conn_close(c);
		return NULL;
	}
	tally("further connections");
	c->answer = first->answer;
	c->offer = first->offer;
	c->itt = 0x100000 * play.sessions + 0x10000 * play.conns;
	return c;
}

struct conn *any_conn(bool normal)
{
	unsigned int from = roll(CONNS), i;
	struct conn *c = NULL;

	for (i = 0; i < CONNS && !c; i++)
		c = play.c[(from + i) % CONNS];
	if (!c || (normal && play.discovery))
		return NULL;
	c->cmdsn = play.cmdsn;
	return c;
}

bool room(const struct conn *c)
{
	uint32_t max = c->max_cmdsn;
	unsigned int i;

	for (i = 0; i < CONNS; i++)
		if (play.c[i] && (int32_t)(play.c[i]->max_cmdsn - max) > 0)
			max = play.c[i]->max_cmdsn;
	return (int32_t)(max - play.cmdsn) >= 0;
}

void put_plain(struct conn *c, struct msg *m)
{
	int i = index_of(c);

	/* The CmdSN of this connection is old if another one has sent a command since. */
	if ((int32_t)(c->cmdsn - play.cmdsn) > 0)
		play.cmdsn = c->cmdsn;
	batch[i][nr_batch[i]++] = m;
	if (nr_batch[i] == BATCH)
		ring(c);
}

struct task *put(struct conn *c, struct msg *m, const char *what)
{
	struct task *t = &play.tasks[play.nr_tasks++];

	if (play.nr_tasks == TASKS)
		fail("too many tasks");
	*t = (struct task){ .c = c, .what = what, .itt = itt_of(BHS(m)), .open = true,
			    .excused = play.muddled || play.aborting };
	did("%d: %s, task %x, CmdSN %u%s, %u bytes", index_of(c), what, t->itt,
	    get32(BHS(m) + 24), BHS(m)[0] & IMMEDIATE ? " (immediate)" : "", m->len);
	put_plain(c, m);
	return t;
}

bool done(struct conn *c)
{
	if (one_in(2))
		ring(c);
	return true;
}

void ring(struct conn *c)
{
	int i = index_of(c), n = nr_batch[i];

	nr_batch[i] = 0;
	if (!n)
		return;
	did("%d: doorbell for %d", i, n);
	post_many(c, batch[i], n);
}

void muddle(void)
{
	play.muddled = true;
	excuse_all();
}

void excuse_all(void)
{
	unsigned int i;

	for (i = 0; i < play.nr_tasks; i++)
		play.tasks[i].excused = true;
}

static struct task *task_of(const struct conn *c, uint32_t itt)
{
	unsigned int i = play.nr_tasks;

	while (i--)
		if (play.tasks[i].open && play.tasks[i].itt == itt && play.tasks[i].c == c)
			return &play.tasks[i];
	return NULL;
}

static void answered(struct task *t, const struct rx *rx)
{
	bool good = rx->opcode == ISCSI_RESPONSE && !rx->bhs[2] && !rx->bhs[3] &&
		    !(rx->bhs[1] & 6);

	t->open = false;
	if (t->mem && !t->write)
		expect_guards(t->mem);
	if (!t->slot)
		return;
	t->slot->users--;
	if (t->write) {
		t->slot->known = good && !t->excused;
		t->slot->seed = t->seed;
		t->slot->len = t->len;
	} else if (good && t->slot->known && !t->excused) {
		expect_fill(t->mem->p, t->len, t->seed, 0, t->what);
		tally("reads that were compared");
	}
}

static void rejected(struct conn *c, const struct rx *rx)
{
	struct task *t = rx->data_len < BHS_LEN ? NULL : task_of(c, itt_of(rx->data));

	/* The next ping shows whether the target took the CmdSN of the command. */
	if (t)
		answered(t, rx);
}

static void came(struct conn *c, struct rx *rx)
{
	struct task *t;

	if (rx->header_fault)
		fail("%s came: %s", opcode_name(rx->opcode), rx->header_fault);
	tally("%s came", opcode_name(rx->opcode));
	if (!rx->bhs)
		return;
	did("    %d: %s for task %x, %02x %02x", index_of(c), opcode_name(rx->opcode),
	    itt_of(rx->bhs), rx->bhs[2], rx->bhs[3]);
	if (rx->opcode == ISCSI_REJECT) {
		rejected(c, rx);
		return;
	}
	if (rx->opcode == ISCSI_TMF_RSP && play.aborting)
		play.aborting--;
	t = task_of(c, itt_of(rx->bhs));
	if (t)
		answered(t, rx);
}

void look(int ms)
{
	struct rx *rx;
	int i;

	for (i = 0; i < CONNS; i++) {
		struct conn *c = play.c[i];

		while (c && (rx = next_pdu(c, ms)))
			came(c, rx);
		if (c && c->ended)
			close_conn(c);
	}
}

struct slot *slot_free(bool known)
{
	unsigned int at = roll(SLOTS), i;

	for (i = 0; i < SLOTS; i++) {
		struct slot *slot = &play.slots[(at + i) % SLOTS];

		if (!slot->users && (slot->known || !known))
			return slot;
	}
	return NULL;
}

uint32_t slot_lba(struct conn *c, const struct slot *slot)
{
	return free_block(c) + (slot - play.slots) * (SLOT / block_size(c));
}

struct task *task_at_random(bool (*fits)(const struct task *t))
{
	unsigned int at = roll(play.nr_tasks), i;

	for (i = 0; i < play.nr_tasks; i++) {
		struct task *t = &play.tasks[(at + i) % play.nr_tasks];

		if (t->open && fits(t))
			return t;
	}
	return NULL;
}

bool any_task(const struct task *t)
{
	return t->c;
}

bool sends_data(const struct task *t)
{
	return t->next < t->end;
}

void data_piece(struct task *t)
{
	uint32_t len = t->end - t->next < PIECE ? t->end - t->next : PIECE;

	put_plain(t->c, data_out(t->c, t->itt, NO_TAG, t->datasn++, t->next, t->mem->p + t->next,
				 len, t->next + len == t->end));
	t->next += len;
	did("%d: Data-Out for task %x up to %u of %u", index_of(t->c), t->itt, t->next, t->end);
}

/*
 * The answer to a ping says which CmdSN the target expects; an immediate ping takes
 * none.
 */
static bool window_is_even(struct conn *c)
{
	struct msg *m = nop_out(c, true);
	struct task *t = put(c, m, "ping");
	long end = now_ms() + 2L * opt.wait_ms * opt.slow;

	ring(c);
	while (t->open && now_ms() < end)
		look(1);
	if (t->open)
		fail("a ping is not answered, and the connection does not end");
	if (!play.c[index_of(c)] || (int32_t)(c->exp_cmdsn - play.cmdsn) >= 0)
		return true;
	did("CmdSN %u is missing", c->exp_cmdsn);
	c->cmdsn = c->exp_cmdsn;
	m = play.discovery ? nop_out(c, false) : test_unit_ready(c);
	c->cmdsn = play.cmdsn;
	/* If that CmdSN has arrived meanwhile, the target ignores this command. */
	put(c, m, "filler")->excused = true;
	ring(c);
	return false;
}

static const struct task *without_answer(void)
{
	unsigned int i;

	for (i = 0; i < play.nr_tasks; i++)
		if (play.tasks[i].open && !play.tasks[i].excused)
			return &play.tasks[i];
	return NULL;
}

void bring_to_end(void)
{
	long end = now_ms() + 2L * opt.wait_ms * opt.slow;
	const struct task *t;
	struct task *w;
	struct conn *c;
	int tries;

	step("bringing all to an end");
	while ((w = task_at_random(sends_data)))
		data_piece(w);
	for (tries = 0; tries < 100; tries++) {
		for (int i = 0; i < CONNS; i++)
			if (play.c[i])
				ring(play.c[i]);
		look(0);
		c = any_conn(false);
		if (!c || window_is_even(c))
			break;
	}
	check(tries < 100, "ExpCmdSN does not come up to CmdSN %u", play.cmdsn);
	while ((t = without_answer()) && now_ms() < end)
		look(1);
	check(!t, "%s (task %x) is never answered", t->what, t->itt);
}
