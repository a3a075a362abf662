/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what a connection does, in the words of RFC 7145.
 *
 *	trace-cmd record -e iser
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iser

#if !defined(ISER_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ISER_TRACE_H

#include <linux/tracepoint.h>
#include "conn.h"
#include "target/send.h"

TRACE_EVENT(iser_state,
	TP_PROTO(const struct iser_conn *conn, int reason),
	TP_ARGS(conn, reason),
	TP_STRUCT__entry(
		__field(const void *, conn)
		__field(int, role)
		__field(int, state)
		__field(int, reason)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->role = conn->role;
		__entry->state = conn->state;
		__entry->reason = reason;
	),
	TP_printk("conn=%p role=%s state=%s reason=%d", __entry->conn,
		  __print_symbolic(__entry->role, { ISER_INITIATOR, "initiator" },
				   { ISER_TARGET, "target" }),
		  __print_symbolic(__entry->state, { ISER_IDLE, "idle" },
				   { ISER_RESOLVING, "resolving" },
				   { ISER_CONNECTING, "connecting" },
				   { ISER_LOGIN, "login" },
				   { ISER_FULL, "full" },
				   { ISER_ENDING, "ending" },
				   { ISER_DOWN, "down" }),
		  __entry->reason)
);

DECLARE_EVENT_CLASS(iser_pdu,
	TP_PROTO(const struct iser_conn *conn, const u8 *bhs, u32 len,
		 u32 invalidated),
	TP_ARGS(conn, bhs, len, invalidated),
	TP_STRUCT__entry(
		__field(const void *, conn)
		__field(u8, opcode)
		__field(u8, flags)
		__field(u32, itt)
		__field(u32, len)
		__field(u32, invalidated)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->opcode = bhs[0] & 0x3f;
		__entry->flags = bhs[1];
		__entry->itt = iser_get32(bhs + 16);
		__entry->len = len;
		__entry->invalidated = invalidated;
	),
	TP_printk("conn=%p opcode=%#x flags=%#x itt=%#x len=%u stag=%#x",
		  __entry->conn, __entry->opcode, __entry->flags, __entry->itt,
		  __entry->len, __entry->invalidated)
);

/* Send_Control; stag: the one advertised, or invalidated with the Send. */
DEFINE_EVENT(iser_pdu, iser_send_control,
	TP_PROTO(const struct iser_conn *conn, const u8 *bhs, u32 len,
		 u32 invalidated),
	TP_ARGS(conn, bhs, len, invalidated)
);

/* A message has arrived; stag: the one that it invalidated. */
DEFINE_EVENT(iser_pdu, iser_receive,
	TP_PROTO(const struct iser_conn *conn, const u8 *bhs, u32 len,
		 u32 invalidated),
	TP_ARGS(conn, bhs, len, invalidated)
);

TRACE_EVENT(iser_rdma,
	TP_PROTO(const struct iser_conn *conn, bool get, u32 itt, u32 offset,
		 u32 len, u32 stag),
	TP_ARGS(conn, get, itt, offset, len, stag),
	TP_STRUCT__entry(
		__field(const void *, conn)
		__field(bool, get)
		__field(u32, itt)
		__field(u32, offset)
		__field(u32, len)
		__field(u32, stag)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->get = get;
		__entry->itt = itt;
		__entry->offset = offset;
		__entry->len = len;
		__entry->stag = stag;
	),
	TP_printk("conn=%p %s task=%u offset=%u len=%u stag=%#x",
		  __entry->conn, __entry->get ? "Get_Data" : "Put_Data",
		  __entry->itt, __entry->offset, __entry->len, __entry->stag)
);

/* Hello and HelloReply; min of a reply is CurVer, depth iSER-IRD or -ORD. */
TRACE_EVENT(iser_hello,
	TP_PROTO(const struct iser_conn *conn, bool sent,
		 const struct iser_hello *hello),
	TP_ARGS(conn, sent, hello),
	TP_STRUCT__entry(
		__field(const void *, conn)
		__field(bool, sent)
		__field(bool, reply)
		__field(bool, rej)
		__field(u8, max)
		__field(u8, min)
		__field(u16, depth)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->sent = sent;
		__entry->reply = sent == (conn->role == ISER_TARGET);
		__entry->rej = hello->rej;
		__entry->max = hello->max_version;
		__entry->min = hello->min_version;
		__entry->depth = hello->depth;
	),
	TP_printk("conn=%p %s %s rej=%d max=%u min=%u depth=%u", __entry->conn,
		  __entry->sent ? "sent" : "received",
		  __entry->reply ? "HelloReply" : "Hello", __entry->rej,
		  __entry->max, __entry->min, __entry->depth)
);

/* Data_ACK_Notify; data_sn: the one that follows what is acknowledged. */
TRACE_EVENT(iser_data_ack,
	TP_PROTO(const struct iser_conn *conn, u32 task, u32 data_sn),
	TP_ARGS(conn, task, data_sn),
	TP_STRUCT__entry(
		__field(const void *, conn)
		__field(u32, task)
		__field(u32, data_sn)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->task = task;
		__entry->data_sn = data_sn;
	),
	TP_printk("conn=%p task=%u data_sn=%u", __entry->conn, __entry->task,
		  __entry->data_sn)
);

/* An STag of the initiator is invalidated by its owner. */
TRACE_EVENT(iser_invalidate,
	TP_PROTO(const struct iser_conn *conn, u32 stag),
	TP_ARGS(conn, stag),
	TP_STRUCT__entry(
		__field(const void *, conn)
		__field(u32, stag)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->stag = stag;
	),
	TP_printk("conn=%p stag=%#x", __entry->conn, __entry->stag)
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
