/* SPDX-License-Identifier: GPL-2.0-only */
/* A random initiator: its session, what it has asked for, and what came of it. */
#ifndef CONFORM_PLAY_H
#define CONFORM_PLAY_H

#include "random.h"

#define CONNS	4		/* of a session at most */
#define SLOTS	8		/* places on the disk */
#define SLOT	65536u		/* bytes of each */
#define TASKS	1024
#define CONNS_MOST	15	/* in a round: the library of siw allows about thirty */

struct slot {
	bool known;		/* its first @len bytes are those of fill(@seed) */
	uint32_t seed, len;
	unsigned int users;	/* tasks that use it */
};

struct task {
	struct conn *c;
	const char *what;
	uint32_t itt;
	bool open;
	bool excused;		/* a missing answer is no failure */
	struct mem *mem;	/* of its data, or NULL */
	struct slot *slot;	/* that it reads or writes, or NULL */
	bool write;
	uint32_t seed, len;	/* of a write, or what a read must return */
	uint32_t next, end;	/* Data-Out still to be sent: from, to */
	uint32_t datasn;
};

struct play {
	struct conn *c[CONNS];
	bool discovery;
	bool muddled;		/* it has sent something with an unknown effect */
	bool logged_out;	/* the target was asked to end a connection by a Logout */
	bool lost;		/* one of its connections ended, others are still there */
	uint32_t cmdsn;		/* the next CmdSN of the session */
	uint32_t missing[16];	/* CmdSN that were left out */
	unsigned int nr_missing;
	unsigned int aborting;	/* task management that is not answered yet */
	unsigned int sessions, conns;
	struct slot slots[SLOTS];
	struct task tasks[TASKS];
	unsigned int nr_tasks;
};

extern struct play play;

/* --- session.c -------------------------------------------------------------- */

/*
 * Logs in to a new session, or discovery session; with an @isid, one that replaces that
 * session.
 */
void enter(const uint8_t *isid);
void close_conn(struct conn *c);
void forget_conn(struct conn *c);	/* the same, but leaves it open */
bool may_connect(void);		/* before both of these: is there room for one more? */
/* Adds a connection to the session, or replaces one.  Return: NULL if it was refused. */
struct conn *further(struct conn *first, uint16_t cid);
int index_of(const struct conn *c);	/* in play.c */
unsigned int conns(void);	/* how many of the session have not ended */
/*
 * A connection that has not ended, with the session's CmdSN, or NULL.  With @normal:
 * not in discovery.
 */
struct conn *any_conn(bool normal);
bool room(const struct conn *c);	/* is there room in the window for a command? */
/* Adds @m to the next doorbell of the connection, as a task that must be answered. */
struct task *put(struct conn *c, struct msg *m, const char *what);
void put_plain(struct conn *c, struct msg *m);	/* the same, without a task */
void ring(struct conn *c);	/* the doorbell */
/* Rings every second time, so that several messages share a doorbell.  Return: true. */
bool done(struct conn *c);
void look(int ms);		/* handles what has come on all connections */
void excuse_all(void);		/* the open tasks may end in any way */
void muddle(void);		/* and so may all that follow in this session */
/* Fills gaps, completes writes, and waits until every task has its answer. */
void bring_to_end(void);
struct slot *slot_free(bool known);	/* that no task uses, or NULL */
uint32_t slot_lba(struct conn *c, const struct slot *slot);
struct task *task_at_random(bool (*fits)(const struct task *t));
bool any_task(const struct task *t);
bool sends_data(const struct task *t);	/* a write with Data-Out still to send */
void data_piece(struct task *t);	/* sends its next Data-Out */

/* --- operations: commands.c, faults.c, ends.c ------------------------------- */

bool op_ping(void);
bool op_text(void);
bool op_ready(void);
bool op_inquiry(void);
bool op_read(void);
bool op_write(void);
bool op_write_in_parts(void);
bool op_data_out(void);
bool op_many(void);
bool op_look(void);
bool op_freeze(void);

bool op_gap(void);
bool op_fill_gap(void);
bool op_old_cmdsn(void);
bool op_far_cmdsn(void);
bool op_lun(void);
bool op_cdb(void);
bool op_long_cdb(void);
bool op_length(void);
bool op_stag(void);
bool op_burst(void);
bool op_short(void);
bool op_spoilt(void);
bool op_opcode(void);
bool op_snack(void);

bool op_abort(void);
bool op_tmf(void);
bool op_logout(void);
bool op_login(void);
bool op_join(void);
bool op_reinstate_session(void);
bool op_reinstate_conn(void);
bool op_close(void);
bool op_queue_pair(void);

#endif
