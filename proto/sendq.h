/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of a queue pair: RDMA Reads that are outstanding, and send credits, one
 * for each work request that the send queue has room for.  Pure: the caller
 * serializes.  All are inline, because each response of a target is counted.
 */
#ifndef ISER_SENDQ_H
#define ISER_SENDQ_H

#include <iser/types.h>

/* @used may exceed a @size that was reduced. */
static inline u32 iser_left(u32 used, u32 size)
{
	return used < size ? size - used : 0;
}

static inline u32 iser_take_some(u32 *used, u32 size, u32 n)
{
	u32 most = iser_left(*used, size);

	if (n > most)
		n = most;
	*used += n;
	return n;
}

/* Never below zero. */
static inline void iser_give(u32 *used, u32 n)
{
	*used -= n < *used ? n : *used;
}

/* Outstanding RDMA Reads: ORD. */
struct iser_reads {
	u32 ord;
	u32 outstanding;
};

/** iser_reads_free - RDMA Reads that may be posted now */
static inline u32 iser_reads_free(const struct iser_reads *r)
{
	/* Section 7.3.6: never more than iSER-ORD; none at all when it is 0. */
	return iser_left(r->outstanding, r->ord);
}

/** iser_reads_some - count up to @n RDMA Reads; return how many may be posted */
static inline u32 iser_reads_some(struct iser_reads *r, u32 n)
{
	return iser_take_some(&r->outstanding, r->ord, n);
}

/** iser_reads_return - @n RDMA Reads have completed, or were not posted */
static inline void iser_reads_return(struct iser_reads *r, u32 n)
{
	iser_give(&r->outstanding, n);
}

/* Slots of a send queue. */
struct iser_credits {
	u32 size;
	u32 used;
};

/** iser_credits_take - take @n credits, all or none */
static inline bool iser_credits_take(struct iser_credits *s, u32 n)
{
	if (n > iser_left(s->used, s->size))
		return false;
	s->used += n;
	return true;
}

/** iser_credits_some - take up to @n credits; return how many */
static inline u32 iser_credits_some(struct iser_credits *s, u32 n)
{
	return iser_take_some(&s->used, s->size, n);
}

/** iser_credits_return - @n credits are free again */
static inline void iser_credits_return(struct iser_credits *s, u32 n)
{
	iser_give(&s->used, n);
}

#endif
