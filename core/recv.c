// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: the PDUs that arrive, and Control_Notify.  What an initiator does
 * with them is in initiator/send.c.  The memory of the receives
 * is in rx.c.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <iser/task.h>
#include "conn.h"
#include "recv.h"
#include "login.h"
#include "hello.h"
#include "initiator/send.h"
#include "target/rx_pool.h"
#include "trace.h"

/*
 * A peer that keeps to its window holds no more shared receives than it was
 * promised.  Twice as many are allowed, for PDUs that no credit counts.
 */
static inline bool iser_rx_greedy(struct iser_conn *conn)
{
	u32 held = ++conn->rx.taken - (u32)atomic_read(&conn->rx.given);

	if (likely(held <= 2 * READ_ONCE(conn->rx.promised)))
		return false;
	iser_conn_warn(conn, "has sent %u messages that are not answered yet, more than its window allows, ending the connection",
		       held);
	iser_connection_fail(conn, -EPROTO);
	return true;
}

/* Not inlined, as its copy takes much of the stack. */
static noinline enum iser_msg_error iser_rx_check_ahs(const struct iser_pdu *pdu)
{
	u32 len = pdu->msg.ahs_len, room = pdu->conn->info.recv_ahs;
	u8 ahs[ISER_AHS_ROOM];

	if (len > room)
		return ISER_MSG_AHS;
	iser_pdu_copy(pdu, 0, ahs, len);
	return iser_check_ahs(ahs, len, room);
}

static noinline void iser_rx_refuse(struct iser_conn *conn, u32 len,
				    enum iser_msg_error err)
{
	const char *hint = "";

	/* Known of one initiator, which QEMU has. */
	if (err == ISER_MSG_DATA && conn->role == ISER_TARGET)
		hint = "; libiscsi before 1.20 needs ImmediateData=No";
	iser_conn_warn(conn, "message of %u bytes refused: %s%s, ending the connection",
		       len, iser_msg_error_name(err), hint);
	iser_connection_fail(conn, -EPROTO);
}

/*
 * Check a message before any other code reads it.  RFC 7145, section 10.1.3.3.
 * Return: false if it is refused.
 */
static inline bool iser_rx_check(struct iser_conn *conn, struct iser_rx *rx,
				 const struct ib_wc *wc)
{
	enum iser_msg_error err;

	if (!iser_wc_ok(conn, wc, "receive"))
		return false;
	/*
	 * RFC 7145, section 10.1.3.3: take nothing that follows a message which
	 * broke the protocol.  What came before the peer closed is still of use.
	 */
	if (unlikely(READ_ONCE(conn->reason) == -EPROTO))
		return false;
	if (!ib_uses_virt_dma(conn->dev))
		iser_rx_sync_cpu(conn->dev, rx, wc->byte_len);
	err = iser_parse(iser_rx_head(rx), wc->byte_len, &rx->pdu.msg);
	if (!err && unlikely(rx->pdu.msg.ahs_len))
		err = iser_rx_check_ahs(&rx->pdu);
	if (likely(!err))
		return true;
	iser_rx_refuse(conn, wc->byte_len, err);
	return false;
}

/* Whether the message is to be judged by what the peer has sent before it. */
static inline bool iser_rx_hello(const struct iser_conn *conn,
				 const struct iser_rx *rx)
{
	return rx->pdu.msg.opcode != ISER_OP_CONTROL || conn->hello.state.first;
}

static inline void iser_rx_trace(const struct iser_conn *conn,
				 const struct iser_rx *rx, const struct ib_wc *wc)
{
	if (trace_iser_receive_enabled())
		trace_iser_receive(conn, rx->pdu.bhs, wc->byte_len,
				   wc->wc_flags & IB_WC_WITH_INVALIDATE ?
				   wc->ex.invalidate_rkey : 0);
}

/* iser_initiator_recv_done - a message has arrived; completion of a receive */
void iser_initiator_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_rx *rx = container_of(wc->wr_cqe, struct iser_rx, cqe);
	struct iser_conn *conn = cq->cq_context;

	rx->posted = false;
	rx->pdu.conn = conn;
	if (!iser_rx_check(conn, rx, wc)) {
		iser_pdu_put(&rx->pdu);
		return;
	}
	if (unlikely(iser_rx_hello(conn, rx)) && !iser_hello_received(conn, rx))
		return;
	iser_rx_trace(conn, rx, wc);
	if (unlikely(rx->login) && READ_ONCE(conn->state) != ISER_FULL)
		iser_login_received(conn, rx);
	else
		iser_initiator_received(conn, rx, wc);
}

/* iser_target_recv_done - likewise, at a target */
void iser_target_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_rx *rx = container_of(wc->wr_cqe, struct iser_rx, cqe);
	struct iser_conn *conn = cq->cq_context;
	enum iser_state state;

	rx->posted = false;
	rx->pdu.conn = conn;
	if (rx->pool) {
		iser_rx_pool_took(rx->pool);
		if (iser_rx_greedy(conn))
			goto put;
	}
	if (!iser_rx_check(conn, rx, wc))
		goto put;
	if (unlikely(iser_rx_hello(conn, rx)) && !iser_hello_received(conn, rx))
		return;
	iser_rx_trace(conn, rx, wc);
	state = READ_ONCE(conn->state);
	if (likely(state == ISER_FULL))
		conn->ops->control_notify(conn, &rx->pdu);
	else if (state >= ISER_ENDING)
		goto put;
	else
		/* This end may not know yet that the connection is established. */
		iser_login_received(conn, rx);
	return;
put:
	iser_pdu_put(&rx->pdu);
}
