// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sending side of an initiator: STags, Send_Control, unsolicited Data-Out,
 * and the end of a task, by Deallocate_Task_Resources or by a response, which
 * goes up from here (Control_Notify).
 *
 * A task's buffer is registered for the one right that its direction needs, and
 * its STag is invalidated before the task ends (RFC 7145, sections 7.3.2 and
 * 8.3.2).
 */
#include <linux/slab.h>
#include "../conn.h"
#include "../cq.h"
#include "../qp.h"
#include "../recv.h"
#include "../task.h"
#include "send.h"
#include "../trace.h"

#define ISER_SURE_PAGES		128	/* each driver allocates what it promises */

/*
 * iser_stags_add - allocate STags, for life, for new tasks that may need one
 *
 * Under setup_lock, which keeps the domain; sleeps.  Return: 0 or negative
 * errno; iser_stags_drop() cleans up.
 */
int iser_stags_add(struct iser_conn *conn, struct iser_tasks *part)
{
	enum ib_mr_type type = conn->info.sg_gaps ? IB_MR_TYPE_SG_GAPS :
						    IB_MR_TYPE_MEM_REG;
	struct ib_mr *mr;
	int i;

	for (i = 0; i < ISER_TASKS_PART; i++) {
		if (part->io[i].task.index < conn->res.plain)
			continue;
		mr = ib_alloc_mr(conn->pd, type, conn->res.region_pages);
		if (IS_ERR(mr))
			return PTR_ERR(mr);
		part->io[i].region = mr;
	}
	return 0;
}

/*
 * iser_stags_try - find out how many pages an STag can have
 *
 * pvrdma allocates at most 128, but promises what its host has.
 * From the handler of conn->cm.id; sleeps.  Return: 0 or negative errno.
 */
int iser_stags_try(struct iser_conn *conn)
{
	u32 pages = conn->info.max_pages;
	struct ib_mr *mr;

	for (; pages > ISER_SURE_PAGES; pages /= 2) {
		mr = ib_alloc_mr(conn->pd, conn->info.sg_gaps ?
				 IB_MR_TYPE_SG_GAPS : IB_MR_TYPE_MEM_REG, pages);
		if (!IS_ERR(mr)) {
			ib_dereg_mr(mr);
			break;
		}
		if (PTR_ERR(mr) != -EINVAL)
			return PTR_ERR(mr);
	}
	conn->info.max_pages = pages;
	return 0;
}

/* iser_stags_drop - undo iser_stags_add().  Sleeps. */
void iser_stags_drop(struct iser_tasks *part)
{
	int i;

	for (i = 0; i < ISER_TASKS_PART; i++) {
		if (part->io[i].region)
			ib_dereg_mr(part->io[i].region);
		part->io[i].region = NULL;
	}
}

/* iser_stags_free - when the queue pair goes.  Sleeps. */
void iser_stags_free(struct iser_conn *conn)
{
	u32 i;

	if (conn->role != ISER_INITIATOR)
		return;
	for (i = 0; conn->tasks && i < conn->res.tasks / ISER_TASKS_PART; i++)
		if (conn->tasks[i])
			iser_stags_drop(conn->tasks[i]);
}

/*
 * iser_stag_register - register the mapped buffer of a task
 *
 * Any context.  Return: 0; -EINVAL if the device can't cover the buffer's
 * layout, or if the task is for other PDUs than SCSI commands.
 */
static int iser_stag_register(struct iser_io *io)
{
	struct ib_mr *mr = io->region;
	int n;

	if (!mr)
		return -EINVAL;
	/* A new key each time: an old STag never comes to life again. */
	ib_update_fast_reg_key(mr, ib_inc_rkey(mr->rkey));
	n = ib_map_mr_sg(mr, io->sgl, io->mapped, NULL, ISER_STAG_PAGE);
	if (n != io->mapped || mr->length < io->data_len)
		return -EINVAL;
	io->mr = mr;
	return 0;
}

/*
 * iser_stag_fill - fill the work request that registers an STag
 * @access: IB_ACCESS_* that the peer needs
 * @wr: of the batch; it must be posted before the Send
 */
static void iser_stag_fill(const struct iser_io *io, int access, struct ib_reg_wr *wr)
{
	wr->wr.opcode = IB_WR_REG_MR;
	wr->mr = io->mr;
	wr->key = io->mr->rkey;
	wr->access = access;
}

/*
 * iser_stag_invalidate - invalidate the STag; inv_cqe reports the end
 * Any context.  Return: 0, or negative errno: the connection has ended.
 */
static int iser_stag_invalidate(struct iser_io *io)
{
	struct iser_conn *conn = io->task.conn;
	struct ib_send_wr wr = { };
	int ret = -ENOTCONN;

	trace_iser_invalidate(conn, io->mr->rkey);
	wr.wr_cqe = &io->inv_cqe;
	wr.opcode = IB_WR_LOCAL_INV;
	wr.send_flags = IB_SEND_SIGNALED;
	wr.ex.invalidate_rkey = io->mr->rkey;
	spin_lock_bh(&conn->send_lock);
	if (iser_state_live(conn->state)) {
		ret = ib_post_send(conn->qp, &wr, NULL);
		if (ret)
			iser_conn_warn(conn, "the device can't invalidate an STag: error %d, ending the connection",
				       ret);
	}
	spin_unlock_bh(&conn->send_lock);
	return ret;
}

/*
 * iser_stag_named - whether the STags that a response names are the task's
 *
 * RFC 7145, section 7.3.2 makes a target name the STag to be invalidated;
 * deployed targets name none.  Any context.
 */
bool iser_stag_named(const struct iser_io *io, const struct iser_header *hdr)
{
	u32 stag = io->mr ? io->mr->rkey : 0;

	if (hdr->rsv && !(io->mr && io->ctl.in && hdr->read_stag == stag))
		return false;
	return !hdr->wsv || (io->mr && io->ctl.out && hdr->write_stag == stag);
}

/*
 * iser_stag_dead - whether an STag belongs to a task that waits for no response
 *
 * Such an STag is, or soon will be, invalid.  A task that is used again has
 * another key.  Completion queue.
 */
bool iser_stag_dead(struct iser_conn *conn, u32 rkey)
{
	const struct iser_io *io;
	struct iser_task *task;
	u32 i;

	for (i = 0; i < conn->res.tasks; i++) {
		task = iser_conn_task(conn, i);
		if (!task)
			continue;
		io = iser_io_of(task);
		if (io->region && io->region->rkey == rkey)
			return io->state != ISER_IO_POSTED || io->answered;
	}
	return false;
}

/*
 * Tasks of the initiator: Send_Control, unsolicited Data-Out, responses, and
 * Deallocate_Task_Resources.
 *
 * A task ends when nothing of it is outstanding: refs counts the completions
 * to come, the response, and the Data-Out not posted yet.  Only then is the
 * response handed up (RFC 7145, section 7.3.2): the task's buffers are unmapped
 * and its STag is invalid before the iSCSI layer learns of it.
 */

/* Ends a task without references.  From the completion queue. */
static void iser_command_end(struct iser_io *io)
{
	struct iser_conn *conn = io->task.conn;
	struct iser_rx *rsp = io->rsp;
	int status = io->status;
	bool done = io->ctl.no_answer || io->deallocate;

	/* After a failure the STag may still be valid: end_work sweeps. */
	if (status && !done)
		return;
	io->mr = NULL;
	iser_io_unmap(io);
	io->rsp = NULL;
	if (io->awaited)
		iser_send_cq_disarm(conn);
	WRITE_ONCE(io->state, ISER_IO_IDLE);
	if (rsp) {
		rsp->pdu.task = &io->task;
		conn->ops->control_notify(conn, &rsp->pdu);
	}
	if (done)
		conn->ops->task_done(&io->task, status);
}

/* Only completions can end it now: they must wake.  Completion queue. */
static void iser_command_await(struct iser_io *io)
{
	if (io->awaited)
		return;
	io->awaited = true;
	iser_send_cq_arm(io->task.conn);
}

/* iser_command_put - drop a reference of a task.  Completion queue. */
static void iser_command_put(struct iser_io *io)
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
	/* Unsignaled: comes only in error, and the next Send fails too. */
	iser_wc_ok(wc->qp->qp_context, wc, "registration of an STag");
}

static struct ib_cqe iser_reg_cqe = { .done = iser_reg_done };

/*
 * Map the buffer, and register it if the target must fetch or place data.
 * Sends gather their data from memory and not from the STag, which may be
 * invalid before a Send is acknowledged, or before all Data-Out are posted.
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

/* Writes the STags that a command advertises. */
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

/* Maps the data of Text and NOP-Out.  Return: SGEs, or negative errno. */
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
 * Fills the SGEs after the header: immediate data, or that of iser_extra().
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
 * Build the Send and post it after the registration.
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
	/* A header alone may go unsignaled if a response will come. */
	if (!n && !ctl->no_answer && !ctl->unsolicited)
		head = iser_unsig_header(conn, len, &dma);
	if (head) {
		/* Copy all of the slot: a constant is copied faster. */
		memcpy(iser_bhs(head), io->task.bhs,
		       ISER_UNSIG_HEADER - ISER_HDR_LEN);
		iser_unsig_send(conn, wr);
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
		iser_send_cq_arm(conn);
	ret = ib_post_send(conn->qp, wr, NULL);
	if (!ret)
		return 0;
	WRITE_ONCE(io->state, ISER_IO_STARTED);
	iser_conn_warn(conn, "can't post a Send: error %d, ending the connection",
		       ret);
	iser_connection_fail_locked(conn, ret);
	return -ENOTCONN;
}

/* The target has not been told the STag. */
static void iser_undescribe(struct iser_io *io)
{
	io->mr = NULL;
	iser_io_unmap(io);
}

int iser_send_prepare(struct iser_task *task, const struct iser_control *ctl)
{
	struct iser_io *io = iser_io_of(task);
	int ret;

	/* As in iser_send_command(), end_work waits for this section. */
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
	 * and so for those with BH disabled, before it releases the device.
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
 * @invalidated: it has invalidated the STag
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
	/* A response that has come already ends the task after its Send. */
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
 * iser_command_drop - end a task whose connection has ended
 *
 * A response that has arrived is handed up: the peer has closed the connection
 * after it (a Logout), and the acknowledgment of the request came too late.
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

/*
 * Unsolicited Data-Out of the initiator (RFC 7145, section 7.3.4): they share a
 * few headers of the connection.  A task that finds none waits for its turn.
 */

static void iser_data_out_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_data_out *out = container_of(wc->wr_cqe,
						 struct iser_data_out, cqe);
	struct iser_io *io = out->io, *next;
	struct iser_conn *conn = io->task.conn;

	if (!iser_wc_ok(conn, wc, "Send of a Data-Out"))
		io->status = -ENOTCONN;
	spin_lock_bh(&conn->send_lock);
	list_add(&out->node, &conn->data_out.free);
	next = list_first_entry_or_null(&conn->data_out.wait, struct iser_io,
					wait);
	if (next) {
		list_del_init(&next->wait);
		iser_send_cq_disarm(conn);
	}
	spin_unlock_bh(&conn->send_lock);
	iser_command_put(io);
	if (next && iser_state_live(READ_ONCE(conn->state)))
		conn->ops->send_ready(&next->task);
}

/* iser_data_outs_init - make the headers.  Sleeps. */
int iser_data_outs_init(struct iser_conn *conn)
{
	int ret, i;

	ret = iser_hdr_pages_init(&conn->data_out.heads, conn->dev,
				  ALIGN(ISER_MSG_MIN, 64), ISER_DATA_OUTS,
				  DMA_TO_DEVICE);
	if (ret)
		return ret;
	conn->data_out.all = kcalloc(ISER_DATA_OUTS, sizeof(*conn->data_out.all),
				     GFP_KERNEL);
	if (!conn->data_out.all)
		return -ENOMEM;
	for (i = 0; i < ISER_DATA_OUTS; i++) {
		struct iser_data_out *out = &conn->data_out.all[i];

		out->cqe.done = iser_data_out_done;
		out->head = iser_hdr_slot(&conn->data_out.heads, i,
					  &out->head_dma);
		list_add(&out->node, &conn->data_out.free);
	}
	return 0;
}

void iser_data_outs_free(struct iser_conn *conn)
{
	kfree(conn->data_out.all);
	conn->data_out.all = NULL;
	iser_hdr_pages_free(&conn->data_out.heads);
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
	out = list_first_entry_or_null(&conn->data_out.free,
				       struct iser_data_out, node);
	ret = -EAGAIN;
	if (!out) {
		if (list_empty(&io->wait)) {
			list_add_tail(&io->wait, &conn->data_out.wait);
			iser_send_cq_arm(conn);
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
	 * The completion of the last one takes over the reference of the
	 * Data-Out still to be posted: this caller must not end the task.
	 */
	io->unsolicited -= min(len, io->unsolicited);
	last = !io->unsolicited;
	if (!last)
		atomic_inc(&io->refs);
	ret = n ? ib_post_send(conn->qp, &wr, NULL) : -EMSGSIZE;
	if (ret)
		list_add(&out->node, &conn->data_out.free);
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
