/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections of a target that have not logged in, and the portals they come by.
 */
#ifndef ISER_TARGET_PENDING_H
#define ISER_TARGET_PENDING_H

#include <linux/list.h>
#include <linux/wait.h>

struct iser_conn;
struct iser_listener;

#define ISER_MAX_PENDING		256	/* connections that have not logged in */

/* How far the login at a target has come. */
enum iser_stage {
	ISER_NOT_PENDING,		/* logged in, or ended */
	ISER_SILENT,		/* no Login Request yet */
	ISER_READY,		/* it has arrived, but is not accepted */
	ISER_TAKEN,		/* LIO has it, and has not answered */
	ISER_ASKED,		/* the peer, or LIO, must answer */
	ISER_CLOSING,		/* released: the last response goes out */
};

/* A connection of a target that has not logged in yet: iser_queue_lock. */
struct iser_pending {
	enum iser_stage stage;
	struct list_head node;
	struct iser_origin *origin;	/* its address */
	unsigned long since;		/* jiffies: stage */
	unsigned long asked;		/* jiffies: the last response */
	bool doubtful;			/* its address was, when taken */
	bool excused;			/* its end is not the peer's fault */
	bool counted;			/* in iser_nr_queue_pairs */
	bool known;			/* TCP has shown that the address is the peer's */
};

/* listen.c */
void iser_listeners_device(bool added);
void iser_listeners_moved(void);
void iser_listeners_exit(void);

/* pending.c */
extern wait_queue_head_t iser_pending_wait;
bool iser_pending_full(void);
int iser_pending_enter(struct iser_conn *conn, struct iser_listener *l);
void iser_pending_ready(struct iser_conn *conn);
struct iser_conn *iser_pending_take(const struct iser_listener *l);
void iser_pending_asked(struct iser_conn *conn);
void iser_pending_sent(struct iser_conn *conn, bool in);
void iser_pending_excuse(struct iser_conn *conn);
void iser_pending_close(struct iser_conn *conn);
void iser_pending_dropped(struct iser_conn *conn);
void iser_pending_end(const struct iser_listener *l);
void iser_pending_exit(void);

#endif
