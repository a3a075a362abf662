// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of a target: their memory, the buffers mapped for them, and how they
 * end with the connection.  What is transferred for them is in send.c.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "../conn.h"
#include "../qp.h"
#include "../task.h"
#include "send.h"

/* The core's view of command @i of a part; the half's part lies before it. */
static struct iser_target_cmd *iser_cmd_in(const struct iser_conn *conn,
					   struct iser_cmds *part, u32 i)
{
	return (void *)part->cmds + i * conn->sq.stride + conn->res.priv_size -
		sizeof(struct iser_cmd);
}

static void iser_transfer_init(struct iser_transfer *x, struct iser_target_cmd *c,
			       void (*done)(struct ib_cq *cq, struct ib_wc *wc))
{
	INIT_LIST_HEAD(&x->node);
	x->cmd = c;
	x->cqe.done = done;
}

/*
 * Under setup_lock, which keeps the device; sleeps.
 * Return: commands from index @first on, or ERR_PTR.
 */
static struct iser_cmds *iser_cmds_alloc(struct iser_conn *conn, u32 first)
{
	static const struct iser_header none;
	struct iser_cmds *part;
	u32 i, n;

	part = kvzalloc(sizeof(*part) + ISER_CMDS_PART * conn->sq.stride, GFP_KERNEL);
	if (!part)
		return ERR_PTR(-ENOMEM);
	if (iser_hdr_pages_init(&part->heads, conn->dev, ISER_TX_SLOT,
				ISER_CMDS_PART, DMA_TO_DEVICE)) {
		kvfree(part);
		return ERR_PTR(-ENOMEM);
	}
	for (i = 0; i < ISER_CMDS_PART; i++) {
		struct iser_target_cmd *c = iser_cmd_in(conn, part, i);

		c->cmd.conn = conn;
		c->cmd.index = first + i;
		c->head = iser_hdr_slot(&part->heads, i, &c->head_dma);
		c->cmd.bhs = iser_bhs(c->head);
		/* Unless responses name STags, all of them have the same header. */
		iser_encode_control(c->head, &none);
		c->ack_cqe.done = iser_ack_done;
		iser_transfer_init(&c->response, c, iser_response_done);
		for (n = 0; n < ISER_MAX_GETS; n++) {
			iser_transfer_init(&c->get[n], c, iser_get_done);
			c->get[n].get = true;
		}
		conn->ops->cmd_init(&c->cmd);
	}
	return part;
}

/*
 * iser_cmds_init - room for @nr commands, which come with iser_cmd_prepare()
 * Under setup_lock; sleeps.  Return: 0 or -ENOMEM.
 */
int iser_cmds_init(struct iser_conn *conn, u32 nr)
{
	u32 parts = DIV_ROUND_UP(nr, ISER_CMDS_PART);

	conn->sq.stride = ALIGN(conn->res.priv_size - sizeof(struct iser_cmd) +
				sizeof(struct iser_target_cmd), sizeof(u64));
	conn->batch = kzalloc(sizeof(*conn->batch), GFP_KERNEL);
	if (!conn->batch)
		return -ENOMEM;
	conn->sq.cmds = kcalloc(parts, sizeof(*conn->sq.cmds), GFP_KERNEL);
	if (!conn->sq.cmds)
		return -ENOMEM;
	conn->res.tasks = parts * ISER_CMDS_PART;
	return 0;
}

int iser_cmd_prepare(struct iser_conn *conn, u32 index)
{
	struct iser_cmds **at = &conn->sq.cmds[index / ISER_CMDS_PART], *part;
	unsigned int flags;
	int ret = 0;

	/* Pairs with the release below. */
	if (smp_load_acquire(at))
		return 0;
	/* end_work waits for this lock, so reclaim must not write. */
	flags = memalloc_noio_save();
	mutex_lock(&conn->setup_lock);
	if (*at)
		goto unlock;
	ret = -ENOTCONN;
	if (!iser_state_live(READ_ONCE(conn->state)))
		goto unlock;
	part = iser_cmds_alloc(conn, index / ISER_CMDS_PART * ISER_CMDS_PART);
	ret = PTR_ERR_OR_ZERO(part);
	if (ret)
		goto unlock;
	/* Pairs with the acquire in iser_cmd_at(). */
	smp_store_release(at, part);
unlock:
	mutex_unlock(&conn->setup_lock);
	memalloc_noio_restore(flags);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_cmd_prepare);

/* iser_cmd_at - the command with this index, or NULL.  Any context. */
struct iser_target_cmd *iser_cmd_at(struct iser_conn *conn, u32 index)
{
	/* Pairs with the release in iser_cmd_prepare(). */
	struct iser_cmds *part = smp_load_acquire(&conn->sq.cmds[index / ISER_CMDS_PART]);

	return part ? iser_cmd_in(conn, part, index % ISER_CMDS_PART) : NULL;
}

struct iser_cmd *iser_conn_cmd(struct iser_conn *conn, u32 index)
{
	struct iser_target_cmd *c = iser_cmd_at(conn, index);

	return c ? &c->cmd : NULL;
}
EXPORT_SYMBOL_ISER(iser_conn_cmd);

/* iser_cmds_unmap - the device goes */
void iser_cmds_unmap(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; conn->sq.cmds && i < conn->res.tasks / ISER_CMDS_PART; i++)
		if (conn->sq.cmds[i])
			iser_hdr_pages_unmap(&conn->sq.cmds[i]->heads);
}

/* iser_cmds_free - after iser_cmds_unmap(); the half uses no command any more */
void iser_cmds_free(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; conn->sq.cmds && i < conn->res.tasks / ISER_CMDS_PART; i++) {
		if (!conn->sq.cmds[i])
			continue;
		iser_hdr_pages_free(&conn->sq.cmds[i]->heads);
		kvfree(conn->sq.cmds[i]);
	}
	kfree(conn->sq.cmds);
	conn->sq.cmds = NULL;
}

/*
 * The buffers of commands.
 */

/* iser_cmd_map - map a buffer, unless the connection has ended.  0 or -ENOMEM. */
int iser_cmd_map(struct iser_target_cmd *c, const struct iser_data *data,
		 enum dma_data_direction dir)
{
	struct iser_conn *conn = c->cmd.conn;
	int n = 1;

	rcu_read_lock();
	/* After the end the transfers are flushed and touch no data. */
	if (iser_state_live(READ_ONCE(conn->state))) {
		n = ib_dma_map_sg(conn->dev, data->sgl, data->nents, dir);
		if (n > 0) {
			c->sgl = data->sgl;
			c->nents = data->nents;
			c->mapped = n;
			c->dir = dir;
		}
	}
	rcu_read_unlock();
	return n > 0 ? 0 : -ENOMEM;
}

/*
 * iser_cmd_unmap - undo iser_cmd_map(), and unmap a data segment; no-op when nothing
 * is mapped.  Any context, while the connection holds the device.
 */
void iser_cmd_unmap(struct iser_target_cmd *c)
{
	struct ib_device *dev = c->cmd.conn->dev;

	if (unlikely(c->data_mapped)) {
		ib_dma_unmap_sg(dev, c->data->sgl, c->data->nents, DMA_TO_DEVICE);
		c->data_mapped = 0;
	}
	if (c->mapped) {
		ib_dma_unmap_sg(dev, c->sgl, c->nents, c->dir);
		c->mapped = 0;
	}
}

int iser_map_data(struct iser_cmd *cmd, const struct iser_data *data)
{
	return iser_cmd_map(iser_target_cmd(cmd), data, DMA_FROM_DEVICE);
}
EXPORT_SYMBOL_ISER(iser_map_data);

void iser_unmap_data(struct iser_cmd *cmd)
{
	struct iser_conn *conn = cmd->conn;
	bool live;

	rcu_read_lock();
	live = iser_state_live(READ_ONCE(conn->state));
	if (live)
		iser_cmd_unmap(iser_target_cmd(cmd));
	rcu_read_unlock();
	if (live)
		return;
	/* end_work may do the same: the lock admits one. */
	spin_lock_bh(&conn->send_lock);
	iser_cmd_unmap(iser_target_cmd(cmd));
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_unmap_data);

void iser_cmd_abandon(struct iser_cmd *cmd)
{
	struct iser_target_cmd *c = iser_target_cmd(cmd);

	iser_cmd_unmap(c);
	c->response.len = 0;
	c->response.burst = 0;
}
EXPORT_SYMBOL_ISER(iser_cmd_abandon);

/*
 * iWARP: the sinks of RDMA Reads.
 */

/*
 * iser_sinks_init - STags for the sinks
 * Sleeps.  Return: 0 or negative errno; iser_verbs_destroy() cleans up.
 */
int iser_sinks_init(struct iser_conn *conn)
{
	conn->sq.sink_sg = kcalloc(conn->res.region_pages + 1,
				   sizeof(*conn->sq.sink_sg), GFP_KERNEL);
	if (!conn->sq.sink_sg)
		return -ENOMEM;
	return ib_mr_pool_init(conn->qp, &conn->qp->rdma_mrs, conn->res.regions,
			       IB_MR_TYPE_MEM_REG, conn->res.region_pages, 0);
}

/*
 * iser_sinks_free - free the STags before the queue pair
 *
 * This includes the STags of posted Reads and ends the peer's right to write
 * there.  Sleeps.
 */
void iser_sinks_free(struct iser_conn *conn)
{
	struct iser_target_cmd *c;
	u32 i, n;

	for (i = 0; conn->sq.sink_mr && conn->sq.cmds && i < conn->res.tasks; i++) {
		c = iser_cmd_at(conn, i);
		for (n = 0; c && n < ISER_MAX_GETS; n++) {
			struct iser_transfer *x = &c->get[n];

			if (x->mr)
				ib_mr_pool_put(conn->qp, &conn->qp->rdma_mrs, x->mr);
			x->mr = NULL;
		}
	}
	ib_mr_pool_destroy(conn->qp, &conn->qp->rdma_mrs);
}
