// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that task management, or a Reject, has ended.
 *
 * When libiscsi sees the response of an abort or a reset, it gives the buffers
 * of all affected tasks back to the SCSI layer.  So this half holds the
 * response until the core has released each task: it invalidates their STags
 * and waits for their Sends (Deallocate_Task_Resources; RFC 7145, section
 * 8.3.2).  The same holds for a Reject that makes libiscsi give up a ping.
 *
 * The response of an affected task may have arrived earlier, and wait in the
 * core for the task's Send.  It goes to the head of the held PDUs, so that
 * libiscsi sees them in the order in which the target sent them.
 */
#include "initiator.h"

static void release_held(struct iscsi_iser_endpoint *end)
{
	struct iser_pdu *pdu, *next;

	list_for_each_entry_safe(pdu, next, &end->held, node) {
		list_del(&pdu->node);
		iscsi_iser_recv_complete(end, pdu);
	}
}

/**
 * iscsi_iser_tmf_put - held PDUs wait for one task less
 * @end: endpoint
 *
 * Up-call context.
 */
void iscsi_iser_tmf_put(struct iscsi_iser_endpoint *end)
{
	if (!--end->aborting)
		release_held(end);
}

/* Mark the task for release, if the device may use it. */
static void mark(struct iscsi_task *task)
{
	struct iser_task *iser_task = iscsi_iser_task_taken(task);

	if (iser_task && iser_task->state == ISER_TASK_POSTED &&
	    !iser_task->no_answer && !iscsi_iser_task(iser_task)->abort)
		iscsi_iser_task(iser_task)->abort = ABORTING;
}

/*
 * The task of an abort, or NULL if its entry has a new task by now: Initiator
 * Task Tag and CmdSN identify a task.  Under both locks.
 */
static struct iscsi_task *aborted_task(struct iscsi_session *session,
				       const struct iscsi_tm *req)
{
	struct iscsi_task *task = iscsi_iser_itt_task(session, req->rtt);

	return task && task->sc && task->hdr_itt == req->rtt &&
	       task->cmdsn == req->refcmdsn ? task : NULL;
}

/*
 * Mark the tasks that a task management request has ended: that of an abort, or
 * those whose CmdSN precedes that of a reset (RFC 7143, section 11.5.1).  The
 * answer may be late, after libiscsi has sent new commands.  Under both locks.
 */
static void mark_tasks(struct iscsi_session *session, const struct iscsi_tm *req)
{
	u8 function = req->flags & ISCSI_FLAG_TM_FUNC_MASK;
	u64 lun = scsilun_to_int((struct scsi_lun *)&req->lun);
	bool all = function == ISCSI_TM_FUNC_TARGET_WARM_RESET ||
		   function == ISCSI_TM_FUNC_TARGET_COLD_RESET;
	struct iscsi_task *task;
	u32 i;

	if (function == ISCSI_TM_FUNC_ABORT_TASK) {
		task = aborted_task(session, req);
		if (task)
			mark(task);
		return;
	}
	for (i = 0; i < session->cmds_max; i++) {
		task = session->cmds[i];
		if (task->sc && (all || task->sc->device->lun == lun) &&
		    iscsi_sna_lt(be32_to_cpu(task->cmdsn),
				 be32_to_cpu(req->cmdsn)))
			mark(task);
	}
}

/* Have the core release the marked tasks, and hold @pdu until it has. */
static void hold(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu)
{
	struct iscsi_session *session = end->iscsi->session;
	struct iser_task *iser_task;
	u32 i;

	list_add_tail(&pdu->node, &end->held);
	/* One for this function: the core may call task_done() meanwhile. */
	end->aborting++;
	for (i = 0; i < session->cmds_max; i++) {
		iser_task = iscsi_iser_task_taken(session->cmds[i]);
		if (!iser_task || iscsi_iser_task(iser_task)->abort != ABORTING)
			continue;
		iscsi_iser_task(iser_task)->abort = RELEASING;
		end->aborting++;
		if (!iser_deallocate_task_resources(iser_task)) {
			iscsi_iser_task(iser_task)->abort = ABORTED;
			end->aborting--;
		}
	}
	iscsi_iser_tmf_put(end);
}

/*
 * Whether an aborted task has a response that libiscsi has not seen.  Under both
 * locks.
 */
static bool abort_answered(struct iscsi_session *session,
			   const struct iscsi_tm *req)
{
	struct iser_task *iser_task =
		iscsi_iser_task_taken(aborted_task(session, req));

	return iser_task && !iscsi_iser_task(iser_task)->abort &&
	       iser_task_answered(iser_task);
}

/* Whether a response ends tasks, which are marked.  Under both locks. */
static bool tmf_ends(struct iscsi_session *session, const struct iscsi_tm *req,
		     u8 response)
{
	/*
	 * If the task does not exist, the target has answered it, but may send this
	 * before the answer, and use the STag until then.  So only an answer that
	 * waits for its Send counts.  Otherwise the SCSI layer resets the logical
	 * unit, unless the answer comes first.
	 */
	if (response != ISCSI_TMF_RSP_COMPLETE &&
	    (response != ISCSI_TMF_RSP_NO_TASK || !abort_answered(session, req)))
		return false;
	mark_tasks(session, req);
	return true;
}

static bool hold_tmf_response(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu)
{
	const struct iscsi_tm_rsp *rsp = (const void *)pdu->bhs;
	/* libiscsi still has the task, so its iSER task is unchanged. */
	const struct iscsi_tm *req = (const void *)pdu->task->bhs;
	struct iscsi_session *session = end->iscsi->session;
	bool ends;

	/*
	 * A command takes its entry, then a new CmdSN, and is sent under frwd_lock, and
	 * leaves the entry under back_lock.  Without the first, a new one could be met
	 * with the CmdSN of the one before it.
	 */
	spin_lock_bh(&session->frwd_lock);
	spin_lock(&session->back_lock);
	ends = tmf_ends(session, req, rsp->response);
	spin_unlock(&session->back_lock);
	spin_unlock_bh(&session->frwd_lock);
	if (ends)
		hold(end, pdu);
	return ends;
}

/* Not inlined, because its copy of a header takes stack. */
static noinline bool hold_reject(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu)
{
	const struct iscsi_reject *reject = (const void *)pdu->bhs;
	struct iscsi_session *session = end->iscsi->session;
	struct iser_task *iser_task;
	struct iscsi_hdr rejected;
	struct iscsi_task *task;

	if (reject->reason != ISCSI_REASON_IMM_CMD_REJECT ||
	    pdu->msg.data_len < sizeof(rejected))
		return false;
	iser_pdu_copy(pdu, pdu->msg.ahs_len, &rejected, sizeof(rejected));
	task = iscsi_iser_itt_task(session, rejected.itt);
	if ((rejected.opcode & ISCSI_OPCODE_MASK) != ISCSI_OP_NOOP_OUT || !task ||
	    task->sc)
		return false;
	iser_task = iscsi_iser_task_taken(task);
	/*
	 * libiscsi would end whatever has the tag, also a task that it is about to send,
	 * one of task management, or a NOP-Out that carried no tag that a target could
	 * know, which would end once more when its Send has completed.  The order is that
	 * of iscsi_iser_recv_find_task().
	 */
	if (!iser_task || smp_load_acquire(&iser_task->state) != ISER_TASK_POSTED ||
	    iscsi_iser_task(iser_task)->task != task || iser_task->no_answer ||
	    (iser_task->bhs[0] & ISCSI_OPCODE_MASK) != ISCSI_OP_NOOP_OUT) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a Reject names a NOP-Out that waits for no answer, ending the connection");
		iser_connection_fail(end->conn, -EPROTO);
		iser_pdu_put(pdu);
		return true;
	}
	mark(task);
	hold(end, pdu);
	return true;
}

/**
 * iscsi_iser_tmf_hold - hold a PDU that ends tasks other than the one it answers
 * @end: endpoint
 * @pdu: Task Management Response or Reject
 *
 * Up-call context.
 * Return: true when the PDU was held; libiscsi gets it, maybe at once, when the
 * core has released those tasks.
 */
bool iscsi_iser_tmf_hold(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu)
{
	if ((pdu->bhs[0] & ISCSI_OPCODE_MASK) == ISCSI_OP_REJECT)
		return hold_reject(end, pdu);
	return pdu->task && hold_tmf_response(end, pdu);
}
