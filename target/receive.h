/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control_Notify.
 */
#ifndef ISERT_RECEIVE_H
#define ISERT_RECEIVE_H

#include "target.h"

void isert_control_notify(struct iser_conn *dm, struct iser_pdu *pdu);
void isert_receive_deferred(struct isert_conn *ic);
void isert_drop_deferred(struct isert_conn *ic);

#endif
