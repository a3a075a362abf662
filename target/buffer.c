// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data buffers that a connection reuses.
 *
 * By default, LIO allocates the pages of each command, clears them if the
 * kernel is built to (init_on_alloc), and frees them: 1600 instructions a page.
 * A connection keeps the buffers that it has used last, up to keep_kib, and
 * frees those that it has not needed for some seconds.  Connections do not
 * share them, and new ones are cleared: what a backend leaves unwritten is the same
 * initiator's data, or zeros.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "buffer.h"
#include "command.h"
#include "target.h"

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <target/target_core_backend.h>

#define ISERT_KEEP_TIME		(5 * HZ)

static unsigned int keep_kib = 2048;
module_param(keep_kib, uint, 0644);
MODULE_PARM_DESC(keep_kib,
		 "KiB of data buffers that a connection keeps for its next commands while it is busy; 0: LIO allocates and frees each (default: 2048)");

struct isert_buffer {
	struct isert_buffer *next;	/* ic->buffers.free */
	u32 order;			/* 1 << order pages */
	u32 last;			/* segment that is marked as the end */
	u32 len;			/* bytes up to there */
	struct scatterlist sg[];	/* each entry is one page */
};

static u32 isert_buffer_kib(const struct isert_buffer *b)
{
	return (PAGE_SIZE / 1024) << b->order;
}

static void isert_buffer_free(struct isert_buffer *b)
{
	u32 i;

	for (i = 0; i < 1U << b->order; i++)
		if (sg_page(&b->sg[i]))
			__free_page(sg_page(&b->sg[i]));
	kfree(b);
}

static struct isert_buffer *isert_buffer_alloc(u32 order)
{
	struct isert_buffer *b;
	u32 i, n = 1U << order;

	b = kzalloc(struct_size(b, sg, n), GFP_KERNEL);
	if (!b)
		return NULL;
	b->order = order;
	b->last = n - 1;
	b->len = n * PAGE_SIZE;
	sg_init_table(b->sg, n);
	for (i = 0; i < n; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page) {
			isert_buffer_free(b);
			return NULL;
		}
		sg_set_page(&b->sg[i], page, PAGE_SIZE, 0);
	}
	return b;
}

/* Ends the scatterlist after @len bytes.  Most often it ends there already. */
static void isert_buffer_cut(struct isert_buffer *b, u32 len)
{
	u32 last = (len - 1) / PAGE_SIZE;

	if (likely(b->len == len))
		return;
	b->len = len;
	sg_unmark_end(&b->sg[b->last]);
	b->sg[b->last].length = PAGE_SIZE;
	b->sg[last].length = len - last * PAGE_SIZE;
	sg_mark_end(&b->sg[last]);
	b->last = last;
}

static struct isert_buffer *isert_buffer_get(struct isert_conn *ic, u32 len)
{
	u32 order = get_order(len);
	struct isert_buffers *bs = &ic->buffers;
	struct isert_buffer *b;

	if (order >= ISERT_BUFFER_ORDERS || !READ_ONCE(keep_kib))
		return NULL;
	spin_lock(&bs->lock);
	b = bs->free[order];
	if (b) {
		bs->free[order] = b->next;
		bs->kept -= isert_buffer_kib(b);
		bs->idle = min(bs->idle, bs->kept);
	}
	spin_unlock(&bs->lock);
	return b ?: isert_buffer_alloc(order);
}

/*
 * Returns true if a socket still holds a page.  A software provider may send
 * without a copy, and report a Send as completed once a socket has it (siw):
 * the socket reads the page until the peer has acknowledged it.  The page must
 * not change, but it may be freed, since the socket has its own references.
 */
static bool isert_buffer_held(struct isert_buffer *b)
{
	u32 i;

	for (i = 0; i <= b->last; i++)
		if (page_ref_count(sg_page(&b->sg[i])) != 1)
			return true;
	return false;
}

/*
 * isert_buffer_put - take a buffer back from a command that has ended
 *
 * @sent is true if the command was a read.  Process context.
 */
void isert_buffer_put(struct isert_conn *ic, struct isert_buffer *b, bool sent)
{
	bool held = sent && isert_buffer_held(b), keep;
	struct isert_buffers *bs = &ic->buffers;
	u32 kib = isert_buffer_kib(b);

	spin_lock(&bs->lock);
	keep = !held && bs->kept + kib <= READ_ONCE(keep_kib);
	if (keep) {
		b->next = bs->free[b->order];
		bs->free[b->order] = b;
		bs->kept += kib;
	}
	spin_unlock(&bs->lock);
	if (!keep)
		isert_buffer_free(b);
	else if (!delayed_work_pending(&bs->work))
		queue_delayed_work(isert_wq, &bs->work, ISERT_KEEP_TIME);
}

/* Takes at least @kib from the free lists, the largest buffers first. */
static struct isert_buffer *isert_buffers_take(struct isert_buffers *bs,
					       u32 kib)
{
	struct isert_buffer *taken = NULL, *b;
	int order;

	spin_lock(&bs->lock);
	for (order = ISERT_BUFFER_ORDERS - 1; order >= 0; order--) {
		while (kib && bs->free[order]) {
			b = bs->free[order];
			bs->free[order] = b->next;
			b->next = taken;
			taken = b;
			bs->kept -= isert_buffer_kib(b);
			kib -= min(kib, isert_buffer_kib(b));
		}
	}
	bs->idle = bs->kept;
	spin_unlock(&bs->lock);
	return taken;
}

static void isert_buffers_drop(struct isert_buffers *bs, u32 kib)
{
	struct isert_buffer *b = isert_buffers_take(bs, kib), *next;

	for (; b; b = next) {
		next = b->next;
		isert_buffer_free(b);
	}
}

/* Frees what the connection has not needed since the last run. */
static void isert_buffers_work(struct work_struct *work)
{
	struct isert_buffers *bs = container_of(to_delayed_work(work),
						struct isert_buffers, work);

	isert_buffers_drop(bs, READ_ONCE(bs->idle));
	if (READ_ONCE(bs->kept))
		queue_delayed_work(isert_wq, &bs->work, ISERT_KEEP_TIME);
}

/* isert_buffers_init - start without any kept buffer */
void isert_buffers_init(struct isert_conn *ic)
{
	struct isert_buffers *bs = &ic->buffers;

	spin_lock_init(&bs->lock);
	INIT_DELAYED_WORK(&bs->work, isert_buffers_work);
}

/* isert_buffers_free - free all buffers; no command may be left.  Sleeps. */
void isert_buffers_free(struct isert_conn *ic)
{
	cancel_delayed_work_sync(&ic->buffers.work);
	isert_buffers_drop(&ic->buffers, U32_MAX);
}

/**
 * isert_buffer_attach - give a command a kept buffer
 * @c: command that LIO has set up and not begun
 *
 * This is done only if a backend reads or writes blocks: data that it generates
 * or passes through may be shorter than the buffer, and LIO clears the rest.
 * Process context; may sleep.
 */
void isert_buffer_attach(struct isert_cmd *c)
{
	struct se_cmd *se_cmd = &c->cmd->se_cmd;
	struct isert_buffer *b;

	if (!se_cmd->data_length ||
	    (se_cmd->se_cmd_flags & (SCF_SCSI_DATA_CDB | SCF_BIDI |
				     SCF_COMPARE_AND_WRITE)) !=
	    SCF_SCSI_DATA_CDB ||
	    se_cmd->se_dev->transport_flags & TRANSPORT_FLAG_PASSTHROUGH)
		return;
	b = isert_buffer_get(c->ic, se_cmd->data_length);
	if (!b)
		return;
	isert_buffer_cut(b, se_cmd->data_length);
	c->buffer = b;
	se_cmd->t_data_sg = b->sg;
	se_cmd->t_data_nents = b->last + 1;
	se_cmd->se_cmd_flags |= SCF_PASSTHROUGH_SG_TO_MEM_NOALLOC;
}
