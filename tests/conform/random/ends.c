// SPDX-License-Identifier: GPL-2.0-only
/* Operations of a random initiator that end tasks, connections and sessions. */
#include "play.h"

/* Sends a task management request, immediate or in the order of CmdSN. */
static bool put_tmf(struct conn *c, struct msg *m, const char *what)
{
	if (one_in(3) && room(c)) {
		BHS(m)[0] &= ~IMMEDIATE;
		c->cmdsn++;
	}
	put(c, m, what);
	play.aborting++;
	return done(c);
}

bool op_abort(void)
{
	struct task *t = task_at_random(any_task);
	struct conn *c = t && !one_in(4) ? t->c : any_conn(true);
	uint32_t itt = t ? t->itt : 0x7777;

	if (!c || play.discovery)
		return false;
	c->cmdsn = play.cmdsn;
	if (t) {
		t->excused = true;
		/* The initiator need not send the rest of its data. */
		if (one_in(2))
			t->next = t->end;
	}
	did("ABORT TASK of %x", itt);
	return put_tmf(c, tmf(c, TMF_ABORT_TASK, itt), "ABORT TASK");
}

bool op_tmf(void)
{
	static const uint8_t functions[] = { 2, 3, 4, 5, 5, 6, 7, 8 };
	struct conn *c = any_conn(true);
	uint8_t function = one_in(6) ? roll(128) : functions[roll(8)];

	if (!c)
		return false;
	excuse_all();
	did("task management, function %u", function);
	return put_tmf(c, tmf(c, function, NO_TAG), "task management");
}

/*
 * The initiator must not end the last connection of a session by a Logout for one
 * connection: LIO then ends the session in a timer, where it takes a mutex, over any
 * transport.
 */
static bool may_log_out(uint16_t cid)
{
	unsigned int i, found = 0;

	for (i = 0; i < CONNS; i++)
		found += play.c[i] && play.c[i]->cid == cid;
	if (!found)
		return true;
	if (conns() < 2 || play.logged_out)
		return false;
	play.logged_out = true;
	return true;
}

/*
 * LIO walks along the connections of a session that is taken over or logged out
 * (iscsit_stop_session() of 6.12), and releases its lock while it waits for the end of
 * each.  When the next one ends by itself meanwhile, it has left the list, and the walk
 * continues from its poisoned links: a panic, over any transport.  So with several
 * connections nothing may be under way that could end one of them, and neither may just
 * have ended.
 */
static bool may_walk(void)
{
	unsigned int n = conns();

	if (play.lost || (play.logged_out && n > 1))
		return false;
	if (n < 2)
		return true;
	bring_to_end();
	return conns() == n && !task_at_random(any_task);
}

/*
 * The target was told to end these connections; this end must not do anything until
 * then.
 */
static void wait_for_ends(struct conn *const *c, const char *what)
{
	long end = now_ms() + 2L * opt.wait_ms * opt.slow;
	int i;

	step("waiting for the end of %s", what);
	for (i = 0; i < CONNS; i++) {
		while (c[i] && !c[i]->ended && now_ms() < end)
			next_pdu(c[i], 1);
		check(!c[i] || c[i]->ended, "%s goes on", what);
	}
}

/* Ends all connections of a session by one Logout. */
static bool log_out_all(struct conn *c)
{
	struct conn *all[CONNS];
	unsigned int n = conns();
	int i;

	did("Logout of %u connections", n);
	memcpy(all, play.c, sizeof(all));
	c->cmdsn = play.cmdsn;
	put(c, logout_request(c, 0), "Logout");
	excuse_all();
	ring(c);
	wait_for_ends(all, "a session that has logged out");
	for (i = 0; i < CONNS; i++)
		if (all[i])
			close_conn(all[i]);
	tally("sessions of %u that have logged out", n);
	return true;
}

bool op_logout(void)
{
	struct conn *c = any_conn(false);
	unsigned int n = 1 + roll(3);
	bool several = conns() > 1;

	if (!c)
		return false;
	if (several && one_in(2) && may_walk())
		return log_out_all(c);
	/* A connection may have ended meanwhile. */
	c = any_conn(false);
	if (!c)
		return true;
	while (n--) {
		uint8_t reason = one_in(8) ? roll(128) : roll(3);
		uint16_t cid = one_in(2) ? c->cid : roll(4);
		struct msg *m;

		if (reason == 1 && !may_log_out(cid))
			cid = 99;
		if (!reason && (several || play.lost))
			reason = 2;
		m = logout_request(c, reason);
		put16(BHS(m) + 20, cid);
		if (one_in(3) && room(c)) {
			BHS(m)[0] &= ~IMMEDIATE;
			c->cmdsn++;
		}
		did("Logout, reason %u, CID %u", reason, cid);
		put(c, m, "Logout");
	}
	/* The target does not serve anything after a Logout that it grants. */
	excuse_all();
	return done(c);
}

bool op_login(void)
{
	struct conn *c = any_conn(false);

	if (!c)
		return false;
	did("Login Request");
	put_plain(c, login_pdu(c, 1, 3, &c->offer));
	return done(c);
}

bool op_join(void)
{
	struct conn *first = any_conn(true);
	int i = 0;

	while (i < CONNS && play.c[i])
		i++;
	if (!first || first->ended || i == CONNS || !may_connect() ||
	    answer_number(first, "MaxConnections", 1) <= conns())
		return false;
	if (one_in(2))
		ring(first);
	/* The place tells the CID, so that it differs from that of all others. */
	did("connection %d joins", i);
	play.c[i] = further(first, i);
	return true;
}

bool op_reinstate_session(void)
{
	struct conn *c = any_conn(true), *old[CONNS];
	unsigned int n;
	int i;

	if (!c || !may_connect() || !may_walk())
		return false;
	n = conns();
	for (i = 0; i < CONNS; i++) {
		old[i] = play.c[i];
		/* When there are several, they are idle: see may_walk(). */
		if (old[i] && one_in(2))
			ring(old[i]);
		if (old[i])
			forget_conn(old[i]);
	}
	did("the session of %u is taken over", n);
	tally("sessions of %u that were taken over", n);
	enter(c->isid);
	wait_for_ends(old, "a connection that was taken over");
	for (i = 0; i < CONNS; i++)
		if (old[i])
			conn_close(old[i]);
	return true;
}

bool op_reinstate_conn(void)
{
	struct conn *old = any_conn(true), *c;
	bool lost = play.lost;
	int i;

	if (!old || old->ended || !may_connect())
		return false;
	i = index_of(old);
	did("connection %d is taken over", i);
	c = further(old, old->cid);
	if (!c)
		return true;
	/* It is in nobody's way: the target answers the login when it is gone. */
	forget_conn(old);
	play.lost = lost;
	wait_for_ends((struct conn *[CONNS]){ old }, "a connection that was taken over");
	conn_close(old);
	tally("connections that took the place of another one");
	play.c[i] = c;
	return true;
}

bool op_close(void)
{
	struct conn *c = any_conn(false);

	if (!c)
		return false;
	if (one_in(2))
		ring(c);
	close_conn(c);
	return true;
}

/* Ends the queue pair without telling the connection manager. */
bool op_queue_pair(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	struct conn *c = any_conn(false);

	if (!c)
		return false;
	ring(c);
	did("queue pair to its error state");
	ibv_modify_qp(c->id->qp, &attr, IBV_QP_STATE);
	pause_ms(roll(20));
	close_conn(c);
	return true;
}
