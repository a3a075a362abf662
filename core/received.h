/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What both ends do first with a message that has arrived.  All of it is inline: it
 * runs once for each message, and is short.
 */
#ifndef ISER_CORE_RECEIVED_H
#define ISER_CORE_RECEIVED_H

#include "conn.h"
#include "hello.h"
#include "recv.h"
#include "trace.h"

/* recv.c */
enum iser_msg_error iser_rx_check_ahs(const struct iser_pdu *pdu);
void iser_rx_refuse(struct iser_conn *conn, u32 len, enum iser_msg_error err);
void iser_rx_no_send(struct iser_conn *conn, const struct ib_wc *wc);
void iser_rx_traced(const struct iser_conn *conn, const struct iser_rx *rx,
		    const struct ib_wc *wc);

/*
 * Check a message before any other code reads it.  RFC 7145, section 10.1.3.3.
 * Return: false if it is refused.
 */
static __always_inline bool iser_rx_check(struct iser_conn *conn, struct iser_rx *rx,
					  const struct ib_wc *wc)
{
	enum iser_msg_error err;
	const u8 *head;

	if (!iser_wc_ok(conn, wc, "receive"))
		return false;
	/* An RDMA Write with immediate data leaves in the buffer what was there before. */
	if (unlikely(wc->opcode != IB_WC_RECV)) {
		iser_rx_no_send(conn, wc);
		return false;
	}
	/*
	 * RFC 7145, section 10.1.3.3: take nothing that follows a message which
	 * broke the protocol.  What came before the peer closed is still of use.
	 */
	if (unlikely(READ_ONCE(conn->reason) == -EPROTO))
		return false;
	if (!ib_uses_virt_dma(conn->dev))
		iser_rx_sync_cpu(conn->dev, rx, wc->byte_len);
	head = iser_rx_head(rx);
	/* Else the compiler no longer sees that four bytes of the header are a word. */
	OPTIMIZER_HIDE_VAR(head);
	err = iser_parse(head, wc->byte_len, &rx->pdu.msg);
	if (likely(!err && !rx->pdu.msg.ahs_len))
		return true;
	if (!err)
		err = iser_rx_check_ahs(&rx->pdu);
	if (!err)
		return true;
	iser_rx_refuse(conn, wc->byte_len, err);
	return false;
}

/* Whether the message is to be judged by what the peer has sent before it. */
static inline bool iser_rx_hello(const struct iser_conn *conn,
				 const struct iser_rx *rx)
{
	return unlikely(rx->pdu.msg.opcode != ISER_OP_CONTROL ||
			conn->hello.state.first);
}

static inline void iser_rx_trace(const struct iser_conn *conn,
				 const struct iser_rx *rx, const struct ib_wc *wc)
{
	if (trace_iser_receive_enabled())
		iser_rx_traced(conn, rx, wc);
}

#endif
