// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive buffers, and what comes in by them.
 *
 * A buffer is either one piece of a page (small data: the initiator), or a
 * header slot with pages behind it, so that immediate data begin on a page
 * and can be handed to a backend where they lie.  AHS and data are one run of
 * bytes; what an AHS pushes beyond the pages lands in the slot's tail.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "trace.h"

#define ISER_RX_SLOT	512	/* paged: header, tail */

/*
 * iser_rx_init - set up a receive buffer
 * @head, @dma: its slot
 * @data: data bytes wanted
 * @one_piece: bytes of the slot if all goes there, 0 for pages
 *
 * An initiator reads its data in one piece: its pages are mapped together.
 * May sleep.  Return: 0 or -ENOMEM (iser_rx_unmap() and _free() clean up).
 */
int iser_rx_init(struct iser_conn *conn, struct iser_rx *rx, u8 *head, u64 dma,
		 u32 data, u32 one_piece)
{
	u32 lkey = conn->pd->local_dma_lkey, i, n;

	rx->pdu.conn = conn;
	rx->cqe.done = iser_recv_done;
	rx->head = head;
	rx->pdu.bhs = iser_bhs(head);
	rx->sge[0] = (struct ib_sge){ .addr = dma, .lkey = lkey,
				      .length = one_piece ?: ISER_MSG_MIN };
	rx->nr_sges = 1;
	if (one_piece) {
		rx->pdu.data = head + ISER_MSG_MIN;
		return 0;
	}

	n = DIV_ROUND_UP(data, PAGE_SIZE);
	for (i = 0; i < n; i++) {
		u64 at;

		rx->pages[i] = alloc_page(GFP_KERNEL);
		if (!rx->pages[i])
			return -ENOMEM;
		at = ib_dma_map_page(conn->dev, rx->pages[i], 0, PAGE_SIZE,
				     DMA_FROM_DEVICE);
		if (ib_dma_mapping_error(conn->dev, at))
			return -ENOMEM;
		rx->sge[rx->nr_sges++] = (struct ib_sge){
			.addr = at, .length = PAGE_SIZE, .lkey = lkey };
	}
	rx->page_bytes = n * PAGE_SIZE;
	if (conn->role == ISER_INITIATOR) {
		rx->pdu.data = vmap(rx->pages, n, VM_MAP, PAGE_KERNEL);
		return rx->pdu.data ? 0 : -ENOMEM;
	}
	rx->tail = head + ALIGN(ISER_MSG_MIN, 64);
	rx->sge[rx->nr_sges++] = (struct ib_sge){
		.addr = dma + ALIGN(ISER_MSG_MIN, 64), .lkey = lkey,
		.length = ISER_AHS_ROOM };
	return 0;
}

/* iser_rx_unmap - the device goes; a half may still read the memory */
void iser_rx_unmap(struct iser_conn *conn, struct iser_rx *rx)
{
	u32 i;

	for (i = 0; i < ISER_RX_PAGES && rx->nr_sges > i + 1 && rx->pages[i]; i++)
		ib_dma_unmap_page(conn->dev, rx->sge[i + 1].addr, PAGE_SIZE,
				  DMA_FROM_DEVICE);
	rx->nr_sges = 0;
}

/* iser_rx_free - after iser_rx_unmap(), when no half holds it.  Sleeps. */
void iser_rx_free(struct iser_rx *rx)
{
	int i;

	if (rx->page_bytes && rx->pdu.data)
		vunmap(rx->pdu.data);
	for (i = 0; i < ISER_RX_PAGES; i++) {
		if (rx->pages[i])
			__free_page(rx->pages[i]);
		rx->pages[i] = NULL;
	}
	rx->pdu.data = NULL;
}

/*
 * iser_rx_post - hand a buffer to the queue pair
 *
 * Any context.  Return: 0; after the end of the connection too, quietly.
 */
int iser_rx_post(struct iser_conn *conn, struct iser_rx *rx)
{
	struct ib_recv_wr wr = { };
	int ret = 0;

	wr.wr_cqe = &rx->cqe;
	wr.sg_list = rx->sge;
	wr.num_sge = rx->nr_sges;
	spin_lock_bh(&conn->recv_lock);
	/* Not behind the drain's own receive. */
	if (conn->state < ISER_ENDING)
		ret = ib_post_recv(conn->qp, &wr, NULL);
	spin_unlock_bh(&conn->recv_lock);
	return ret;
}

/* iser_ring_init - @nr receive buffers for @data bytes.  Sleeps. */
int iser_ring_init(struct iser_conn *conn, u32 nr, u32 data)
{
	struct iser_ring *ring = &conn->ring;
	u32 i, slot = ISER_RX_SLOT, one_piece = 0;
	int ret;

	if (conn->role == ISER_INITIATOR &&
	    ISER_MSG_MIN + conn->info.recv_ahs + data <= PAGE_SIZE) {
		one_piece = ISER_MSG_MIN + conn->info.recv_ahs +
			ALIGN(data, 4);
		slot = ALIGN(one_piece, 64);
	}
	ret = iser_slab_init(&ring->heads, conn->dev, slot, nr,
			     DMA_FROM_DEVICE);
	if (ret)
		return ret;
	ring->rx = kvcalloc(nr, sizeof(*ring->rx), GFP_KERNEL);
	if (!ring->rx)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		u64 dma;
		u8 *head = iser_slab_slot(&ring->heads, i, &dma);

		ring->nr = i + 1;
		ret = iser_rx_init(conn, &ring->rx[i], head, dma, data,
				   one_piece);
		if (ret)
			return ret;
	}
	return 0;
}

/* iser_ring_post - post all.  Any context. */
int iser_ring_post(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; i < conn->ring.nr; i++) {
		int ret = iser_rx_post(conn, &conn->ring.rx[i]);

		if (ret)
			return ret;
	}
	return 0;
}

void iser_ring_unmap(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; i < conn->ring.nr; i++)
		iser_rx_unmap(conn, &conn->ring.rx[i]);
	iser_slab_unmap(&conn->ring.heads);
}

void iser_ring_free(struct iser_conn *conn)
{
	u32 i;

	for (i = 0; i < conn->ring.nr; i++)
		iser_rx_free(&conn->ring.rx[i]);
	kvfree(conn->ring.rx);
	conn->ring.rx = NULL;
	conn->ring.nr = 0;
	iser_slab_free(&conn->ring.heads);
}

void iser_pdu_copy(const struct iser_pdu *pdu, u32 offset, void *dst, u32 len)
{
	const struct iser_rx *rx = container_of(pdu, struct iser_rx, pdu);

	if (pdu->data) {
		memcpy(dst, pdu->data + offset, len);
		return;
	}
	while (len) {
		u32 at = offset % PAGE_SIZE, n = min_t(u32, len, PAGE_SIZE - at);

		if (offset < rx->page_bytes) {
			memcpy(dst, page_address(rx->pages[offset / PAGE_SIZE]) + at,
			       n);
		} else {
			n = len;
			memcpy(dst, rx->tail + offset - rx->page_bytes, n);
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

	if (pdu->msg.ahs_len || !rx->page_bytes || !n || n > max)
		return 0;
	sg_init_table(sg, n);
	for (i = 0; i < n; i++) {
		u32 bytes = min_t(u32, left, PAGE_SIZE);

		sg_set_page(&sg[i], rx->pages[i], bytes, 0);
		left -= bytes;
	}
	return n;
}
EXPORT_SYMBOL_ISER(iser_pdu_sg);

void iser_pdu_put(struct iser_pdu *pdu)
{
	struct iser_rx *rx = container_of(pdu, struct iser_rx, pdu);
	struct iser_conn *conn = pdu->conn;
	int ret;

	pdu->task = NULL;
	/* The login buffer is posted when a Login PDU is expected. */
	if (rx->login)
		return;
	ret = iser_rx_post(conn, rx);
	if (ret) {
		iser_conn_warn(conn, "can't post a receive: error %d, ending the connection",
			       ret);
		iser_connection_fail(conn, ret);
	}
}
EXPORT_SYMBOL_ISER(iser_pdu_put);

/* Is the message fit to be looked at by anybody?  RFC 7145, section 10.1.3.3. */
static bool iser_rx_check(struct iser_conn *conn, struct iser_rx *rx, u32 len)
{
	struct iser_msg *msg = &rx->pdu.msg;
	enum iser_msg_error err;

	err = iser_parse(rx->head, len, msg);
	if (!err && msg->ahs_len) {
		u8 ahs[ISER_AHS_ROOM];

		if (msg->ahs_len <= conn->info.recv_ahs) {
			iser_pdu_copy(&rx->pdu, 0, ahs, msg->ahs_len);
			err = iser_check_ahs(ahs, msg->ahs_len,
					     conn->info.recv_ahs);
		} else {
			err = ISER_MSG_AHS;
		}
	}
	if (!err)
		return true;
	iser_conn_warn(conn, "message of %u bytes refused: %s, ending the connection",
		       len, iser_msg_error_name(err));
	iser_connection_fail(conn, -EPROTO);
	return false;
}

/* RFC 7143: PDUs that answer a task of the initiator. */
static bool iser_is_answer(const u8 *bhs)
{
	switch (bhs[0] & 0x3f) {
	case 0x20:	/* NOP-In */
	case 0x21:	/* SCSI Response */
	case 0x22:	/* Task Management Function Response */
	case 0x24:	/* Text Response */
	case 0x26:	/* Logout Response */
		return iser_get32(bhs + 16) != ISER_RESERVED_TAG;
	default:
		return false;
	}
}

static void iser_initiator_received(struct iser_conn *conn, struct iser_rx *rx,
				    const struct ib_wc *wc)
{
	bool invalidated = wc->wc_flags & IB_WC_WITH_INVALIDATE;
	u8 opcode = rx->pdu.bhs[0] & 0x3f;
	struct iser_task *task = NULL;
	struct iser_io *io = NULL;

	/* SCSI Data-In and R2T become RDMA; RFC 7145, sections 7.3.5, 7.3.6. */
	if (opcode == 0x25 || opcode == 0x31) {
		iser_conn_warn(conn, "opcode %#x arrived as a message, ending the connection",
			       opcode);
		iser_connection_fail(conn, -EPROTO);
		return;
	}
	if (iser_is_answer(rx->pdu.bhs))
		task = conn->ops->find_task(conn, rx->pdu.bhs);
	if (task)
		io = iser_io_of(task);
	if (io && (io->state != ISER_IO_POSTED || io->answered))
		io = NULL;

	/* Whatever else was invalidated belongs to somebody else. */
	if (invalidated && (!conn->info.remote_invalidate || !io || !io->mr ||
			    wc->ex.invalidate_rkey != io->mr->rkey)) {
		iser_conn_warn(conn, "invalidated STag %#x, which is not the task's, ending the connection",
			       wc->ex.invalidate_rkey);
		iser_connection_fail(conn, -EPROTO);
		return;
	}
	if (io && !iser_stag_named(io, &rx->pdu.msg.hdr)) {
		iser_conn_warn(conn, "response with opcode %#x names an STag that is not the task's, ending the connection",
			       opcode);
		iser_connection_fail(conn, -EPROTO);
		return;
	}
	if (io)
		iser_command_answered(io, rx, invalidated);
	else
		conn->ops->control_notify(conn, &rx->pdu);
}

/* iser_recv_done - a message has arrived; completion of a receive */
void iser_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_rx *rx = container_of(wc->wr_cqe, struct iser_rx, cqe);
	struct iser_conn *conn = rx->pdu.conn;
	u32 i, len = wc->byte_len;
	enum iser_state state;

	rx->posted = false;
	if (!iser_wc_ok(conn, wc, "receive"))
		return;
	/*
	 * RFC 7145, section 10.1.3.3: nothing behind a message that broke the
	 * protocol.  What came before the peer closed is still of use.
	 */
	if (unlikely(READ_ONCE(conn->reason) == -EPROTO))
		return;
	for (i = 0; i < rx->nr_sges && len; i++) {
		u32 n = min(len, rx->sge[i].length);

		ib_dma_sync_single_for_cpu(conn->dev, rx->sge[i].addr, n,
					   DMA_FROM_DEVICE);
		len -= n;
	}
	if (!iser_rx_check(conn, rx, wc->byte_len))
		return;
	if (unlikely(rx->pdu.msg.opcode != ISER_OP_CONTROL ||
		     conn->hello.greeting.first) &&
	    !iser_hello_received(conn, rx))
		return;
	trace_iser_receive(conn, rx->pdu.bhs, wc->byte_len,
			   wc->wc_flags & IB_WC_WITH_INVALIDATE ?
			   wc->ex.invalidate_rkey : 0);
	state = READ_ONCE(conn->state);
	if (rx->login && state != ISER_FULL) {
		iser_login_received(conn, rx);
	} else if (conn->role == ISER_INITIATOR) {
		iser_initiator_received(conn, rx, wc);
	} else if (state == ISER_FULL) {
		conn->ops->control_notify(conn, &rx->pdu);
	} else if (iser_state_live(state)) {
		iser_conn_warn(conn, "opcode %#x before the end of the login, ending the connection",
			       rx->pdu.bhs[0] & 0x3f);
		iser_connection_fail(conn, -EPROTO);
	}
}
