// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test build: memory as an adapter behind an IOMMU or a bounce buffer sees it.
 *
 * Software devices use the addresses of the kernel, so that nothing is ever mapped.
 * Here a device gets the address of a copy.  The CPU does not see data that it reads
 * before the device has given them back, and the device does not see data that the CPU
 * writes past the mapping.  What is posted has to be mapped, in the right direction,
 * and for that device.  Segments that meet at the end of a page become one if
 * fault_join says so.  When the last connection releases a device, nothing may be left
 * mapped.
 */
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "../../core/conn.h"

static bool fault_join;
module_param(fault_join, bool, 0644);
static unsigned int fault_no_map;	/* 1 + the direction that no list is mapped in */
module_param(fault_no_map, uint, 0644);

#define FAULT_GRAIN	64	/* bytes that the CPU or the device own together */
#define FAULT_POISON	0xa5

/* Memory that the device sees as one piece. */
struct fault_piece {
	struct ib_device *dev;
	void *copy;		/* pages; the data begin at the offset of the original */
	u64 dma;
	size_t len;
	enum dma_data_direction dir;
	u64 cpu;		/* the grains, of the first 64, that the CPU owns */
	void *caller;
	void *va;		/* of a single mapping */
};

/* A mapped list.  The device's addresses take the place of the lengths. */
struct fault_list {
	struct list_head node;
	struct scatterlist *sgl;
	int nents, pieces;
	unsigned int *lengths;	/* the original lengths */
	struct fault_piece piece[];
};

static DEFINE_SPINLOCK(fault_lock);	/* for the next four; irqs off */
static DEFINE_XARRAY(fault_pages);	/* page of a copy: its struct fault_piece */
static LIST_HEAD(fault_lists);
static unsigned int fault_maps;
static unsigned int fault_users;	/* connections that use a device */
module_param(fault_maps, uint, 0444);

static void *fault_first(const struct fault_piece *p)
{
	return (void *)PAGE_ALIGN_DOWN((unsigned long)p->dma);
}

static size_t fault_room(const struct fault_piece *p)
{
	return PAGE_ALIGN(offset_in_page(p->dma) + p->len);
}

static void fault_forget(struct fault_piece *p)
{
	unsigned long flags, at = (unsigned long)fault_first(p);
	unsigned long i, n = fault_room(p) >> PAGE_SHIFT;

	spin_lock_irqsave(&fault_lock, flags);
	for (i = 0; i < n; i++)
		xa_erase(&fault_pages, (at >> PAGE_SHIFT) + i);
	fault_maps--;
	spin_unlock_irqrestore(&fault_lock, flags);
	memset(fault_first(p), FAULT_POISON, fault_room(p));
	free_pages_exact(fault_first(p), fault_room(p));
}

/* Makes a copy of @len bytes that begins at @offset in a page.  Return: 0 or -ENOMEM. */
static int fault_remember(struct fault_piece *p, unsigned long offset)
{
	size_t room = PAGE_ALIGN(offset + p->len);
	unsigned long flags, i;
	int ret = 0;
	void *mem;

	mem = alloc_pages_exact(room, GFP_ATOMIC | __GFP_NOWARN);
	if (!mem)
		return -ENOMEM;
	memset(mem, FAULT_POISON, room);
	p->copy = mem + offset;
	p->dma = (unsigned long)p->copy;
	spin_lock_irqsave(&fault_lock, flags);
	for (i = 0; !ret && i < room >> PAGE_SHIFT; i++)
		ret = xa_err(xa_store(&fault_pages,
				      ((unsigned long)mem >> PAGE_SHIFT) + i, p,
				      GFP_ATOMIC));
	fault_maps++;
	spin_unlock_irqrestore(&fault_lock, flags);
	if (ret)
		fault_forget(p);
	return ret;
}

static struct fault_piece *fault_find(u64 dma)
{
	return xa_load(&fault_pages, (unsigned long)dma >> PAGE_SHIFT);
}

bool iser_fault_try_get(struct ib_device *dev)
{
	unsigned long flags;

	if (!(ib_device_try_get)(dev))
		return false;
	spin_lock_irqsave(&fault_lock, flags);
	fault_users++;
	spin_unlock_irqrestore(&fault_lock, flags);
	return true;
}

void iser_fault_put(struct ib_device *dev)
{
	struct fault_piece *p;
	unsigned long flags, i;
	bool last;

	spin_lock_irqsave(&fault_lock, flags);
	last = !--fault_users;
	if (last && fault_maps) {
		xa_for_each(&fault_pages, i, p) {
			WARN(1, "%u mappings are left, one of %zu bytes made by %pS\n",
			     fault_maps, p->len, p->caller);
			break;
		}
	}
	spin_unlock_irqrestore(&fault_lock, flags);
	(ib_device_put)(dev);
}

u64 iser_fault_map(struct ib_device *dev, void *va, size_t len,
		   enum dma_data_direction dir)
{
	struct fault_piece *p = kzalloc(sizeof(*p), GFP_ATOMIC);

	if (!p)
		return 0;
	p->dev = dev;
	p->va = va;
	p->len = len;
	p->dir = dir;
	p->caller = __builtin_return_address(0);
	if (fault_remember(p, offset_in_page(va))) {
		kfree(p);
		return 0;
	}
	/*
	 * As in a bounce buffer, bytes that the device does not write stay as they
	 * were.
	 */
	memcpy(p->copy, va, len);
	return p->dma;
}

void iser_fault_unmap(struct ib_device *dev, u64 dma, size_t len,
		      enum dma_data_direction dir)
{
	struct fault_piece *p = fault_find(dma);

	if (WARN(!p || p->dma != dma || p->len != len || p->dir != dir ||
		 p->dev != dev || !p->va,
		 "unmap of what is not mapped so: %zu bytes at %#llx\n", len, dma))
		return;
	if (dir != DMA_TO_DEVICE)
		memcpy(p->va, p->copy, len);
	fault_forget(p);
	kfree(p);
}

/* The grains from @dma on, up to the last one that has a bit. */
static u64 fault_grains(const struct fault_piece *p, u64 dma, size_t len)
{
	u64 first = (dma - p->dma) / FAULT_GRAIN;
	u64 last = (dma - p->dma + len - 1) / FAULT_GRAIN;

	return first > 63 ? 0 : GENMASK_ULL(min(last, 63ULL), first);
}

void iser_fault_sync(struct ib_device *dev, u64 dma, size_t len,
		     enum dma_data_direction dir, bool cpu)
{
	struct fault_piece *p = fault_find(dma);
	unsigned long flags;
	size_t at;

	if (WARN(!p || !p->va || p->dev != dev ||
		 dma - p->dma + len > p->len ||
		 (p->dir != dir && p->dir != DMA_BIDIRECTIONAL),
		 "sync of what is not mapped so: %zu bytes at %#llx\n", len, dma))
		return;
	at = dma - p->dma;
	if (cpu && dir != DMA_TO_DEVICE)
		memcpy(p->va + at, p->copy + at, len);
	if (!cpu && dir != DMA_FROM_DEVICE)
		memcpy(p->copy + at, p->va + at, len);
	spin_lock_irqsave(&fault_lock, flags);
	if (cpu)
		p->cpu |= fault_grains(p, dma, len);
	else
		p->cpu &= ~fault_grains(p, dma, len);
	spin_unlock_irqrestore(&fault_lock, flags);
}

/* Counts the segments from @sg on that the device sees as one.  Return: how many. */
static int fault_run(struct scatterlist *sg, int nents, size_t *len)
{
	int n = 0;

	*len = 0;
	do {
		bool last = (sg->offset + sg->length) & ~PAGE_MASK;

		*len += sg->length;
		n++;
		sg = sg_next(sg);
		if (!fault_join || last || n == nents || sg->offset)
			break;
	} while (*len + sg->length <= SZ_1M);
	return n;
}

static void fault_list_free(struct fault_list *list)
{
	int i;

	for (i = 0; i < list->pieces; i++)
		fault_forget(&list->piece[i]);
	kfree(list->lengths);
	kfree(list);
}

int iser_fault_map_sg(struct ib_device *dev, struct scatterlist *sgl,
		      int nents, enum dma_data_direction dir)
{
	struct scatterlist *sg = sgl, *to = sgl;
	struct fault_list *list;
	struct fault_piece *p;
	unsigned long flags;
	size_t at = 0;
	int i, left;

	if (READ_ONCE(fault_no_map) == 1 + dir)
		return 0;
	list = kzalloc(struct_size(list, piece, nents), GFP_ATOMIC);
	if (!list)
		return 0;
	list->lengths = kmalloc_array(nents, sizeof(*list->lengths), GFP_ATOMIC);
	if (!list->lengths)
		goto fail;
	list->sgl = sgl;
	list->nents = nents;
	for_each_sg(sgl, sg, nents, i)
		list->lengths[i] = sg->length;

	for (sg = sgl, left = nents; left; list->pieces++) {
		int n;

		p = &list->piece[list->pieces];
		p->dev = dev;
		p->dir = dir;
		p->caller = __builtin_return_address(0);
		n = fault_run(sg, left, &p->len);
		if (fault_remember(p, sg->offset & ~PAGE_MASK))
			goto fail;
		left -= n;
		while (n--)
			sg = sg_next(sg);
	}
	p = list->piece;
	for_each_sg(sgl, sg, nents, i) {
		memcpy(p->copy + at, sg_virt(sg), sg->length);
		at += sg->length;
		if (at == p->len) {
			p++;
			at = 0;
		}
	}
	for (i = 0; i < list->pieces; i++, to = sg_next(to)) {
		sg_dma_address(to) = list->piece[i].dma;
		sg_dma_len(to) = list->piece[i].len;
	}
	spin_lock_irqsave(&fault_lock, flags);
	list_add(&list->node, &fault_lists);
	spin_unlock_irqrestore(&fault_lock, flags);
	return list->pieces;

fail:
	fault_list_free(list);
	return 0;
}

void iser_fault_unmap_sg(struct ib_device *dev, struct scatterlist *sgl,
			 int nents, enum dma_data_direction dir)
{
	struct fault_list *list = NULL, *at;
	struct fault_piece *p;
	struct scatterlist *sg;
	unsigned long flags;
	size_t done = 0;
	int i;

	spin_lock_irqsave(&fault_lock, flags);
	list_for_each_entry(at, &fault_lists, node) {
		if (at->sgl == sgl) {
			list = at;
			list_del(&at->node);
			break;
		}
	}
	spin_unlock_irqrestore(&fault_lock, flags);
	if (WARN(!list || list->nents != nents || list->piece[0].dir != dir ||
		 list->piece[0].dev != dev,
		 "unmap of a list that is not mapped so\n"))
		return;
	p = list->piece;
	for_each_sg(sgl, sg, nents, i) {
		sg->length = list->lengths[i];
		if (dir != DMA_TO_DEVICE)
			memcpy(sg_virt(sg), p->copy + done, sg->length);
		done += sg->length;
		if (done == p->len) {
			p++;
			done = 0;
		}
	}
	fault_list_free(list);
}

/* Warns unless all SGEs are mapped, in this direction, and for this device. */
void iser_fault_sges(const struct ib_sge *sge, int n, const struct ib_pd *pd,
		     bool receive)
{
	bool iwarp = rdma_protocol_iwarp(pd->device, 1);
	u32 lkey = pd->local_dma_lkey;
	int i;

	for (i = 0; i < n; i++, sge++) {
		struct fault_piece *p;

		/* For some adapters an SGE of no bytes means 2 GiB.  iWARP needs one. */
		WARN(!sge->length && !iwarp, "an SGE of no bytes\n");
		if (sge->lkey != lkey || !sge->length)
			continue;
		p = fault_find(sge->addr);
		WARN(!p || sge->addr - p->dma + sge->length > p->len ||
		     p->dir == (receive ? DMA_TO_DEVICE : DMA_FROM_DEVICE),
		     "%s of %u bytes that are not mapped for it\n",
		     receive ? "receive" : "send", sge->length);
		WARN(p && p->va &&
		     p->cpu & fault_grains(p, sge->addr, sge->length),
		     "%s of %u bytes that the CPU owns\n",
		     receive ? "receive" : "send", sge->length);
	}
}
