/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data-In and responses.
 */
#ifndef ISERT_RESPONSE_H
#define ISERT_RESPONSE_H

#include "target.h"

int isert_queue_data_in(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
int isert_queue_status(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
void isert_pi_data_in_done(struct isert_cmd *c, u32 len, int status);
void isert_data_ack_notify(struct iser_cmd *iser, u32 data_sn);
int isert_response_queue(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
			 int state);
int isert_immediate_queue(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
			  int state);
bool isert_tell_drop(struct isert_conn *ic);
void isert_response_done(struct iser_cmd *iser, int status);

#endif
