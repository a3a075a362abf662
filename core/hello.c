// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hello and HelloReply on a connection: RFC 7145, sections 5.1.1 to 5.1.3.
 *
 * An initiator that agreed on it sends the Hello with Enable_Datamover, and
 * hello_done() says when it may send more.  A target answers before it sends
 * anything else: its transfers wait for the first message of the initiator.  If no
 * Hello is due they wait for a second at most.  The bytes, and the rules for the
 * reply, are in proto/wire.c.
 */
#include <iser/task.h>
#include "conn.h"
#include "cq.h"
#include "recv.h"
#include "login.h"
#include "hello.h"
#include "target/send.h"
#include "trace.h"

#define ISER_HELLO_WAIT	(10 * HZ)	/* for the HelloReply */
#define ISER_HELLO_HOLD	HZ		/* section 5.1.3: "about a second" */
#define ISER_HELLO_SENT	(2 * HZ)	/* for the Send of a reply with REJ=1 */

static void iser_hello_sent(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_hello_exchange *h = container_of(wc->wr_cqe,
						     struct iser_hello_exchange,
						     cqe);
	struct iser_conn *conn = container_of(h, struct iser_conn, hello);
	bool rejected;

	iser_wc_ok(conn, wc, "Send of a Hello or HelloReply");
	spin_lock_bh(&conn->send_lock);
	h->sending = false;
	rejected = h->rejected;
	spin_unlock_bh(&conn->send_lock);
	iser_send_cq_disarm(conn);
	wake_up_all(&conn->wait);
	/* The reply has arrived: the connection may be ended. */
	if (rejected)
		iser_connection_fail(conn, -EPROTO);
}

/* Send the header alone.  Under send_lock, the connection is live. */
static int iser_hello_post(struct iser_conn *conn,
			   const struct iser_hello *hello)
{
	struct ib_send_wr wr = { };
	struct ib_sge sge;
	u64 dma;
	u8 *head;
	int ret;

	head = iser_hdr_slot(&conn->login.heads, ISER_LOGIN_HELLO, &dma);
	if (conn->role == ISER_TARGET)
		iser_encode_hello_reply(head, hello);
	else
		iser_encode_hello(head, hello);
	trace_iser_hello(conn, true, hello);
	ib_dma_sync_single_for_device(conn->dev, dma, ISER_HDR_LEN,
				      DMA_BIDIRECTIONAL);
	sge = (struct ib_sge){ .addr = dma, .length = ISER_HDR_LEN,
			       .lkey = conn->pd->local_dma_lkey };
	wr.wr_cqe = &conn->hello.cqe;
	wr.opcode = IB_WR_SEND;
	wr.send_flags = IB_SEND_SIGNALED;
	wr.sg_list = &sge;
	wr.num_sge = 1;
	conn->hello.sending = true;
	iser_send_cq_arm(conn);
	ret = ib_post_send(conn->qp, &wr, NULL);
	if (ret) {
		conn->hello.sending = false;
		iser_send_cq_disarm(conn);
	}
	return ret;
}

/* Post the transfers that have waited.  Under send_lock. */
static void iser_hello_release(struct iser_conn *conn)
{
	conn->hello.hold = false;
	cancel_delayed_work(&conn->hello.work);
	iser_transfers_run(conn);
}

/* The message or completion that was waited for has not come in time. */
static void iser_hello_work(struct work_struct *work)
{
	struct iser_conn *conn = container_of(to_delayed_work(work),
					      struct iser_conn, hello.work);
	bool late, rejected;

	spin_lock_bh(&conn->send_lock);
	rejected = conn->hello.rejected;
	late = conn->role == ISER_INITIATOR && conn->hello.hold;
	if (!late && !rejected)
		iser_hello_release(conn);
	spin_unlock_bh(&conn->send_lock);
	if (late)
		iser_conn_warn(conn, "no HelloReply in %d seconds, ending the connection",
			       ISER_HELLO_WAIT / HZ);
	if (late || rejected)
		iser_connection_fail(conn, late ? -ETIMEDOUT : -EPROTO);
}

/* iser_hello_init - once, for any connection */
void iser_hello_init(struct iser_conn *conn)
{
	conn->hello.state.target = conn->role == ISER_TARGET;
	conn->hello.cqe.done = iser_hello_sent;
	INIT_DELAYED_WORK(&conn->hello.work, iser_hello_work);
}

/* iser_hello_expect - set what the peer's first message must be; before FULL */
void iser_hello_expect(struct iser_conn *conn)
{
	struct iser_hello_state *g = &conn->hello.state;

	g->rule = conn->notice.hello;
	g->ird = min_t(u32, conn->cm.ird, U16_MAX);
	g->first = g->target || g->rule == ISER_HELLO_REQUIRED;
	spin_lock_bh(&conn->send_lock);
	conn->hello.hold = g->first;
	spin_unlock_bh(&conn->send_lock);
}

/*
 * iser_hello_start - full feature phase has begun: send the Hello, if any
 * Any context.  Return: 0 or negative errno.
 */
int iser_hello_start(struct iser_conn *conn)
{
	bool agreed = conn->notice.hello == ISER_HELLO_REQUIRED;
	struct iser_hello hello = {
		.max_version = ISER_VERSION, .min_version = ISER_VERSION,
		.depth = conn->hello.state.ird,
	};
	int ret = 0;

	/* end_work cancels the work: it must not be queued after that. */
	spin_lock_bh(&conn->send_lock);
	if (conn->state != ISER_FULL) {
		ret = -ENOTCONN;
	} else if (conn->role == ISER_INITIATOR && agreed) {
		ret = iser_hello_post(conn, &hello);
		queue_delayed_work(iser_wq, &conn->hello.work, ISER_HELLO_WAIT);
	} else if (conn->hello.hold && !agreed) {
		queue_delayed_work(iser_wq, &conn->hello.work, ISER_HELLO_HOLD);
	}
	spin_unlock_bh(&conn->send_lock);
	return ret;
}

/* Answer a Hello.  From the completion queue. */
static void iser_hello_answer(struct iser_conn *conn,
			      const struct iser_hello *in)
{
	struct iser_hello reply;
	int ret = 0;

	iser_answer_hello(in, min_t(u32, conn->sq.reads.ord, U16_MAX), &reply);
	if (reply.rej)
		iser_conn_warn(conn, "Hello rejected: it offers versions %u to %u and iSER-IRD %u, this target has version %u and iSER-ORD %u, ending the connection",
			       in->min_version, in->max_version, in->depth,
			       ISER_VERSION, conn->sq.reads.ord);
	spin_lock_bh(&conn->send_lock);
	if (iser_state_live(conn->state)) {
		ret = iser_hello_post(conn, &reply);
		conn->hello.rejected = reply.rej;
		if (reply.rej) {
			mod_delayed_work(iser_wq, &conn->hello.work,
					 ISER_HELLO_SENT);
		} else {
			iser_reads_set(conn, reply.depth, false);
			iser_hello_release(conn);
		}
	}
	if (ret)
		iser_post_failed_locked(conn, ret);
	spin_unlock_bh(&conn->send_lock);
}

/* The HelloReply is accepted.  From the completion queue. */
static void iser_hello_accept(struct iser_conn *conn)
{
	bool live;

	spin_lock_bh(&conn->send_lock);
	iser_hello_release(conn);
	live = iser_state_live(conn->state);
	spin_unlock_bh(&conn->send_lock);
	if (live)
		conn->ops->hello_done(conn);
}

static void iser_hello_refuse(struct iser_conn *conn,
			      const struct iser_msg *msg, const char *why)
{
	const struct iser_hello *h = &msg->hello;

	if (msg->opcode == ISER_OP_CONTROL)
		iser_conn_warn(conn, "%s, ending the connection", why);
	else
		iser_conn_warn(conn, "%s with versions %u and %u, depth %u, REJ=%u refused: %s, ending the connection",
			       msg->opcode == ISER_OP_HELLO ? "Hello" : "HelloReply",
			       h->max_version, h->min_version, h->depth, h->rej,
			       why);
	iser_connection_fail(conn, -EPROTO);
}

/*
 * iser_hello_received - a message that may be a Hello or HelloReply
 *
 * For the first message of the peer, and for any Hello or HelloReply.  From
 * the completion queue.
 * Return: true if it is another PDU, to be handled on; otherwise it has been
 * given back.
 */
bool iser_hello_received(struct iser_conn *conn, struct iser_rx *rx)
{
	bool first = conn->hello.state.first;
	const struct iser_msg *msg = &rx->pdu.msg;
	enum iser_state state = READ_ONCE(conn->state);
	bool ordinary = msg->opcode == ISER_OP_CONTROL;
	struct iser_hello in = msg->hello;
	const char *why;

	if (state >= ISER_ENDING || conn->hello.rejected)
		goto drop;
	if (!ordinary)
		trace_iser_hello(conn, false, &in);
	if (state != ISER_FULL) {
		if (ordinary)
			return true;
		iser_hello_refuse(conn, msg, "it is not allowed during the login");
		goto drop;
	}

	switch (iser_hello_judge(&conn->hello.state, msg, &why)) {
	case ISER_HELLO_ANSWER:
		/* The receive goes first: the peer may send again. */
		iser_pdu_put(&rx->pdu);
		iser_hello_answer(conn, &in);
		return false;
	case ISER_HELLO_ACCEPT:
		iser_pdu_put(&rx->pdu);
		iser_hello_accept(conn);
		return false;
	case ISER_HELLO_REFUSE:
		iser_hello_refuse(conn, msg, why);
		goto drop;
	default:
		break;
	}
	if (first) {
		spin_lock_bh(&conn->send_lock);
		iser_hello_release(conn);
		spin_unlock_bh(&conn->send_lock);
	}
	return true;

drop:
	iser_pdu_put(&rx->pdu);
	return false;
}
