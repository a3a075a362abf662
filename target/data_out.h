/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data of a write that do not come with the command.
 */
#ifndef ISERT_DATA_OUT_H
#define ISERT_DATA_OUT_H

#include "target.h"

int isert_receive_data_out(struct isert_conn *ic, struct iser_pdu *pdu,
			   bool sleep);
int isert_get_dataout(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
		      bool recovery);
void isert_data_completion_notify(struct iser_cmd *iser, u32 offset, u32 len,
				  int status);
void isert_starve_work(struct work_struct *work);
void isert_starve_stop(struct isert_conn *ic);

#endif
