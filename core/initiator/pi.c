// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks of an initiator with protection information.  Such a task has an integrity MR
 * beside its other one.  It is registered, advertised and invalidated as that is, and
 * what the peer reads or writes there is what the wire has: with tuples or without.
 */
#include <iser/task.h>
#include "../conn.h"
#include "../pi.h"
#include "send.h"

/* iser_task_pi_init - of a task with an STag.  Sleeps.  Return: 0 or negative errno. */
int iser_task_pi_init(struct iser_initiator_task *task, u32 pages)
{
	struct ib_mr *mr = ib_alloc_mr_integrity(task->pub.conn->pd, pages, pages);

	if (IS_ERR(mr))
		return PTR_ERR(mr);
	iser_task_room(task)->region = mr;
	return 0;
}

/*
 * iser_task_pi_free - undo iser_task_pi_init(), if it was called
 *
 * At the end of a connection a response may have come that is handed up after this, so
 * what the device has found is asked for before.  Sleeps.
 */
void iser_task_pi_free(struct iser_initiator_task *task)
{
	struct iser_pi_room *room = iser_task_room(task);

	if (!room->region)
		return;
	if (task->pi && task->mr)
		iser_pi_check(task->pub.conn, room->region, 0, room);
	ib_dereg_mr(room->region);
	room->region = NULL;
}

/* iser_task_pi_has - whether this STag is that of its integrity MR */
bool iser_task_pi_has(const struct iser_initiator_task *task, u32 rkey)
{
	const struct ib_mr *mr =
		container_of(task, struct iser_pi_task, task)->room.region;

	return mr && mr->rkey == rkey;
}

int iser_task_pi(struct iser_task *pub, const struct iser_pi *pi)
{
	struct iser_initiator_task *task = iser_initiator_task(pub);

	if (!pub->conn->info.pi || !iser_pi_possible(pi, pub->data.len) ||
	    pub->immediate || pub->unsolicited)
		return -EINVAL;
	iser_pi_begin(iser_task_room(task), pi);
	return 0;
}
EXPORT_SYMBOL_ISER(iser_task_pi);

const struct iser_pi_result *iser_task_pi_result(struct iser_task *pub)
{
	return &iser_task_room(iser_initiator_task(pub))->result;
}
EXPORT_SYMBOL_ISER(iser_task_pi_result);

/* Map the tuples, and describe all to the integrity MR.  Return: as iser_map_task_pi(). */
static int iser_task_pi_cover(struct iser_initiator_task *task, int mapped)
{
	struct iser_pi_room *room = iser_task_room(task);
	struct ib_mr *mr = room->region;

	if (!mr)
		return -EINVAL;
	if (!iser_pi_dma_map(task->pub.conn->dev, room, task->pub.dir))
		return -EAGAIN;
	ib_update_fast_reg_key(mr, ib_inc_rkey(mr->rkey));
	iser_pi_describe(mr, &room->pi, 0);
	if (ib_map_mr_sg_pi(mr, task->pub.data.sgl, mapped, NULL,
			    room->mapped ? room->pi.sgl : NULL, room->mapped, NULL,
			    ISER_STAG_PAGE))
		return -EINVAL;
	task->mr = mr;
	return 0;
}

int iser_map_task_pi(struct iser_task *pub)
{
	struct iser_initiator_task *task = iser_initiator_task(pub);
	struct iser_conn *conn = pub->conn;
	int n, ret;

	/* As iser_map_task(). */
	if (!iser_state_live(READ_ONCE(conn->state)))
		return -ENOTCONN;
	n = ib_dma_map_sg(conn->dev, pub->data.sgl, pub->data.nents, pub->dir);
	if (n <= 0)
		return -EAGAIN;
	task->pi = true;
	ret = iser_task_pi_cover(task, n);
	if (ret)
		iser_task_pi_unmap(task);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_map_task_pi);

/*
 * iser_task_pi_unmap - unmap the data and the tuples: what has the device found?
 *
 * The end of the connection frees the integrity MR before it ends the tasks, and asks
 * then: iser_task_pi_free().
 */
void iser_task_pi_unmap(struct iser_initiator_task *task)
{
	struct iser_pi_room *room = iser_task_room(task);
	struct iser_conn *conn = task->pub.conn;

	if (task->mr && room->region)
		iser_pi_check(conn, room->region, 0, room);
	task->mr = NULL;
	task->pi = false;
	iser_pi_dma_unmap(conn->dev, room, task->pub.dir);
	ib_dma_unmap_sg(conn->dev, task->pub.data.sgl, task->pub.data.nents,
			task->pub.dir);
}
