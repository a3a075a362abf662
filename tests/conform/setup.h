/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that cm.c, conn.c and mem.c share. */
#ifndef CONFORM_SETUP_H
#define CONFORM_SETUP_H

struct conn;

#define SETUP_ID	(~0ULL)	/* of a work request that sets rdma_done, rdma_status */

void qp_new(struct conn *c);		/* queue pair, buffers, receives posted */
void conn_watch(struct conn *c);	/* takes events: has the other end gone? */

#endif
