/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of a queue pair: RDMA Reads that are outstanding, and send credits, one
 * for each work request that the send queue has room for.  Pure: the caller
 * serializes, except for what is said of credits.  All are inline, because each
 * response of a target is counted.
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

/* iser_reads_free - RDMA Reads that may be posted now */
static inline u32 iser_reads_free(const struct iser_reads *r)
{
	/* Section 7.3.6: never more than iSER-ORD; none at all when it is 0. */
	return iser_left(r->outstanding, r->ord);
}

/* iser_reads_some - count up to @n RDMA Reads; return how many may be posted */
static inline u32 iser_reads_some(struct iser_reads *r, u32 n)
{
	return iser_take_some(&r->outstanding, r->ord, n);
}

/* iser_reads_return - @n RDMA Reads have completed, or were not posted */
static inline void iser_reads_return(struct iser_reads *r, u32 n)
{
	iser_give(&r->outstanding, n);
}

/*
 * Slots of a send queue.  Who posts takes them, and who polls gives them back: each
 * writes only its own count, so the two need not exclude each other.  The counts
 * wrap.
 */
struct iser_credits {
	u32 size;
	u32 taken;
	u32 given;
};

/* iser_credits_used - credits that are taken and not given back */
static inline u32 iser_credits_used(const struct iser_credits *s)
{
	/* Pairs with the release in iser_credits_return(). */
	return READ_ONCE(s->taken) - smp_load_acquire(&s->given);
}

/* iser_credits_free - credits that may be taken */
static inline u32 iser_credits_free(const struct iser_credits *s)
{
	return iser_left(iser_credits_used(s), s->size);
}

/* iser_credits_take - take @n credits, no more than are free */
static inline void iser_credits_take(struct iser_credits *s, u32 n)
{
	WRITE_ONCE(s->taken, s->taken + n);
}

/* iser_credits_return - @n credits are free again */
static inline void iser_credits_return(struct iser_credits *s, u32 n)
{
	/* What the provider has noted of the completions comes first. */
	smp_store_release(&s->given, s->given + n);
}

#endif
