// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands with protection information, between LIO and the core.  LIO decides for each
 * command what is where, and leaves the tuples that are on the wire to the adapter.
 * response.c sends the data of such a read, and data_out.c fetches those of a write.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "pi.h"
#include "session.h"
#include "target.h"

#include <linux/module.h>

/**
 * isert_get_sup_prot_ops - what LIO may leave to the adapter
 * @conn: LIO's connection, the first of a session in its login
 *
 * LIO then agrees to neither immediate nor unsolicited data.
 * Return: all operations, or TARGET_PROT_NORMAL: for a backend that has protection
 * information, the target core generates and checks it by itself.
 */
enum target_prot_op isert_get_sup_prot_ops(struct iscsit_conn *conn)
{
	const struct iscsi_portal_group *tpg = conn->tpg;
	struct isert_conn *ic = conn->context;
	const struct iser_info *info = iser_conn_info(ic->dm);

	if (!tpg || !tpg->tpg_attrib.t10_pi)
		return TARGET_PROT_NORMAL;
	if (info->pi)
		return TARGET_PROT_ALL;
	pr_warn_once("target %s: t10_pi=1 of the portal group has no effect over device %s: %s\n",
		     tpg->tpg_tiqn->tiqn, info->device, info->pi_asked ?
		     "it can't check protection information" :
		     "its portal was made without parameter pi_enable=Y");
	return TARGET_PROT_NORMAL;
}

/**
 * isert_pi_agreed - whether commands of a session may have protection information
 * @conn: LIO's connection, logged in
 * Return: true if they may.
 */
bool isert_pi_agreed(const struct iscsit_conn *conn)
{
	return conn->sess->se_sess->sup_prot_ops != TARGET_PROT_NORMAL;
}

/* RDPROTECT or WRPROTECT of a CDB, which says whether tuples are on the wire. */
static u8 isert_pi_protect(const u8 *cdb)
{
	return (cdb[0] == VARIABLE_LENGTH_CMD ? cdb[10] : cdb[1]) >> 5;
}

/**
 * isert_pi_correct - correct what LIO has made of a CDB
 * @ic: connection
 * @cmd: command that LIO has set up with a protection operation
 * @edtl: its Expected Data Transfer Length
 *
 * LIO makes a list of tuples also for a command without blocks, and can't make one
 * without entries.  Where a disk has no protection information but its portal group has
 * fabric_prot_type, LIO takes tuples to be on the wire even if the CDB asks for none.  And
 * it takes the length from the CDB alone if that asks for tuples.
 *
 * Whether the connection carries protection information does not matter: disks have it
 * without that.
 */
void isert_pi_correct(struct isert_conn *ic, struct iscsit_cmd *cmd, u32 edtl)
{
	struct se_cmd *se_cmd = &cmd->se_cmd;
	bool insert = se_cmd->prot_op == TARGET_PROT_DIN_INSERT ||
		se_cmd->prot_op == TARGET_PROT_DOUT_STRIP;
	u64 each, all;

	if (cmd->sense_reason)
		return;
	if (!se_cmd->prot_length ||
	    (insert && !isert_pi_protect(se_cmd->t_task_cdb))) {
		se_cmd->prot_op = TARGET_PROT_NORMAL;
		se_cmd->prot_length = 0;
		return;
	}
	if (!isert_pi_protect(se_cmd->t_task_cdb))
		return;
	each = se_cmd->se_dev->dev_attrib.block_size + (ic->pi ? ISER_PI_TUPLE : 0);
	all = each * (se_cmd->prot_length / ISER_PI_TUPLE);
	if (all > edtl)
		cmd->sense_reason = TCM_INVALID_CDB_FIELD;
}

/* Where the tuples of a command are.  Returns false for an unknown operation. */
static bool isert_pi_places(struct iser_pi *pi, enum target_prot_op op)
{
	switch (op) {
	case TARGET_PROT_DIN_PASS:
	case TARGET_PROT_DOUT_PASS:
		pi->memory = true;
		pi->wire = true;
		return true;
	case TARGET_PROT_DIN_INSERT:
	case TARGET_PROT_DOUT_STRIP:
		pi->wire = true;
		return true;
	case TARGET_PROT_DIN_STRIP:
	case TARGET_PROT_DOUT_INSERT:
		pi->memory = true;
		return true;
	default:
		return false;
	}
}

static bool isert_pi_fill(struct iser_pi *pi, const struct se_cmd *se_cmd)
{
	bool increment = se_cmd->prot_type != TARGET_DIF_TYPE3_PROT;

	*pi = (struct iser_pi){
		.interval = se_cmd->se_dev->dev_attrib.block_size,
		/* LIO has a seed of 0 where a backend without tuples has fabric_prot_type. */
		.ref_tag = increment ? lower_32_bits(se_cmd->t_task_lba) : U32_MAX,
		.increment = increment,
		.sgl = se_cmd->t_prot_sg,
		.nents = se_cmd->t_prot_nents,
	};
	if (se_cmd->prot_checks & TARGET_DIF_CHECK_GUARD)
		pi->checks |= ISER_PI_CHECK(ISER_PI_GUARD);
	if (se_cmd->prot_checks & TARGET_DIF_CHECK_APPTAG)
		pi->checks |= ISER_PI_CHECK(ISER_PI_APP);
	if (se_cmd->prot_checks & TARGET_DIF_CHECK_REFTAG)
		pi->checks |= ISER_PI_CHECK(ISER_PI_REF);
	return isert_pi_places(pi, se_cmd->prot_op);
}

/**
 * isert_pi_begin - tell the core before the buffer is mapped
 * @c: command whose buffer is described
 * @wire: set to the bytes that its data take on the wire
 * Return: true, or false after a line: adapters can't check such blocks.
 */
bool isert_pi_begin(struct isert_cmd *c, u32 *wire)
{
	const struct se_cmd *se_cmd = &c->cmd->se_cmd;
	struct iser_pi pi;

	if (isert_pi_fill(&pi, se_cmd) && !iser_cmd_pi(&c->iser, &pi, c->data.len)) {
		*wire = iser_pi_wire(&pi, c->data.len);
		return true;
	}
	isert_warn(c->ic, "a command fails: its %u bytes have protection information for blocks of %u, which adapters can't check",
		   c->data.len, pi.interval);
	return false;
}

/**
 * isert_pi_sense - what the adapter has found
 * @c: command whose data have been transferred and are unmapped
 * Return: 0, or the sense; the LBA for it is noted for LIO.
 */
sense_reason_t isert_pi_sense(struct isert_cmd *c)
{
	const struct iser_pi_result *result = iser_cmd_pi_result(&c->iser);
	struct se_cmd *se_cmd = &c->cmd->se_cmd;

	switch (result->error) {
	case ISER_PI_GOOD:
		return TCM_NO_SENSE;
	case ISER_PI_REF:
		se_cmd->pi_err = TCM_LOGICAL_BLOCK_REF_TAG_CHECK_FAILED;
		break;
	case ISER_PI_APP:
		se_cmd->pi_err = TCM_LOGICAL_BLOCK_APP_TAG_CHECK_FAILED;
		break;
	default:
		se_cmd->pi_err = TCM_LOGICAL_BLOCK_GUARD_CHECK_FAILED;
		break;
	}
	/* Initiators take the blocks before for good, but none of a write is written. */
	se_cmd->sense_info = se_cmd->t_task_lba;
	if (se_cmd->data_direction == DMA_FROM_DEVICE)
		se_cmd->sense_info += result->block;
	return se_cmd->pi_err;
}
