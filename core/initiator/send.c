// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an initiator sends for a task, from top to bottom: its buffer is described
 * to the device, registered, and advertised with the PDU (Send_Control); the
 * response comes, and the task ends.  Then what is rarer: a task that ends without
 * a response (Deallocate_Task_Resources), and unsolicited Data-Out.
 *
 * A task's buffer is registered for the one right that its direction needs, and
 * its STag is invalidated before the task ends (RFC 7145, sections 7.3.2 and
 * 8.3.2).
 *
 * A task ends when nothing of it is outstanding: refs counts the completions
 * to come, the response, and the Data-Out not posted yet.  Only then is the
 * response handed up (RFC 7145, section 7.3.2): the task's buffer is unmapped
 * and its STag is invalid before the iSCSI layer learns of it.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <iser/task.h>
#include "../conn.h"
#include "../cq.h"
#include "../device.h"
#include "../qp.h"
#include "../login.h"
#include "../received.h"
#include "../sge.h"
#include "../unsig.h"
#include "send.h"

/* --- the buffer ------------------------------------------------------------ */

/* No-op when nothing is mapped.  Any context, while the connection has the device. */
static inline void iser_task_unmap(struct iser_conn *conn,
				   struct iser_initiator_task *task)
{
	if (!task->mapped) {
		if (iser_pi_used() && task->pi)
			iser_task_pi_unmap(task);
		return;
	}
	task->mr = NULL;
	task->mapped = 0;
	ib_dma_unmap_sg(conn->dev, task->pub.data.sgl, task->pub.data.nents,
			task->pub.dir);
}

void iser_unmap_task(struct iser_task *pub)
{
	WARN_ON_ONCE(pub->state == ISER_TASK_POSTED);
	iser_task_unmap(pub->conn, iser_initiator_task(pub));
}
EXPORT_SYMBOL_ISER(iser_unmap_task);

/*
 * ib_map_mr_sg() has not described a whole buffer.  A shortage passes.  What an STag
 * does not cover is no error to a driver: it takes fewer segments, or none.
 */
static noinline int iser_map_failed(struct iser_initiator_task *task, int taken)
{
	iser_task_unmap(task->pub.conn, task);
	return taken == -ENOMEM || taken == -EAGAIN ? -EAGAIN : -EINVAL;
}

/*
 * ib_map_mr_sg() of hns allocates memory in a way that may sleep, but BH are disabled
 * here.  With PF_MEMALLOC it neither sleeps nor waits for memory, which might have to
 * be written to this very disk first.  So it may well fail, which hns reports as 0.
 * Return: as ib_map_mr_sg(), or -EAGAIN.
 */
static noinline int iser_map_mr_allocates(struct ib_mr *mr, const struct iser_data *data,
					  int n)
{
	unsigned int flags = memalloc_noreclaim_save();
	int taken = ib_map_mr_sg(mr, data->sgl, n, NULL, ISER_STAG_PAGE);

	memalloc_noreclaim_restore(flags);
	return taken ?: -EAGAIN;
}

/*
 * Sends gather their data from memory and not from the STag, which may be invalid
 * before a Send is acknowledged, or before all Data-Out are posted.  So a buffer
 * is registered only if the target must fetch or place data.
 */
int iser_map_task(struct iser_task *pub)
{
	struct iser_initiator_task *task = iser_initiator_task(pub);
	const struct iser_data *data = &pub->data;
	struct iser_conn *conn = pub->conn;
	struct ib_mr *mr;
	int n, taken;

	/* end_work waits for those with BH disabled before it releases the device. */
	if (!iser_state_live(READ_ONCE(conn->state)))
		return -ENOTCONN;
	n = ib_dma_map_sg(conn->dev, data->sgl, data->nents, pub->dir);
	if (n <= 0)
		return -EAGAIN;
	task->mapped = n;
	if (pub->dir == DMA_TO_DEVICE &&
	    pub->immediate + pub->unsolicited >= data->len)
		return 0;
	mr = task->region;
	if (unlikely(!mr))
		return iser_map_failed(task, 0);
	/* A new key each time: an old STag is not valid again for the next 255 uses. */
	ib_update_fast_reg_key(mr, ib_inc_rkey(mr->rkey));
	taken = static_branch_unlikely(&iser_map_allocates) ?
		iser_map_mr_allocates(mr, data, n) :
		ib_map_mr_sg(mr, data->sgl, n, NULL, ISER_STAG_PAGE);
	if (unlikely(taken != task->mapped || mr->length < data->len))
		return iser_map_failed(task, taken);
	task->mr = mr;
	return 0;
}
EXPORT_SYMBOL_ISER(iser_map_task);

/*
 * SGEs for @len > 0 bytes of the mapped buffer from @offset.
 * Return: how many; 0 if a Send has not so many.
 */
static noinline u32 iser_task_gather(struct iser_initiator_task *task, u32 offset,
				     u32 len, struct ib_sge *sge)
{
	struct iser_conn *conn = task->pub.conn;
	struct iser_place at;
	u32 n;

	at.sg = iser_sg_seek(task->pub.data.sgl, offset, &at.skip);
	n = iser_fill_sges(&at, &len, sge, conn->max_sge - 1,
			   conn->pd->local_dma_lkey);
	return len ? 0 : n;
}

/* --- the PDU --------------------------------------------------------------- */

static void iser_reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	/* Unsignaled: comes only in error, and the next Send fails too. */
	iser_wc_local_ok(wc->qp->qp_context, wc, "registration of an STag");
}

static struct ib_cqe iser_reg_cqe = { .done = iser_reg_done };

/* iser_task_batch_init - what the work requests of all tasks share.  Sleeps. */
int iser_task_batch_init(struct iser_conn *conn)
{
	struct iser_task_batch *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	b->send.opcode = IB_WR_SEND;
	b->send.sg_list = b->sge;
	b->sge[0].lkey = conn->pd->local_dma_lkey;
	b->sge[1].lkey = conn->pd->local_dma_lkey;
	b->reg.wr.opcode = IB_WR_REG_MR;
	b->reg.wr.wr_cqe = &iser_reg_cqe;
	b->reg.wr.next = &b->send;
	b->reg_pi = b->reg;
	b->reg_pi.wr.opcode = IB_WR_REG_MR_INTEGRITY;
	conn->task_batch = b;
	return 0;
}

/*
 * Writes the header of a PDU, with the STag of its task if that has one.
 * @reg: one of the batch for the kind of its MR; a constant, for speed
 * Return: the Send, or the work request that registers the STag, and after it the Send.
 */
static __always_inline struct ib_send_wr *
iser_advertise(const struct iser_initiator_task *task, struct iser_task_batch *b,
	       struct ib_reg_wr *reg, u8 *head)
{
	const struct iser_task *pub = &task->pub;
	struct iser_header hdr = { };
	struct ib_mr *mr = task->mr;

	if (!mr) {
		/* All of the data, if any, go out by Sends. */
		iser_encode_control(head, &hdr);
		return &b->send;
	}
	reg->mr = mr;
	reg->key = mr->rkey;
	if (pub->dir == DMA_FROM_DEVICE) {
		reg->access = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE;
		hdr.rsv = true;
		hdr.read_stag = mr->rkey;
		hdr.read_base = mr->iova;
	} else {
		reg->access = IB_ACCESS_REMOTE_READ;
		/* TaggedBufferForSolicitedDataOnly=Yes: RFC 7145, section 6.9. */
		hdr.wsv = true;
		hdr.write_stag = mr->rkey;
		hdr.write_base = mr->iova + pub->immediate + pub->unsolicited;
	}
	iser_encode_control(head, &hdr);
	return &reg->wr;
}

static noinline struct ib_send_wr *
iser_advertise_pi(const struct iser_initiator_task *task, struct iser_task_batch *b,
		  u8 *head)
{
	return iser_advertise(task, b, &b->reg_pi, head);
}

static noinline void iser_task_traced(struct iser_conn *conn,
				      const struct iser_initiator_task *task)
{
	trace_iser_send_control(conn, task->pub.bhs,
				ISER_MSG_MIN + task->pub.inline_len,
				task->mr ? task->mr->rkey : 0);
}

static noinline int iser_task_not_posted(struct iser_conn *conn, struct iser_task *pub,
					 int err)
{
	WRITE_ONCE(pub->state, ISER_TASK_STARTED);
	if (iser_post_failed_locked(conn, err))
		iser_conn_warn(conn, "can't post a Send: error %d, ending the connection",
			       err);
	return -EIO;
}

/*
 * Build the Send and post it after the registration.
 * Under send_lock.  Return: 0 or negative errno.
 */
static int iser_task_post(struct iser_conn *conn, struct iser_initiator_task *task)
{
	struct iser_task *pub = &task->pub;
	struct iser_task_batch *b = conn->task_batch;
	u32 len = ISER_MSG_MIN + pub->inline_len, n = 0, refs = 2;
	struct ib_send_wr *wr;
	u8 *head = NULL;
	int ret;
	u64 dma;

	if (pub->immediate && likely(task->mapped == 1)) {
		/* The only segment begins with them; its lkey is in place. */
		b->sge[1].addr = sg_dma_address(pub->data.sgl);
		b->sge[1].length = pub->immediate;
		n = 1;
	} else if (pub->immediate) {
		n = iser_task_gather(task, 0, pub->immediate, &b->sge[1]);
		if (!n)
			return -EMSGSIZE;
	} else if (!pub->unsolicited && !pub->no_answer) {
		/* A header alone may go unsignaled if a response will come. */
		head = iser_unsig_header(&conn->unsig, len, &dma);
	}
	b->send.num_sge = 1 + n;
	if (head) {
		/* Copy all of the slot: a constant is copied faster. */
		memcpy(iser_bhs(head), pub->bhs, ISER_UNSIG_HEADER - ISER_HDR_LEN);
		iser_unsig_send(&conn->unsig, &b->send);
		atomic_set(&task->refs, 1);
	} else {
		if (unlikely(pub->no_answer)) {
			iser_send_cq_arm(conn);
			refs--;
		}
		if (unlikely(pub->unsolicited))
			refs++;
		atomic_set(&task->refs, refs);
		head = task->head;
		dma = task->head_dma;
		b->send.wr_cqe = &task->send_cqe;
		b->send.send_flags = IB_SEND_SIGNALED;
	}
	b->sge[0].addr = dma;
	b->sge[0].length = len;
	wr = iser_pi_used() && task->pi ? iser_advertise_pi(task, b, head) :
		iser_advertise(task, b, &b->reg, head);
	ib_dma_sync_single_for_device(conn->dev, dma, len, DMA_TO_DEVICE);
	/* Pairs with the half's find_task().  An answer may end the task now. */
	smp_store_release(&pub->state, ISER_TASK_POSTED);
	ret = iser_post_send(conn->qp, wr, &b->not_posted);
	return likely(!ret) ? 0 : iser_task_not_posted(conn, pub, ret);
}

int iser_send_task(struct iser_task *pub)
{
	struct iser_initiator_task *task = iser_initiator_task(pub);
	struct iser_conn *conn = pub->conn;
	int ret = -ENOTCONN;

	if (unlikely(pub->dir != DMA_NONE && !task->mapped) &&
	    !(iser_pi_used() && task->pi))
		return -EAGAIN;
	task->answered = pub->no_answer;
	task->awaited = pub->no_answer;
	task->deallocate = false;
	spin_lock(&conn->send_lock);
	if (likely(iser_state_live(conn->state))) {
		if (trace_iser_send_control_enabled())
			iser_task_traced(conn, task);
		ret = iser_task_post(conn, task);
	}
	spin_unlock(&conn->send_lock);
	if (unlikely(ret))
		iser_task_unmap(conn, task);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_send_task);

/* --- the end of a task ----------------------------------------------------- */

/* The device uses nothing of the task any more.  Hands up what is due. */
static void iser_task_idle(struct iser_initiator_task *task, int status)
{
	struct iser_conn *conn = task->pub.conn;
	bool done = task->pub.no_answer || task->deallocate;
	struct iser_rx *rsp = task->rsp;

	iser_task_unmap(conn, task);
	task->rsp = NULL;
	WRITE_ONCE(task->pub.state, ISER_TASK_IDLE);
	if (rsp) {
		rsp->pdu.task = &task->pub;
		conn->ops->control_notify(conn, &rsp->pdu);
	}
	if (unlikely(done))
		conn->ops->task_done(&task->pub, status);
}

/* The last reference of a task is gone. */
static noinline void iser_task_last(struct iser_initiator_task *task)
{
	/* After a failure the STag may still be valid: end_work sweeps. */
	if (unlikely(task->status) && !task->pub.no_answer)
		return;
	if (task->awaited)
		iser_send_cq_disarm(task->pub.conn);
	iser_task_idle(task, task->status);
}

/* Drop a reference of a task.  Completion queue.  Return: whether it was the last. */
static inline bool iser_task_put(struct iser_initiator_task *task)
{
	if (likely(!atomic_dec_and_test(&task->refs)))
		return false;
	iser_task_last(task);
	return true;
}

/* Only completions can end it now: they must wake.  Completion queue. */
static void iser_task_await(struct iser_initiator_task *task)
{
	if (task->awaited)
		return;
	task->awaited = true;
	iser_send_cq_arm(task->pub.conn);
}

/* iser_task_send_done - completion of a task's Send */
void iser_task_send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_initiator_task *task =
		container_of(wc->wr_cqe, struct iser_initiator_task, send_cqe);

	if (!iser_wc_ok(task->pub.conn, wc, "Send"))
		task->status = -ENOTCONN;
	iser_task_put(task);
}

/* iser_task_inv_done - an STag was invalidated by this end */
void iser_task_inv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_initiator_task *task =
		container_of(wc->wr_cqe, struct iser_initiator_task, inv_cqe);

	if (!iser_wc_local_ok(task->pub.conn, wc, "invalidation of an STag"))
		task->status = -ENOTCONN;
	iser_task_put(task);
}

/*
 * iser_stag_invalidate - invalidate the STag; inv_cqe reports the end
 * Any context.  Return: 0, or negative errno: the connection has ended.
 */
static int iser_stag_invalidate(struct iser_initiator_task *task)
{
	struct iser_conn *conn = task->pub.conn;
	struct ib_send_wr wr = { };
	int ret = -ENOTCONN;

	wr.wr_cqe = &task->inv_cqe;
	wr.opcode = IB_WR_LOCAL_INV;
	wr.send_flags = IB_SEND_SIGNALED;
	spin_lock_bh(&conn->send_lock);
	/* The end of the connection takes the region away before it ends the tasks. */
	if (iser_state_live(conn->state)) {
		trace_iser_invalidate(conn, task->mr->rkey);
		wr.ex.invalidate_rkey = task->mr->rkey;
		ret = ib_post_send(conn->qp, &wr, NULL);
		if (ret && iser_post_failed_locked(conn, ret))
			iser_conn_warn(conn, "the device can't invalidate an STag: error %d, ending the connection",
				       ret);
	}
	spin_unlock_bh(&conn->send_lock);
	return ret;
}

/*
 * Whether the STags that a response names are the task's.  RFC 7145, section 7.3.2
 * makes a target name the STag to be invalidated; deployed targets name none.
 */
static bool iser_stag_named(const struct iser_initiator_task *task,
			    const struct iser_header *hdr)
{
	const struct ib_mr *mr = task->mr;
	bool read = task->pub.dir == DMA_FROM_DEVICE;

	if (hdr->rsv && !(mr && read && hdr->read_stag == mr->rkey))
		return false;
	return !hdr->wsv || (mr && !read && hdr->write_stag == mr->rkey);
}

/*
 * Check that a response has invalidated the STag of its own task.  The response
 * of a task that was deallocated comes too late: its STag is dead, and the half
 * drops it.  Any other STag belongs to another task.
 */
static bool iser_invalidated_rightly(struct iser_conn *conn,
				     const struct iser_initiator_task *task,
				     u32 rkey)
{
	if (!conn->info.remote_invalidate)
		return false;
	return task ? task->mr && rkey == task->mr->rkey :
		      iser_stag_dead(conn, rkey);
}

/* The device uses nothing of the task any more, whose response has just arrived. */
static inline void iser_task_hand_up(struct iser_conn *conn,
				     struct iser_initiator_task *task,
				     struct iser_rx *rx)
{
	iser_task_unmap(conn, task);
	WRITE_ONCE(task->pub.state, ISER_TASK_IDLE);
	rx->pdu.task = &task->pub;
	conn->ops->control_notify(conn, &rx->pdu);
}

/*
 * The response of a task has arrived.  @invalidated: and has invalidated the STag.
 *
 * Most often its reference is the last one, because completions of Sends are handled
 * first.  Then nobody else can take or drop one, as that would need another, so that
 * it is not dropped either.  The task does not wait for a completion, nor does
 * task management for the task: either would have set answered before.
 */
static void iser_task_response(struct iser_conn *conn, struct iser_initiator_task *task,
			       struct iser_rx *rx, bool invalidated)
{
	bool valid = task->mr && !invalidated;

	task->answered = true;
	/* Pairs with atomic_dec_and_test(). */
	if (likely(!valid && atomic_read_acquire(&task->refs) == 1 && !task->status)) {
		iser_task_hand_up(conn, task, rx);
		return;
	}
	task->rsp = rx;
	if (valid) {
		atomic_inc(&task->refs);
		/* If the connection has ended, end_work sweeps. */
		if (iser_stag_invalidate(task))
			return;
	}
	if (!iser_task_put(task))
		iser_task_await(task);
}

/* A PDU in full feature phase.  Completion queue. */
static inline void iser_initiator_received(struct iser_conn *conn, struct iser_rx *rx,
					   const struct ib_wc *wc)
{
	struct iser_task *pub = conn->ops->find_task(conn, rx->pdu.bhs);
	bool invalidated = wc->wc_flags & IB_WC_WITH_INVALIDATE;
	struct iser_initiator_task *task = NULL;
	u8 opcode = rx->pdu.bhs[0] & 0x3f;

	/*
	 * SCSI Data-In and R2T become RDMA; RFC 7145, sections 7.3.5, 7.3.6.  They answer
	 * no task: it would have to be a Data-Out or a SNACK.
	 */
	if (likely(pub && !iser_initiator_task(pub)->answered)) {
		task = iser_initiator_task(pub);
	} else if (opcode == 0x25 || opcode == 0x31) {
		iser_conn_warn(conn, "opcode %#x arrived as a message, ending the connection",
			       opcode);
		goto fail;
	}

	if (invalidated &&
	    unlikely(!iser_invalidated_rightly(conn, task,
					       wc->ex.invalidate_rkey))) {
		iser_conn_warn(conn, "the target has invalidated STag %#x, which is not the task's, ending the connection",
			       wc->ex.invalidate_rkey);
		goto fail;
	}
	if (unlikely(!task)) {
		conn->ops->control_notify(conn, &rx->pdu);
		return;
	}
	if (unlikely((rx->pdu.msg.hdr.rsv || rx->pdu.msg.hdr.wsv) &&
		     !iser_stag_named(task, &rx->pdu.msg.hdr))) {
		iser_conn_warn(conn, "response with opcode %#x names an STag that is not the task's, ending the connection",
			       opcode);
		goto fail;
	}
	iser_task_response(conn, task, rx, invalidated);
	return;
fail:
	iser_connection_fail(conn, -EPROTO);
}

/* iser_initiator_recv_done - a message has arrived; completion of a receive */
void iser_initiator_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_rx *rx = container_of(wc->wr_cqe, struct iser_rx, cqe);
	struct iser_conn *conn = cq->cq_context;

	rx->posted = false;
	rx->pdu.conn = conn;
	if (unlikely(!iser_rx_check(conn, rx, wc))) {
		iser_pdu_put(&rx->pdu);
		return;
	}
	if (unlikely(iser_rx_hello(conn, rx)) && !iser_hello_received(conn, rx))
		return;
	iser_rx_trace(conn, rx, wc);
	if (unlikely(rx->login) && !READ_ONCE(conn->enabled))
		iser_login_received(conn, rx);
	else
		iser_initiator_received(conn, rx, wc);
}

/* --- a task that task management, or the connection, has ended ------------- */

int iser_deallocate_task_resources(struct iser_task *pub)
{
	struct iser_initiator_task *task = iser_initiator_task(pub);

	if (READ_ONCE(pub->state) != ISER_TASK_POSTED)
		return 0;
	if (task->deallocate)
		return -EINPROGRESS;
	task->deallocate = true;
	iser_task_await(task);
	/* A response that has come already ends the task after its Send. */
	if (!task->answered) {
		task->answered = true;
		if (task->mr) {
			atomic_inc(&task->refs);
			if (iser_stag_invalidate(task))
				return -EINPROGRESS;
		}
		iser_task_put(task);
	}
	return -EINPROGRESS;
}
EXPORT_SYMBOL_ISER(iser_deallocate_task_resources);

bool iser_task_answered(struct iser_task *pub)
{
	return pub->state == ISER_TASK_POSTED && iser_initiator_task(pub)->rsp;
}
EXPORT_SYMBOL_ISER(iser_task_answered);

/*
 * iser_task_drop - end a task whose connection has ended
 *
 * A response that has arrived is handed up: the peer has closed the connection
 * after it (a Logout), and the acknowledgment of the request came too late.
 * From end_work, after the last completion.
 */
void iser_task_drop(struct iser_initiator_task *task)
{
	if (task->pub.state != ISER_TASK_POSTED)
		return;
	local_bh_disable();
	iser_task_idle(task, -ENOTCONN);
	local_bh_enable();
}

/* --- unsolicited Data-Out -------------------------------------------------- */

/*
 * Unsolicited Data-Out of the initiator (RFC 7145, section 7.3.4): they share a
 * few headers of the connection.  A task that finds none waits for its turn.
 */

static void iser_data_out_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_data_out *out = container_of(wc->wr_cqe,
						 struct iser_data_out, cqe);
	struct iser_initiator_task *task = out->task, *next;
	struct iser_conn *conn = task->pub.conn;

	if (!iser_wc_ok(conn, wc, "Send of a Data-Out"))
		task->status = -ENOTCONN;
	spin_lock_bh(&conn->send_lock);
	list_add(&out->node, &conn->data_out.free);
	next = list_first_entry_or_null(&conn->data_out.wait,
					struct iser_initiator_task, wait);
	if (next) {
		list_del_init(&next->wait);
		iser_send_cq_disarm(conn);
	}
	spin_unlock_bh(&conn->send_lock);
	iser_task_put(task);
	if (next && iser_state_live(READ_ONCE(conn->state)))
		conn->ops->send_ready(&next->pub);
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

int iser_send_data_out(struct iser_task *pub, const u8 *bhs, u32 offset, u32 len)
{
	struct iser_initiator_task *task = iser_initiator_task(pub);
	struct iser_conn *conn = pub->conn;
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
		if (list_empty(&task->wait)) {
			list_add_tail(&task->wait, &conn->data_out.wait);
			iser_send_cq_arm(conn);
		}
		goto unlock;
	}
	list_del(&out->node);
	out->task = task;
	iser_encode_control(out->head, &none);
	memcpy(iser_bhs(out->head), bhs, ISER_BHS_LEN);
	ib_dma_sync_single_for_device(conn->dev, out->head_dma, ISER_MSG_MIN,
				      DMA_TO_DEVICE);
	sge[0] = (struct ib_sge){ .addr = out->head_dma, .length = ISER_MSG_MIN,
				  .lkey = conn->pd->local_dma_lkey };
	n = iser_task_gather(task, offset, len, &sge[1]);
	wr.wr_cqe = &out->cqe;
	wr.opcode = IB_WR_SEND;
	wr.send_flags = IB_SEND_SIGNALED;
	wr.sg_list = sge;
	wr.num_sge = 1 + n;

	/*
	 * The completion of the last one takes over the reference of the
	 * Data-Out still to be posted: this caller must not end the task.
	 */
	pub->unsolicited -= min(len, pub->unsolicited);
	last = !pub->unsolicited;
	if (!last)
		atomic_inc(&task->refs);
	ret = n ? ib_post_send(conn->qp, &wr, NULL) : -EMSGSIZE;
	if (ret) {
		list_add(&out->node, &conn->data_out.free);
		/* The task's references no longer add up: end_work sweeps it. */
		iser_post_failed_locked(conn, ret);
		ret = -ENOTCONN;
	}
unlock:
	spin_unlock_bh(&conn->send_lock);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_send_data_out);
