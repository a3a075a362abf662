// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header slots of unsignaled Sends, for both ends.
 */
#include "conn.h"
#include "unsig.h"

static void iser_unsig_covered(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_unsig *q = container_of(wc->wr_cqe, struct iser_unsig, cqe);

	/* Signaled ones complete in their order, and only here. */
	if (iser_wc_ok(wc->qp->qp_context, wc, "Send"))
		WRITE_ONCE(q->done, q->done + q->each);
}

static void iser_unsig_failed(struct ib_cq *cq, struct ib_wc *wc)
{
	/* Unsignaled: comes only in error. */
	iser_wc_ok(wc->qp->qp_context, wc, "Send");
}

struct ib_cqe iser_unsig_cqe = { .done = iser_unsig_failed };

/* iser_unsig_init - the slots.  Sleeps.  Return: 0 or -ENOMEM. */
int iser_unsig_init(struct iser_conn *conn)
{
	int ret;

	BUILD_BUG_ON(ISER_UNSIG_HEADER < ISER_MSG_MIN);
	BUILD_BUG_ON(ISER_UNSIG_HEADER * ISER_UNSIG_SENDS > PAGE_SIZE);
	conn->unsig.cqe.done = iser_unsig_covered;
	conn->unsig.each = conn->unsig.nr / 3;
	conn->unsig.nr = 3 * conn->unsig.each;
	conn->unsig.signal = conn->unsig.each;
	ret = iser_hdr_pages_init(&conn->unsig.heads, conn->dev, ISER_UNSIG_HEADER,
				  conn->unsig.nr, DMA_TO_DEVICE);
	if (!ret)
		conn->unsig.va = iser_hdr_slot(&conn->unsig.heads, 0,
					       &conn->unsig.dma);
	return ret;
}
