// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the adapter reaches memory: by DMA addresses, as its parent device would.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include "adapter.h"

/* Returns NULL if the device could not reach addr. */
static void *reach(struct adapter_dev *dev, dma_addr_t addr)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev->parent);
	phys_addr_t phys = addr;

	if (domain)
		phys = iommu_iova_to_phys(domain, addr);
	if (!phys || !pfn_valid(PHYS_PFN(phys)))
		return NULL;
	return phys_to_virt(phys);
}

/*
 * Returns the address of the byte at this place of a region with entries, and lowers
 * room to what its entry has from there on; or 0 if there is no such byte.
 */
static u64 in_list(const struct adapter_mr *mr, u64 place, u32 *room)
{
	u32 i;

	for (i = 0; i < mr->max_pages; i++) {
		struct adapter_piece piece = mr->list[i];

		if (place < piece.length) {
			*room = min_t(u64, *room, piece.length - place);
			return piece.addr + place;
		}
		place -= piece.length;
	}
	return 0;
}

/*
 * Returns where the byte at offset of a span is, and in room how many follow it
 * there. The table of a region may change meanwhile, if the consumer registers
 * it anew during an access.  Then the data are wrong, but nothing outside of
 * the table is read.
 */
static void *locate(struct adapter_qp *qp, const struct adapter_span *span,
		    u32 offset, u32 *room)
{
	const struct adapter_mr *mr = span->mr;
	struct adapter_dev *dev = adapter_qp_dev(qp);
	u64 addr = span->addr + offset;
	void *at;

	*room = span->length - offset;
	if (span->data)
		return span->data + offset;
	if (mr && mr->table) {
		u64 size = BIT_ULL(mr->page_shift);
		u64 from = addr - (mr->iova & ~(size - 1));
		u64 page = from >> mr->page_shift;

		if (page >= mr->max_pages)
			return NULL;
		addr = mr->table[page] + (from & (size - 1));
		*room = min_t(u64, *room, size - (from & (size - 1)));
	} else if (mr && mr->list) {
		addr = in_list(mr, addr - mr->iova, room);
	}
	*room = min_t(u32, *room, PAGE_SIZE - offset_in_page(addr));
	at = reach(dev, addr);
	if (!at)
		adapter_broken(dev, RULE_DMA, false,
			       "QP %u, MR %u: %s can't reach %#llx",
			       qp->ib.qp_num, mr ? mr->index : 0,
			       dev_name(dev->parent), addr);
	return at;
}

/* Copies a part of a span to buf, or from it. Returns false if it can't. */
bool adapter_span_copy(struct adapter_qp *qp, const struct adapter_span *span,
		       u32 offset, void *buf, u32 length, bool from_memory)
{
	while (length) {
		u32 room;
		void *at = locate(qp, span, offset, &room);

		if (!at)
			return false;
		room = min(room, length);
		if (from_memory)
			memcpy(buf, at, room);
		else
			memcpy(at, buf, room);
		buf += room;
		offset += room;
		length -= room;
	}
	return true;
}

/* Copies the first bytes of source to sink. */
enum adapter_copied adapter_copy(struct adapter_qp *to,
				 struct adapter_spans *sink,
				 struct adapter_qp *from,
				 struct adapter_spans *source, u64 length)
{
	const struct adapter_span *out = sink->span, *in = source->span;
	u32 out_at = 0, in_at = 0;

	while (length) {
		u32 out_room, in_room, n;
		void *dst, *src;

		src = locate(from, in, in_at, &in_room);
		if (!src)
			return ADAPTER_SOURCE_FAULT;
		dst = locate(to, out, out_at, &out_room);
		if (!dst)
			return ADAPTER_SINK_FAULT;
		n = min3((u64)in_room, (u64)out_room, length);
		memcpy(dst, src, n);
		length -= n;
		in_at += n;
		if (in_at == in->length) {
			in++;
			in_at = 0;
		}
		out_at += n;
		if (out_at == out->length) {
			out++;
			out_at = 0;
		}
		cond_resched();
	}
	return ADAPTER_COPIED;
}
