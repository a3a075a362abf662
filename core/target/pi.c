// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a target with protection information.
 *
 * Their data take an integrity MR, of which a connection has a few: what is read from
 * or written to the initiator through it has tuples, or has not, as the wire wants,
 * and the device checks it.  A long command takes several, one after the other, each
 * for whole blocks.  The peer has no right to such an MR, so it need not be invalid
 * before the command ends; it is invalidated before it is registered again.
 */
#include <linux/slab.h>
#include "../conn.h"
#include "../pi.h"
#include "../sge.h"
#include "send.h"

#define ISER_PI_REGIONS		32U	/* of a connection */
#define ISER_PI_PAGES		129U	/* 512 KiB that begin anywhere */
#define ISER_PI_WRS		3	/* invalidate, register, RDMA */

static u32 iser_pi_pages(const struct iser_conn *conn)
{
	return min(conn->limits.pi_pages, ISER_PI_PAGES);
}

/*
 * iser_cmds_pi_init - integrity MRs, and room to describe a piece
 * Sleeps.  Return: 0 or negative errno; iser_verbs_destroy() cleans up.
 */
int iser_cmds_pi_init(struct iser_conn *conn)
{
	u32 pages = iser_pi_pages(conn);
	u32 regions = min(ISER_PI_REGIONS, conn->sq.credits.size / ISER_PI_WRS);

	conn->sq.pi_sg = kcalloc(2 * pages, sizeof(*conn->sq.pi_sg), GFP_KERNEL);
	if (!conn->sq.pi_sg)
		return -ENOMEM;
	return ib_mr_pool_init(conn->qp, &conn->qp->sig_mrs, regions,
			       IB_MR_TYPE_INTEGRITY, pages, pages);
}

static struct iser_pi_room *iser_cmd_room(struct iser_target_cmd *c)
{
	return &container_of(c, struct iser_pi_cmd, c)->room;
}

int iser_cmd_pi(struct iser_cmd *cmd, const struct iser_pi *pi, u32 len)
{
	struct iser_target_cmd *c = iser_target_cmd(cmd);

	if (!cmd->conn->res.pi || !iser_pi_possible(pi, len))
		return -EINVAL;
	iser_pi_begin(iser_cmd_room(c), pi);
	return 0;
}
EXPORT_SYMBOL_ISER(iser_cmd_pi);

int iser_map_data_pi(struct iser_cmd *cmd, const struct iser_data *data, bool put)
{
	enum dma_data_direction dir = put ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	struct iser_target_cmd *c = iser_target_cmd(cmd);
	struct iser_pi_room *room = iser_cmd_room(c);
	struct ib_device *dev;
	int ret = 0;

	rcu_read_lock();
	/* After the end the transfers are flushed and touch no data. */
	if (!iser_state_live(READ_ONCE(cmd->conn->state)))
		goto unlock;
	ret = -ENOMEM;
	dev = cmd->conn->dev;
	if (ib_dma_map_sg(dev, data->sgl, data->nents, dir) <= 0)
		goto unlock;
	if (!iser_pi_dma_map(dev, room, dir)) {
		ib_dma_unmap_sg(dev, data->sgl, data->nents, dir);
		goto unlock;
	}
	c->buffer = data;
	c->dir = dir;
	c->pi = room;
	ret = 0;
unlock:
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_ISER(iser_map_data_pi);

const struct iser_pi_result *iser_cmd_pi_result(struct iser_cmd *cmd)
{
	return &iser_cmd_room(iser_target_cmd(cmd))->result;
}
EXPORT_SYMBOL_ISER(iser_cmd_pi_result);

/* iser_cmd_pi_unmap - unmap the data and the tuples; the result stays */
void iser_cmd_pi_unmap(struct ib_device *dev, struct iser_target_cmd *c)
{
	ib_dma_unmap_sg(dev, c->buffer->sgl, c->buffer->nents, c->dir);
	iser_pi_dma_unmap(dev, c->pi, c->dir);
	c->pi = NULL;
}

/*
 * Copy the part of a mapped list from @offset on, for @len bytes, to a list of @max.
 * Return: its entries, or 0 if there are more.
 */
static unsigned int iser_pi_cut(struct scatterlist *to, unsigned int max,
				struct scatterlist *sgl, u32 offset, u32 len)
{
	struct scatterlist *sg;
	unsigned int n = 0;
	u32 skip;

	sg_init_table(to, max);
	sg = iser_sg_seek(sgl, offset, &skip);
	while (n < max) {
		u32 bytes = min_t(u32, len, sg_dma_len(sg) - skip);

		sg_dma_address(&to[n]) = sg_dma_address(sg) + skip;
		sg_dma_len(&to[n]) = bytes;
		n++;
		len -= bytes;
		if (!len)
			return n;
		sg = iser_sg_next(sg);
		skip = 0;
	}
	return 0;
}

/* Describe the next piece to x->mr.  Return: its bytes of data; 0: it can't be. */
static u32 iser_pi_map(struct iser_conn *conn, struct iser_transfer *x)
{
	struct scatterlist *data_sg = conn->sq.pi_sg, *pi_sg;
	struct iser_pi_room *room = x->cmd->pi;
	const struct iser_pi *pi = &room->pi;
	u32 pages = iser_pi_pages(conn), len;
	unsigned int data, tuples = 0;

	len = iser_pi_piece(pi, x->len - x->done, (pages - 1) * ISER_STAG_PAGE);
	pi_sg = data_sg + pages;
	data = iser_pi_cut(data_sg, pages, x->cmd->buffer->sgl, x->done, len);
	if (!data)
		return 0;
	if (room->mapped) {
		tuples = iser_pi_cut(pi_sg, pages, pi->sgl,
				     iser_pi_tuples(pi, x->done),
				     iser_pi_tuples(pi, len));
		if (!tuples)
			return 0;
	}
	room->first = x->done / pi->interval;
	ib_update_fast_reg_key(x->mr, ib_inc_rkey(x->mr->rkey));
	iser_pi_describe(x->mr, pi, room->first);
	if (ib_map_mr_sg_pi(x->mr, data_sg, data, NULL, tuples ? pi_sg : NULL,
			    tuples, NULL, ISER_STAG_PAGE))
		return 0;
	return len;
}

/*
 * iser_pi_post - post the next piece of a transfer with protection information
 * Under send_lock.  Return: as iser_transfer_post().
 */
bool iser_pi_post(struct iser_conn *conn, struct iser_transfer *x)
{
	struct iser_batch *b = conn->batch;
	struct ib_rdma_wr *rdma = &b->wr[0];
	struct ib_send_wr *inv = &b->wr[1].wr, *first = &b->reg.wr;
	bool read = x->cmd->dir == DMA_FROM_DEVICE;
	const struct iser_pi *pi = &x->cmd->pi->pi;
	u32 wrs = ISER_PI_WRS - 1, len, old;

	if (read && conn->sq.count_reads && !iser_reads_free(&conn->sq.reads))
		return false;
	if (iser_credits_free(&conn->sq.credits) < ISER_PI_WRS)
		return false;
	x->mr = ib_mr_pool_get(conn->qp, &conn->qp->sig_mrs);
	if (!x->mr)
		return false;
	old = x->mr->rkey;
	len = iser_pi_map(conn, x);
	if (!len) {
		iser_conn_warn(conn, "the device can't cover a command with protection information, ending the connection");
		iser_connection_fail_locked(conn, -EINVAL);
		return false;
	}
	if (read && conn->sq.count_reads)
		x->reads = iser_reads_some(&conn->sq.reads, 1);

	memset(rdma, 0, sizeof(*rdma));
	/* As rdma_rw has it: tuples that only the wire has are not counted. */
	b->sge[0] = (struct ib_sge){ .addr = x->mr->iova, .lkey = x->mr->lkey,
				     .length = pi->memory ? iser_pi_wire(pi, len) : len };
	rdma->wr.opcode = read ? IB_WR_RDMA_READ : IB_WR_RDMA_WRITE;
	rdma->wr.sg_list = &b->sge[0];
	rdma->wr.num_sge = 1;
	rdma->remote_addr = x->remote + iser_pi_wire(pi, x->done);
	rdma->rkey = x->rkey;

	b->reg.wr.opcode = IB_WR_REG_MR_INTEGRITY;
	b->reg.wr.wr_cqe = &iser_rdma_cqe;
	b->reg.wr.next = &rdma->wr;
	b->reg.mr = x->mr;
	b->reg.key = x->mr->rkey;
	b->reg.access = IB_ACCESS_LOCAL_WRITE;
	if (x->mr->need_inval) {
		memset(&b->wr[1], 0, sizeof(b->wr[1]));
		inv->opcode = IB_WR_LOCAL_INV;
		inv->wr_cqe = &iser_rdma_cqe;
		inv->ex.invalidate_rkey = old;
		inv->next = first;
		first = inv;
		wrs++;
	}
	x->mr->need_inval = true;
	x->done += len;
	return iser_piece_post(conn, x, first, &rdma->wr, wrs, x->done == x->len);
}

/* iser_pi_piece_done - its RDMA operation has completed: what has the device found? */
void iser_pi_piece_done(struct iser_conn *conn, struct iser_transfer *x)
{
	iser_pi_check(conn, x->mr, x->cmd->pi->first, x->cmd->pi);
	ib_mr_pool_put(conn->qp, &conn->qp->sig_mrs, x->mr);
}
