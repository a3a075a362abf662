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
 *
 * Each file calls only those after it: main.c, conn.c (how a connection begins and
 * ends), login.c, receive.c, data_out.c, response.c, logout.c, tmf.c, ping.c, command.c,
 * pi.c, order.c (CmdSN and StatSN), session.c (who belongs together), and buffer.c.
 */
#ifndef ISERT_TARGET_H
#define ISERT_TARGET_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/iscsi_proto.h>
#include <target/target_core_base.h>
#include <target/target_core_fabric.h>
#include <target/iscsi/iscsi_transport.h>
#include <iser/connection.h>
#include <iser/datamover.h>
#include <iser/flow.h>
#include <iser/keys.h>

#include "buffer.h"

#define ISERT_LOGIN_TEXT	8192	/* LIO's login buffers */
#define ISERT_RECV_DSL		8192	/* data bytes of a receive buffer */
#define ISERT_SEND_DSL		8192	/* most data that a sent PDU carries */

/* Who may queue LIO's login_work: see login.c. */
enum isert_login_owner {
	ISERT_LOGIN_NP,		/* the np thread uses the login buffers */
	ISERT_LOGIN_OPEN,	/* np thread has left: requests go to work */
	ISERT_LOGIN_OVER,	/* full feature phase, or the login failed */
};

struct isert_cmd;
struct isert_session;

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
	bool logged_out;		/* a Logout on another connection closes it */
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

#endif
