/* SPDX-License-Identifier: GPL-2.0-only */
/* Between cm.c and conn.c. */
#ifndef CONFORM_SETUP_H
#define CONFORM_SETUP_H

struct conn;

void qp_new(struct conn *c);		/* queue pair, buffers, receives posted */
void conn_watch(struct conn *c);	/* takes events: has the other end gone? */

#endif
