/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of a queue pair: RDMA Reads that are outstanding, slots of the send
 * queue.  Pure: the caller serializes.
 */
#ifndef ISER_SENDQ_H
#define ISER_SENDQ_H

#include <iser/types.h>

/* Outstanding RDMA Reads: ORD. */
struct iser_reads {
	u32 ord;
	u32 outstanding;
};

/** iser_reads_free - RDMA Reads that may be posted now */
u32 iser_reads_free(const struct iser_reads *r);

/** iser_reads_some - count up to @n RDMA Reads; return how many may be posted */
u32 iser_reads_some(struct iser_reads *r, u32 n);

/** iser_reads_return - @n RDMA Reads have completed, or were not posted */
void iser_reads_return(struct iser_reads *r, u32 n);

/* Slots of a send queue. */
struct iser_credits {
	u32 size;
	u32 used;
};

/** iser_credits_take - take @n slots, all or none */
bool iser_credits_take(struct iser_credits *s, u32 n);

/** iser_credits_some - take up to @n slots; return how many */
u32 iser_credits_some(struct iser_credits *s, u32 n);

/** iser_credits_return - @n slots are free again */
void iser_credits_return(struct iser_credits *s, u32 n);

#endif
