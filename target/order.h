/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The numbers of a session.
 */
#ifndef ISERT_ORDER_H
#define ISERT_ORDER_H

#include "session.h"
#include "target.h"

/* The state of a command that stands for a CmdSN: tmf.c.  LIO does not use it. */
#define ISERT_STATE_COUNTED	ISTATE_RECEIVED_TASKMGT

u32 isert_initial_window(void);
void isert_window_begin(struct isert_conn *ic);
void isert_window_used(struct isert_conn *ic);
void isert_window_work(struct work_struct *work);
void isert_order_answered(struct iscsit_cmd *cmd);
void isert_order_forget(struct iscsit_cmd *cmd);
bool isert_order_discard(struct iscsit_conn *conn, bool wait);
bool isert_order_entered(struct iscsit_session *sess, u32 sn, bool *waits);
bool isert_order_repeats(struct iscsit_session *sess, u32 sn);
u32 isert_order_last(struct iscsit_conn *conn);
bool isert_order_forgotten(struct iscsit_conn *conn);
bool isert_fence_hold(struct isert_conn *ic, struct isert_cmd *c);
void isert_fence_wake(struct isert_session *s);
bool isert_unexpected_take(struct isert_conn *ic, bool ping, u32 *out);
void isert_unexpected_note(struct isert_conn *ic, u32 stat_sn);
void isert_unexpected_retire(struct isert_conn *ic);

/*
 * Queues held responses again after a command's end; see isert_fence_hold().
 * Process context; does not wait.
 */
static inline void isert_fence_release(struct isert_conn *ic)
{
	/* Pairs with isert_fence_hold(): the answer ceases to be due first. */
	smp_mb();
	if (unlikely(!list_empty(&ic->session->fenced)))
		isert_fence_wake(ic->session);
}

#endif
