// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of a connection: its memory, which grows as entries are used.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "conn.h"
#include "table.h"

/*
 * iser_table_init - room for @nr entries, which come with iser_prepare_entry()
 * Under setup_lock; sleeps.  Return: 0 or -ENOMEM.
 */
int iser_table_init(struct iser_conn *conn, u32 nr,
		    const struct iser_table_kind *kind)
{
	u32 parts = DIV_ROUND_UP(nr, ISER_TABLE_PART);
	struct iser_table *table = &conn->table;

	table->kind = kind;
	table->before = conn->res.priv_size - kind->shared;
	table->size = ALIGN(table->before + kind->own, sizeof(u64));
	table->parts = kcalloc(parts, sizeof(*table->parts), GFP_KERNEL);
	if (!table->parts)
		return -ENOMEM;
	table->nr = parts * ISER_TABLE_PART;
	return 0;
}

static void iser_table_part_free(struct iser_table_part *part)
{
	iser_hdr_pages_free(&part->heads);
	kvfree(part);
}

/*
 * Under setup_lock, which keeps the device; sleeps.
 * Return: entries from number @first on, or ERR_PTR.
 */
static struct iser_table_part *iser_table_part_alloc(struct iser_conn *conn, u32 first)
{
	const struct iser_table *table = &conn->table;
	struct iser_table_part *part;
	int ret;
	u32 i;

	part = kvzalloc(struct_size(part, mem, ISER_TABLE_PART * table->size),
			GFP_KERNEL);
	if (!part)
		return ERR_PTR(-ENOMEM);
	ret = iser_hdr_pages_init(&part->heads, conn->dev, ISER_TX_SLOT,
				  ISER_TABLE_PART, DMA_TO_DEVICE);
	if (ret)
		goto free;
	for (i = 0; i < ISER_TABLE_PART; i++) {
		u64 dma;
		u8 *head = iser_hdr_slot(&part->heads, i, &dma);

		ret = table->kind->init(conn, iser_table_nth(table, part, i),
					first + i, head, dma);
		if (ret)
			goto undo;
	}
	return part;

undo:
	while (i--)
		table->kind->undo(iser_table_nth(table, part, i));
	iser_hdr_pages_unmap(&part->heads);
free:
	iser_table_part_free(part);
	return ERR_PTR(ret);
}

int iser_prepare_entry(struct iser_conn *conn, u32 index)
{
	struct iser_table_part *part;
	unsigned int flags;
	int ret = 0;

	if (iser_table_at(&conn->table, index))
		return 0;
	/* end_work waits for this lock, so reclaim must not write. */
	flags = memalloc_noio_save();
	mutex_lock(&conn->setup_lock);
	if (iser_table_at(&conn->table, index))
		goto unlock;
	ret = -ENOSPC;
	if (index >= conn->table.nr)
		goto unlock;
	ret = -ENOTCONN;
	if (!iser_state_live(READ_ONCE(conn->state)))
		goto unlock;
	part = iser_table_part_alloc(conn, rounddown(index, ISER_TABLE_PART));
	ret = PTR_ERR_OR_ZERO(part);
	if (ret)
		goto unlock;
	/* Pairs with the acquire in iser_table_at(). */
	smp_store_release(&conn->table.parts[index / ISER_TABLE_PART], part);
unlock:
	mutex_unlock(&conn->setup_lock);
	memalloc_noio_restore(flags);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_prepare_entry);

/* iser_table_unmap - the device goes; the memory stays */
void iser_table_unmap(struct iser_table *table)
{
	u32 i;

	for (i = 0; i < table->nr / ISER_TABLE_PART; i++)
		if (table->parts[i])
			iser_hdr_pages_unmap(&table->parts[i]->heads);
}

/* iser_table_free - after iser_table_unmap(); the half uses no entry any more */
void iser_table_free(struct iser_table *table)
{
	u32 i;

	for (i = 0; i < table->nr / ISER_TABLE_PART; i++)
		if (table->parts[i])
			iser_table_part_free(table->parts[i]);
	kfree(table->parts);
	table->parts = NULL;
	table->nr = 0;
}
