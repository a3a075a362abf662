/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of one of LIO's connections.
 */
#ifndef ISERT_CONN_H
#define ISERT_CONN_H

#include "target.h"

struct isert_conn *isert_conn_alloc(struct iscsit_conn *conn,
				    struct iser_conn *dm);
void isert_get_rx_pdu(struct iscsit_conn *conn);
void isert_wait_conn(struct iscsit_conn *conn);
void isert_free_conn(struct iscsit_conn *conn);
void isert_terminate_notify(struct iser_conn *dm, int reason);

#endif
