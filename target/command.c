// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCSI commands and their immediate data.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "buffer.h"
#include "command.h"
#include "order.h"
#include "pi.h"
#include "session.h"
#include "target.h"

#include <linux/blk_types.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>

#define ISERT_PREPARE_RETRY	20	/* milliseconds */

/* isert_cmd_init - a command of the core has been allocated, with this half's part */
void isert_cmd_init(struct iser_cmd *iser)
{
	struct isert_cmd *c = isert_cmd(iser);

	c->ic = iser_conn_upper(iser->conn);
	spin_lock_init(&c->lock);
	INIT_LIST_HEAD(&c->node);
}

/**
 * isert_prepare_cmd - allocate what a command of LIO needs, if it has none
 * @ic: connection
 * @cmd: command
 *
 * LIO has twice as many tags as its window, and reuses those that it used last, so
 * an idle session needs only a few.  RX or TX thread.  Waits for memory,
 * interruptibly.
 * Return: 0, or negative errno if the connection ends.
 */
int isert_prepare_cmd(struct isert_conn *ic, const struct iscsit_cmd *cmd)
{
	int ret;

	for (;;) {
		ret = iser_prepare_entry(ic->dm, cmd->se_cmd.map_tag);
		if (ret != -ENOMEM || signal_pending(current))
			return ret;
		msleep_interruptible(ISERT_PREPARE_RETRY);
	}
}

/**
 * isert_find_cmd - first command of a connection that a test accepts
 * @conn: LIO's connection
 * @accepts: the test, under cmd_lock
 * @arg: for it
 *
 * Any context.
 * Return: a command with a reference that keeps it if an abort runs concurrently,
 * or NULL.
 */
struct iscsit_cmd *isert_find_cmd(struct iscsit_conn *conn,
				  bool (*accepts)(struct iscsit_cmd *cmd, void *arg),
				  void *arg)
{
	struct iscsit_cmd *cmd, *found = NULL;

	spin_lock_bh(&conn->cmd_lock);
	list_for_each_entry(cmd, &conn->conn_cmd_list, i_conn_node) {
		if (accepts(cmd, arg) &&
		    kref_get_unless_zero(&cmd->se_cmd.cmd_kref)) {
			found = cmd;
			break;
		}
	}
	spin_unlock_bh(&conn->cmd_lock);
	return found;
}

/*
 * Aborted writes that nobody else would end.
 *
 * An abort waits until the command comes back to the target core, which for a
 * write is when its data have arrived.  When the turn of a write with immediate
 * data comes, LIO asks for no data if the write has been aborted by then, and
 * leaves it at that.  The abort would wait for ever, and so would every later
 * LUN RESET of the device.
 */

/* Returns true if LIO, which has had the write's turn, will not go on with it. */
static bool isert_passed_over(const struct isert_cmd *c,
			      const struct iscsit_cmd *cmd)
{
	return READ_ONCE(cmd->se_cmd.transport_state) & CMD_T_ABORTED &&
		!READ_ONCE(c->asked) &&
		!(READ_ONCE(cmd->cmd_flags) & (ICF_GOT_LAST_DATAOUT |
					       ICF_NON_IMMEDIATE_UNSOLICITED_DATA));
}

/* Hands such a write to the target core's abort.  The caller has a reference. */
static void isert_end_aborted(struct iscsit_cmd *cmd)
{
	spin_lock_bh(&cmd->istate_lock);
	cmd->cmd_flags |= ICF_GOT_LAST_DATAOUT;
	cmd->i_state = ISTATE_RECEIVED_LAST_DATAOUT;
	spin_unlock_bh(&cmd->istate_lock);
	target_execute_cmd(&cmd->se_cmd);
}

/*
 * Whether the write was ahead of its CmdSN and seems to be passed over now.  LIO keeps
 * the state of a command before it was entered as ahead, which is never 0.  Notes at
 * @ahead that a command is ahead.
 */
static bool isert_was_ahead(struct iscsit_cmd *cmd, void *ahead)
{
	const struct isert_cmd *c = isert_cmd_of(cmd);

	if (READ_ONCE(cmd->cmd_flags) & ICF_OOO_CMDSN) {
		*(bool *)ahead = true;
		return false;
	}
	return c && cmd->deferred_i_state && cmd->immediate_data &&
		cmd->iscsi_opcode == ISCSI_OP_SCSI_CMD &&
		cmd->se_cmd.t_state == TRANSPORT_WRITE_PENDING &&
		isert_passed_over(c, cmd);
}

/**
 * isert_order_poll - end the aborted writes whose turn has come
 * @ic: connection
 *
 * Any connection of the session may fill the gap before a write, by any PDU.
 * Worker; sleeps if there is such a write.
 * Return: whether a command is ahead of its CmdSN.
 */
bool isert_order_poll(struct isert_conn *ic)
{
	struct mutex *lock = &ic->conn->sess->cmdsn_mutex;
	struct iscsit_cmd *cmd;
	bool ahead = false;

	while ((cmd = isert_find_cmd(ic->conn, isert_was_ahead, &ahead))) {
		struct isert_cmd *c = isert_cmd_of(cmd);

		/* LIO clears ICF_OOO_CMDSN first, and may be about to ask. */
		mutex_lock(lock);
		mutex_unlock(lock);
		if (c && !(READ_ONCE(cmd->cmd_flags) & ICF_OOO_CMDSN) &&
		    isert_passed_over(c, cmd))
			isert_end_aborted(cmd);
		target_put_sess_cmd(&cmd->se_cmd);
		ahead = false;
	}
	return ahead;
}

/**
 * isert_ping_ahead - look often at the commands that are ahead of their CmdSN
 * @ic: connection; one with immediate data is
 *
 * Worker of the completion queue or RX thread.  isert_wait_conn() cancels the
 * timer once more when neither handles PDUs any longer.
 */
static noinline void isert_ping_ahead(struct isert_conn *ic)
{
	if (!xchg(&ic->ahead, 1))
		mod_delayed_work(system_wq, &ic->ping_work, ISERT_AHEAD_POLL);
}

/*
 * The state of one of LIO's commands, from its tag to its release.
 */

/*
 * Finds ours of a command whose tag none had before, and notes it for those that get
 * the tag later.  Returns NULL if it is not allocated yet.
 */
static noinline struct isert_cmd *isert_cmd_first(struct isert_conn *ic,
						  const struct iscsit_cmd *cmd)
{
	struct iser_cmd *iser = iser_conn_cmd(ic->dm, cmd->se_cmd.map_tag);

	if (!iser)
		return NULL;
	ic->cmds[cmd->se_cmd.map_tag] = isert_cmd(iser);
	return isert_cmd(iser);
}

/**
 * isert_cmd_attach - attach what this half has of a command to it
 * @ic: connection
 * @cmd: command, prepared
 *
 * Any context.
 * Return: ours.  It has been detached from the command that had the tag before, so
 * that it holds nothing.
 */
struct isert_cmd *isert_cmd_attach(struct isert_conn *ic, struct iscsit_cmd *cmd)
{
	struct isert_cmd *c = isert_cmd_of(cmd);

	if (!c) {
		c = isert_cmd_at(ic, cmd) ?: isert_cmd_first(ic, cmd);
		isert_cmd_begin(c, cmd);
	}
	return c;
}

/* isert_unmap_cmd(), within isert_cmd_release() as well. */
static __always_inline void isert_detach(struct iscsit_conn *conn,
					 struct iscsit_cmd *cmd)
{
	struct isert_cmd *c = isert_cmd_at(conn->context, cmd);

	if (unlikely(READ_ONCE(cmd->cmd_flags) & ICF_OOO_CMDSN))
		isert_order_forget(cmd);
	if (!c || !c->cmd)
		return;
	isert_cmd_put_pdu(c);
	if (c->buffer) {
		isert_buffer_put(c->ic, c->buffer,
				 cmd->data_direction != DMA_TO_DEVICE);
		c->buffer = NULL;
	}
	if (unlikely(c->text)) {
		kfree(c->text);
		c->text = NULL;
	}
	/*
	 * No response raises MaxCmdSN: each abort would shrink the window.  It does not
	 * count a command that LIO removes, since that has no CmdSN of its own.
	 */
	if (unlikely(cmd->se_cmd.transport_state & CMD_T_ABORTED) &&
	    cmd->i_state != ISTATE_REMOVE)
		iscsit_increment_maxcmdsn(cmd, conn->sess);
	WRITE_ONCE(c->cmd, NULL);
	/* If posted is set, an answer was sent, and its end has unmapped the data. */
	if (!c->posted)
		iser_cmd_abandon(&c->iser);
	/* Other connections wait until an answer has been delivered. */
	if (!c->posted || unlikely(READ_ONCE(c->ic->session->several)))
		isert_fence_release(c->ic);
	WRITE_ONCE(c->posted, false);
}

/**
 * isert_unmap_cmd - detach what a released or aborted command holds
 * @conn: LIO's connection
 * @cmd: command; no PDU and no data of it are being transferred
 *
 * May be called more than once.  Process context; sleeps if the command is
 * ahead of its CmdSN.
 */
void isert_unmap_cmd(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	isert_detach(conn, cmd);
}

/**
 * isert_cmd_parked - whether the target core will not drop its reference
 * @cmd: command with an initialized se_cmd, to be released
 *
 * This holds for a write that waits for data, a command that waits for an
 * earlier CmdSN, and a task management request that LIO answered by itself in
 * CmdSN order: the target core has not handed it back and will not do so.
 * Return: true if it will not.
 */
bool isert_cmd_parked(struct iscsit_cmd *cmd)
{
	struct se_cmd *se_cmd = &cmd->se_cmd;

	/* LIO drops the reference when it rejects or removes a command. */
	if (cmd->i_state == ISTATE_REMOVE)
		return false;
	switch (cmd->iscsi_opcode) {
	case ISCSI_OP_SCSI_CMD:
		if (cmd->cmd_flags & ICF_OOO_CMDSN)
			return !cmd->sense_reason;
		return se_cmd->t_state == TRANSPORT_WRITE_PENDING &&
			!(cmd->cmd_flags & ICF_GOT_LAST_DATAOUT);
	case ISCSI_OP_SCSI_TMFUNC:
		if (cmd->cmd_flags & ICF_OOO_CMDSN)
			return true;
		return !cmd->immediate_cmd && se_cmd->se_tmr_req &&
			!se_cmd->se_tmr_req->call_transport;
	default:
		return false;
	}
}

/* Takes a command that is released off LIO's lists, and detaches what it holds. */
static __always_inline void isert_cmd_take_off(struct iscsit_conn *conn,
					       struct iscsit_cmd *cmd)
{
	spin_lock_bh(&conn->cmd_lock);
	if (!list_empty(&cmd->i_conn_node))
		list_del_init(&cmd->i_conn_node);
	spin_unlock_bh(&conn->cmd_lock);

	/*
	 * LIO no longer starts the timer.  While it runs it does not say so, hence
	 * the lock is taken for all commands that may have it.
	 */
	if (READ_ONCE(cmd->dataout_timer_flags) & ISCSI_TF_RUNNING ||
	    cmd->cmd_flags & ICF_NON_IMMEDIATE_UNSOLICITED_DATA)
		iscsit_stop_dataout_timer(cmd);
	/* Only LIO can free a recovery R2T, which occurs at level 1. */
	if (!list_empty(&cmd->cmd_r2t_list))
		iscsit_aborted_task(conn, cmd);
	isert_detach(conn, cmd);
}

/* isert_cmd_release() of a command that the target core may not have handed back. */
static noinline void isert_cmd_release_early(struct iscsit_conn *conn,
					     struct iscsit_cmd *cmd)
{
	bool begun = cmd->se_cmd.se_tfo, parked = begun && isert_cmd_parked(cmd);

	isert_cmd_take_off(conn, cmd);
	if (!begun) {
		iscsit_release_cmd(cmd);
		return;
	}
	if (parked)
		target_put_sess_cmd(&cmd->se_cmd);
	transport_generic_free_cmd(&cmd->se_cmd, 0);
}

/**
 * isert_cmd_release - drop this half's reference to a command
 * @conn: LIO's connection
 * @cmd: command; its response has been sent or never will be
 *
 * Process context.  The command may be gone afterwards.
 */
void isert_cmd_release(struct iscsit_conn *conn, struct iscsit_cmd *cmd)
{
	/* Most were submitted and have come back: they are not parked. */
	if (unlikely(!cmd->se_cmd.se_tfo ||
		     cmd->iscsi_opcode != ISCSI_OP_SCSI_CMD ||
		     cmd->cmd_flags & ICF_OOO_CMDSN ||
		     cmd->se_cmd.t_state == TRANSPORT_WRITE_PENDING)) {
		isert_cmd_release_early(conn, cmd);
		return;
	}
	isert_cmd_take_off(conn, cmd);
	transport_generic_free_cmd(&cmd->se_cmd, 0);
}

static bool isert_cmd_idle(const struct isert_cmd *c)
{
	/* Pairs with the release in isert_response_done(). */
	return !smp_load_acquire(&c->posted);
}

/**
 * isert_cmd_wait - wait until the PDU that was sent for a command completes
 * @c: command that is kept after its PDU has been sent
 *
 * RX or TX thread; sleeps, interruptibly.  A peer that never receives the PDU
 * loses its connection.
 * Return: 0, or negative errno.
 */
int isert_cmd_wait(struct isert_cmd *c)
{
	long left = wait_event_interruptible_timeout(c->ic->wait,
						     isert_cmd_idle(c),
						     ISERT_TAKE_TIME * HZ);

	if (left > 0)
		return 0;
	if (!left) {
		isert_warn(c->ic, "has answered a PDU whose Send has not completed within %u s, ending the connection",
			   ISERT_TAKE_TIME);
		iser_connection_fail(c->ic->dm, -ETIMEDOUT);
	}
	return left ?: -ETIMEDOUT;
}

/*
 * Copies BHS and AHS for LIO, which reads both in one piece.
 *
 * Returns false if LIO would read beyond the CDB: LIO takes the length from the
 * AHS, and the length of a variable-length CDB from the CDB itself.
 */
static bool isert_copy_command(struct isert_conn *ic,
			       const struct iser_pdu *pdu)
{
	const struct iscsi_scsi_req *hdr = (struct iscsi_scsi_req *)ic->hdr;
	const struct iscsi_ecdb_ahdr *ahs = (const void *)(hdr + 1);
	u32 cdb_len = ISCSI_CDB_SIZE, len;

	memcpy(ic->hdr, pdu->bhs, ISER_BHS_LEN);
	if (unlikely(pdu->msg.ahs_len)) {
		if (pdu->msg.ahs_len > sizeof(ic->hdr) - ISER_BHS_LEN)
			return false;
		memset(ic->hdr + ISER_BHS_LEN, 0,
		       sizeof(ic->hdr) - ISER_BHS_LEN);
		iser_pdu_copy(pdu, 0, ic->hdr + ISER_BHS_LEN,
			      pdu->msg.ahs_len);
		len = be16_to_cpu(ahs->ahslength);
		/* Its length counts the reserved byte, not length and type. */
		if (!len || len + 3 > pdu->msg.ahs_len ||
		    len - 1 > sizeof(ahs->ecdb))
			return false;
		if (ahs->ahstype == ISCSI_AHSTYPE_CDB)
			cdb_len += len - 1;
	}
	return hdr->cdb[0] != VARIABLE_LENGTH_CMD ||
		hdr->cdb[7] + 8 <= cdb_len;
}

/*
 * Returns true if the header names the buffers that the command needs.
 * RFC 7145, sections 7.3.1 and 10.1.3.4.
 */
static bool isert_check_stags(struct isert_conn *ic,
			      const struct iser_pdu *pdu,
			      const struct iscsi_scsi_req *hdr,
			      u32 edtl, u32 unsolicited)
{
	bool write = hdr->flags & ISCSI_FLAG_CMD_WRITE;
	bool read = hdr->flags & ISCSI_FLAG_CMD_READ;

	/* LIO rejects a command with both. */
	if (read == write || !edtl)
		return true;
	if (read && !pdu->msg.hdr.rsv) {
		isert_protocol_error(ic, "a read of %u bytes without an STag",
				     edtl);
		return false;
	}
	if (write && edtl > unsolicited && !pdu->msg.hdr.wsv) {
		isert_protocol_error(ic, "a write of %u bytes, %u unsolicited, without an STag",
				     edtl, unsolicited);
		return false;
	}
	return true;
}

/* Lets the backend use a write that has fully arrived without copying it. */
static bool isert_in_place(struct isert_cmd *c, struct iser_pdu *pdu)
{
	struct se_cmd *se_cmd = &c->cmd->se_cmd;
	unsigned int n;

	/* Backends rely on contiguous sectors, of which a page has a whole number. */
	n = iser_pdu_sg(pdu, c->sg, ARRAY_SIZE(c->sg));
	if (unlikely(!n))
		return false;
	c->pdu = pdu;
	se_cmd->t_data_sg = c->sg;
	se_cmd->t_data_nents = n;
	se_cmd->se_cmd_flags |= SCF_PASSTHROUGH_SG_TO_MEM_NOALLOC;
	return true;
}

/*
 * Prepares a write before LIO submits it.
 *
 * Data-Out PDUs that follow need the write's buffer.  LIO allocates it at once
 * for a write with immediate data, otherwise only when it submits the command:
 * that is later if the command is ahead of its CmdSN, and a worker does it if
 * the backend has submit_type 2.  So this announces immediate data to LIO, of
 * zero bytes if there are none.
 *
 * LIO starts its timer for Data-Out before it submits a write without immediate
 * data, and a worker may be held up for longer than the timer runs.  So this
 * marks the timer as running: LIO then does not start it, and
 * isert_get_dataout() stops it.
 */
static void isert_prepare_write(struct iscsit_cmd *cmd)
{
	if (cmd->unsolicited_data)
		cmd->immediate_data = 1;
	else if (cmd->data_direction == DMA_TO_DEVICE && !cmd->immediate_data)
		cmd->dataout_timer_flags |= ISCSI_TF_RUNNING;
}

/**
 * isert_copy_in - copy a PDU's data segment into the buffer of a command
 * @cmd: write command; the buffer holds @offset and the data
 * @pdu: PDU
 * @offset: Buffer Offset
 *
 * Process context.
 */
void isert_copy_in(struct iscsit_cmd *cmd, const struct iser_pdu *pdu, u32 offset)
{
	u32 left = pdu->msg.data_len, done = 0;
	struct sg_mapping_iter miter;

	sg_miter_start(&miter, cmd->se_cmd.t_data_sg, cmd->se_cmd.t_data_nents,
		       SG_MITER_ATOMIC | SG_MITER_TO_SG);
	if (!sg_miter_skip(&miter, offset))
		left = 0;
	while (left && sg_miter_next(&miter)) {
		u32 n = min_t(u32, left, miter.length);

		iser_pdu_copy(pdu, pdu->msg.ahs_len + done, miter.addr, n);
		miter.consumed = n;
		done += n;
		left -= n;
	}
	sg_miter_stop(&miter);
}

/* RX thread: sleeps until commands of the session give a tag back. */
static noinline struct iscsit_cmd *isert_wait_tag(struct isert_conn *ic)
{
	struct iscsit_cmd *cmd;

	WRITE_ONCE(ic->tag_wait, true);
	cmd = iscsit_allocate_cmd(ic->conn, TASK_INTERRUPTIBLE);
	WRITE_ONCE(ic->tag_wait, false);
	return cmd;
}

/* The first command that has its tag: ours of it, or NULL, when it is released. */
static noinline struct isert_cmd *isert_allocate_first(struct isert_conn *ic,
						       struct iscsit_cmd *cmd, bool sleep)
{
	struct isert_cmd *c = isert_cmd_first(ic, cmd);

	if (!c && sleep && !isert_prepare_cmd(ic, cmd))
		c = isert_cmd_first(ic, cmd);
	if (!c)
		iscsit_release_cmd(cmd);
	return c;
}

/* isert_allocate_cmd(), within isert_receive_command() as well. */
static __always_inline struct isert_cmd *isert_cmd_new(struct isert_conn *ic, bool sleep)
{
	struct iscsit_cmd *cmd;
	struct isert_cmd *c;

	cmd = unlikely(sleep) ? isert_wait_tag(ic) :
				iscsit_allocate_cmd(ic->conn, TASK_RUNNING);
	if (unlikely(!cmd))
		return NULL;
	c = isert_cmd_at(ic, cmd);
	if (unlikely(!c)) {
		c = isert_allocate_first(ic, cmd, sleep);
		if (!c)
			return NULL;
	}
	isert_cmd_begin(c, cmd);
	return c;
}

/**
 * isert_allocate_cmd - allocate one of LIO's commands
 * @ic: connection
 * @sleep: wait for a tag and for memory, interruptibly
 *
 * Return: ours of it, attached, or NULL.
 */
struct isert_cmd *isert_allocate_cmd(struct isert_conn *ic, bool sleep)
{
	return isert_cmd_new(ic, sleep);
}

/**
 * isert_own_pdu - a command of LIO for a PDU that answers no request
 * @conn: LIO's connection
 * @opcode: of the PDU
 *
 * Any context; does not sleep.
 * Return: command, or NULL if there is no tag for it.
 */
struct iscsit_cmd *isert_own_pdu(struct iscsit_conn *conn, u8 opcode)
{
	struct iscsit_cmd *cmd = iscsit_allocate_cmd(conn, TASK_RUNNING);

	if (!cmd)
		return NULL;
	cmd->iscsi_opcode = opcode;
	/* It has no CmdSN: LIO must not raise MaxCmdSN when it frees it. */
	cmd->immediate_cmd = 1;
	cmd->init_task_tag = RESERVED_ITT;
	return cmd;
}

/*
 * Submits a command with immediate data, or with Data-Out to follow.  It gives
 * the PDU back, or lets the command hold it.
 */
static void isert_immediate(struct isert_conn *ic, struct isert_cmd *c,
			    struct iscsit_cmd *cmd, struct iser_pdu *pdu)
{
	struct iscsi_scsi_req *hdr = (struct iscsi_scsi_req *)ic->hdr;
	struct se_cmd *se_cmd = &cmd->se_cmd;
	bool unsolicited = cmd->unsolicited_data;
	bool in_place = false, failed;
	int ret;

	if (!cmd->sense_reason && cmd->first_burst_len == se_cmd->data_length)
		in_place = isert_in_place(c, pdu);
	/* Any other value than 0 is a check condition: drop the data. */
	failed = iscsit_process_scsi_cmd(ic->conn, cmd, hdr) != 0;
	if (!failed) {
		if (!in_place)
			isert_copy_in(cmd, pdu, 0);
		cmd->write_data_done += cmd->first_burst_len;
	}
	if (!in_place)
		iser_pdu_put(pdu);
	/* The CDB may ask for less than the initiator has announced. */
	if (!failed && cmd->write_data_done == se_cmd->data_length &&
	    unlikely(!(cmd->cmd_flags & ICF_GOT_LAST_DATAOUT))) {
		spin_lock_bh(&cmd->istate_lock);
		cmd->cmd_flags |= ICF_GOT_LAST_DATAOUT;
		cmd->i_state = ISTATE_RECEIVED_LAST_DATAOUT;
		spin_unlock_bh(&cmd->istate_lock);
	}
	ret = iscsit_sequence_cmd(ic->conn, cmd, ic->hdr, hdr->cmdsn);
	if (ret == CMDSN_ERROR_CANNOT_RECOVER)
		return;		/* rejected */
	if (failed || ret == CMDSN_LOWER_THAN_EXP)
		target_put_sess_cmd(se_cmd);
	else if (unsolicited)
		iscsit_set_unsolicited_dataout(cmd);
	else if (unlikely(ret == CMDSN_HIGHER_THAN_EXP))
		isert_ping_ahead(ic);
	else if (unlikely(isert_passed_over(c, cmd)))
		isert_end_aborted(cmd);
}

/**
 * isert_receive_command - handle a SCSI Command
 * @ic: connection
 * @pdu: PDU
 * @sleep: in the RX thread
 *
 * Takes LIO's cmdsn_mutex, and may run the command.
 * Return: 0, or -EAGAIN if the RX thread must handle it.
 */
int isert_receive_command(struct isert_conn *ic, struct iser_pdu *pdu,
			  bool sleep)
{
	struct iscsi_scsi_req *hdr = (struct iscsi_scsi_req *)ic->hdr;
	struct iscsit_cmd *cmd;
	struct isert_cmd *c;
	u32 unsolicited, edtl;

	if (!isert_copy_command(ic, pdu)) {
		if (!sleep)
			return -EAGAIN;
		isert_warn(ic, "SCSI command rejected: its CDB or AHS is malformed");
		isert_add_reject(ic, pdu->bhs, ISCSI_REASON_BOOKMARK_INVALID);
		goto put;
	}
	edtl = be32_to_cpu(hdr->data_length);
	unsolicited = iser_unsolicited_bytes(&ic->limits, edtl,
					     hdr->flags & ISCSI_FLAG_CMD_FINAL,
					     pdu->msg.data_len);
	if (!isert_check_stags(ic, pdu, hdr, edtl, unsolicited))
		goto put;
	/* LIO would run the command, and once more because of the data. */
	if (pdu->msg.data_len && !(hdr->flags & ISCSI_FLAG_CMD_WRITE)) {
		isert_protocol_error(ic, "%u bytes of immediate data without a write",
				     pdu->msg.data_len);
		goto put;
	}
	c = isert_cmd_new(ic, sleep);
	if (unlikely(!c)) {
		if (!sleep)
			return -EAGAIN;
		goto put;
	}

	cmd = c->cmd;
	c->iser.peer = pdu->msg.hdr;
	c->unsolicited = unsolicited;
	/*
	 * LIO looks at this flag when it runs a write with immediate data.  Nobody
	 * else knows of the command yet, so it needs no lock.
	 */
	if (pdu->msg.data_len && pdu->msg.data_len == edtl)
		cmd->cmd_flags |= ICF_GOT_LAST_DATAOUT;
	if (iscsit_setup_scsi_cmd(ic->conn, cmd, ic->hdr) < 0)
		goto put;	/* rejected; the TX thread answers it */
	/* From the disk, whatever the connection carries. */
	if (unlikely(cmd->se_cmd.prot_op))
		isert_pi_correct(ic, cmd, edtl);

	if (!cmd->sense_reason &&
	    cmd->first_burst_len != cmd->se_cmd.data_length)
		isert_buffer_attach(c);
	isert_prepare_write(cmd);
	/* The command may end before LIO has finished processing it. */
	kref_get(&cmd->se_cmd.cmd_kref);
	if (cmd->immediate_data) {
		isert_immediate(ic, c, cmd, pdu);
	} else {
		/* The response grants a credit, so repost the receive first. */
		iser_pdu_put(pdu);
		iscsit_process_scsi_cmd(ic->conn, cmd, hdr);
	}
	target_put_sess_cmd(&cmd->se_cmd);
	return 0;
put:
	iser_pdu_put(pdu);
	return 0;
}
