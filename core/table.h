/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of a connection: the tasks of an initiator, or the commands of a
 * target, by number.
 */
#ifndef ISER_CORE_TABLE_H
#define ISER_CORE_TABLE_H

#include <linux/types.h>
#include <asm/barrier.h>
#include "recv.h"

struct iser_conn;

#define ISER_TX_SLOT		384	/* header slot of an entry: ten to a page */
#define ISER_INLINE_MAX		(ISER_TX_SLOT - ISER_MSG_MIN)

/* What the entries of a table are. */
struct iser_table_kind {
	u32 shared;	/* bytes of what half and core share, the half's last member */
	u32 own;	/* bytes of what the core has, which begins with the shared part */
	/*
	 * Sets up a new entry; @head is its header slot.  Under setup_lock, which
	 * keeps the device; sleeps.  Return: 0, or negative errno with nothing to undo.
	 */
	int (*init)(struct iser_conn *conn, void *entry, u32 index, u8 *head,
		    u64 dma);
	void (*undo)(void *entry);	/* NULL if init does not fail */
};

/*
 * Entries that are allocated at a time: of the initiator no more than a page, and
 * one of slots.  Each is one piece of memory: the half's part, what both share,
 * and what the core keeps.
 */
#define ISER_TABLE_PART	8
struct iser_table_part {
	struct iser_hdr_pages heads;
	u8 mem[] __aligned(sizeof(u64));
};

/* Parts are added while others are looked up; none goes before all of them go. */
struct iser_table {
	const struct iser_table_kind *kind;
	struct iser_table_part **parts;	/* setup_lock to add one */
	u32 nr;			/* entries that it has room for */
	u32 size, before;	/* bytes of an entry, and of the half's part of it */
};

static inline void *iser_table_nth(const struct iser_table *table,
				   struct iser_table_part *part, u32 n)
{
	return &part->mem[n * table->size + table->before];
}

/* iser_table_at - what the core has of an entry, or NULL.  Any context. */
static inline void *iser_table_at(const struct iser_table *table, u32 index)
{
	struct iser_table_part *part;

	if (index >= table->nr)
		return NULL;
	/* Pairs with the release in iser_prepare_entry(). */
	part = smp_load_acquire(&table->parts[index / ISER_TABLE_PART]);
	return part ? iser_table_nth(table, part, index % ISER_TABLE_PART) : NULL;
}

/*
 * iser_table_next - the first entry that exists from number *@at on, or NULL
 * @at: set to the number that follows it.  Any context.
 */
static inline void *iser_table_next(const struct iser_table *table, u32 *at)
{
	void *entry = NULL;

	while (!entry && *at < table->nr)
		entry = iser_table_at(table, (*at)++);
	return entry;
}

int iser_table_init(struct iser_conn *conn, u32 nr,
		    const struct iser_table_kind *kind);
void iser_table_unmap(struct iser_table *table);
void iser_table_free(struct iser_table *table);

#endif
