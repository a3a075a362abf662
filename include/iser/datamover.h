/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Datamover Interface (RFC 5047) between the iSCSI-facing halves and the
 * iSER layer.  Operational Primitives are functions, notifications are the
 * members of struct iser_ops; both carry their standard names.
 *
 * RFC 5047, section 5.4 asks for functional, not literal, compliance: tasks
 * are pointers and not ITTs, and a Put_Data is an offset and a length.
 * Notify_Enable is no argument: it is set for every Get_Data, and cleared for
 * every Put_Data, whose end is the response_done() of the response after it; but
 * for iser_put_data_notify().  So a Put_Data with an A-bit has data_ack_notify()
 * alone.  The notices have an offset and a length for the SN of the RFC.
 *
 * Life of a task of an initiator: started -> primitives -> idle again.  The half
 * starts it when it fills it in.  It is idle when control_notify() is called with
 * the response, or task_done() for a PDU that has none.  By then the Send has
 * completed, the STags are dead and the buffers are unmapped.
 * A command of a target is idle when response_done() is called after the Send.
 * Every accepted primitive ends in exactly one up-call, even if the connection
 * has ended before.  The exception is an initiator's task that waits for its
 * response then: it is idle when connection_terminate_notify() is called.
 *
 * Contexts: the context that polls completions makes the up-calls: at the
 * initiator a softirq, or a worker with BH disabled; at the target a worker.  A
 * connection has at most one up-call at a time.
 * After the end of a connection a worker makes them; at the initiator with BH
 * disabled as well, except for connection_terminate_notify().
 */
#ifndef ISER_DATAMOVER_H
#define ISER_DATAMOVER_H

#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/socket.h>
#include <iser/wire.h>

struct iser_conn;
struct iser_listener;
struct iser_task;
struct iser_cmd;

enum iser_role {
	ISER_INITIATOR,
	ISER_TARGET,
};

/*
 * A received control-type PDU.  The holder owns it until iser_pdu_put(), which
 * gives the receive buffer back to the queue pair.
 */
struct iser_pdu {
	struct iser_conn *conn;
	u8 *bhs;		/* ISER_BHS_LEN bytes */
	void *data;		/* AHS and data in one piece, or NULL: use iser_pdu_copy() */
	struct iser_msg msg;	/* lengths, STags */
	struct iser_task *task;	/* initiator: the task that find_task() named */
	struct list_head node;	/* for the holder */
};

/* Some connection carries protection information, or has carried it. */
DECLARE_STATIC_KEY_FALSE(iser_pi_key);

/* The path of each I/O asks this first, and is not longer for those without. */
static inline bool iser_pi_used(void)
{
	return static_branch_unlikely(&iser_pi_key);
}

/* A buffer in memory. */
struct iser_data {
	struct scatterlist *sgl;
	unsigned int nents;
	u32 len;
};

/* An initiator's task; between the half and the core there is one state. */
enum iser_task_state {
	ISER_TASK_IDLE,
	ISER_TASK_STARTED,	/* the half fills the slot, or the Send was not posted */
	ISER_TASK_POSTED,	/* the device may use its memory */
};

/*
 * One iSCSI task of an initiator, or a PDU that is not a task, in the iSER layer: a
 * header slot in memory that is mapped once, and what the task holds.  The
 * connection has an array of tasks, and takes any that is idle.  It is the last
 * member of the half's own structure; the core allocates both, and its own part
 * behind them, in one piece (iser_resources.priv_size).  A target has struct
 * iser_cmd (command.h) instead.
 */
struct iser_task {
	struct iser_conn *conn;
	u32 index;
	u8 *bhs;		/* slot; iser_info.inline_max bytes follow */
	/* The half sets what follows before the first primitive. */
	struct iser_task *next;	/* for the half, while idle */
	struct iser_data data;	/* DataDescriptorIn or -Out, whole */
	u32 immediate;		/* bytes of it sent with the PDU */
	u32 unsolicited;	/* in Data-Out not sent yet */
	u16 inline_len;		/* AHS after the BHS in the slot */
	u8 dir;			/* enum dma_data_direction of data */
	bool no_answer;		/* task_done() when sent */
	u8 state;		/* enum iser_task_state */
};

#define ISER_DEVICE_NAME	64	/* bytes, as IB_DEVICE_NAME_MAX */

/*
 * An STag is made of pages of this size on every kernel, because it is the only
 * one that all adapters register correctly (irdma silently takes 16 and 64 KiB
 * for 4).
 */
#define ISER_STAG_PAGE		SZ_4K

/* Facts about a connection's device that iSCSI has to know. */
struct iser_info {
	char device[ISER_DEVICE_NAME];	/* its first name, for log lines */
	u32 inline_max;		/* bytes in a slot after the BHS */
	u32 recv_ahs;		/* bytes of AHS that a receive has room for */
	u32 gather_max;		/* initiator: segments that the data of one PDU may have */
	u32 max_pages;		/* of ISER_STAG_PAGE, that one STag covers */
	u32 max_mapping;	/* bytes that can be mapped for the device at once */
	bool sg_gaps;		/* an STag may cover segments with gaps */
	bool remote_invalidate;	/* agreed in the CM handshake */
	bool pi;		/* protection information is carried */
	bool pi_asked;		/* its half has asked for that */
	bool pi_type1, pi_type3;	/* types of it that the device knows */
	bool pi_crc, pi_ip;	/* guards that it knows in memory */
	u32 tasks;		/* initiator: commands and others that the queue pair holds */
	u32 recv_depth;		/* receives that the queue pair holds, at most */
	bool shared;		/* target: it shares receives with others */
	u32 send_depth;
	struct sockaddr_storage local, remote;
	bool established;	/* set once, stays set when it has ended */
	const char *step;	/* initiator: what a connect waits for */
	char port[64];		/* likewise: RDMA device of the path, or down */
	bool was_down;		/* it had a port down; CM uses datagrams */
};

/* Allocate_Connection_Resources: RFC 7145, section 5.1.1. */
struct iser_resources {
	u32 tasks;		/* most tasks or commands: see iser_prepare_entry() */
	u32 priv_size;		/* of the half's structure, with its iser_task or iser_cmd */
	u32 plain;		/* initiator: tasks below this number have no STag */
	u32 receives;		/* receive buffers to be posted */
	u32 recv_data;		/* data bytes of each; iser_info.recv_ahs come on top */
	u32 regions;		/* target: STags for Reads; 0: core decides */
	u32 region_pages;	/* pages for each STag */
	bool pi;		/* target: its commands may have protection information */
};

/* What the login agreed on, as far as the core acts on it. */
struct iser_notice {
	enum iser_hello_rule hello;
	s8 recovery_level;	/* ErrorRecoveryLevel, or ISER_LEVEL_UNKNOWN */
	bool name_stags;	/* target: name STags in the header of a response */
	bool tell_delivery;	/* target: response_done() follows the Send's completion */
	bool discovery;		/* target: a session that may be anybody's */
};

#define ISER_LEVEL_UNKNOWN	(-1)

/*
 * The up-calls: iscsi_iser_endpoint_ops of initiator/conn.c, isert_ops of
 * target/main.c.
 */
struct iser_ops {
	/**
	 * @control_notify: Control_Notify.  Full feature phase; a Login PDU
	 * goes to iser_wait_login() (target) or here (initiator).
	 * The half calls iser_pdu_put(), now or later.
	 */
	void (*control_notify)(struct iser_conn *conn, struct iser_pdu *pdu);
	/**
	 * @data_completion_notify: Data_Completion_Notify of one Get_Data, or
	 * of iser_put_data_notify().
	 * @status is 0, or negative when the connection failed.  Target only.
	 */
	void (*data_completion_notify)(struct iser_cmd *cmd, u32 offset,
				       u32 len, int status);
	/**
	 * @data_ack_notify: Data_ACK_Notify.  The initiator has the data up to
	 * an A-bit: @data_sn is the DataSN that follows.  The calls come in
	 * order, one at a time, before the response_done() of the command; none
	 * comes for data whose fate a failed connection leaves open.  Target
	 * only.
	 */
	void (*data_ack_notify)(struct iser_cmd *cmd, u32 data_sn);
	/**
	 * @hello_done: initiator: the Hello that iser_enable_datamover() has
	 * sent is answered; commands may be sent.  Not called when the target
	 * refuses: the connection ends.
	 */
	void (*hello_done)(struct iser_conn *conn);
	/**
	 * @connection_terminate_notify: Connection_Terminate_Notify.  Once, in
	 * a worker, after the last completion of the connection.  @reason is a
	 * negative errno; 0 for a connection that this end closed.
	 */
	void (*connection_terminate_notify)(struct iser_conn *conn, int reason);
	/**
	 * @task_done: initiator: the device no longer uses anything of the task.
	 * @status is 0, or negative when the connection failed.
	 */
	void (*task_done)(struct iser_task *task, int status);
	/**
	 * @response_done: target: the response has been sent, and the device no
	 * longer uses anything of the command.  @status is 0, or negative when the
	 * connection failed.
	 */
	void (*response_done)(struct iser_cmd *cmd, int status);
	/**
	 * @cmd_init: target: a command has been allocated: the half initializes
	 * its part, once.  Sleeps.
	 */
	void (*cmd_init)(struct iser_cmd *cmd);
	/**
	 * @login_notify: target: a further Login Request waits for
	 * iser_wait_login(), or the connection ended during login.
	 */
	void (*login_notify)(struct iser_conn *conn);
	/**
	 * @find_task: initiator: the posted task that a PDU with this BHS
	 * answers, or NULL.
	 */
	struct iser_task *(*find_task)(struct iser_conn *conn, const u8 *bhs);
	/**
	 * @send_ready: initiator: iser_send_data_out() returned -EAGAIN for
	 * this task; the half may call it again.
	 */
	void (*send_ready)(struct iser_task *task);
};

#endif
