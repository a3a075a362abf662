// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that end by other means than their response.
 *
 * When libiscsi sees the response of an abort or a reset it gives the buffers
 * of all tasks that were hit back to the SCSI layer.  So the response waits
 * until the core has let go of each of them: their STags are invalidated and
 * their Sends complete (Deallocate_Task_Resources; RFC 7145, section 8.3.2).
 * Likewise a Reject that makes libiscsi give up a ping.
 *
 * The response of a task that was hit may have arrived before, and wait in the
 * core for the task's Send.  It is put ahead of what is held, so that libiscsi
 * sees it first, as it was sent.
 */
#include "initiator.h"

static void release_held(struct iser_endpoint *end)
{
	struct iser_pdu *pdu, *next;

	list_for_each_entry_safe(pdu, next, &end->held, node) {
		list_del(&pdu->node);
		iser_recv_complete(end, pdu);
	}
}

/**
 * iser_tmf_put - one task less that held PDUs wait for
 * @end: endpoint
 *
 * Up-call context.
 */
void iser_tmf_put(struct iser_endpoint *end)
{
	if (!--end->aborting)
		release_held(end);
}

/* Is the task the device's?  Marks it as about to be let go. */
static void mark(struct iscsi_task *task)
{
	struct iser_itask *it = task->dd_data;

	if (it->state == ITASK_SENT && it->task && !it->no_answer)
		it->state = ITASK_ABORTING;
}

/*
 * The task of an abort.  Its slot may have another one by now: a task is known
 * by its Initiator Task Tag and its CmdSN.  Under back_lock.
 */
static struct iscsi_task *aborted_task(struct iscsi_session *session,
				       const struct iscsi_tm *req)
{
	struct iscsi_task *task;
	u32 i = get_itt(req->rtt);

	if (i >= session->cmds_max)
		return NULL;
	task = session->cmds[i];
	return task->sc && task->hdr_itt == req->rtt &&
	       task->cmdsn == req->refcmdsn ? task : NULL;
}

/*
 * Mark what a task management request has ended: an abort its task, a reset
 * the tasks of a CmdSN before its own (RFC 7143, section 11.5.1).  Its answer
 * may be late, and libiscsi may have gone on with new commands.
 */
static void mark_tasks(struct iscsi_session *session, const struct iscsi_tm *req)
{
	u8 function = req->flags & ISCSI_FLAG_TM_FUNC_MASK;
	u64 lun = scsilun_to_int((struct scsi_lun *)&req->lun);
	bool all = function == ISCSI_TM_FUNC_TARGET_WARM_RESET ||
		   function == ISCSI_TM_FUNC_TARGET_COLD_RESET;
	struct iscsi_task *task;
	u32 i;

	/* The lock keeps task->sc. */
	spin_lock_bh(&session->back_lock);
	if (function == ISCSI_TM_FUNC_ABORT_TASK) {
		task = aborted_task(session, req);
		if (task)
			mark(task);
		goto unlock;
	}
	for (i = 0; i < session->cmds_max; i++) {
		task = session->cmds[i];
		if (task->sc && (all || task->sc->device->lun == lun) &&
		    iscsi_sna_lt(be32_to_cpu(task->cmdsn),
				 be32_to_cpu(req->cmdsn)))
			mark(task);
	}
unlock:
	spin_unlock_bh(&session->back_lock);
}

/* Have the core let go of what is marked, and hold @pdu until it has. */
static void hold(struct iser_endpoint *end, struct iser_pdu *pdu)
{
	struct iscsi_session *session = end->iscsi->session;
	struct iser_itask *it;
	u32 i;

	list_add_tail(&pdu->node, &end->held);
	/* One for ourselves: task_done() may come from within the call. */
	end->aborting++;
	for (i = 0; i < session->cmds_max; i++) {
		it = session->cmds[i]->dd_data;
		if (it->state != ITASK_ABORTING || it->asked)
			continue;
		it->asked = true;
		end->aborting++;
		if (!iser_deallocate_task_resources(it->task)) {
			it->state = ITASK_ABORTED;
			end->aborting--;
		}
	}
	iser_tmf_put(end);
}

/* Has the task of an abort a response that libiscsi has not seen? */
static bool abort_answered(struct iscsi_session *session,
			   const struct iscsi_tm *req)
{
	struct iscsi_task *task;
	struct iser_itask *it;
	bool answered;

	spin_lock_bh(&session->back_lock);
	task = aborted_task(session, req);
	it = task ? task->dd_data : NULL;
	answered = it && it->state == ITASK_SENT && it->task &&
		   iser_task_answered(it->task);
	spin_unlock_bh(&session->back_lock);
	return answered;
}

static bool hold_tmf_response(struct iser_endpoint *end, struct iser_pdu *pdu)
{
	const struct iscsi_tm_rsp *rsp = (const void *)pdu->bhs;
	/* libiscsi still has the task: nobody has written to its slot. */
	const struct iscsi_tm *req = (const void *)pdu->task->bhs;
	struct iscsi_session *session = end->iscsi->session;

	switch (rsp->response) {
	case ISCSI_TMF_RSP_COMPLETE:
		break;
	case ISCSI_TMF_RSP_NO_TASK:
		/*
		 * It has been answered; a target may let this overtake the
		 * answer, and use the STag until then.  So only an answer that
		 * waits for its Send counts.  Otherwise the SCSI layer resets
		 * the logical unit, unless the answer is faster.
		 */
		if (abort_answered(session, req))
			break;
		return false;
	default:
		return false;
	}
	mark_tasks(session, req);
	hold(end, pdu);
	return true;
}

/* Apart, as its copy of a header takes stack. */
static noinline bool hold_reject(struct iser_endpoint *end, struct iser_pdu *pdu)
{
	const struct iscsi_reject *reject = (const void *)pdu->bhs;
	struct iscsi_session *session = end->iscsi->session;
	struct iscsi_hdr rejected;
	u32 i;

	if (reject->reason != ISCSI_REASON_IMM_CMD_REJECT ||
	    pdu->msg.data_len < sizeof(rejected))
		return false;
	iser_pdu_copy(pdu, pdu->msg.ahs_len, &rejected, sizeof(rejected));
	i = get_itt(rejected.itt);
	if ((rejected.opcode & ISCSI_OPCODE_MASK) != ISCSI_OP_NOOP_OUT ||
	    rejected.itt == RESERVED_ITT || i >= session->cmds_max ||
	    session->cmds[i]->sc)
		return false;
	mark(session->cmds[i]);
	hold(end, pdu);
	return true;
}

/**
 * iser_tmf_hold - does a PDU end other tasks than the one that it answers?
 * @end: endpoint
 * @pdu: received PDU
 *
 * Up-call context.  Return: true when the PDU was kept; it is handed to
 * libiscsi, maybe at once, when those tasks are dead.
 */
bool iser_tmf_hold(struct iser_endpoint *end, struct iser_pdu *pdu)
{
	switch (pdu->bhs[0] & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_SCSI_TMFUNC_RSP:
		return pdu->task && hold_tmf_response(end, pdu);
	case ISCSI_OP_REJECT:
		return hold_reject(end, pdu);
	default:
		return false;
	}
}
