// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends that complete without a word.
 *
 * A Send that gathers nothing but its header holds up nobody.  That of a
 * command: the response says that it has arrived.  That of a response: LIO has
 * nothing to take back.  It goes unsignaled, from a header slot of this ring
 * and not from the task's, which may be used again at once.  A slot of the ring
 * waits for a signaled Send behind it, as the device may still repeat what it
 * has not seen acknowledged.  Such a cover goes out halfway round the ring;
 * where it is late, Sends are signaled one by one, as those with data are.
 */
#include "core.h"

static void iser_quiet_covered(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_quiet *q = container_of(wc->wr_cqe, struct iser_quiet, cqe);

	/* cover does not change while it is on its way. */
	if (iser_wc_ok(wc->qp->qp_context, wc, "Send"))
		WRITE_ONCE(q->done, q->cover);
}

static void iser_quiet_failed(struct ib_cq *cq, struct ib_wc *wc)
{
	/* Unsignaled: comes only in error. */
	iser_wc_ok(wc->qp->qp_context, wc, "Send");
}

static struct ib_cqe iser_quiet_cqe = { .done = iser_quiet_failed };

/* iser_quiet_init - the slots.  Sleeps.  Return: 0 or -ENOMEM. */
int iser_quiet_init(struct iser_conn *conn)
{
	conn->quiet.cqe.done = iser_quiet_covered;
	return iser_slab_init(&conn->quiet.heads, conn->dev, ISER_QUIET_SLOT,
			      conn->quiet.nr, DMA_TO_DEVICE);
}

/*
 * iser_quiet_slot - a header slot for the Send that is posted next
 * @len: bytes of it
 * @dma: its address for the device
 *
 * Under send_lock.  Return: slot, or NULL when it does not fit in one or all
 * are in use.
 */
u8 *iser_quiet_slot(struct iser_conn *conn, u32 len, u64 *dma)
{
	struct iser_quiet *q = &conn->quiet;

	if (len > ISER_QUIET_SLOT || q->posted - READ_ONCE(q->done) >= q->nr)
		return NULL;
	return iser_slab_slot(&q->heads, q->posted & (q->nr - 1), dma);
}

/*
 * iser_quiet_send - the Send goes out of the slot
 * @wr: its work request, to be posted now.  Under send_lock.
 */
void iser_quiet_send(struct iser_conn *conn, struct ib_send_wr *wr)
{
	struct iser_quiet *q = &conn->quiet;

	q->posted++;
	wr->wr_cqe = &iser_quiet_cqe;
	wr->send_flags = 0;
	if (q->posted - q->cover >= q->nr / 2 &&
	    READ_ONCE(q->done) == q->cover) {
		q->cover = q->posted;
		wr->wr_cqe = &q->cqe;
		wr->send_flags = IB_SEND_SIGNALED;
	}
}
