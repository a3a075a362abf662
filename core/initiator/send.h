/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of the initiator, their STags, and unsolicited Data-Out.
 */
#ifndef ISER_INITIATOR_SEND_H
#define ISER_INITIATOR_SEND_H

#include <linux/list.h>
#include <rdma/ib_verbs.h>
#include "../recv.h"

struct iser_conn;
struct iser_control;
struct iser_header;
struct iser_io;
struct iser_rx;
struct iser_tasks;

#define ISER_DATA_OUTS		16	/* unsolicited Data-Out on their way */
#define ISER_COMMAND_SGES	3	/* of a Send at the initiator */

/* An unsolicited Data-Out on its way. */
struct iser_data_out {
	struct list_head node;	/* conn->data_out.free; send_lock */
	struct ib_cqe cqe;
	struct iser_io *io;
	u8 *head;
	u64 head_dma;
};

/* The Data-Out of a connection. */
struct iser_data_out_queue {
	struct iser_data_out *all;
	struct iser_hdr_pages heads;
	struct list_head free;		/* iser_data_out; send_lock */
	struct list_head wait;		/* iser_io.wait; send_lock */
};

int iser_send_command(struct iser_io *io, const struct iser_control *ctl);
void iser_command_answered(struct iser_io *io, struct iser_rx *rx,
			   bool invalidated);
void iser_command_drop(struct iser_io *io);
void iser_command_send_done(struct ib_cq *cq, struct ib_wc *wc);
void iser_command_inv_done(struct ib_cq *cq, struct ib_wc *wc);
int iser_data_outs_init(struct iser_conn *conn);
void iser_data_outs_free(struct iser_conn *conn);
int iser_stags_try(struct iser_conn *conn);
int iser_stags_add(struct iser_conn *conn, struct iser_tasks *part);
void iser_stags_drop(struct iser_tasks *part);
void iser_stags_free(struct iser_conn *conn);
bool iser_stag_named(const struct iser_io *io, const struct iser_header *hdr);
bool iser_stag_dead(struct iser_conn *conn, u32 rkey);

#endif
