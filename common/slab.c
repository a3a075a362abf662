// SPDX-License-Identifier: GPL-2.0-only
/*
 * Header slots: single pages that stay mapped for the life of a connection,
 * so that no I/O maps or unmaps a header.
 */
#include <linux/slab.h>
#include "core.h"

/*
 * iser_slab_init - allocate and map @nr slots of @slot bytes
 * May sleep.  Return: 0 or -ENOMEM, with nothing left behind.
 */
int iser_slab_init(struct iser_slab *slab, struct ib_device *dev, u32 slot,
		   u32 nr, enum dma_data_direction dir)
{
	u32 i;

	slab->dev = dev;
	slab->dir = dir;
	slab->slot = slot;
	slab->per_page = PAGE_SIZE / slot;
	slab->nr_pages = 0;
	slab->pages = kvcalloc(DIV_ROUND_UP(nr, slab->per_page),
			       sizeof(*slab->pages), GFP_KERNEL);
	if (!slab->pages)
		return -ENOMEM;

	for (i = 0; i < DIV_ROUND_UP(nr, slab->per_page); i++) {
		void *va = (void *)get_zeroed_page(GFP_KERNEL);
		u64 dma;

		if (!va)
			goto fail;
		dma = ib_dma_map_single(dev, va, PAGE_SIZE, dir);
		if (ib_dma_mapping_error(dev, dma)) {
			free_page((unsigned long)va);
			goto fail;
		}
		slab->pages[i].va = va;
		slab->pages[i].dma = dma;
		slab->nr_pages++;
	}
	return 0;

fail:
	iser_slab_unmap(slab);
	iser_slab_free(slab);
	return -ENOMEM;
}

/* iser_slab_slot - address of slot @i, for the CPU and for the device */
void *iser_slab_slot(const struct iser_slab *slab, u32 i, u64 *dma)
{
	u32 page = i / slab->per_page, at = i % slab->per_page * slab->slot;

	*dma = slab->pages[page].dma + at;
	return slab->pages[page].va + at;
}

/* iser_slab_unmap - the device goes; the memory may still be read */
void iser_slab_unmap(struct iser_slab *slab)
{
	u32 i;

	if (!slab->dev)
		return;
	for (i = 0; i < slab->nr_pages; i++)
		ib_dma_unmap_single(slab->dev, slab->pages[i].dma, PAGE_SIZE,
				    slab->dir);
	slab->dev = NULL;
}

/* iser_slab_free - after iser_slab_unmap() */
void iser_slab_free(struct iser_slab *slab)
{
	u32 i;

	for (i = 0; i < slab->nr_pages; i++)
		free_page((unsigned long)slab->pages[i].va);
	kvfree(slab->pages);
	slab->pages = NULL;
	slab->nr_pages = 0;
}
