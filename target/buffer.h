/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data buffers that a connection reuses.
 */
#ifndef ISERT_BUFFER_H
#define ISERT_BUFFER_H

#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct isert_buffer;
struct isert_cmd;
struct isert_conn;

#define ISERT_BUFFER_ORDERS	7	/* 1, 2, 4, .. 64 pages */

/* Data buffers that a connection keeps between two commands. */
struct isert_buffers {
	spinlock_t lock;	/* all but work */
	struct isert_buffer *free[ISERT_BUFFER_ORDERS];	/* last used first */
	u32 kept;		/* KiB in the free buffers */
	u32 idle;		/* least value of kept since the work ran */
	struct delayed_work work;
};

void isert_buffers_init(struct isert_conn *ic);
void isert_buffers_free(struct isert_conn *ic);
void isert_buffer_attach(struct isert_cmd *c);
void isert_buffer_put(struct isert_conn *ic, struct isert_buffer *b, bool sent);

#endif
