// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of a target: their memory, the buffers mapped for them, and how they
 * end with the connection.  What is transferred for them is in send.c.
 */
#include <linux/slab.h>
#include "../conn.h"
#include "../qp.h"
#include "../table.h"
#include "send.h"

static void iser_transfer_init(struct iser_transfer *x, struct iser_target_cmd *c,
			       void (*done)(struct ib_cq *cq, struct ib_wc *wc))
{
	INIT_LIST_HEAD(&x->node);
	x->cmd = c;
	x->cqe.done = done;
}

static int iser_cmd_init(struct iser_conn *conn, void *entry, u32 index, u8 *head,
			 u64 dma)
{
	static const struct iser_header none;
	struct iser_target_cmd *c = entry;
	u32 n;

	c->cmd.conn = conn;
	c->cmd.index = index;
	c->cmd.bhs = iser_bhs(head);
	c->head = head;
	c->head_dma = dma;
	/* Unless responses name STags, all of them have the same header. */
	iser_encode_control(head, &none);
	c->ack_cqe.done = iser_ack_done;
	c->read_cqe.done = iser_read_done;
	iser_transfer_init(&c->response, c, iser_response_done);
	for (n = 0; n < ISER_MAX_GETS; n++) {
		iser_transfer_init(&c->get[n], c, iser_get_done);
		c->get[n].get = true;
	}
	conn->ops->cmd_init(&c->cmd);
	return 0;
}

static const struct iser_table_kind iser_cmd_kind = {
	.shared = sizeof(struct iser_cmd),
	.own = sizeof(struct iser_target_cmd),
	.init = iser_cmd_init,
};

static const struct iser_table_kind iser_pi_cmd_kind = {
	.shared = sizeof(struct iser_cmd),
	.own = sizeof(struct iser_pi_cmd),
	.init = iser_cmd_init,
};

/*
 * iser_cmds_init - room for @nr commands
 * Under setup_lock; sleeps.  Return: 0 or -ENOMEM.
 */
int iser_cmds_init(struct iser_conn *conn, u32 nr)
{
	int ret = iser_batch_init(conn);

	if (ret)
		return ret;
	return iser_table_init(conn, nr, conn->res.pi ? &iser_pi_cmd_kind :
							&iser_cmd_kind);
}

struct iser_cmd *iser_conn_cmd(struct iser_conn *conn, u32 index)
{
	struct iser_target_cmd *c = iser_table_at(&conn->table, index);

	return c ? &c->cmd : NULL;
}
EXPORT_SYMBOL_ISER(iser_conn_cmd);

/*
 * The buffers of commands.
 */

/* Map a buffer, unless the connection has ended.  Return: 0 or -ENOMEM. */
static inline int iser_cmd_map(struct iser_target_cmd *c, const struct iser_data *data,
			       enum dma_data_direction dir)
{
	struct iser_conn *conn = c->cmd.conn;
	int n = 1;

	rcu_read_lock();
	/* After the end the transfers are flushed and touch no data. */
	if (likely(iser_state_live(READ_ONCE(conn->state)))) {
		n = ib_dma_map_sg(conn->dev, data->sgl, data->nents, dir);
		if (likely(n > 0)) {
			c->buffer = data;
			c->mapped = n;
			c->dir = dir;
		}
	}
	rcu_read_unlock();
	return likely(n > 0) ? 0 : -ENOMEM;
}

int iser_put_data(struct iser_cmd *cmd, const struct iser_data *data, u32 burst)
{
	struct iser_target_cmd *c = iser_target_cmd(cmd);
	int ret = iser_cmd_map(c, data, DMA_TO_DEVICE);

	if (unlikely(ret))
		return ret;
	c->response.len = data->len;
	/* RFC 7143, section 11.7.2: no A-bit at level 0. */
	if (unlikely(cmd->conn->notice.recovery_level) &&
	    iser_ack_possible(cmd->conn)) {
		c->response.burst = burst;
		c->acked = 0;
	}
	return 0;
}
EXPORT_SYMBOL_ISER(iser_put_data);

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
		iser_cmd_unmap(conn->dev, iser_target_cmd(cmd));
	rcu_read_unlock();
	if (live)
		return;
	/* end_work may do the same: the lock admits one. */
	spin_lock_bh(&conn->send_lock);
	iser_cmd_unmap(conn->dev, iser_target_cmd(cmd));
	spin_unlock_bh(&conn->send_lock);
}
EXPORT_SYMBOL_ISER(iser_unmap_data);

void iser_cmd_abandon(struct iser_cmd *cmd)
{
	struct iser_target_cmd *c = iser_target_cmd(cmd);

	iser_cmd_unmap(cmd->conn->dev, c);
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
	u32 at = 0, n;

	while ((conn->sq.sink_mr || conn->res.pi) &&
	       (c = iser_table_next(&conn->table, &at))) {
		for (n = 0; n < ISER_MAX_GETS; n++) {
			struct iser_transfer *x = &c->get[n];

			if (x->mr)
				ib_mr_pool_put(conn->qp, conn->res.pi ?
					       &conn->qp->sig_mrs :
					       &conn->qp->rdma_mrs, x->mr);
			x->mr = NULL;
		}
	}
	ib_mr_pool_destroy(conn->qp, &conn->qp->rdma_mrs);
	ib_mr_pool_destroy(conn->qp, &conn->qp->sig_mrs);
}
