// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: the PDUs that arrive, and Control_Notify.  What an initiator does
 * with them is in initiator/send.c, what both ends do first is in received.h.  The
 * memory of the receives is in rx.c.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <iser/task.h>
#include "conn.h"
#include "recv.h"
#include "received.h"
#include "login.h"
#include "target/rx_pool.h"

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
enum iser_msg_error iser_rx_check_ahs(const struct iser_pdu *pdu)
{
	u32 len = pdu->msg.ahs_len, room = pdu->conn->info.recv_ahs;
	u8 ahs[ISER_AHS_ROOM];

	if (len > room)
		return ISER_MSG_AHS;
	iser_pdu_copy(pdu, 0, ahs, len);
	return iser_check_ahs(ahs, len, room);
}

/* Not inlined, as it would take registers that all messages then save and restore. */
noinline void iser_rx_traced(const struct iser_conn *conn, const struct iser_rx *rx,
			     const struct ib_wc *wc)
{
	trace_iser_receive(conn, rx->pdu.bhs, wc->byte_len,
			   wc->wc_flags & IB_WC_WITH_INVALIDATE ?
			   wc->ex.invalidate_rkey : 0);
}

/* Likewise. */
noinline void iser_rx_refuse(struct iser_conn *conn, u32 len, enum iser_msg_error err)
{
	const char *hint = "";

	/* Known of one initiator, which QEMU has. */
	if (err == ISER_MSG_DATA && conn->role == ISER_TARGET)
		hint = "; libiscsi before 1.20 needs ImmediateData=No";
	iser_conn_warn(conn, "message of %u bytes refused: %s%s, ending the connection",
		       len, iser_msg_error_name(err), hint);
	iser_connection_fail(conn, -EPROTO);
}

/* Likewise.  RFC 7145, section 7.2: each PDU is one Send. */
noinline void iser_rx_no_send(struct iser_conn *conn, const struct ib_wc *wc)
{
	iser_conn_warn(conn, "a receive was used by work completion opcode %d, not by a Send, ending the connection",
		       wc->opcode);
	iser_connection_fail(conn, -EPROTO);
}

/* iser_target_recv_done - a message has arrived at a target; completion of a receive */
void iser_target_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_rx *rx = container_of(wc->wr_cqe, struct iser_rx, cqe);
	struct iser_conn *conn = cq->cq_context;
	enum iser_state state;

	rx->posted = false;
	rx->pdu.conn = conn;
	if (likely(rx->pool)) {
		iser_rx_pool_took(rx->pool);
		if (unlikely(iser_rx_greedy(conn)))
			goto put;
	}
	if (unlikely(!iser_rx_check(conn, rx, wc)))
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
