/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hello and HelloReply.
 */
#ifndef ISER_HELLO_H
#define ISER_HELLO_H

#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <iser/wire.h>

struct iser_conn;
struct iser_rx;

/* Hello and HelloReply. */
struct iser_hello_exchange {
	struct iser_hello_state state;	/* completion queue, after Enable_Datamover */
	struct ib_cqe cqe;
	bool sending;			/* send_lock: the Send has not completed */
	bool hold;			/* send_lock: the first message of the peer is awaited */
	bool rejected;			/* send_lock: target: the reply has REJ=1 */
	struct delayed_work work;	/* what is waited for has not come */
};

void iser_hello_init(struct iser_conn *conn);
void iser_hello_expect(struct iser_conn *conn);
int iser_hello_start(struct iser_conn *conn);
bool iser_hello_received(struct iser_conn *conn, struct iser_rx *rx);

#endif
