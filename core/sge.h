/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers that are mapped for the device, and SGEs for pieces of them.
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
	u32 left = *len, n = 0, skip = at->skip;
	struct scatterlist *sg = at->sg;

	if (skip == sg_dma_len(sg)) {
		sg = iser_sg_next(sg);
		skip = 0;
	}
	for (;;) {
		u32 bytes = min_t(u32, left, sg_dma_len(sg) - skip);

		sge[n++] = (struct ib_sge){ .addr = sg_dma_address(sg) + skip,
					    .length = bytes, .lkey = lkey };
		left -= bytes;
		skip += bytes;
		if (!left || n == max)
			break;
		sg = iser_sg_next(sg);
		skip = 0;
	}
	at->sg = sg;
	at->skip = skip;
	*len = left;
	return n;
}

#endif
