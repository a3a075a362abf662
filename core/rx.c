// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive buffers: their memory, and their way to the queue pair.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <iser/task.h>
#include "conn.h"
#include "cq.h"
#include "recv.h"
#include "target/rx_pool.h"

/*
 * Header slots: single pages that stay mapped for the life of a connection,
 * so that no I/O maps or unmaps a header.
 */

/*
 * iser_hdr_pages_init - allocate and map @nr slots of @slot bytes
 * May sleep.  Return: 0, or -ENOMEM with nothing allocated.
 */
int iser_hdr_pages_init(struct iser_hdr_pages *hdrs, struct ib_device *dev, u32 slot,
			u32 nr, enum dma_data_direction dir)
{
	u32 i;

	hdrs->dev = dev;
	hdrs->dir = dir;
	hdrs->slot = slot;
	hdrs->per_page = PAGE_SIZE / slot;
	hdrs->nr_pages = 0;
	hdrs->pages = kvcalloc(DIV_ROUND_UP(nr, hdrs->per_page),
			       sizeof(*hdrs->pages), GFP_KERNEL);
	if (!hdrs->pages)
		return -ENOMEM;

	for (i = 0; i < DIV_ROUND_UP(nr, hdrs->per_page); i++) {
		void *va = (void *)get_zeroed_page(GFP_KERNEL);
		u64 dma;

		if (!va)
			goto fail;
		dma = ib_dma_map_single(dev, va, PAGE_SIZE, dir);
		if (ib_dma_mapping_error(dev, dma)) {
			free_page((unsigned long)va);
			goto fail;
		}
		hdrs->pages[i].va = va;
		hdrs->pages[i].dma = dma;
		hdrs->nr_pages++;
	}
	return 0;

fail:
	iser_hdr_pages_unmap(hdrs);
	iser_hdr_pages_free(hdrs);
	return -ENOMEM;
}

/* iser_hdr_slot - address of slot @i, for the CPU and for the device */
void *iser_hdr_slot(const struct iser_hdr_pages *hdrs, u32 i, u64 *dma)
{
	u32 page = i / hdrs->per_page, at = i % hdrs->per_page * hdrs->slot;

	*dma = hdrs->pages[page].dma + at;
	return hdrs->pages[page].va + at;
}

/* iser_hdr_pages_unmap - the device goes; the memory may still be read */
void iser_hdr_pages_unmap(struct iser_hdr_pages *hdrs)
{
	u32 i;

	if (!hdrs->dev)
		return;
	for (i = 0; i < hdrs->nr_pages; i++)
		ib_dma_unmap_single(hdrs->dev, hdrs->pages[i].dma, PAGE_SIZE,
				    hdrs->dir);
	hdrs->dev = NULL;
}

/* iser_hdr_pages_free - after iser_hdr_pages_unmap() */
void iser_hdr_pages_free(struct iser_hdr_pages *hdrs)
{
	u32 i;

	for (i = 0; i < hdrs->nr_pages; i++)
		free_page((unsigned long)hdrs->pages[i].va);
	kvfree(hdrs->pages);
	hdrs->pages = NULL;
	hdrs->nr_pages = 0;
}

/*
 * Receive buffers: their memory, and their way to the queue pair.
 *
 * A buffer is either one piece of a page (small data: the initiator), or a
 * header slot followed by pages, so that immediate data begin on a page and can
 * be handed to a backend where they lie.  AHS and data are one run of bytes; what
 * an AHS pushes beyond the pages lands in the slot's tail.  If that has to be
 * one SGE, header, pages and tail are one block of memory, with the header at
 * the end of its first page.
 *
 * The buffers of a connection, or of a pool that several connections share
 * (target/rx_pool.c), are added in chunks, and freed all at once.
 */

#define ISER_RX_SLOT	512	/* paged: header, tail */
#define ISER_RX_TAIL	ALIGN(ISER_MSG_MIN, 64)

/* Bytes of a block with @n pages for data. */
static size_t iser_rx_block(u32 n)
{
	return (n + 1) * PAGE_SIZE + PAGE_ALIGN(ISER_AHS_ROOM);
}

/* All in one block of memory.  Return: 0 or -ENOMEM. */
static int iser_rx_init_whole(const struct iser_rx_shape *shape,
			      struct iser_rx *rx, u32 n)
{
	u32 len = ISER_MSG_MIN + n * PAGE_SIZE + ISER_AHS_ROOM, i;
	u8 *block = alloc_pages_exact(iser_rx_block(n), GFP_KERNEL), *data;
	u64 dma;

	if (!block)
		return -ENOMEM;
	data = block + PAGE_SIZE;
	rx->whole = true;
	rx->nr_pages = n;
	for (i = 0; i < n; i++)
		rx->pages[i] = virt_to_page(data + i * PAGE_SIZE);
	rx->pdu.bhs = data - ISER_BHS_LEN;
	rx->pdu.data = data;
	dma = ib_dma_map_single(shape->dev, iser_rx_head(rx), len,
				DMA_FROM_DEVICE);
	if (ib_dma_mapping_error(shape->dev, dma))
		return -ENOMEM;
	rx->sge[0] = (struct ib_sge){ .addr = dma, .length = len,
				      .lkey = shape->lkey };
	rx->wr.num_sge = 1;
	return 0;
}

/*
 * iser_rx_init - set up a receive buffer
 * @head, @dma: its slot
 *
 * May sleep.  Return: 0 or -ENOMEM (iser_rx_unmap() and _free() clean up).
 */
int iser_rx_init(const struct iser_rx_shape *shape, struct iser_rx *rx,
		 u8 *head, u64 dma)
{
	u32 n = DIV_ROUND_UP(shape->data, PAGE_SIZE), i;

	rx->pool = shape->pool;
	rx->cqe.done = shape->done;
	rx->wr.wr_cqe = &rx->cqe;
	rx->wr.sg_list = rx->sge;
	if (shape->whole)
		return iser_rx_init_whole(shape, rx, n);
	rx->pdu.bhs = iser_bhs(head);
	rx->sge[0] = (struct ib_sge){ .addr = dma, .lkey = shape->lkey,
				      .length = shape->one_piece ?: ISER_MSG_MIN };
	rx->wr.num_sge = 1;
	if (shape->one_piece) {
		rx->pdu.data = head + ISER_MSG_MIN;
		return 0;
	}

	for (i = 0; i < n; i++) {
		u64 at;

		rx->pages[i] = alloc_page(GFP_KERNEL);
		if (!rx->pages[i])
			return -ENOMEM;
		at = ib_dma_map_page(shape->dev, rx->pages[i], 0, PAGE_SIZE,
				     DMA_FROM_DEVICE);
		if (ib_dma_mapping_error(shape->dev, at))
			return -ENOMEM;
		rx->sge[rx->wr.num_sge++] = (struct ib_sge){
			.addr = at, .length = PAGE_SIZE, .lkey = shape->lkey };
	}
	rx->nr_pages = n;
	rx->sge[rx->wr.num_sge++] = (struct ib_sge){
		.addr = dma + ISER_RX_TAIL, .lkey = shape->lkey,
		.length = ISER_AHS_ROOM };
	return 0;
}

/* iser_rx_unmap - the device goes; a half may still read the memory */
void iser_rx_unmap(struct ib_device *dev, struct iser_rx *rx)
{
	u32 i;

	if (rx->whole && rx->wr.num_sge)
		ib_dma_unmap_single(dev, rx->sge[0].addr, rx->sge[0].length,
				    DMA_FROM_DEVICE);
	for (i = 0; i < ISER_RX_PAGES && rx->wr.num_sge > i + 1 && rx->pages[i];
	     i++)
		ib_dma_unmap_page(dev, rx->sge[i + 1].addr, PAGE_SIZE,
				  DMA_FROM_DEVICE);
	rx->wr.num_sge = 0;
}

/* iser_rx_free - after iser_rx_unmap(), when no half holds it.  Sleeps. */
void iser_rx_free(struct iser_rx *rx)
{
	int i;

	if (rx->whole)
		free_pages_exact(page_address(rx->pages[0]) - PAGE_SIZE,
				 iser_rx_block(rx->nr_pages));
	for (i = 0; i < ISER_RX_PAGES; i++) {
		if (rx->pages[i] && !rx->whole)
			__free_page(rx->pages[i]);
		rx->pages[i] = NULL;
	}
	rx->whole = false;
	rx->pdu.data = NULL;
}

/*
 * iser_rx_sync_cpu - give the @len bytes that have arrived to the CPU
 * iser_rx_sync_device - give the buffer back to the device
 *
 * A half may write into what it has received.  Any context, while the memory is
 * mapped.
 */
void iser_rx_sync_cpu(struct ib_device *dev, struct iser_rx *rx, u32 len)
{
	u32 i, n;

	rx->came = len;
	for (i = 0; i < rx->wr.num_sge && len; i++) {
		n = min(len, rx->sge[i].length);
		ib_dma_sync_single_for_cpu(dev, rx->sge[i].addr, n,
					   DMA_FROM_DEVICE);
		len -= n;
	}
}

void iser_rx_sync_device(struct ib_device *dev, struct iser_rx *rx)
{
	u32 len = rx->came, i, n;

	rx->came = 0;
	for (i = 0; i < rx->wr.num_sge && len; i++) {
		n = min(len, rx->sge[i].length);
		ib_dma_sync_single_for_device(dev, rx->sge[i].addr, n,
					      DMA_FROM_DEVICE);
		len -= n;
	}
}

/*
 * ib_post_recv() notes here what it did not post, if that fails; nobody reads it, the
 * provider included.  With NULL it would make such a place on the stack of its caller,
 * which the compiler then guards.  It is static, as the compiler takes only such an
 * address for one that is not NULL.
 */
static const struct ib_recv_wr *iser_not_posted;

/* iser_rx_post(), within iser_pdu_put() as well. */
static __always_inline int iser_rx_hand(struct iser_conn *conn, struct iser_rx *rx)
{
	int ret = 0;

	/* The receive of the drain must be the last one. */
	rcu_read_lock();
	if (READ_ONCE(conn->state) < ISER_ENDING) {
		if (rx->came)
			iser_rx_sync_device(conn->dev, rx);
		ret = ib_post_recv(conn->qp, &rx->wr, &iser_not_posted);
		if (unlikely(ret == -EAGAIN)) {
			llist_add(&rx->again, &conn->rx.again);
			iser_send_cq_poll_later(&conn->poll);
			ret = 0;
		}
	}
	rcu_read_unlock();
	return ret;
}

/*
 * iser_rx_post - hand a buffer of a connection to its queue pair
 *
 * Some adapters may still use the next entry of the queue although it has
 * completed.  Then the buffer is kept, and posted a little later.  None of
 * these adapters has shared receives.
 * Any context.  Return: 0, also after the end of the connection.
 */
int iser_rx_post(struct iser_conn *conn, struct iser_rx *rx)
{
	return iser_rx_hand(conn, rx);
}

static noinline void iser_rx_not_posted(struct iser_conn *conn, int err)
{
	if (iser_post_failed(conn, err))
		iser_conn_warn(conn, "can't post a receive: error %d, ending the connection",
			       err);
}

/* iser_rx_post_again - post what the device would not take.  Any context. */
void iser_rx_post_again(struct iser_conn *conn)
{
	struct iser_rx *rx, *next;
	int ret = 0;

	llist_for_each_entry_safe(rx, next, llist_del_all(&conn->rx.again), again)
		ret = iser_rx_post(conn, rx) ?: ret;
	if (ret)
		iser_rx_not_posted(conn, ret);
}

/* iser_rx_chunk_unmap - the device goes: unmap one chunk */
void iser_rx_chunk_unmap(struct ib_device *dev, struct iser_rx_chunk *chunk)
{
	u32 i;

	for (i = 0; i < chunk->nr; i++)
		iser_rx_unmap(dev, &chunk->rx[i]);
	iser_hdr_pages_unmap(&chunk->heads);
}

static void iser_rx_chunk_destroy(struct iser_rx_chunk *chunk)
{
	u32 i;

	for (i = 0; i < chunk->nr; i++)
		iser_rx_free(&chunk->rx[i]);
	iser_hdr_pages_free(&chunk->heads);
	kfree(chunk);
}

/*
 * iser_rx_chunk_alloc - up to ISER_RX_CHUNK receive buffers, mapped
 * May sleep.  Return: a chunk of receives, or NULL.
 */
struct iser_rx_chunk *iser_rx_chunk_alloc(const struct iser_rx_shape *shape, u32 nr)
{
	u32 slot = shape->one_piece ? ALIGN(shape->one_piece, 64) : ISER_RX_SLOT;
	struct iser_rx_chunk *chunk;
	int ret;
	u32 i;

	chunk = kzalloc(struct_size(chunk, rx, nr), GFP_KERNEL);
	if (!chunk)
		return NULL;
	chunk->nr = nr;
	ret = iser_hdr_pages_init(&chunk->heads, shape->dev, slot,
				  shape->whole ? 0 : nr, DMA_FROM_DEVICE);
	for (i = 0; !ret && i < nr; i++) {
		u8 *head = NULL;
		u64 dma = 0;

		if (!shape->whole)
			head = iser_hdr_slot(&chunk->heads, i, &dma);
		ret = iser_rx_init(shape, &chunk->rx[i], head, dma);
	}
	if (!ret)
		return chunk;
	iser_rx_chunk_unmap(shape->dev, chunk);
	iser_rx_chunk_destroy(chunk);
	return NULL;
}

/*
 * iser_rx_chunk_add - @nr more receive buffers for conn->res.recv_data bytes
 *
 * Under setup_lock, which keeps the device; sleeps.  They are not posted yet.
 * Return: 0 or -ENOMEM, with nothing left behind.
 */
int iser_rx_chunk_add(struct iser_conn *conn, u32 nr)
{
	struct iser_rx_chunk *before = conn->rx.chunks, *chunk;
	struct iser_rx_shape shape = {
		.dev = conn->dev, .lkey = conn->pd->local_dma_lkey,
		.data = conn->res.recv_data,
		.done = iser_recv_handler(conn),
	};
	u32 all = ISER_MSG_MIN + conn->info.recv_ahs + ALIGN(shape.data, 4);
	u32 done, n;

	if (conn->role == ISER_INITIATOR && all <= PAGE_SIZE)
		shape.one_piece = all;
	else
		shape.whole = iser_rx_whole(conn);
	for (done = 0; done < nr; done += n) {
		n = min_t(u32, nr - done, ISER_RX_CHUNK);
		chunk = iser_rx_chunk_alloc(&shape, n);
		if (!chunk)
			goto fail;
		chunk->next = conn->rx.chunks;
		conn->rx.chunks = chunk;
	}
	return 0;

fail:
	while (conn->rx.chunks != before) {
		chunk = conn->rx.chunks;
		conn->rx.chunks = chunk->next;
		iser_rx_chunk_unmap(conn->dev, chunk);
		iser_rx_chunk_destroy(chunk);
	}
	return -ENOMEM;
}

/* iser_rx_chunk_post - post those that were added since @until.  Any context. */
int iser_rx_chunk_post(struct iser_conn *conn, const struct iser_rx_chunk *until)
{
	struct iser_rx_chunk *chunk;
	int ret = 0;
	u32 i;

	for (chunk = conn->rx.chunks; chunk != until; chunk = chunk->next)
		for (i = 0; !ret && i < chunk->nr; i++)
			ret = iser_rx_post(conn, &chunk->rx[i]);
	return ret;
}

int iser_add_receives(struct iser_conn *conn, u32 nr)
{
	const struct iser_rx_chunk *before;
	unsigned int flags;
	int ret = -ENOTCONN;

	if (nr > conn->param.recv_depth - conn->res.receives)
		return -ENOSPC;
	/* The end of the connection waits for this: never write out for it. */
	flags = memalloc_noio_save();
	mutex_lock(&conn->setup_lock);
	before = conn->rx.chunks;
	if (iser_state_live(READ_ONCE(conn->state)))
		ret = conn->rx.pool ? iser_rx_pool_promise(conn, nr) :
				   iser_rx_chunk_add(conn, nr);
	if (!ret) {
		conn->res.receives += nr;
		ret = iser_rx_chunk_post(conn, before);
		/* Some of them may be posted: no way back. */
		if (ret)
			iser_rx_not_posted(conn, ret);
	}
	mutex_unlock(&conn->setup_lock);
	memalloc_noio_restore(flags);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_add_receives);

/* iser_rx_chunk_free - all parts, unmapped; no half holds a PDU in them */
void iser_rx_chunk_free(struct iser_rx_chunk **chunk)
{
	while (*chunk) {
		struct iser_rx_chunk *part = *chunk;

		*chunk = part->next;
		iser_rx_chunk_destroy(part);
	}
}

void iser_pdu_copy(const struct iser_pdu *pdu, u32 offset, void *dst, u32 len)
{
	const struct iser_rx *rx = container_of(pdu, struct iser_rx, pdu);
	u32 page_bytes = rx->nr_pages * PAGE_SIZE;

	if (pdu->data) {
		memcpy(dst, pdu->data + offset, len);
		return;
	}
	while (len) {
		u32 at = offset % PAGE_SIZE, n = min_t(u32, len, PAGE_SIZE - at);

		/* If it knew the limit, the compiler would not call the kernel's memcpy(). */
		OPTIMIZER_HIDE_VAR(n);
		if (offset < page_bytes) {
			memcpy(dst, page_address(rx->pages[offset / PAGE_SIZE]) + at,
			       n);
		} else {
			n = len;
			memcpy(dst, iser_rx_head(rx) + ISER_RX_TAIL +
				    offset - page_bytes, n);
		}
		dst += n;
		offset += n;
		len -= n;
	}
}
EXPORT_SYMBOL_ISER(iser_pdu_copy);

unsigned int iser_pdu_sg(const struct iser_pdu *pdu, struct scatterlist *sg,
			 unsigned int max)
{
	const struct iser_rx *rx = container_of(pdu, struct iser_rx, pdu);
	u32 left = pdu->msg.data_len, n = DIV_ROUND_UP(left, PAGE_SIZE), i;

	/* A receive has room for an AHS: with none there may be more data than pages. */
	if (pdu->msg.ahs_len || !n || n > rx->nr_pages || n > max)
		return 0;
	/* As sg_init_table(), whose call would take longer than all of this. */
	for (i = 0; i < n; i++) {
		sg[i] = (struct scatterlist){ };
		sg_set_page(&sg[i], rx->pages[i], min_t(u32, left, PAGE_SIZE), 0);
		left -= PAGE_SIZE;
	}
	sg_mark_end(&sg[n - 1]);
	return n;
}
EXPORT_SYMBOL_ISER(iser_pdu_sg);

/*
 * Whatever becomes of a message, its buffer goes back here, to its queue or pool.
 * Neither a login buffer nor one of an initiator is a pool's, and only an initiator
 * has tasks.
 */
void iser_pdu_put(struct iser_pdu *pdu)
{
	struct iser_rx *rx = container_of(pdu, struct iser_rx, pdu);
	struct iser_conn *conn = pdu->conn;
	int ret;

	if (rx->pool) {
		atomic_inc(&conn->rx.given);
		iser_rx_pool_post(rx->pool, rx, &iser_not_posted);
		return;
	}
	pdu->task = NULL;
	/* The login buffer is posted when a Login PDU is expected. */
	if (unlikely(rx->login))
		return;
	ret = iser_rx_hand(conn, rx);
	if (unlikely(ret))
		iser_rx_not_posted(conn, ret);
}
EXPORT_SYMBOL_ISER(iser_pdu_put);
