/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers that are mapped for the device, SGEs for pieces of them, and posting what
 * names these.  Included after conn.h, with which a test build takes the verbs' place.
 */
#ifndef ISER_CORE_SGE_H
#define ISER_CORE_SGE_H

#include <linux/minmax.h>
#include <linux/scatterlist.h>
#include <rdma/ib_verbs.h>

/* sg_next() of a segment that is not the last: no call for each page. */
static inline struct scatterlist *iser_sg_next(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

/*
 * iser_sg_seek - segment of a mapped buffer that holds a byte
 * @offset: the byte, within the buffer; @skip: where it is in the segment
 */
static inline struct scatterlist *iser_sg_seek(struct scatterlist *sg, u32 offset,
					       u32 *skip)
{
	while (offset >= sg_dma_len(sg)) {
		offset -= sg_dma_len(sg);
		sg = iser_sg_next(sg);
	}
	*skip = offset;
	return sg;
}

/* A byte of a mapped buffer, or the end of a segment. */
struct iser_place {
	struct scatterlist *sg;
	u32 skip;
};

/*
 * iser_fill_sges - SGEs for what begins at a place
 * @at: moved to what follows
 * @len: bytes, at least one; reduced to those for which there was no SGE
 * @max: SGEs, at least one
 * Return: SGEs used.
 */
static inline u32 iser_fill_sges(struct iser_place *at, u32 *len, struct ib_sge *sge,
				 u32 max, u32 lkey)
{
	const struct ib_sge *first = sge, *end = sge + max;
	struct scatterlist *sg = at->sg;
	u32 left = *len, skip = at->skip;

	if (skip == sg_dma_len(sg)) {
		sg = iser_sg_next(sg);
		skip = 0;
	}
	for (;;) {
		u32 bytes = min_t(u32, left, sg_dma_len(sg) - skip);

		/* One by one, as the compiler builds a structure in registers first. */
		sge->addr = sg_dma_address(sg) + skip;
		sge->length = bytes;
		sge->lkey = lkey;
		left -= bytes;
		skip += bytes;
		if (++sge == end || !left)
			break;
		sg = iser_sg_next(sg);
		skip = 0;
	}
	at->sg = sg;
	at->skip = skip;
	*len = left;
	return sge - first;
}

/*
 * iser_post_send - ib_post_send() that notes at *@not_posted what it did not post
 *
 * Nobody here reads that, but qedr does, to see whether its own post has failed: so
 * each connection has a place, under send_lock.  For NULL, ib_post_send() makes one
 * on its caller's stack, which the compiler then guards in each post.
 */
static inline int iser_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
				 const struct ib_send_wr **not_posted)
{
	/* A hint: it saves the test for NULL, and the place on the stack. */
	if (!not_posted)
		__builtin_unreachable();
	return ib_post_send(qp, wr, not_posted);
}

#endif
