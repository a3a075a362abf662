/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ib_isert.ko: LIO's transport of type ISCSI_INFINIBAND on top of the
 * Datamover Interface.  This half knows iSCSI and LIO, and uses no verbs.
 *
 * These contexts run the code:
 *   the worker of a connection's completion queue: all up-calls while the
 *	connection lives, one at a time;
 *   LIO's np thread and login work: login;
 *   LIO's RX thread: isert_get_rx_pdu(), PDUs that may sleep, the close;
 *   LIO's TX thread: responses that LIO queues, or the close;
 *   workers of the target core: data-in, good status, aborts.
 *
 * A SCSI command has two references: the target core drops one when it has
 * handed the command back by a queue_*() call, and this half drops the other
 * when the response has been sent.  A command that waits for write data or for
 * an earlier CmdSN still has both: see isert_cmd_parked().
 */
#ifndef ISERT_TARGET_H
#define ISERT_TARGET_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/iscsi_proto.h>
#include <target/target_core_base.h>
#include <target/target_core_fabric.h>
#include <target/iscsi/iscsi_transport.h>
#include <iser/flow.h>
#include <iser/command.h>
#include <iser/connection.h>
#include <iser/datamover.h>
#include <iser/keys.h>
#include <iser/pi.h>
#include <iser/task.h>

#define ISERT_LOGIN_TEXT	8192	/* LIO's login buffers */
#define ISERT_RECV_DSL		8192	/* data bytes of a receive buffer */
#define ISERT_SEND_DSL		8192	/* most data that a sent PDU carries */
#define ISERT_IMMEDIATE_SGS	4	/* ISERT_RECV_DSL in the smallest pages */

/* The state of a command that stands for a CmdSN: tmf.c.  LIO does not use it. */
#define ISERT_STATE_COUNTED	ISTATE_RECEIVED_TASKMGT

/* Who may queue LIO's login_work: see login.c. */
enum isert_login_owner {
	ISERT_LOGIN_NP,		/* the np thread uses the login buffers */
	ISERT_LOGIN_OPEN,	/* np thread has left: requests go to work */
	ISERT_LOGIN_OVER,	/* full feature phase, or the login failed */
};

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
	unsigned long logout_end;	/* jiffies: the response is held back no longer */
	struct work_struct logout_work;
	struct iser_cmd iser;		/* last: the core's part follows */
};

static_assert(offsetofend(struct isert_cmd, iser) == sizeof(struct isert_cmd));

#define ISERT_BUFFER_ORDERS	7	/* 1, 2, 4, .. 64 pages */

struct isert_buffer;

/* Data buffers that a connection keeps between two commands. */
struct isert_buffers {
	spinlock_t lock;	/* all but work */
	struct isert_buffer *free[ISERT_BUFFER_ORDERS];	/* last used first */
	u32 kept;		/* KiB in the free buffers */
	u32 idle;		/* least value of kept since the work ran */
	struct delayed_work work;
};

#define ISERT_AHEAD_POLL	(HZ / 5)	/* how often ping.c looks at what is ahead */
#define ISERT_TAKE_TIME		5U	/* seconds: RNR and transport retries */

/* What the connections of a session share: session.c, order.c. */
struct isert_session {
	struct kref ref;		/* each connection has one */
	spinlock_t lock;		/* conns, fenced */
	struct list_head conns;
	struct list_head fenced;	/* task management that must wait */
	spinlock_t count_lock;		/* unexpected of each of conns */
	u32 limit;			/* MaxOutstandingUnexpectedPDUs; 0: none */
	struct isert_cmd *leaver;	/* the Logout that closes other connections */
	bool several;			/* there have been two connections */
	u32 window_most;		/* of the leading connection; 0: not yet */
};

/* This half's state of one of LIO's connections. */
struct isert_conn {
	struct kref ref;		/* LIO's conn->context, np->current */
	struct iscsit_conn *conn;	/* NULL once LIO has freed it: login_lock */
	struct iser_conn *dm;

	spinlock_t login_lock;		/* login_owner, login_queued, conn */
	enum isert_login_owner login_owner;
	bool login_queued;		/* the work has not taken its request yet */
	struct iser_keys keys;
	u32 idle_requests;		/* that left LIO's proposals open */
	u32 chap;			/* CHAP_A, which LIO has chosen; 0: not yet */
	u32 first_burst;		/* upper bounds, from LIO's login text */
	bool initial_r2t;
	u8 final_bhs[ISER_BHS_LEN];	/* Login Response held back */
	void *final_text;
	u32 final_len;
	bool final_ready;
	/* From the same text. */
	u32 connections;		/* MaxConnections */
	u32 max_burst, max_r2t, level;
	bool immediate, pdus_in_order, sequences_in_order;
	bool refused;			/* the last Login Response says so */
	struct iser_window window;	/* commands that the receives cover */
	struct delayed_work window_work;	/* enlarges the window */
	bool window_short;		/* window_work failed: retry later */

	struct iser_limits limits;	/* what the login agreed on */
	bool pi;			/* commands may have protection information */
	struct isert_buffers buffers;
	bool allocated;			/* the core's resources: there may be commands */
	struct isert_cmd **cmds;	/* ours, by LIO's tag; NULL: no command had it yet */
	/*
	 * Header of the PDU being handled, followed by its AHS, zeroed up to
	 * the longest CDB.  PDUs are handled one at a time: see
	 * isert_control_notify().
	 */
	u8 hdr[ISER_BHS_LEN + ALIGN(SCSI_MAX_VARLEN_CDB_SIZE, 4)] __aligned(8);

	spinlock_t rx_lock;		/* deferring, deferred, full, ended, ping, ping_sent */
	struct list_head deferred;	/* PDUs for the RX thread */
	bool deferring;			/* later PDUs must join deferred */
	unsigned long rx_began;		/* jiffies: RX thread began with one of deferred */
	bool full;			/* the RX thread is in isert_get_rx_pdu() */
	bool logged_in;			/* the last Login Response has been submitted */
	bool drop_told;			/* the Send of isert_tell_drop() has ended */
	bool ended;			/* no up-call will follow */
	wait_queue_head_t wait;		/* deferred, ended, posted, joining, drop_told, logouts */

	/*
	 * What the peer owes, for ping.c.  If a backend holds up an up-call,
	 * the delay is not the peer's fault.
	 */
	bool working;			/* the completion worker is in LIO */
	bool tag_wait;			/* the RX thread waits for a tag, or in tmf.c */
	atomic_t gets;			/* Get_Data that have not completed */
	unsigned long get_moved;	/* jiffies: one ended, or none ran */

	struct delayed_work ping_work;
	unsigned long last_rx;		/* jiffies: last PDU of the initiator */
	unsigned long began;		/* jiffies: of full feature phase */
	struct iscsit_cmd *ping;	/* unanswered NOP-In, or NULL */
	unsigned long ping_sent;	/* jiffies: when ping was queued */
	unsigned long leaving;		/* jiffies: a Logout was noticed; ping_work */
	int ahead;			/* ping_work looks often at what is ahead */
	u32 ahead_sn;			/* the last command that was ahead at some time */
	u32 ahead_polls;		/* since then; 0: none was ahead */
	u32 sent_mark;			/* what had been posted at some time */
	unsigned long sent_since;	/* jiffies: that time */
	u32 sent_ended;			/* how much of it had completed at the last look */
	unsigned long sent_moved;	/* jiffies: that was more than before */

	spinlock_t starve_lock;		/* starved, starve_over */
	struct list_head starved;	/* writes that could not be mapped */
	struct delayed_work starve_work;
	bool starve_over;		/* the connection is being closed */

	struct isert_session *session;
	struct list_head session_node;
	struct iser_unexpected unexpected;	/* the limit is the session's */
	u32 exp_statsn;			/* ExpStatSN; see control_notify() */

	bool logout_closing;		/* conn_logout_comp will be completed */
	atomic_t logouts;		/* whose response is held back */

	struct isert_conn *joined;	/* holds the joined session: session.c */
	u32 joining;			/* logins that rely on this one */
	bool closing;
	bool replaced;			/* a login takes its place */
	struct list_head discovery_node;	/* of isert_discoveries, or alone */
};

extern struct workqueue_struct *isert_wq, *isert_hold_wq;
extern struct iscsit_transport isert_transport;
extern const struct iser_ops isert_ops;

/*
 * Ours of a connection in a session's list, or NULL: LIO may have one of another
 * transport there.
 */
static inline struct isert_conn *isert_conn_of(const struct iscsit_conn *conn)
{
	return conn->conn_transport == &isert_transport ? conn->context : NULL;
}

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

/*
 * Whether a command of LIO has protection information that the adapter handles.  Without
 * isert_pi_agreed() the target core does, of a backend's.
 */
static inline bool isert_has_pi(const struct isert_conn *ic, const struct se_cmd *se_cmd)
{
	return unlikely(ic->pi) && se_cmd->prot_op != TARGET_PROT_NORMAL;
}

/* Gives back the PDU whose data the backend has used. */
static inline void isert_cmd_put_pdu(struct isert_cmd *c)
{
	if (!c->pdu)
		return;
	iser_pdu_put(c->pdu);
	c->pdu = NULL;
}

void isert_fence_wake(struct isert_session *s);

/*
 * Queues held responses again after a command's end; see isert_fence_hold().
 * Process context; does not wait.
 */
static inline void isert_fence_release(struct isert_conn *ic)
{
	/* Pairs with isert_fence_hold(): the answer ceases to be due first. */
	smp_mb();
	if (unlikely(!list_empty(&ic->session->fenced)))
		isert_fence_wake(ic->session);
}

/* The attributes of the initiator's ACL, or of the one that LIO made for it. */
static inline const struct iscsi_node_attrib *
isert_node_attrib(const struct iscsit_conn *conn)
{
	struct se_node_acl *acl = conn->sess->se_sess->se_node_acl;

	return &container_of(acl, struct iscsi_node_acl,
			     se_node_acl)->node_attrib;
}

/* login.c */
void isert_login_np_left(struct isert_conn *ic);
void isert_login_over(struct isert_conn *ic);
void isert_login_notify(struct iser_conn *dm);
int isert_validate_params(struct iscsit_conn *conn);
int isert_get_login_rx(struct iscsit_conn *conn, struct iscsi_login *login);
int isert_put_login_tx(struct iscsit_conn *conn, struct iscsi_login *login,
		       u32 length);
int isert_login_finish(struct isert_conn *ic);
void isert_discovery_leave(struct isert_conn *ic);

/* conn.c */
struct isert_conn *isert_conn_alloc(struct iscsit_conn *conn,
				    struct iser_conn *dm);
void isert_get_rx_pdu(struct iscsit_conn *conn);
void isert_wait_conn(struct iscsit_conn *conn);
void isert_free_conn(struct iscsit_conn *conn);
void isert_terminate_notify(struct iser_conn *dm, int reason);

/* session.c */
__printf(2, 3) void isert_warn(struct isert_conn *ic, const char *fmt, ...);
__printf(2, 3) void isert_protocol_error(struct isert_conn *ic,
					 const char *fmt, ...);
void isert_end_late(struct isert_conn *ic);
u32 isert_owed_time(const struct iscsi_node_attrib *attrib);
void isert_add_reject(struct isert_conn *ic, void *hdr, u8 reason);
void isert_conn_put(struct isert_conn *ic);
int isert_session_alloc(struct isert_conn *ic);
void isert_session_join(struct isert_conn *ic, struct isert_conn *other);
void isert_session_leave(struct isert_conn *ic);
bool isert_join(struct isert_conn *ic, struct isert_conn *other);
void isert_join_end(struct isert_conn *ic);
void isert_join_wait(struct isert_conn *ic);
bool isert_session_full(struct isert_conn *ic);
bool isert_session_enter(struct isert_conn *ic);
bool isert_others_left(struct isert_conn *ic, int cid);
u32 isert_close_others(struct iscsit_session *sess, const struct iscsit_conn *own,
		       int cid, bool replaced);
void isert_replaced_note(struct isert_conn *ic);
void isert_replaced_check(struct isert_conn *ic);

/* order.c */
u32 isert_initial_window(void);
void isert_window_begin(struct isert_conn *ic);
void isert_window_used(struct isert_conn *ic);
void isert_window_work(struct work_struct *work);
void isert_order_answered(struct iscsit_cmd *cmd);
void isert_order_forget(struct iscsit_cmd *cmd);
void isert_order_discard(struct iscsit_conn *conn);
bool isert_order_entered(struct iscsit_session *sess, u32 sn, bool *waits);
bool isert_order_repeats(struct iscsit_session *sess, u32 sn);
u32 isert_order_last(struct iscsit_conn *conn);
bool isert_order_forgotten(struct iscsit_conn *conn);
bool isert_fence_hold(struct isert_conn *ic, struct isert_cmd *c);
bool isert_unexpected_take(struct isert_conn *ic, bool ping, u32 *out);
void isert_unexpected_note(struct isert_conn *ic, u32 stat_sn);
void isert_unexpected_retire(struct isert_conn *ic);

/* response.c */
int isert_queue_data_in(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
int isert_queue_status(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
void isert_pi_data_in_done(struct isert_cmd *c, u32 len, int status);
void isert_data_ack_notify(struct iser_cmd *iser, u32 data_sn);
int isert_response_queue(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
			 int state);
int isert_immediate_queue(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
			  int state);
bool isert_tell_drop(struct isert_conn *ic);
void isert_response_done(struct iser_cmd *iser, int status);

/* tmf.c */
void isert_count_over(struct iscsit_conn *conn, struct iscsit_cmd *cmd);
void isert_receive_tmf(struct isert_conn *ic, struct iscsi_tm *hdr);

/* logout.c */
void isert_receive_logout(struct isert_conn *ic, struct iscsit_cmd *cmd,
			  void *hdr);
bool isert_logout_hold(struct isert_conn *ic, struct isert_cmd *c);
bool isert_logout_sent(struct isert_cmd *c, int status);

/* command.c */
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

/* data_out.c */
int isert_receive_data_out(struct isert_conn *ic, struct iser_pdu *pdu,
			   bool sleep);
int isert_get_dataout(struct iscsit_conn *conn, struct iscsit_cmd *cmd,
		      bool recovery);
void isert_data_completion_notify(struct iser_cmd *iser, u32 offset, u32 len,
				  int status);
void isert_starve_work(struct work_struct *work);
void isert_starve_stop(struct isert_conn *ic);

/* pi.c */
enum target_prot_op isert_get_sup_prot_ops(struct iscsit_conn *conn);
bool isert_pi_agreed(const struct iscsit_conn *conn);
void isert_pi_correct(struct isert_conn *ic, struct iscsit_cmd *cmd, u32 edtl);
bool isert_pi_begin(struct isert_cmd *c, u32 *wire);
sense_reason_t isert_pi_sense(struct isert_cmd *c);

/* buffer.c */
void isert_buffers_init(struct isert_conn *ic);
void isert_buffers_free(struct isert_conn *ic);
void isert_buffer_attach(struct isert_cmd *c);
void isert_buffer_put(struct isert_conn *ic, struct isert_buffer *b, bool sent);

/* receive.c */
void isert_control_notify(struct iser_conn *dm, struct iser_pdu *pdu);
void isert_receive_deferred(struct isert_conn *ic);
void isert_drop_deferred(struct isert_conn *ic);

/* ping.c */
void isert_ping_work(struct work_struct *work);
void isert_ping_start(struct isert_conn *ic);
void isert_ping_held(struct isert_conn *ic, struct iscsit_cmd *cmd);
void isert_receive_pong(struct isert_conn *ic, struct iscsi_nopout *hdr);

#endif
