/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue pair: what is posted, errors, the end.
 */
#ifndef ISER_QP_H
#define ISER_QP_H

#include <linux/completion.h>
#include <rdma/ib_verbs.h>
#include "recv.h"

struct iser_conn;

#define ISER_SEND_SGES		16	/* more would make send queues large */
/* iSER cannot work with less than this. */
#define ISER_MIN_QUEUE		256
#define ISER_MIN_SEND_SGES	(1 + ISER_RX_PAGES)	/* of a Login PDU */
#define ISER_BATCH		8	/* work requests for one doorbell */
#define ISER_BATCH_SGES		128	/* SGEs of a batch: half a page */

/*
 * The provider copies work requests when they are posted.  Members that are the same
 * for all of them are set once, by iser_batch_init(), or stay zero.
 */
struct iser_batch {
	struct ib_rdma_wr put;	/* all data of a read, ahead of send */
	struct ib_rdma_wr wr[ISER_BATCH];
	struct ib_send_wr send;
	struct ib_reg_wr reg;
	struct ib_sge send_sge[ISER_SEND_SGES];
	struct ib_sge sge[ISER_BATCH_SGES];
	const struct ib_send_wr *not_posted;
};

/* The last work request of a queue. */
struct iser_drain {
	struct ib_cqe cqe;
	struct completion done;
};

int iser_verbs_create(struct iser_conn *conn);
void iser_verbs_close(struct iser_conn *conn);
void iser_verbs_destroy(struct iser_conn *conn);
void iser_drain_init(struct iser_drain *drain);
int iser_drain_begin(struct iser_conn *conn);
void iser_verbs_drain(struct iser_conn *conn);

#endif
