// SPDX-License-Identifier: GPL-2.0-only
/*
 * The array of tasks of a connection, and the buffers mapped for them.
 */
#include <linux/slab.h>
#include "core.h"

/* iser_tasks_init - @nr tasks with their header slots.  Sleeps. */
int iser_tasks_init(struct iser_conn *conn, u32 nr)
{
	u32 i;
	int ret;

	if (conn->role == ISER_INITIATOR && nr > conn->param.tasks)
		return -ENOSPC;
	conn->batch = kmalloc(sizeof(*conn->batch), GFP_KERNEL);
	if (!conn->batch)
		return -ENOMEM;
	ret = iser_slab_init(&conn->heads, conn->dev, ISER_TX_SLOT, nr,
			     DMA_TO_DEVICE);
	if (ret)
		return ret;
	conn->ios = kvcalloc(nr, sizeof(*conn->ios), GFP_KERNEL);
	if (!conn->ios)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct iser_io *io = &conn->ios[i];

		io->task.conn = conn;
		io->task.index = i;
		io->head = iser_slab_slot(&conn->heads, i, &io->head_dma);
		io->task.bhs = iser_bhs(io->head);
		if (conn->role == ISER_TARGET) {
			iser_job_init(io);
		} else {
			io->send_cqe.done = iser_command_send_done;
			io->inv_cqe.done = iser_command_inv_done;
			INIT_LIST_HEAD(&io->wait);
		}
	}
	conn->res.tasks = nr;
	return 0;
}

void iser_tasks_unmap(struct iser_conn *conn)
{
	iser_slab_unmap(&conn->heads);
	iser_slab_unmap(&conn->data_out_heads);
	iser_slab_unmap(&conn->quiet.heads);
}

void iser_tasks_free(struct iser_conn *conn)
{
	kvfree(conn->ios);
	conn->ios = NULL;
	iser_slab_free(&conn->heads);
	iser_slab_free(&conn->quiet.heads);
}

struct iser_task *iser_conn_task(struct iser_conn *conn, u32 index)
{
	if (!conn->ios || index >= conn->res.tasks)
		return NULL;
	return &conn->ios[index].task;
}
EXPORT_SYMBOL_ISER(iser_conn_task);

int iser_task_start(struct iser_task *task, const struct iser_pdu *pdu)
{
	struct iser_io *io = iser_io_of(task);

	if (READ_ONCE(io->state) != ISER_IO_IDLE)
		return -EBUSY;
	io->status = 0;
	if (task->conn->role == ISER_TARGET) {
		io->send.len = 0;
		io->send.burst = 0;
		io->acked = 0;
	}
	if (pdu)
		task->peer = pdu->msg.hdr;
	else
		memset(&task->peer, 0, sizeof(task->peer));
	WRITE_ONCE(io->state, ISER_IO_STARTED);
	return 0;
}
EXPORT_SYMBOL_ISER(iser_task_start);

void iser_task_abandon(struct iser_task *task)
{
	struct iser_io *io = iser_io_of(task);

	WARN_ON_ONCE(io->state == ISER_IO_POSTED);
	iser_io_unmap(io);
	WRITE_ONCE(io->state, ISER_IO_IDLE);
}
EXPORT_SYMBOL_ISER(iser_task_abandon);

bool iser_task_busy(const struct iser_task *task)
{
	const struct iser_io *io = container_of(task, struct iser_io, task);

	return READ_ONCE(io->state) == ISER_IO_POSTED;
}
EXPORT_SYMBOL_ISER(iser_task_busy);

/*
 * iser_io_map - map a buffer for the device
 * Any context.  Return: 0 or -ENOMEM.
 */
int iser_io_map(struct iser_io *io, const struct iser_data *data,
		enum dma_data_direction dir)
{
	struct iser_conn *conn = io->task.conn;
	int n;

	n = ib_dma_map_sg(conn->dev, data->sgl, data->nents, dir);
	if (n <= 0)
		return -ENOMEM;
	io->sgl = data->sgl;
	io->nents = data->nents;
	io->mapped = n;
	io->dir = dir;
	io->data_len = data->len;
	return 0;
}

/*
 * iser_io_seek - segment of the mapped buffer that holds a byte
 * @offset: the byte, within the buffer; @skip: where it is in the segment
 */
struct scatterlist *iser_io_seek(struct iser_io *io, u32 offset, u32 *skip)
{
	struct scatterlist *sg = io->sgl;

	while (offset >= sg_dma_len(sg)) {
		offset -= sg_dma_len(sg);
		sg = sg_next(sg);
	}
	*skip = offset;
	return sg;
}

/*
 * iser_io_gather - SGEs for @len > 0 bytes of the mapped buffer from @offset
 * Return: how many; 0 if more than @max were needed.
 */
u32 iser_io_gather(struct iser_io *io, u32 offset, u32 len, struct ib_sge *sge,
		   u32 max)
{
	u32 lkey = io->task.conn->pd->local_dma_lkey, n = 0, skip;
	struct scatterlist *sg = iser_io_seek(io, offset, &skip);

	for (; len; sg = sg_next(sg), skip = 0) {
		u32 bytes = min_t(u32, len, sg_dma_len(sg) - skip);

		if (n == max)
			return 0;
		sge[n++] = (struct ib_sge){ .addr = sg_dma_address(sg) + skip,
					    .length = bytes, .lkey = lkey };
		len -= bytes;
	}
	return n;
}

/*
 * iser_io_unmap - undo iser_io_map(); no-op when nothing is mapped
 * Any context, before the device is let go.
 */
void iser_io_unmap(struct iser_io *io)
{
	struct ib_device *dev = io->task.conn->dev;

	if (io->extra_mapped) {
		ib_dma_unmap_sg(dev, io->ctl.data->sgl, io->ctl.data->nents,
				DMA_TO_DEVICE);
		io->extra_mapped = 0;
	}
	if (io->mapped) {
		ib_dma_unmap_sg(dev, io->sgl, io->nents, io->dir);
		io->mapped = 0;
	}
}

/*
 * iser_tasks_sweep - the last completion has been seen: let go of everything
 *
 * What waited for a response waits no more.  From end_work; the device is
 * still there, the queue pair is in error: no STag reaches memory any more.
 */
void iser_tasks_sweep(struct iser_conn *conn)
{
	u32 i;

	if (!conn->ios)
		return;
	for (i = 0; i < conn->res.tasks; i++) {
		if (conn->role == ISER_INITIATOR) {
			iser_command_drop(&conn->ios[i]);
			continue;
		}
		/* Against iser_unmap_data(), whose caller frees the buffer. */
		spin_lock_bh(&conn->send_lock);
		iser_io_unmap(&conn->ios[i]);
		spin_unlock_bh(&conn->send_lock);
	}
}
