// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes in by the receive buffers: PDUs for the halves.
 */
#include <linux/mm.h>
#include "trace.h"

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

/* Apart, as its copy is a large one on the stack. */
static noinline enum iser_msg_error iser_rx_check_ahs(const struct iser_pdu *pdu)
{
	u32 len = pdu->msg.ahs_len, room = pdu->conn->info.recv_ahs;
	u8 ahs[ISER_AHS_ROOM];

	if (len > room)
		return ISER_MSG_AHS;
	iser_pdu_copy(pdu, 0, ahs, len);
	return iser_check_ahs(ahs, len, room);
}

/* Is the message fit to be looked at by anybody?  RFC 7145, section 10.1.3.3. */
static bool iser_rx_check(struct iser_conn *conn, struct iser_rx *rx, u32 len)
{
	enum iser_msg_error err = iser_parse(rx->head, len, &rx->pdu.msg);
	const char *hint = "";

	if (!err && unlikely(rx->pdu.msg.ahs_len))
		err = iser_rx_check_ahs(&rx->pdu);
	if (likely(!err))
		return true;
	/* Known of one initiator, which QEMU has. */
	if (err == ISER_MSG_DATA && conn->role == ISER_TARGET)
		hint = "; libiscsi before 1.20 needs ImmediateData=No";
	iser_conn_warn(conn, "message of %u bytes refused: %s%s, ending the connection",
		       len, iser_msg_error_name(err), hint);
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

/*
 * Was the STag that a response has invalidated its task's?  One for a task that
 * was deallocated comes too late, and its STag is dead: the half drops it.
 * Whatever else was invalidated belongs to somebody else.
 */
static bool iser_invalidated_rightly(struct iser_conn *conn,
				     const struct iser_io *io, u32 rkey)
{
	if (!conn->info.remote_invalidate)
		return false;
	return io ? io->mr && rkey == io->mr->rkey : iser_stag_dead(conn, rkey);
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

	if (invalidated &&
	    !iser_invalidated_rightly(conn, io, wc->ex.invalidate_rkey)) {
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

/*
 * A peer that keeps to its window holds no more shared receives than it was
 * promised.  Room is left for what no credit counts.
 */
static bool iser_rx_greedy(struct iser_conn *conn)
{
	u32 held = ++conn->taken - (u32)atomic_read(&conn->given);

	if (likely(held <= 2 * READ_ONCE(conn->promised)))
		return false;
	iser_conn_warn(conn, "%u messages wait to be answered, more than its window allows, ending the connection",
		       held);
	iser_connection_fail(conn, -EPROTO);
	return true;
}

/* Return: false: nobody has the message. */
static bool iser_received(struct iser_conn *conn, struct iser_rx *rx,
			  struct ib_wc *wc)
{
	enum iser_state state;

	if (!iser_wc_ok(conn, wc, "receive"))
		return false;
	/*
	 * RFC 7145, section 10.1.3.3: nothing behind a message that broke the
	 * protocol.  What came before the peer closed is still of use.
	 */
	if (unlikely(READ_ONCE(conn->reason) == -EPROTO))
		return false;
	if (!ib_uses_virt_dma(conn->dev))
		iser_rx_came(conn->dev, rx, wc->byte_len);
	if (!iser_rx_check(conn, rx, wc->byte_len))
		return false;
	if (unlikely(rx->pdu.msg.opcode != ISER_OP_CONTROL ||
		     conn->hello.greeting.first) &&
	    !iser_hello_received(conn, rx))
		return true;
	trace_iser_receive(conn, rx->pdu.bhs, wc->byte_len,
			   wc->wc_flags & IB_WC_WITH_INVALIDATE ?
			   wc->ex.invalidate_rkey : 0);
	state = READ_ONCE(conn->state);
	if (conn->role == ISER_INITIATOR) {
		if (rx->login && state != ISER_FULL)
			iser_login_received(conn, rx);
		else
			iser_initiator_received(conn, rx, wc);
	} else if (state == ISER_FULL) {
		conn->ops->control_notify(conn, &rx->pdu);
	} else if (state < ISER_ENDING) {
		/* The handshake may not be over for this end. */
		iser_login_received(conn, rx);
	} else {
		return false;
	}
	return true;
}

/* iser_recv_done - a message has arrived; completion of a receive */
void iser_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_rx *rx = container_of(wc->wr_cqe, struct iser_rx, cqe);
	struct iser_conn *conn = cq->cq_context;

	if (rx->pool)
		iser_pool_took(rx->pool);
	rx->posted = false;
	rx->pdu.conn = conn;
	if ((rx->pool && iser_rx_greedy(conn)) || !iser_received(conn, rx, wc))
		iser_rx_post(conn, rx);
}
