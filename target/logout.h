/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logout.
 */
#ifndef ISERT_LOGOUT_H
#define ISERT_LOGOUT_H

#include "target.h"

void isert_receive_logout(struct isert_conn *ic, struct iscsit_cmd *cmd,
			  void *hdr);
bool isert_logout_hold(struct isert_conn *ic, struct isert_cmd *c);
bool isert_logout_sent(struct isert_cmd *c, int status);

#endif
