/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The login phase: Login PDUs.
 */
#ifndef ISER_LOGIN_H
#define ISER_LOGIN_H

#include <rdma/ib_verbs.h>
#include "recv.h"

struct iser_conn;

#define ISER_LOGIN_RX		2
#define ISER_LOGIN_TX_HEAD	ISER_LOGIN_RX		/* slots of login.heads */
#define ISER_LOGIN_HELLO	(ISER_LOGIN_RX + 1)
#define ISER_LOGIN_HEADS	(ISER_LOGIN_RX + 2)

struct iser_login {
	struct iser_rx rx[ISER_LOGIN_RX];	/* a target has one */
	struct iser_hdr_pages heads;		/* one page: their headers and those sent */
	struct page *text[ISER_RX_PAGES];	/* of the Login PDU that is sent */
	u64 text_dma[ISER_RX_PAGES];
	unsigned long text_mapped;	/* bit i: text_dma[i] is mapped */
	struct ib_cqe cqe;
	bool sending;			/* its Send has not completed */
	bool expected;			/* target: a Login Request may come */
	struct iser_pdu *pdu;		/* received; target: for iser_wait_login() */
};

int iser_login_init(struct iser_conn *conn);
int iser_login_post_recv(struct iser_conn *conn);
void iser_login_received(struct iser_conn *conn, struct iser_rx *rx);
void iser_login_unmap(struct iser_conn *conn);
void iser_login_free(struct iser_conn *conn);

#endif
