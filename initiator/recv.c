// SPDX-License-Identifier: GPL-2.0-only
/*
 * Received PDUs.
 */
#include "initiator.h"

/* The task that an answer is for, by its tag, or NULL. */
static struct iscsi_task *answered_task(struct iscsi_iser_endpoint *end, itt_t itt)
{
	u32 age = ((__force u32)itt >> ISCSI_AGE_SHIFT) & ISCSI_AGE_MASK;
	struct iscsi_session *session = end->iscsi->session;

	return age == session->age ? iscsi_iser_itt_task(session, itt) : NULL;
}

/**
 * iscsi_iser_recv_find_task - the iSER task of the task that a PDU answers
 * @conn: connection
 * @bhs: header of the PDU
 *
 * Up-call context.
 * Return: iSER task, or NULL when no such task waits for this kind of answer.
 */
struct iser_task *iscsi_iser_recv_find_task(struct iser_conn *conn, const u8 *bhs)
{
	struct iscsi_iser_endpoint *end = iser_conn_upper(conn);
	const struct iscsi_hdr *hdr = (const struct iscsi_hdr *)bhs;
	struct iscsi_task *task = answered_task(end, hdr->itt);
	struct iser_task *iser_task = iscsi_iser_task_taken(task);
	u8 answer = hdr->opcode & ISCSI_OPCODE_MASK, request;

	if (!iser_task)
		return NULL;
	/*
	 * Only an up-call ends a posted task, and one that is posted has its
	 * owner: this pairs with the release in iser_task_post().
	 */
	if (smp_load_acquire(&iser_task->state) != ISER_TASK_POSTED ||
	    iscsi_iser_task(iser_task)->task != task ||
	    iscsi_iser_task(iser_task)->abort)
		return NULL;
	/* Each answer has the opcode of its request plus 0x20. */
	request = iser_task->bhs[0] & ISCSI_OPCODE_MASK;
	return answer == (request | ISCSI_OP_NOOP_IN) ? iser_task : NULL;
}

/* Bytes that the target's RDMA Writes have placed for a read. */
static u32 bytes_read(const struct iser_pdu *pdu)
{
	const struct iscsi_scsi_rsp *rsp = (const void *)pdu->bhs;
	u32 len = pdu->task->data.len, residual = be32_to_cpu(rsp->residual_count);

	if (pdu->task->dir != DMA_FROM_DEVICE)
		return 0;
	if (rsp->flags & ISCSI_FLAG_CMD_UNDERFLOW && residual <= len)
		len -= residual;
	return len;
}

/*
 * A response that no task waits for.  One for an aborted task is late and is
 * dropped; any other is an error of the target and ends the connection.
 */
static void stray_response(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu)
{
	const struct iscsi_hdr *hdr = iscsi_iser_pdu_hdr(pdu);
	struct iser_task *iser_task =
		iscsi_iser_task_taken(answered_task(end, hdr->itt));

	if (iser_task && iscsi_iser_task(iser_task)->abort) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "dropping a response for the aborted task %#x",
			 (__force u32)hdr->itt);
		return;
	}
	iser_log(ISER_LOG_SESSION, &end->info->remote,
		 "response with opcode %#x for task %#x, which does not wait for one, ending the connection",
		 hdr->opcode & ISCSI_OPCODE_MASK, (__force u32)hdr->itt);
	iser_connection_fail(end->conn, -EPROTO);
}

/* Whether the PDU must be the answer to a task. */
static bool is_answer(const struct iscsi_hdr *hdr)
{
	switch (hdr->opcode & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_SCSI_CMD_RSP:
	case ISCSI_OP_SCSI_TMFUNC_RSP:
	case ISCSI_OP_TEXT_RSP:
	case ISCSI_OP_LOGOUT_RSP:
		return true;
	default:
		return hdr->itt != RESERVED_ITT;
	}
}

/*
 * libiscsi wakes iscsid before its one task for login and text is free again.
 * It takes this lock to send, so the next request waits until then.
 */
static int complete_login(struct iscsi_conn *conn, struct iscsi_hdr *hdr,
			  char *data, int len)
{
	int err;

	spin_lock(&conn->session->frwd_lock);
	err = iscsi_complete_pdu(conn, hdr, data, len);
	spin_unlock(&conn->session->frwd_lock);
	return err;
}

/*
 * libiscsi takes any response to task management for the answer to its last
 * request, also that of one which it has given up (a signal ended the wait).  It
 * would then give buffers back that the target still uses.  The lock is held from
 * when libiscsi begins to wait until it has sent its request.
 */
static int complete_tmf(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu,
			int len)
{
	struct iscsi_hdr *hdr = iscsi_iser_pdu_hdr(pdu);
	struct iscsi_conn *conn = end->iscsi;
	struct iscsi_session *session = conn->session;
	int err = 0;

	spin_lock(&session->frwd_lock);
	if (likely(pdu->task == end->tmf)) {
		err = iscsi_complete_pdu(conn, hdr, iscsi_iser_pdu_data(pdu), len);
	} else {
		spin_lock(&session->back_lock);
		iscsi_update_cmdsn(session, (struct iscsi_nopin *)hdr);
		conn->exp_statsn = be32_to_cpu(hdr->statsn) + 1;
		conn->tmfrsp_pdus_cnt++;
		conn->last_recv = jiffies;
		__iscsi_put_task(iscsi_iser_task(pdu->task)->task);
		spin_unlock(&session->back_lock);
	}
	spin_unlock(&session->frwd_lock);
	return err;
}

static noinline void log_refused(const struct iser_pdu *pdu, int err)
{
	struct iscsi_iser_endpoint *end = iser_conn_upper(pdu->conn);
	const struct iscsi_hdr *hdr = iscsi_iser_pdu_hdr(pdu);

	iser_log(ISER_LOG_SESSION, &end->info->remote,
		 "PDU with opcode %#x refused: iSCSI error %d",
		 hdr->opcode & ISCSI_OPCODE_MASK, err);
	iscsi_conn_failure(end->iscsi, err);
}

/* libiscsi has had the PDU. */
static inline void completed(struct iser_pdu *pdu, int err)
{
	if (unlikely(err && err != ISCSI_ERR_NO_SCSI_CMD))
		log_refused(pdu, err);
	iser_pdu_put(pdu);
}

/* The response of a command.  With BH disabled, as libiscsi expects. */
static inline void complete_command(struct iscsi_iser_endpoint *end,
				    struct iser_pdu *pdu)
{
	struct iscsi_conn *conn = end->iscsi;

	conn->rxdata_octets += bytes_read(pdu);
	completed(pdu,
		  iscsi_complete_pdu(conn, iscsi_iser_pdu_hdr(pdu),
				     iscsi_iser_pdu_data(pdu), pdu->msg.data_len));
}

/* Any other PDU, likewise. */
static void complete_pdu(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu,
			 int len)
{
	struct iscsi_hdr *hdr = iscsi_iser_pdu_hdr(pdu);
	u8 opcode = hdr->opcode & ISCSI_OPCODE_MASK;
	char *data = iscsi_iser_pdu_data(pdu);
	struct iscsi_conn *conn = end->iscsi;
	int err;

	if (opcode == ISCSI_OP_LOGIN_RSP || opcode == ISCSI_OP_TEXT_RSP)
		err = complete_login(conn, hdr, data, len);
	else if (opcode == ISCSI_OP_SCSI_TMFUNC_RSP)
		err = complete_tmf(end, pdu, len);
	else
		err = iscsi_complete_pdu(conn, hdr, data, len);
	completed(pdu, err);
}

/**
 * iscsi_iser_recv_answer_work - hand up an answer to iscsiadm
 * @work: of the endpoint
 *
 * Process context.
 */
void iscsi_iser_recv_answer_work(struct work_struct *work)
{
	struct iscsi_iser_endpoint *end =
		container_of(to_delayed_work(work), struct iscsi_iser_endpoint,
			     answer_work);
	struct iser_pdu *pdu;
	int len;

	local_bh_disable();
	len = end->answer_len;
	/* The next answer may come once libiscsi has had this one. */
	pdu = xchg(&end->answer, NULL);
	complete_pdu(end, pdu, len);
	local_bh_enable();
}

/*
 * iscsiadm, which does discovery itself, loses an answer that arrives before
 * the kernel has told it that the request was sent (open-iscsi 2.1.8).  On one
 * CPU a near target is that fast.  So answers in a Discovery session, of which
 * there is one at a time, wait for the next tick.
 */
static bool answer_later(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu,
			 int len)
{
	u8 opcode = pdu->bhs[0] & ISCSI_OPCODE_MASK;

	if (!end->keys.discovery ||
	    (opcode != ISCSI_OP_LOGIN_RSP && opcode != ISCSI_OP_TEXT_RSP &&
	     opcode != ISCSI_OP_LOGOUT_RSP))
		return false;
	if (READ_ONCE(end->answer)) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "opcode %#x answers no request, ending the connection",
			 opcode);
		iser_connection_fail(end->conn, -EPROTO);
		iser_pdu_put(pdu);
		return true;
	}
	end->answer_len = len;
	/* Pairs with the work's xchg(). */
	smp_store_release(&end->answer, pdu);
	queue_delayed_work(iscsi_iser_answer_wq, &end->answer_work, 2);
	return true;
}

/*
 * A target may have sent no more unexpected PDUs than the initiator has declared (RFC
 * 7145, section 8.1.2).  Twice as many are allowed here, as the end of an answer's Send
 * is noticed late.  Beyond that, libiscsi has a line in the log for each NOP-In for which
 * it finds no task, as it has one for each Reject.
 */
#define REJECTS		32U		/* in a period */
#define REJECT_PERIOD	(10 * HZ)

/* Whether the target floods.  Counts a PDU that answers no task. */
static bool flooding(struct iscsi_iser_endpoint *end, const struct iscsi_hdr *hdr)
{
	const struct iscsi_nopin *nopin = (const void *)hdr;
	int pings;

	switch (hdr->opcode & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_NOOP_IN:
		if (nopin->ttt == cpu_to_be32(ISCSI_RESERVED_TAG))
			return false;
		pings = atomic_inc_return(&end->pings);
		if (pings <= 2 * iscsi_iser_unexpected)
			return false;
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "%d NOP-Ins are not answered yet, ending the connection", pings);
		return true;
	case ISCSI_OP_REJECT:
		if (!end->rejects ||
		    time_after64(get_jiffies_64(), end->rejects_began + REJECT_PERIOD)) {
			end->rejects = 0;
			end->rejects_began = get_jiffies_64();
		}
		if (++end->rejects <= REJECTS)
			return false;
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "%u Rejects within %u s, ending the connection", end->rejects,
			 REJECT_PERIOD / HZ);
		return true;
	default:
		return false;
	}
}

/**
 * iscsi_iser_recv_complete - hand a PDU to libiscsi and its buffer back
 * @end: endpoint
 * @pdu: the PDU
 *
 * Up-call context.
 */
void iscsi_iser_recv_complete(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu)
{
	struct iscsi_hdr *hdr = iscsi_iser_pdu_hdr(pdu);
	u8 opcode = hdr->opcode & ISCSI_OPCODE_MASK;
	bool login = opcode == ISCSI_OP_LOGIN_RSP;
	int len = pdu->msg.data_len;

	if (end->full == login) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "opcode %#x %s full feature phase, ending the connection",
			 opcode, end->full ? "in" : "before");
		iser_connection_fail(end->conn, -EPROTO);
		goto put;
	}

	/* RFC 7143, section 11.13: one for each request. */
	if (login && !xchg(&end->login_due, false)) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a Login Response answers no request, ending the connection");
		iser_connection_fail(end->conn, -EPROTO);
		goto put;
	}
	if (login) {
		len = iscsi_iser_login_response(end, hdr, iscsi_iser_pdu_data(pdu),
						len);
		if (len < 0) {
			iser_connection_fail(end->conn, len);
			goto put;
		}
		if (end->hello_sent) {
			end->final = pdu;
			end->final_len = len;
			return;
		}
	} else if (pdu->task) {
		if (opcode == ISCSI_OP_SCSI_CMD_RSP) {
			complete_command(end, pdu);
			return;
		}
		if (opcode == ISCSI_OP_LOGOUT_RSP)
			end->logged_out = true;
	} else if (is_answer(hdr)) {
		stray_response(end, pdu);
		goto put;
	} else if (unlikely(flooding(end, hdr))) {
		iser_connection_fail(end->conn, -EPROTO);
		goto put;
	}

	if (!answer_later(end, pdu, len))
		complete_pdu(end, pdu, len);
	return;
put:
	iser_pdu_put(pdu);
}

/**
 * iscsi_iser_recv_hello_done - the target has answered the Hello
 * @conn: connection
 *
 * iscsid now learns that the login has succeeded, and commands may follow.
 * Up-call context.
 */
void iscsi_iser_recv_hello_done(struct iser_conn *conn)
{
	struct iscsi_iser_endpoint *end = iser_conn_upper(conn);

	end->full = true;
	complete_pdu(end, end->final, end->final_len);
}

/* Whether the PDU may end tasks other than the one that it answers. */
static bool ends_other_tasks(const struct iser_pdu *pdu)
{
	u8 opcode = pdu->bhs[0] & ISCSI_OPCODE_MASK;

	return opcode == ISCSI_OP_SCSI_TMFUNC_RSP || opcode == ISCSI_OP_REJECT;
}

/* A PDU that no SCSI command waits for, or that task management holds. */
static noinline void notify_other(struct iscsi_iser_endpoint *end,
				  struct iser_pdu *pdu)
{
	/* Task management came first; task_done() follows. */
	if (pdu->task && iscsi_iser_task(pdu->task)->abort) {
		list_add(&pdu->node, &end->held);
		return;
	}
	if (!ends_other_tasks(pdu) || !iscsi_iser_tmf_hold(end, pdu))
		iscsi_iser_recv_complete(end, pdu);
}

/**
 * iscsi_iser_recv_notify - Control_Notify
 * @conn: connection
 * @pdu: received PDU; when it answers a task, the task is idle
 *
 * Up-call context: a softirq, or a worker with BH disabled.
 */
void iscsi_iser_recv_notify(struct iser_conn *conn, struct iser_pdu *pdu)
{
	struct iscsi_iser_endpoint *end = iser_conn_upper(conn);
	const struct iscsi_hdr *hdr = iscsi_iser_pdu_hdr(pdu);

	if (likely(pdu->task && !iscsi_iser_task(pdu->task)->abort &&
		   (hdr->opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_SCSI_CMD_RSP))
		complete_command(end, pdu);
	else
		notify_other(end, pdu);
}
