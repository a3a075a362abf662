// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks of the initiator: Send_Control, unsolicited Data-Out, responses, and
 * Deallocate_Task_Resources.
 *
 * A task ends when nothing of it is outstanding: refs counts the completions
 * to come, the response, and the Data-Out not posted yet.  Only then is the
 * response handed up (RFC 7145, section 7.3.2): its buffers are unmapped and
 * its STag is dead before the iSCSI layer hears of it.
 */
#include <linux/slab.h>
#include "trace.h"

/* The last reference is gone: from the completion queue. */
static void iser_command_end(struct iser_io *io)
{
	struct iser_conn *conn = io->task.conn;
	struct iser_rx *rsp = io->rsp;
	int status = io->status;
	bool done = io->ctl.no_answer || io->deallocate;

	/* With the connection gone wrong the STag may live: end_work sweeps. */
	if (status && !done)
		return;
	io->mr = NULL;
	iser_io_unmap(io);
	io->rsp = NULL;
	if (io->awaited)
		iser_send_awaited(conn);
	WRITE_ONCE(io->state, ISER_IO_IDLE);
	if (rsp) {
		rsp->pdu.task = &io->task;
		conn->ops->control_notify(conn, &rsp->pdu);
	}
	if (done)
		conn->ops->task_done(&io->task, status);
}

/* Only completions can end it now: they are to wake.  Completion queue. */
static void iser_command_await(struct iser_io *io)
{
	if (io->awaited)
		return;
	io->awaited = true;
	iser_send_await(io->task.conn);
}

/* iser_command_put - one thing less is outstanding.  Completion queue. */
void iser_command_put(struct iser_io *io)
{
	if (atomic_dec_and_test(&io->refs))
		iser_command_end(io);
}

void iser_command_send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_io *io = container_of(wc->wr_cqe, struct iser_io, send_cqe);

	if (!iser_wc_ok(io->task.conn, wc, "Send"))
		io->status = -ENOTCONN;
	iser_command_put(io);
}

void iser_command_inv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_io *io = container_of(wc->wr_cqe, struct iser_io, inv_cqe);

	if (!iser_wc_ok(io->task.conn, wc, "invalidation of an STag"))
		io->status = -ENOTCONN;
	iser_command_put(io);
}

static void iser_reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	/* Unsignaled: comes only in error, when the Send behind it fails too. */
	iser_wc_ok(wc->qp->qp_context, wc, "registration of an STag");
}

static struct ib_cqe iser_reg_cqe = { .done = iser_reg_done };

/*
 * Map and, where the target is to fetch or to place data, register the buffer.
 * What goes out by Sends is gathered from memory and not from the STag: that
 * may be dead before a Send is acknowledged, or before all Data-Out are out.
 * Return: 0 or negative errno.
 */
static int iser_describe(struct iser_io *io, const struct iser_control *ctl)
{
	const struct iser_data *out = ctl->out;
	int ret;

	io->mr = NULL;
	if (ctl->in)
		return iser_io_map(io, ctl->in, DMA_FROM_DEVICE) ?:
			iser_stag_register(io);

	ret = iser_io_map(io, out, DMA_TO_DEVICE);
	if (!ret && ctl->immediate + ctl->unsolicited < out->len)
		ret = iser_stag_register(io);
	return ret;
}

/* The STags that a command advertises. */
static void iser_advertise(const struct iser_io *io, u8 *head)
{
	const struct iser_control *ctl = &io->ctl;
	struct iser_header hdr = { };

	if (!io->mr) {
		/* All of the data, if any, go out by Sends. */
	} else if (ctl->in) {
		hdr.rsv = true;
		hdr.read_stag = io->mr->rkey;
		hdr.read_base = io->mr->iova;
	} else {
		/* TaggedBufferForSolicitedDataOnly=Yes: RFC 7145, section 6.9. */
		hdr.wsv = true;
		hdr.write_stag = io->mr->rkey;
		hdr.write_base = io->mr->iova + ctl->immediate +
			ctl->unsolicited;
	}
	iser_encode_control(head, &hdr);
}

/* Data from elsewhere: Text, NOP-Out.  Return: SGEs, or negative errno. */
static int iser_extra(struct iser_io *io, const struct iser_data *data,
		      struct ib_sge *sge)
{
	struct iser_conn *conn = io->task.conn;
	struct scatterlist *sg;
	int i, n;

	n = ib_dma_map_sg(conn->dev, data->sgl, data->nents, DMA_TO_DEVICE);
	if (n <= 0)
		return -ENOMEM;
	io->extra_mapped = n;
	if (n > conn->max_sge - 1)
		return -EMSGSIZE;
	for_each_sg(data->sgl, sg, n, i)
		sge[i] = (struct ib_sge){ .addr = sg_dma_address(sg),
					  .length = sg_dma_len(sg),
					  .lkey = conn->pd->local_dma_lkey };
	return n;
}

/*
 * The SGEs behind the header: immediate data, or data from elsewhere.
 * Return: how many, or negative errno.
 */
static int iser_command_gather(struct iser_io *io, struct ib_sge *sge)
{
	u32 max = io->task.conn->max_sge - 1;
	int n;

	if (io->ctl.data)
		return iser_extra(io, io->ctl.data, sge);
	if (!io->ctl.immediate)
		return 0;
	n = iser_io_gather(io, 0, io->ctl.immediate, sge, max);
	return n ?: -EMSGSIZE;
}

/*
 * Build and post the Send, behind the registration.
 * Under send_lock.  Return: 0 or negative errno.
 */
static int iser_command_post(struct iser_io *io)
{
	const struct iser_control *ctl = &io->ctl;
	struct iser_conn *conn = io->task.conn;
	struct iser_batch *b = conn->batch;
	u32 len = ISER_MSG_MIN + ctl->inline_len;
	struct ib_send_wr *wr = &b->send;
	u8 *head = NULL;
	int n, ret;
	u64 dma;

	n = iser_command_gather(io, &b->send_sge[1]);
	if (n < 0)
		return n;
	/* Header alone, and a response to come: it may go unsignaled. */
	if (!n && !ctl->no_answer && !ctl->unsolicited)
		head = iser_quiet_slot(conn, len, &dma);
	if (head) {
		/* All of the slot, which is a constant and copied faster. */
		memcpy(iser_bhs(head), io->task.bhs,
		       ISER_QUIET_SLOT - ISER_HDR_LEN);
		iser_quiet_send(conn, wr);
	} else {
		wr->wr_cqe = &io->send_cqe;
		wr->send_flags = IB_SEND_SIGNALED;
	}
	atomic_set(&io->refs, !head + !ctl->no_answer + !!ctl->unsolicited);
	if (!head) {
		head = io->head;
		dma = io->head_dma;
	}
	iser_advertise(io, head);
	ib_dma_sync_single_for_device(conn->dev, dma, len, DMA_TO_DEVICE);
	b->send_sge[0] = (struct ib_sge){ .addr = dma, .length = len,
					  .lkey = conn->pd->local_dma_lkey };
	wr->next = NULL;
	wr->opcode = IB_WR_SEND;
	wr->sg_list = b->send_sge;
	wr->num_sge = 1 + n;
	if (io->mr) {
		iser_stag_fill(io, ctl->in ? IB_ACCESS_LOCAL_WRITE |
					     IB_ACCESS_REMOTE_WRITE :
					     IB_ACCESS_REMOTE_READ, &b->reg);
		b->reg.wr.wr_cqe = &iser_reg_cqe;
		b->reg.wr.next = wr;
		wr = &b->reg.wr;
	}
	WRITE_ONCE(io->state, ISER_IO_POSTED);
	if (io->awaited)
		iser_send_await(conn);
	ret = ib_post_send(conn->qp, wr, NULL);
	if (!ret)
		return 0;
	WRITE_ONCE(io->state, ISER_IO_STARTED);
	iser_conn_warn(conn, "can't post a Send: error %d, ending the connection",
		       ret);
	iser_connection_fail_locked(conn, ret);
	return -ENOTCONN;
}

/* Nobody has been told the STag. */
static void iser_undescribe(struct iser_io *io)
{
	io->mr = NULL;
	iser_io_unmap(io);
}

int iser_send_prepare(struct iser_task *task, const struct iser_control *ctl)
{
	struct iser_io *io = iser_io_of(task);
	int ret;

	/* As below: the end of the connection waits for this section. */
	if (!iser_state_live(READ_ONCE(task->conn->state)))
		return -EAGAIN;
	ret = iser_describe(io, ctl);
	if (ret)
		iser_undescribe(io);
	return ret == -ENOMEM ? -EAGAIN : ret;
}
EXPORT_SYMBOL_ISER(iser_send_prepare);

/*
 * iser_send_command - Send_Control at the initiator
 * BH disabled.  Return: as iser_send_control().
 */
int iser_send_command(struct iser_io *io, const struct iser_control *ctl)
{
	struct iser_conn *conn = io->task.conn;
	int ret = -ENOTCONN;

	io->ctl = *ctl;
	if (!io->mapped)
		io->mr = NULL;
	io->rsp = NULL;
	io->answered = ctl->no_answer;
	io->deallocate = false;
	io->awaited = ctl->no_answer;
	io->unsolicited = ctl->unsolicited;

	/*
	 * Mapping is outside of the lock.  end_work waits for a grace period,
	 * and so for those with BH disabled, before it lets go of the device.
	 */
	if (!iser_state_live(READ_ONCE(conn->state)))
		goto undo;
	if ((ctl->in || ctl->out) && !io->mapped) {
		ret = iser_describe(io, ctl);
		if (ret)
			goto undo;
	}
	trace_iser_send_control(conn, io->task.bhs,
				ISER_MSG_MIN + ctl->inline_len,
				io->mr ? io->mr->rkey : 0);
	spin_lock(&conn->send_lock);
	ret = -ENOTCONN;
	if (iser_state_live(conn->state))
		ret = iser_command_post(io);
	spin_unlock(&conn->send_lock);
	if (!ret)
		return 0;
undo:
	iser_undescribe(io);
	return ret == -ENOMEM ? -EAGAIN : ret;
}

/*
 * iser_command_answered - the response of a task has arrived
 * @invalidated: and has invalidated its STag
 * From the completion queue.
 */
void iser_command_answered(struct iser_io *io, struct iser_rx *rx,
			   bool invalidated)
{
	io->answered = true;
	io->rsp = rx;
	if (io->mr && !invalidated) {
		atomic_inc(&io->refs);
		if (iser_stag_invalidate(io)) {
			/* The connection has ended: end_work sweeps. */
			iser_connection_fail(io->task.conn, -ENOTCONN);
			return;
		}
	}
	if (atomic_read(&io->refs) > 1)
		iser_command_await(io);
	iser_command_put(io);
}

int iser_deallocate_task_resources(struct iser_task *task)
{
	struct iser_io *io = iser_io_of(task);

	if (READ_ONCE(io->state) != ISER_IO_POSTED || io->deallocate)
		return io->deallocate && io->state == ISER_IO_POSTED ?
			-EINPROGRESS : 0;
	io->deallocate = true;
	iser_command_await(io);
	/* A response that waits for its Send already ends the task. */
	if (!io->answered) {
		io->answered = true;
		if (io->mr) {
			atomic_inc(&io->refs);
			if (iser_stag_invalidate(io)) {
				iser_connection_fail(task->conn, -ENOTCONN);
				return -EINPROGRESS;
			}
		}
		iser_command_put(io);
	}
	return -EINPROGRESS;
}
EXPORT_SYMBOL_ISER(iser_deallocate_task_resources);

bool iser_task_answered(const struct iser_task *task)
{
	const struct iser_io *io = container_of(task, struct iser_io, task);

	return io->state == ISER_IO_POSTED && io->rsp;
}
EXPORT_SYMBOL_ISER(iser_task_answered);

/*
 * iser_command_drop - let go of a task whose connection has ended
 *
 * A response that has arrived is handed up: the peer has closed the connection
 * behind it (a Logout), and the acknowledgment of the request came too late.
 * From end_work, after the last completion.
 */
void iser_command_drop(struct iser_io *io)
{
	struct iser_conn *conn = io->task.conn;
	struct iser_rx *rsp = io->rsp;
	bool done;

	if (io->state != ISER_IO_POSTED)
		return;
	done = io->ctl.no_answer || io->deallocate;
	io->mr = NULL;
	iser_io_unmap(io);
	io->rsp = NULL;
	WRITE_ONCE(io->state, ISER_IO_IDLE);
	if (rsp) {
		rsp->pdu.task = &io->task;
		conn->ops->control_notify(conn, &rsp->pdu);
	}
	if (done)
		conn->ops->task_done(&io->task, -ENOTCONN);
}
