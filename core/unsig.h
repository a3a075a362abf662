/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unsignaled Sends, for both ends.
 */
#ifndef ISER_CORE_UNSIG_H
#define ISER_CORE_UNSIG_H

#include <rdma/ib_verbs.h>
#include "recv.h"

struct iser_conn;

#define ISER_UNSIG_SENDS	48	/* unsignaled Sends of a connection, at most */
#define ISER_UNSIG_HEADER	80	/* their headers: one page */

/*
 * Nothing waits for the completion of a Send that gathers only its header.  The
 * response shows that a command has arrived, and a response without data has
 * no buffer that LIO could reclaim.  So such a Send is unsignaled.  Its header
 * lies in one of the slots below and not in that of the task, which may be used
 * again at once.  The device may send a header again until it is acknowledged,
 * so a slot becomes free only when a signaled Send after it has completed.  One
 * Send for each third of the slots is signaled: 32 Sends may be under way while
 * one completion is awaited.  When all slots are in use, Sends are signaled
 * one by one, as those with data are.
 */
struct iser_unsig {
	struct iser_hdr_pages heads;
	u8 *va;			/* of the first slot */
	u64 dma;		/* likewise, for the device */
	u32 nr;			/* slots */
	u32 each;		/* Sends whose completion one signaled Send shows */
	u32 next;		/* slot of the next Send; send_lock */
	u32 signal;		/* the Send before this slot is signaled; send_lock */
	u32 posted;		/* Sends; send_lock */
	u32 done;		/* of them, known to have completed */
	struct ib_cqe cqe;
};

extern struct ib_cqe iser_unsig_cqe;

/*
 * iser_unsig_header - a header slot for the Send that is posted next
 * @len: bytes of it
 * @dma: its address for the device
 *
 * Under send_lock.  Return: slot, or NULL when it does not fit in one or all
 * are in use.
 */
static inline u8 *iser_unsig_header(struct iser_unsig *q, u32 len, u64 *dma)
{
	u32 at = q->next * ISER_UNSIG_HEADER;

	if (unlikely(len > ISER_UNSIG_HEADER ||
		     q->posted - READ_ONCE(q->done) >= q->nr))
		return NULL;
	*dma = q->dma + at;
	return q->va + at;
}

/*
 * iser_unsig_send - the Send goes out of the slot
 * @wr: its work request, to be posted now.  Under send_lock.
 */
static inline void iser_unsig_send(struct iser_unsig *q, struct ib_send_wr *wr)
{
	q->posted++;
	wr->wr_cqe = &iser_unsig_cqe;
	wr->send_flags = 0;
	if (likely(++q->next != q->signal))
		return;
	wr->wr_cqe = &q->cqe;
	wr->send_flags = IB_SEND_SIGNALED;
	if (q->next == q->nr)
		q->next = 0;
	q->signal = q->next + q->each;
}

int iser_unsig_init(struct iser_conn *conn);

#endif
