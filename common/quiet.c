// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends that complete without a word.
 *
 * A Send that gathers nothing but its header holds up nobody.  That of a
 * command: the response says that it has arrived.  That of a response: LIO has
 * nothing to take back.  It goes unsignaled, from a header slot of this ring
 * and not from the task's, which may be used again at once.  A slot of the ring
 * waits for a signaled Send behind it, as the device may still repeat what it
 * has not seen acknowledged.  Such a cover is one Send in a third of the ring:
 * so 32 may be on their way while one is awaited.  Where all slots are in use,
 * Sends are signaled one by one, as those with data are.
 */
#include "core.h"

/* Sends that a signaled one stands for. */
static u32 iser_quiet_each(const struct iser_quiet *q)
{
	return q->nr / 3;
}

static void iser_quiet_covered(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_quiet *q = container_of(wc->wr_cqe, struct iser_quiet, cqe);

	/* Covers complete in their order, and only here. */
	if (iser_wc_ok(wc->qp->qp_context, wc, "Send"))
		WRITE_ONCE(q->done, q->done + iser_quiet_each(q));
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
	BUILD_BUG_ON(ISER_QUIET_SLOT < ISER_MSG_MIN);
	BUILD_BUG_ON(ISER_QUIET_SLOT * ISER_QUIET_SENDS > PAGE_SIZE);
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
	u32 at = q->next * ISER_QUIET_SLOT;

	if (len > ISER_QUIET_SLOT || q->posted - READ_ONCE(q->done) >= q->nr)
		return NULL;
	*dma = q->heads.pages->dma + at;
	return q->heads.pages->va + at;
}

/*
 * iser_quiet_send - the Send goes out of the slot
 * @wr: its work request, to be posted now.  Under send_lock.
 */
void iser_quiet_send(struct iser_conn *conn, struct ib_send_wr *wr)
{
	struct iser_quiet *q = &conn->quiet;

	q->posted++;
	if (++q->next == q->nr)
		q->next = 0;
	wr->wr_cqe = &iser_quiet_cqe;
	wr->send_flags = 0;
	if (++q->bare == iser_quiet_each(q)) {
		q->bare = 0;
		wr->wr_cqe = &q->cqe;
		wr->send_flags = IB_SEND_SIGNALED;
	}
}
