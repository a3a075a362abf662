// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands ahead of their CmdSN: RFC 7143, section 4.2.2.1.
 *
 * LIO enters them in a list of the session, and runs each when the CmdSN before
 * it have come, in the context that brings the last of these: maybe that of
 * another connection.  It holds cmdsn_mutex then, and no reference.  So a
 * command that is answered or given back while it waits has to leave the list
 * first; whoever has its tag next would be run in its place.  Its entry stays,
 * as its CmdSN has come.
 */
#include <linux/module.h>
#include "target.h"

/**
 * isert_order_answered - a command has been answered ahead of its CmdSN
 * @cmd: command.  Under cmdsn_mutex since it was looked at.
 */
void isert_order_answered(struct iscsit_cmd *cmd)
{
	struct iscsi_ooo_cmdsn *ooo;

	list_for_each_entry(ooo, &cmd->conn->sess->sess_ooo_cmdsn_list,
			    ooo_list)
		if (ooo->cmd == cmd)
			ooo->cmd = NULL;
}

/**
 * isert_order_forget - a command is given back: LIO must not run it
 * @cmd: command, whether ahead of its CmdSN or not
 *
 * Not under cmdsn_mutex where it is ahead: LIO takes the mark off before it runs
 * one.  Sleeps then.
 */
void isert_order_forget(struct iscsit_cmd *cmd)
{
	struct mutex *lock = &cmd->conn->sess->cmdsn_mutex;

	if (likely(!(READ_ONCE(cmd->cmd_flags) & ICF_OOO_CMDSN)))
		return;
	mutex_lock(lock);
	isert_order_answered(cmd);
	mutex_unlock(lock);
}

/* isert_order_forget_all - another connection must not run those of this one */
void isert_order_forget_all(struct iscsit_conn *conn)
{
	struct iscsit_session *sess = conn->sess;
	struct iscsi_ooo_cmdsn *ooo;

	mutex_lock(&sess->cmdsn_mutex);
	list_for_each_entry(ooo, &sess->sess_ooo_cmdsn_list, ooo_list)
		if (ooo->cid == conn->cid)
			ooo->cmd = NULL;
	mutex_unlock(&sess->cmdsn_mutex);
}
