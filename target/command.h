/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of LIO, and SCSI commands that arrive.
 */
#ifndef ISERT_COMMAND_H
#define ISERT_COMMAND_H

#include <linux/scatterlist.h>
#include <iser/command.h>
#include <iser/task.h>

#include "target.h"

#define ISERT_IMMEDIATE_SGS	4	/* ISERT_RECV_DSL in the smallest pages */
#define ISERT_AHEAD_POLL	(HZ / 5)	/* how often ping.c looks at what is ahead */
#define ISERT_TAKE_TIME		5U	/* seconds: RNR and transport retries */

/*
 * A command of LIO, or another PDU, on its connection: what this half and the core
 * have of it, in one piece.  There is one for each of LIO's tags: isert_cmd_at().
 */
struct isert_cmd {
	struct isert_conn *ic;
	struct iscsit_cmd *cmd;		/* NULL: not attached */
	struct iser_pdu *pdu;		/* its data are the backend's buffer */
	struct isert_buffer *buffer;	/* or this is the backend's buffer */
	struct scatterlist sg[ISERT_IMMEDIATE_SGS];
	struct scatterlist tx_sg;
	/* All data of a SCSI command, or the data segment of another PDU that is sent. */
	struct iser_data data;
	char *text;			/* a Text Request, while LIO must not have it */
	enum cmd_i_state_table sent;	/* LIO's state that this PDU is for */
	bool posted;			/* response_done() is due, or just ran */
	bool more;			/* Text Response with the C bit */
	bool refused;			/* a Data-Out broke a rule: drop the rest */
	bool asked;			/* LIO has asked for the rest of a write's data */
	bool complete;			/* ABORT TASK of what LIO does not know: done */
	u32 unsolicited;		/* bytes of a write that are not fetched */

	spinlock_t lock;		/* bursts, status */
	struct iser_bursts bursts;
	int status;			/* error of a Get_Data */
	struct list_head node;		/* ic->starved, or fenced of the session */
	struct se_lun *lun;		/* held while the data of a read are checked */

	bool settled;			/* a Logout: what it waits for was looked at */
	bool late;			/* and has not ended in time */
	bool turn;			/* and it need not wait for another Logout */
	unsigned long logout_end;	/* jiffies: it waits no longer, for this or for its turn */
	struct work_struct logout_work;
	struct iser_cmd iser;		/* last: the core's part follows */
};

static_assert(offsetofend(struct isert_cmd, iser) == sizeof(struct isert_cmd));

/*
 * Ours of a command of LIO, attached or not, or NULL if none had its tag before.  It is
 * not in LIO's private part of the command: LIO takes the place of a command in the
 * session's memory from the size of that part, which would have to be equal for all
 * transports of a session, and iSCSI/TCP has none.
 */
static inline struct isert_cmd *isert_cmd_at(const struct isert_conn *ic,
					     const struct iscsit_cmd *cmd)
{
	return ic->cmds[cmd->se_cmd.map_tag];
}

/* Ours of a command of LIO, or NULL when none is attached to it. */
static inline struct isert_cmd *isert_cmd_of(const struct iscsit_cmd *cmd)
{
	struct isert_cmd *c = isert_cmd_at(cmd->conn->context, cmd);

	return c && READ_ONCE(c->cmd) ? c : NULL;
}

static inline struct isert_cmd *isert_cmd(struct iser_cmd *iser)
{
	return container_of(iser, struct isert_cmd, iser);
}

/* @c holds nothing of the command that had the tag before: isert_unmap_cmd(). */
static inline void isert_cmd_begin(struct isert_cmd *c, struct iscsit_cmd *cmd)
{
	c->more = false;
	c->refused = false;
	c->asked = false;
	WRITE_ONCE(c->cmd, cmd);
}

/*
 * Describes the buffer of a SCSI command, which is not mapped, to the core.  The core
 * reads this until it has unmapped the buffer.  Returns its segments.
 */
static inline unsigned int isert_describe_data(struct isert_cmd *c)
{
	const struct se_cmd *se_cmd = &c->cmd->se_cmd;

	c->data.sgl = se_cmd->t_data_sg;
	c->data.nents = se_cmd->t_data_nents;
	c->data.len = se_cmd->data_length;
	return c->data.nents;
}

/* Gives back the PDU whose data the backend has used. */
static inline void isert_cmd_put_pdu(struct isert_cmd *c)
{
	if (!c->pdu)
		return;
	iser_pdu_put(c->pdu);
	c->pdu = NULL;
}

void isert_cmd_init(struct iser_cmd *iser);
int isert_prepare_cmd(struct isert_conn *ic, const struct iscsit_cmd *cmd);
struct isert_cmd *isert_cmd_attach(struct isert_conn *ic, struct iscsit_cmd *cmd);
int isert_cmd_wait(struct isert_cmd *c);
void isert_unmap_cmd(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
bool isert_cmd_parked(struct iscsit_cmd *cmd);
void isert_cmd_release(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
struct iscsit_cmd *isert_find_cmd(struct iscsit_conn *conn,
				  bool (*accepts)(struct iscsit_cmd *cmd, void *arg),
				  void *arg);
bool isert_order_poll(struct isert_conn *ic);
struct isert_cmd *isert_allocate_cmd(struct isert_conn *ic, bool sleep);
struct iscsit_cmd *isert_own_pdu(struct iscsit_conn *conn, u8 opcode);
void isert_copy_in(struct iscsit_cmd *cmd, const struct iser_pdu *pdu, u32 offset);
int isert_receive_command(struct isert_conn *ic, struct iser_pdu *pdu,
			  bool sleep);

#endif
