// SPDX-License-Identifier: GPL-2.0-only
/*
 * STags of the initiator: a task's buffer is registered for the one right
 * that its direction needs, and invalidated before the task ends
 * (RFC 7145, sections 7.3.2 and 8.3.2).
 */
#include "trace.h"

#define ISER_SURE_PAGES		128	/* each driver allocates what it promises */

/*
 * iser_stags_add - an STag for each new task that may need one, for life
 *
 * Under setup_lock, which keeps the domain; sleeps.  Return: 0 or negative errno;
 * iser_stags_drop() cleans up.
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
 * iser_stags_try - how many pages has an STag really?
 *
 * pvrdma allocates no more than 128, and promises what its host has.
 * From the handler of conn->id; sleeps.  Return: 0 or negative errno.
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

/* iser_stags_free - with the queue pair.  Sleeps. */
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
 * Any context.  Return: 0; -EINVAL when the device can't cover the buffer's
 * layout, or for a task that is for other PDUs than SCSI commands.
 */
int iser_stag_register(struct iser_io *io)
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
 * iser_stag_fill - the work request that brings it to life
 * @access: IB_ACCESS_* that the peer needs
 * @wr: of the batch; to be posted ahead of the Send
 */
void iser_stag_fill(const struct iser_io *io, int access, struct ib_reg_wr *wr)
{
	wr->wr.opcode = IB_WR_REG_MR;
	wr->mr = io->mr;
	wr->key = io->mr->rkey;
	wr->access = access;
}

/*
 * iser_stag_invalidate - kill the STag; inv_cqe tells when it is done
 * Any context.  Return: 0, or negative errno: the connection has ended.
 */
int iser_stag_invalidate(struct iser_io *io)
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
			iser_conn_warn(conn, "the device does not invalidate an STag: error %d, ending the connection",
				       ret);
	}
	spin_unlock_bh(&conn->send_lock);
	return ret;
}

/*
 * iser_stag_named - are the STags that a response names the task's?
 *
 * RFC 7145, section 7.3.2 makes a target name the one to be invalidated; the
 * deployed ones name none.  Any context.
 */
bool iser_stag_named(const struct iser_io *io, const struct iser_header *hdr)
{
	u32 stag = io->mr ? io->mr->rkey : 0;

	if (hdr->rsv && !(io->mr && io->ctl.in && hdr->read_stag == stag))
		return false;
	return !hdr->wsv || (io->mr && io->ctl.out && hdr->write_stag == stag);
}

/*
 * iser_stag_dead - does an STag belong to a task that waits for no response?
 *
 * It is, or soon will be, invalid.  A task that begins anew has another key.
 * Completion queue.
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
