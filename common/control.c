// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send_Control, Put_Data and Get_Data: RFC 5047, sections 7 and 8.
 */
#include "trace.h"

void iser_send_begin(struct iser_conn *conn)
	__acquires(conn)
{
	spin_lock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_send_begin);

void iser_send_end(struct iser_conn *conn)
	__releases(conn)
{
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_send_end);

/* Send_Control of a target, under send_lock. */
static int iser_send_response(struct iser_io *io,
			      const struct iser_control *ctl)
{
	struct iser_conn *conn = io->task.conn;
	const struct iser_header *peer = &io->task.peer;
	struct iser_header hdr = { };
	int n;

	io->ctl.data = ctl->data;
	io->ctl.inline_len = ctl->inline_len;
	io->ctl.response = ctl->response;
	WRITE_ONCE(io->state, ISER_IO_POSTED);
	/* The one that is invalidated: RFC 7145, section 7.3.2. */
	if (ctl->response && conn->notice.name_stags) {
		hdr.rsv = peer->rsv;
		hdr.read_stag = peer->read_stag;
		hdr.wsv = peer->wsv && !peer->rsv;
		hdr.write_stag = peer->write_stag;
	}
	iser_encode_control(io->head, &hdr);
	if (iser_state_live(conn->state)) {
		ib_dma_sync_single_for_device(conn->dev, io->head_dma,
					      ISER_MSG_MIN + ctl->inline_len,
					      DMA_TO_DEVICE);
		if (ctl->data) {
			n = ib_dma_map_sg(conn->dev, ctl->data->sgl,
					  ctl->data->nents, DMA_TO_DEVICE);
			if (n > 0)
				io->extra_mapped = n;
			if (n <= 0 || n >= conn->max_sge)
				iser_connection_fail_locked(conn, -ENOMEM);
		}
	}
	if (io->send.len)
		trace_iser_rdma(conn, false, io->task.index, io->send.offset,
				io->send.len, io->task.peer.read_stag);
	trace_iser_send_control(conn, io->task.bhs,
				ISER_MSG_MIN + ctl->inline_len,
				ctl->response ? io->task.peer.read_stag : 0);
	io->send.remote = peer->read_base + io->send.offset;
	io->send.rkey = peer->read_stag;
	/* Whoever asks for acknowledgements waits for them. */
	iser_job_submit(conn, &io->send, ctl->later && !io->send.burst);
	return 0;
}

int iser_send_control(struct iser_task *task, const struct iser_control *ctl)
{
	struct iser_io *io = iser_io_of(task);

	if (task->conn->role == ISER_TARGET)
		return iser_send_response(io, ctl);
	return iser_send_command(io, ctl);
}
EXPORT_SYMBOL_ISER(iser_send_control);

int iser_map_data(struct iser_task *task, const struct iser_data *data,
		  bool read)
{
	struct iser_conn *conn = task->conn;
	int ret = 0;

	rcu_read_lock();
	/* After the end the jobs are flushed and touch no data. */
	if (iser_state_live(READ_ONCE(conn->state)))
		ret = iser_io_map(iser_io_of(task), data,
				  read ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_ISER(iser_map_data);

void iser_unmap_data(struct iser_task *task)
{
	struct iser_conn *conn = task->conn;
	bool live;

	rcu_read_lock();
	live = iser_state_live(READ_ONCE(conn->state));
	if (live)
		iser_io_unmap(iser_io_of(task));
	rcu_read_unlock();
	if (live)
		return;
	/* end_work may be sweeping; one of the two does it. */
	spin_lock_bh(&conn->send_lock);
	iser_io_unmap(iser_io_of(task));
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_unmap_data);

void iser_put_data(struct iser_task *task, u32 offset, u32 len, u32 burst)
{
	struct iser_job *job = &iser_io_of(task)->send;

	/* Pieces follow one another: one range grows. */
	if (!job->len) {
		job->offset = offset;
		job->burst = iser_ack_burst(task->conn, burst);
	}
	job->len += len;
}
EXPORT_SYMBOL_ISER(iser_put_data);

void iser_get_data(struct iser_task *task, u32 offset, u32 len, u64 tagged)
{
	struct iser_io *io = iser_io_of(task);
	struct iser_conn *conn = task->conn;
	struct iser_job *job = NULL;
	int i;

	for (i = 0; i < ISER_MAX_GETS && !job; i++)
		if (!READ_ONCE(io->get[i].busy))
			job = &io->get[i];
	if (WARN_ON_ONCE(!job))
		return;
	job->busy = true;
	job->offset = offset;
	job->len = len;
	job->remote = tagged;
	job->rkey = task->peer.write_stag;
	trace_iser_rdma(conn, true, task->index, offset, len, job->rkey);

	spin_lock_bh(&conn->send_lock);
	/* Nothing may be fetched over it: RFC 7145, section 7.3.6. */
	if (!conn->reads.ord && iser_state_live(conn->state)) {
		iser_conn_warn(conn, "the initiator allows no RDMA Read, but a write needs one, ending the connection");
		iser_connection_fail_locked(conn, -EPROTO);
	}
	iser_job_submit(conn, job, false);
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_get_data);
