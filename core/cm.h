/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection manager.
 */
#ifndef ISER_CM_H
#define ISER_CM_H

#include <rdma/rdma_cm.h>

int iser_cm_event(struct rdma_cm_id *id, struct rdma_cm_event *event);
void iser_connect_work(struct work_struct *work);

#endif
