/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Task management requests.
 */
#ifndef ISERT_TMF_H
#define ISERT_TMF_H

#include "target.h"

void isert_count_over(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
void isert_receive_tmf(struct isert_conn *ic, struct iscsi_tm *hdr);

#endif
