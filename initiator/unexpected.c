// SPDX-License-Identifier: GPL-2.0-only
/*
 * Immediate PDUs: no command window bounds them, but the target has receives
 * only for as many as it has declared (RFC 7145, section 8.1.1.3).
 *
 * They stay outstanding until the target has acknowledged a PDU that is not
 * immediate and has no lower CmdSN.  A session without commands sends pings
 * and nothing else; so pings leave some credit to others, and a PDU for which
 * there is none goes without the immediate flag: its answer retires all
 * before it.
 */
#include "initiator.h"

/* For a task management request and a Logout. */
#define KEEP_CREDIT	2

static bool is_unexpected(const struct iscsi_task *task)
{
	u8 opcode = task->hdr->opcode & ISCSI_OPCODE_MASK;

	/* A NOP-Out without a tag answers the target: it expects that. */
	return task->hdr->opcode & ISCSI_OP_IMMEDIATE &&
	       opcode != ISCSI_OP_LOGIN && task->hdr->itt != RESERVED_ITT;
}

/*
 * As long as CmdSN stands where one has left it, nothing was sent that could
 * have retired it: ExpCmdSN of a new connection is a guess of libiscsi.
 */
static void retire(struct iser_endpoint *end,
		   const struct iscsi_session *session)
{
	u32 exp = READ_ONCE(session->exp_cmdsn);

	if (iscsi_sna_lt(session->cmdsn, exp))
		exp = session->cmdsn;
	iser_unexpected_acked(&end->unexpected, exp);
}

static bool has_credit(const struct iser_unexpected *u, bool ping)
{
	return !u->limit || u->outstanding + (ping ? KEEP_CREDIT : 0) < u->limit;
}

/**
 * iser_unexpected_init - may this PDU be immediate?  Counts it.
 * @task: a task that is no SCSI command, in full feature phase
 *
 * Called from init_task, under frwd_lock, which keeps CmdSN.
 * Return: 0, maybe with the immediate flag taken off; -EBUSY when the command
 * window is closed as well.
 */
int iser_unexpected_init(struct iscsi_task *task)
{
	struct iser_endpoint *end = task->conn->dd_data;
	struct iscsi_session *session = task->conn->session;
	bool ping = (task->hdr->opcode & ISCSI_OPCODE_MASK) ==
		    ISCSI_OP_NOOP_OUT;

	if (!is_unexpected(task))
		return 0;
	retire(end, session);
	if (has_credit(&end->unexpected, ping)) {
		iser_unexpected_take(&end->unexpected, true);
		iser_unexpected_note(&end->unexpected, session->cmdsn);
		return 0;
	}
	if (!iscsi_sna_lte(session->queued_cmdsn, session->max_cmdsn))
		return -EBUSY;

	/* What libiscsi does for a PDU that is not immediate. */
	task->hdr->opcode &= ~ISCSI_OP_IMMEDIATE;
	session->queued_cmdsn++;
	session->cmdsn++;
	return 0;
}
