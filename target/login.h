/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Login.
 */
#ifndef ISERT_LOGIN_H
#define ISERT_LOGIN_H

#include "target.h"

void isert_login_np_left(struct isert_conn *ic);
void isert_login_over(struct isert_conn *ic);
void isert_login_notify(struct iser_conn *dm);
int isert_validate_params(struct iscsit_conn *conn);
int isert_get_login_rx(struct iscsit_conn *conn, struct iscsi_login *login);
int isert_put_login_tx(struct iscsit_conn *conn, struct iscsi_login *login,
		       u32 length);
int isert_login_finish(struct isert_conn *ic);
void isert_discovery_leave(struct isert_conn *ic);

#endif
