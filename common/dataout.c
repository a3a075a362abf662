// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unsolicited Data-Out of the initiator (RFC 7145, section 7.3.4): a few
 * headers for a connection.  A task that finds none waits for its turn.
 */
#include <linux/slab.h>
#include "core.h"

static void iser_data_out_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_data_out *out = container_of(wc->wr_cqe,
						 struct iser_data_out, cqe);
	struct iser_io *io = out->io, *next;
	struct iser_conn *conn = io->task.conn;

	if (!iser_wc_ok(conn, wc, "Send of a Data-Out"))
		io->status = -ENOTCONN;
	spin_lock_bh(&conn->send_lock);
	list_add(&out->node, &conn->data_out_free);
	next = list_first_entry_or_null(&conn->data_out_wait, struct iser_io,
					wait);
	if (next) {
		list_del_init(&next->wait);
		iser_send_awaited(conn);
	}
	spin_unlock_bh(&conn->send_lock);
	iser_command_put(io);
	if (next && iser_state_live(READ_ONCE(conn->state)))
		conn->ops->send_ready(&next->task);
}

/* iser_data_outs_init - the headers.  Sleeps. */
int iser_data_outs_init(struct iser_conn *conn)
{
	int ret, i;

	ret = iser_slab_init(&conn->data_out_heads, conn->dev,
			     ALIGN(ISER_MSG_MIN, 64), ISER_DATA_OUTS,
			     DMA_TO_DEVICE);
	if (ret)
		return ret;
	conn->data_outs = kcalloc(ISER_DATA_OUTS, sizeof(*conn->data_outs),
				  GFP_KERNEL);
	if (!conn->data_outs)
		return -ENOMEM;
	for (i = 0; i < ISER_DATA_OUTS; i++) {
		struct iser_data_out *out = &conn->data_outs[i];

		out->cqe.done = iser_data_out_done;
		out->head = iser_slab_slot(&conn->data_out_heads, i,
					   &out->head_dma);
		list_add(&out->node, &conn->data_out_free);
	}
	return 0;
}

void iser_data_outs_free(struct iser_conn *conn)
{
	kfree(conn->data_outs);
	conn->data_outs = NULL;
	iser_slab_free(&conn->data_out_heads);
}

int iser_send_data_out(struct iser_task *task, const u8 *bhs, u32 offset,
		       u32 len)
{
	struct iser_io *io = iser_io_of(task);
	struct iser_conn *conn = task->conn;
	struct iser_header none = { };
	struct iser_data_out *out;
	struct ib_send_wr wr = { };
	struct ib_sge sge[ISER_COMMAND_SGES];
	int ret = -ENOTCONN;
	bool last;
	u32 n;

	spin_lock_bh(&conn->send_lock);
	if (!iser_state_live(conn->state))
		goto unlock;
	out = list_first_entry_or_null(&conn->data_out_free,
				       struct iser_data_out, node);
	ret = -EAGAIN;
	if (!out) {
		if (list_empty(&io->wait)) {
			list_add_tail(&io->wait, &conn->data_out_wait);
			iser_send_await(conn);
		}
		goto unlock;
	}
	list_del(&out->node);
	out->io = io;
	iser_encode_control(out->head, &none);
	memcpy(iser_bhs(out->head), bhs, ISER_BHS_LEN);
	ib_dma_sync_single_for_device(conn->dev, out->head_dma, ISER_MSG_MIN,
				      DMA_TO_DEVICE);
	sge[0] = (struct ib_sge){ .addr = out->head_dma, .length = ISER_MSG_MIN,
				  .lkey = conn->pd->local_dma_lkey };
	n = iser_io_gather(io, offset, len, &sge[1], conn->max_sge - 1);
	wr.wr_cqe = &out->cqe;
	wr.opcode = IB_WR_SEND;
	wr.send_flags = IB_SEND_SIGNALED;
	wr.sg_list = sge;
	wr.num_sge = 1 + n;

	/*
	 * The last one's completion takes over the reference of the Data-Out
	 * still to be posted: this caller must not be the one to end the task.
	 */
	io->unsolicited -= min(len, io->unsolicited);
	last = !io->unsolicited;
	if (!last)
		atomic_inc(&io->refs);
	ret = n ? ib_post_send(conn->qp, &wr, NULL) : -EMSGSIZE;
	if (ret)
		list_add(&out->node, &conn->data_out_free);
unlock:
	spin_unlock_bh(&conn->send_lock);
	if (ret && ret != -EAGAIN && ret != -ENOTCONN) {
		/* The task's references no longer add up: end_work sweeps it. */
		iser_connection_fail(conn, ret);
		ret = -ENOTCONN;
	}
	return ret;
}
EXPORT_SYMBOL_ISER(iser_send_data_out);
