/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pings of the target, and what the initiator owes.
 */
#ifndef ISERT_PING_H
#define ISERT_PING_H

#include "target.h"

void isert_ping_work(struct work_struct *work);
void isert_ping_start(struct isert_conn *ic);
void isert_ping_held(struct isert_conn *ic, struct iscsit_cmd *cmd);
void isert_receive_pong(struct isert_conn *ic, struct iscsi_nopout *hdr);

#endif
