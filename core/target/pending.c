// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pending connections: those of a target whose peer has not logged in yet.
 *
 * Only the address of such a peer is known.  So they are bounded in number
 * and in time, whatever they have sent, and their addresses are served in turn:
 * LIO works on one login of a portal group at a time, and a login that fails
 * delays the others by the time that it takes.
 *
 * An address whose logins failed is doubtful for a while.  It takes turns with
 * the others, LIO gets only one login of doubtful addresses at a time, and that
 * one may be silent only briefly while others wait.  An address that has logged
 * in, and has had no fault since, is proven.  It takes turns with all others,
 * so that it does not wait for a round of many unknown addresses.
 */
#include <linux/slab.h>
#include <iser/addr.h>
#include "../conn.h"
#include "../login.h"
#include "pending.h"

#define ISER_LOOK		(HZ / 10)	/* at the latest, if nothing happens */
#define ISER_LOOK_IDLE		(5 * HZ)	/* with none pending */
#define ISER_PENDING_TIME		(15 * HZ)	/* for each step of a login */
#define ISER_LOGIN_TIME		(30 * HZ)	/* all steps after the first */
#define ISER_CLOSE_TIME		(2 * HZ)	/* for the last response */
/* While others wait: */
#define ISER_LOGIN_BUSY		(5 * HZ)
#define ISER_PATIENCE		HZ		/* for the next request */
#define ISER_PATIENCE_PROVEN	(HZ / 2)	/* if a proven address waits */

/*
 * From a doubtful address, while others wait.  A few waiting logins leave it the
 * longest time, enough for a peer that is far away.  In a crowd it becomes shorter
 * for all of them, so that each has its turn within ISER_PENDING_TIME, however many
 * say nothing.
 */
#define ISER_PATIENCE_LEFT	(HZ / 4)
#define ISER_PATIENCE_LEAST	(HZ / 20)
#define ISER_PATIENCE_ROUND	HZ		/* for all that wait */
#define ISER_LOGIN_LEFT		6		/* times that: all steps after the first */

#define ISER_MAX_FAULTS		8	/* that are remembered of an address */
/* For one fault: longer than a round of many addresses with a second each. */
#define ISER_FORGIVE		(60 * HZ)

/* An address that pending connections come from, or came from before. */
struct iser_origin {
	struct list_head node;		/* iser_origins; the first was used longest ago */
	struct iser_host_addr addr;
	u32 pending;
	u32 turn;			/* iser_turns when it was served last */
	bool proven;			/* logged in, no fault since */
	u32 faults;
	unsigned long faulted;		/* jiffies: the last fault */
};

/*
 * Guards all below, conn->pending, conn->listener and conn->accepted.  All
 * portals share it, so that a connection may outlive its listener.  Only set-up
 * takes it, I/O never does.
 */
static DEFINE_SPINLOCK(iser_queue_lock);
static LIST_HEAD(iser_pending_list);		/* of iser_conn.pending.node, in order of arrival */
static LIST_HEAD(iser_origins);
static u32 iser_nr_pending, iser_nr_origins;
static u32 iser_nr_queue_pairs;		/* pending, and those that are being ended */
static u32 iser_turns;
static u32 iser_doubtful;		/* doubtful pending connections that LIO has */
static bool iser_proven_last;		/* a proven address had the last turn */
static bool iser_doubtful_last;		/* the others' last was doubtful */

DECLARE_WAIT_QUEUE_HEAD(iser_pending_wait);

static void iser_pending_look(struct work_struct *work);
static DECLARE_DELAYED_WORK(iser_pending_work, iser_pending_look);

/* --- addresses: under iser_queue_lock ------------------------------------ */

/* Returns the faults that still count: each ISER_FORGIVE removes one. */
static u32 iser_faults(const struct iser_origin *o)
{
	unsigned long forgotten = (jiffies - o->faulted) / ISER_FORGIVE;

	return o->faults > forgotten ? o->faults - forgotten : 0;
}

static void iser_origin_fault(struct iser_origin *o)
{
	o->faults = min_t(u32, iser_faults(o) + 1, ISER_MAX_FAULTS);
	o->faulted = jiffies;
	o->proven = false;
}

static void iser_origin_free(struct iser_origin *o)
{
	list_del(&o->node);
	iser_nr_origins--;
	kfree(o);
}

/* The record of an address; @spare becomes it if there is none. */
static struct iser_origin *iser_origin_get(const struct sockaddr_storage *remote,
					   struct iser_origin **spare)
{
	const struct iser_host_addr addr = iser_host_addr(remote);
	struct iser_origin *o, *idle = NULL;

	list_for_each_entry(o, &iser_origins, node) {
		if (iser_same_host(&o->addr, &addr)) {
			list_move_tail(&o->node, &iser_origins);
			return o;
		}
		/* A stranger's many addresses must displace no proven one. */
		if (!o->pending && (!idle || (idle->proven && !o->proven)))
			idle = o;
	}
	/* At most ISER_MAX_PENDING have pending connections. */
	if (iser_nr_origins >= 2 * ISER_MAX_PENDING && idle)
		iser_origin_free(idle);
	o = *spare;
	*spare = NULL;
	o->addr = addr;
	list_add_tail(&o->node, &iser_origins);
	iser_nr_origins++;
	return o;
}

/* Proven ones stay: they are bounded.  Return: true if others are left. */
static bool iser_origins_forget(void)
{
	struct iser_origin *o, *next;
	bool more = false;

	list_for_each_entry_safe(o, next, &iser_origins, node) {
		if (o->pending || iser_faults(o))
			more = true;
		else if (!o->proven)
			iser_origin_free(o);
	}
	return more;
}

/* --- pending connections: under iser_queue_lock --------------------------- */

/* LIO no longer has the login. */
static void iser_pending_let_go(struct iser_pending *g)
{
	if (!g->doubtful)
		return;
	g->doubtful = false;
	iser_doubtful--;
	wake_up_all(&iser_pending_wait);
}

/* Takes a connection off the list.  Its reference becomes the caller's. */
static void iser_pending_leave(struct iser_conn *conn, bool fault)
{
	struct iser_pending *g = &conn->pending;

	iser_pending_let_go(g);
	/*
	 * Anybody can name an address in a connect request; only the handshake shows
	 * that the peer has it.  Over iWARP, TCP has shown it before.
	 */
	if (fault && (conn->info.established || g->known))
		iser_origin_fault(g->origin);
	g->origin->pending--;
	g->origin = NULL;
	g->stage = ISER_NOT_PENDING;
	conn->listener = NULL;
	list_del_init(&g->node);
	iser_nr_pending--;
}

/* It has logged in or ended. */
static void iser_pending_uncount(struct iser_conn *conn)
{
	iser_nr_queue_pairs -= conn->pending.counted;
	conn->pending.counted = false;
	wake_up_all(&iser_pending_wait);
}

/* Returns true if @a is to be dropped rather than @b. */
static bool iser_pending_less(const struct iser_conn *a, const struct iser_conn *b)
{
	const struct iser_origin *o = a->pending.origin, *p = b->pending.origin;

	if (o->pending != p->pending)
		return o->pending > p->pending;
	if (o->proven != p->proven)
		return p->proven;
	return a->pending.stage < b->pending.stage;
}

/*
 * Picks the oldest at the lowest stage, of the address with most connections.  Where
 * strangers have one each from many addresses, a proven address keeps its own.
 */
static struct iser_conn *iser_pending_victim(void)
{
	struct iser_conn *conn, *victim = NULL;

	list_for_each_entry(conn, &iser_pending_list, pending.node)
		if (!victim || iser_pending_less(conn, victim))
			victim = conn;
	return victim;
}

/* Whether a connection that makes room has been slow, or its address has too many. */
static bool iser_pending_at_fault(const struct iser_pending *g)
{
	return g->origin->pending > 1 && g->stage != ISER_READY &&
		g->stage != ISER_TAKEN;
}

/* Returns true if it is @a's turn before @b's; @b may be NULL. */
static bool iser_pending_first(const struct iser_conn *a, const struct iser_conn *b)
{
	bool doubt_a = iser_faults(a->pending.origin), doubt_b;
	bool proven_a = a->pending.origin->proven;

	if (doubt_a && iser_doubtful)
		return false;
	if (!b)
		return true;
	if (proven_a != b->pending.origin->proven)
		return proven_a != iser_proven_last;
	doubt_b = iser_faults(b->pending.origin);
	if (doubt_a != doubt_b)
		return doubt_a != iser_doubtful_last;
	return (s32)(a->pending.origin->turn - b->pending.origin->turn) < 0;
}

/* How long a login may take while others wait: jiffies. */
struct iser_haste {
	bool wait;			/* others do */
	unsigned long patience;		/* for the next request */
	unsigned long left;		/* the same, from a doubtful address */
};

static struct iser_haste iser_pending_haste(void)
{
	struct iser_haste haste = { .patience = ISER_PATIENCE };
	struct iser_conn *conn;
	unsigned long waiting = 0;

	list_for_each_entry(conn, &iser_pending_list, pending.node) {
		if (conn->pending.stage != ISER_READY &&
		    conn->pending.stage != ISER_TAKEN)
			continue;
		waiting++;
		if (conn->pending.origin->proven)
			haste.patience = ISER_PATIENCE_PROVEN;
	}
	haste.wait = waiting;
	haste.left = clamp(ISER_PATIENCE_ROUND / max(waiting, 1UL),
			   (unsigned long)ISER_PATIENCE_LEAST,
			   (unsigned long)ISER_PATIENCE_LEFT);
	return haste;
}

/* Whether @due is over.  If not, @look becomes no later. */
static bool iser_pending_past(unsigned long due, unsigned long *look)
{
	unsigned long now = jiffies;

	if (time_after(now, due))
		return true;
	*look = min(*look, due + 1 - now);
	return false;
}

/*
 * Returns what an overdue peer is blamed for, or NULL; @ms: for how long.
 * @look: jiffies until the next look, which becomes earlier if one will be due
 */
static const char *iser_pending_overdue(struct iser_conn *conn,
					const struct iser_haste *haste,
					u32 *ms, unsigned long *look)
{
	const struct iser_login *login = &conn->login;
	unsigned long limit = ISER_PENDING_TIME, all = ISER_LOGIN_TIME;
	unsigned long from = conn->pending.since;
	const char *what = NULL;

	switch (conn->pending.stage) {
	case ISER_SILENT:
		what = "has sent no Login Request";
		break;
	case ISER_READY:
		what = "has waited for its turn to log in";
		break;
	case ISER_CLOSING:
		limit = ISER_CLOSE_TIME;
		what = "has not received the last Login Response";
		break;
	case ISER_ASKED:
		if (READ_ONCE(login->sending))
			what = "has not received the Login Response";
		else if (READ_ONCE(login->expected))
			what = "has sent no further Login Request";
		if (haste->wait && iser_faults(conn->pending.origin)) {
			limit = haste->left;
			all = ISER_LOGIN_LEFT * limit;
		} else if (haste->wait) {
			limit = haste->patience;
			all = ISER_LOGIN_BUSY;
		}
		if (iser_pending_past(conn->pending.asked + limit, look)) {
			from = conn->pending.asked;
			break;
		}
		limit = all;
		if (what)
			what = "has not completed its login";
		break;
	default:
		/* LIO bounds the time that it has a login. */
		return NULL;
	}
	*ms = jiffies_to_msecs(jiffies - from);
	return iser_pending_past(from + limit, look) ? what : NULL;
}

/* --- what ends them -------------------------------------------------------- */

/* Returns an overdue connection, off the list, with its reference, or NULL. */
static struct iser_conn *iser_pending_next(const char **what, u32 *ms)
{
	struct iser_conn *conn, *found = NULL;
	unsigned long look = ISER_LOOK;
	struct iser_haste haste;

	spin_lock_bh(&iser_queue_lock);
	haste = iser_pending_haste();
	list_for_each_entry(conn, &iser_pending_list, pending.node) {
		*what = iser_pending_overdue(conn, &haste, ms, &look);
		if (!*what)
			continue;
		/* A peer that had to wait is not at fault. */
		iser_pending_leave(conn, conn->pending.stage != ISER_READY);
		found = conn;
		break;
	}
	if (!found) {
		if (iser_origins_forget())
			queue_delayed_work(iser_wq, &iser_pending_work,
					   list_empty(&iser_pending_list) ?
					   ISER_LOOK_IDLE : look);
	}
	spin_unlock_bh(&iser_queue_lock);
	return found;
}

static void iser_pending_look(struct work_struct *work)
{
	struct iser_conn *conn;
	const char *what;
	u32 ms;

	while ((conn = iser_pending_next(&what, &ms))) {
		iser_conn_warn(conn, "%s for %u ms, dropping it", what, ms);
		iser_connection_fail(conn, -ETIMEDOUT);
		iser_conn_put(conn);
	}
}

/* What has changed may be due earlier than the next look.  Any context. */
static void iser_pending_look_now(void)
{
	mod_delayed_work(iser_wq, &iser_pending_work, 0);
}

/* iser_pending_full - whether there is no room for another queue pair */
bool iser_pending_full(void)
{
	return READ_ONCE(iser_nr_queue_pairs) >= 2 * ISER_MAX_PENDING;
}

/*
 * iser_pending_enter - enter a connection before its first message can come
 *
 * If there are too many, one is dropped.  Sleeps.  Return: 0 or -ENOMEM.
 */
int iser_pending_enter(struct iser_conn *conn, struct iser_listener *l)
{
	struct iser_origin *spare = kzalloc(sizeof(*spare), GFP_KERNEL);
	struct iser_conn *victim = NULL;
	struct iser_pending *g = &conn->pending;

	if (!spare)
		return -ENOMEM;
	iser_conn_get(conn);
	spin_lock_bh(&iser_queue_lock);
	if (iser_nr_pending >= ISER_MAX_PENDING) {
		victim = iser_pending_victim();
		iser_pending_leave(victim, iser_pending_at_fault(&victim->pending));
	}
	g->origin = iser_origin_get(&conn->info.remote, &spare);
	g->origin->pending++;
	g->stage = ISER_SILENT;
	g->since = jiffies;
	g->counted = true;
	g->known = iser_conn_iwarp(conn);
	conn->listener = l;
	list_add_tail(&g->node, &iser_pending_list);
	iser_nr_pending++;
	iser_nr_queue_pairs++;
	spin_unlock_bh(&iser_queue_lock);
	kfree(spare);
	iser_pending_look_now();

	if (victim) {
		iser_conn_warn(victim, "more than %d connections have not logged in, dropping the oldest one of the address that has most of them",
			       ISER_MAX_PENDING);
		iser_connection_fail(victim, -ENOBUFS);
		iser_conn_put(victim);
	}
	return 0;
}

/* iser_pending_ready - the first Login Request has arrived.  Any context. */
void iser_pending_ready(struct iser_conn *conn)
{
	spin_lock_bh(&iser_queue_lock);
	if (conn->pending.stage == ISER_SILENT) {
		conn->pending.stage = ISER_READY;
		conn->pending.since = jiffies;
		wake_up_all(&iser_pending_wait);
	}
	spin_unlock_bh(&iser_queue_lock);
	/* Those that were alone must now hurry. */
	iser_pending_look_now();
}

/* iser_pending_take - take a portal's connection whose turn it is.  Any context. */
struct iser_conn *iser_pending_take(const struct iser_listener *l)
{
	struct iser_conn *conn, *next = NULL;

	spin_lock_bh(&iser_queue_lock);
	list_for_each_entry(conn, &iser_pending_list, pending.node)
		if (conn->listener == l && conn->pending.stage == ISER_READY &&
		    iser_pending_first(conn, next))
			next = conn;
	if (next) {
		struct iser_pending *g = &next->pending;

		g->doubtful = iser_faults(g->origin);
		iser_doubtful += g->doubtful;
		iser_proven_last = g->origin->proven;
		if (!iser_proven_last)
			iser_doubtful_last = g->doubtful;
		g->origin->turn = ++iser_turns;
		g->stage = ISER_TAKEN;
		next->listener = NULL;
		WRITE_ONCE(next->accepted, true);
	}
	spin_unlock_bh(&iser_queue_lock);
	return next;
}

/* iser_pending_asked - a Login Response goes out to the peer.  Any context. */
void iser_pending_asked(struct iser_conn *conn)
{
	struct iser_pending *g = &conn->pending;

	spin_lock_bh(&iser_queue_lock);
	if (g->stage == ISER_TAKEN) {
		g->stage = ISER_ASKED;
		g->since = jiffies;
	}
	g->asked = jiffies;
	spin_unlock_bh(&iser_queue_lock);
	iser_pending_look_now();
}

/*
 * iser_pending_sent - the peer has a Login Response
 * @in: the response has opened full feature phase
 *
 * Any context.
 */
void iser_pending_sent(struct iser_conn *conn, bool in)
{
	bool closing, leave;

	spin_lock_bh(&iser_queue_lock);
	closing = conn->pending.stage == ISER_CLOSING;
	leave = in && conn->pending.stage != ISER_NOT_PENDING;
	if (leave) {
		/* Discovery takes no credentials, as a rule, and proves nothing. */
		if (!conn->notice.discovery)
			conn->pending.origin->proven =
				!iser_faults(conn->pending.origin);
		iser_pending_leave(conn, false);
		/* A session may stay long: it must take no room from others. */
		iser_pending_uncount(conn);
	}
	spin_unlock_bh(&iser_queue_lock);
	if (closing)
		iser_connection_fail(conn, 0);
	if (leave)
		iser_conn_put(conn);
}

/* iser_pending_excuse - it is authenticated, or the target fails its login */
void iser_pending_excuse(struct iser_conn *conn)
{
	spin_lock_bh(&iser_queue_lock);
	conn->pending.excused = true;
	spin_unlock_bh(&iser_queue_lock);
}

/*
 * iser_pending_close - the half has released a login
 *
 * The connection ends when its last response has been sent, or is overdue.
 * Does not wait.
 */
void iser_pending_close(struct iser_conn *conn)
{
	struct iser_pending *g = &conn->pending;
	bool wait = false;

	spin_lock_bh(&iser_queue_lock);
	if (g->stage != ISER_NOT_PENDING) {
		iser_pending_let_go(g);
		g->stage = ISER_CLOSING;
		g->since = jiffies;
		/* iser_login_send_done() clears it, then reads the stage. */
		wait = READ_ONCE(conn->login.sending);
	}
	spin_unlock_bh(&iser_queue_lock);
	if (!wait)
		iser_connection_fail(conn, 0);
}

/*
 * iser_pending_dropped - the connection has ended
 *
 * Until iser_accept() hands it out, its first reference is the listener's,
 * which is dropped here.  From end_work.
 */
void iser_pending_dropped(struct iser_conn *conn)
{
	struct iser_pending *g = &conn->pending;
	bool accepted, pending;

	spin_lock_bh(&iser_queue_lock);
	accepted = conn->accepted;
	pending = g->stage != ISER_NOT_PENDING;
	if (pending)
		iser_pending_leave(conn, !g->excused && g->stage != ISER_READY &&
				   g->stage != ISER_TAKEN &&
				   conn->reason != -ESHUTDOWN);
	iser_pending_uncount(conn);
	spin_unlock_bh(&iser_queue_lock);
	if (pending)
		iser_conn_put(conn);
	if (!accepted)
		iser_conn_put(conn);
}

/*
 * iser_pending_end - end what is not accepted yet
 * @l: what has come by this portal; NULL: by any
 *
 * Does not wait for the ends: with siw a peer can put off the end of a handshake
 * that it leaves half done.  A connection that is not accepted calls no half.
 * The caller admits no new one meanwhile.
 */
void iser_pending_end(const struct iser_listener *l)
{
	struct iser_conn *conn;
	bool found;

	do {
		found = false;
		spin_lock_bh(&iser_queue_lock);
		list_for_each_entry(conn, &iser_pending_list, pending.node) {
			if (l && conn->listener != l)
				continue;
			iser_pending_leave(conn, false);
			found = true;
			break;
		}
		spin_unlock_bh(&iser_queue_lock);
		if (found) {
			iser_connection_fail(conn, -ESHUTDOWN);
			iser_conn_put(conn);
		}
	} while (found);
}

/* iser_pending_exit - the module goes; all portals are gone.  Sleeps. */
void iser_pending_exit(void)
{
	struct iser_origin *o, *next;

	iser_pending_end(NULL);
	/* Wait also for those dropped before: they still poll. */
	wait_event(iser_pending_wait, !READ_ONCE(iser_nr_queue_pairs));
	cancel_delayed_work_sync(&iser_pending_work);
	list_for_each_entry_safe(o, next, &iser_origins, node)
		iser_origin_free(o);
}
