/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Datamover Interface (RFC 5047) between the iSCSI-facing halves and the
 * iSER layer.  Operational Primitives are functions, notifications are the
 * members of struct iser_ops; both carry their standard names.
 *
 * RFC 5047, section 5.4 asks for functional, not literal, compliance: tasks
 * are pointers and not ITTs, and a Put_Data is an offset and a length.
 * Notify_Enable is no argument: it is set for every Get_Data, and cleared for
 * every Put_Data, whose end is the task_done() of the response behind it.
 *
 * Life of a task: iser_task_start() -> primitives -> idle again.
 *   initiator: idle when control_notify() is called with the response, or
 *	task_done() for a PDU that has none.  By then the Send has completed,
 *	the STags are dead and the buffers are unmapped.
 *   target: idle when task_done() is called after the response's Send.
 * Every accepted primitive ends in exactly one up-call, also when the connection
 * has ended before; save an initiator's task that waits for its response then:
 * it is idle when connection_terminate_notify() is called.
 *
 * Contexts: up-calls come from where completions are polled: at the initiator
 * a softirq, or a worker with BH disabled; a worker at the target; at most one
 * at a time for a connection.
 * Those that follow the end of a connection come from a worker; at the
 * initiator, but for connection_terminate_notify(), with BH disabled as well.
 */
#ifndef ISER_DATAMOVER_H
#define ISER_DATAMOVER_H

#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/socket.h>
#include <iser/wire.h>

struct iser_conn;
struct iser_listener;
struct iser_task;

enum iser_role {
	ISER_INITIATOR,
	ISER_TARGET,
};

/*
 * A received control-type PDU.  It is the holder's until iser_pdu_put(),
 * which gives the receive buffer back to the queue pair.
 */
struct iser_pdu {
	struct iser_conn *conn;
	u8 *bhs;		/* ISER_BHS_LEN bytes */
	void *data;		/* AHS and data in one piece, or NULL: use iser_pdu_copy() */
	struct iser_msg msg;	/* lengths, STags */
	struct iser_task *task;	/* initiator: the task that find_task() named */
	struct list_head node;	/* the holder's */
};

/* A buffer in memory. */
struct iser_data {
	struct scatterlist *sgl;
	unsigned int nents;
	u32 len;
};

/*
 * One iSCSI task, or a PDU that is no task, in the iSER layer: a header slot
 * in memory mapped once, and what the task holds.  Tasks live in an array of
 * the connection, by numbers (LIO's tags; an initiator takes any that is idle).
 */
struct iser_task {
	struct iser_conn *conn;
	u32 index;
	u8 *bhs;		/* the slot; behind it iser_info.inline_max bytes */
	void *upper;		/* the half's */
	struct iser_task *next;	/* the half's, while the task is idle */
	struct iser_header peer; /* target: STags of the command */
};

/* What Send_Control sends: the task's slot, and what belongs to it. */
struct iser_control {
	u32 inline_len;		/* bytes behind the BHS in the slot: AHS, data */
	const struct iser_data *data;	/* data segment from elsewhere; stays until the up-call */
	const struct iser_data *in;	/* initiator, DataDescriptorIn: whole read buffer */
	const struct iser_data *out;	/* initiator, DataDescriptorOut: whole write buffer */
	u32 immediate;		/* initiator: bytes of @out sent with this PDU */
	u32 unsolicited;	/* initiator: bytes of @out in Data-Out that follow */
	bool no_answer;		/* initiator: task_done() when sent */
	bool later;		/* target: nobody waits for task_done(), it may be 10 ms late */
	bool response;		/* target: a SCSI Response: invalidate the task's STags if agreed */
};

#define ISER_DEVICE_NAME	64	/* bytes, as IB_DEVICE_NAME_MAX */

/*
 * An STag is made of pages of this size on every kernel: it is the one that all
 * adapters register rightly (irdma takes 16 and 64 KiB for it without a word).
 */
#define ISER_STAG_PAGE		SZ_4K

/* Facts about a connection's device that iSCSI has to know. */
struct iser_info {
	char device[ISER_DEVICE_NAME];	/* for log lines; as it was called at first */
	u32 inline_max;		/* bytes in a slot behind the BHS */
	u32 recv_ahs;		/* bytes of AHS that a receive has room for */
	u32 gather_max;		/* initiator: segments that the data of one PDU may have */
	u32 max_pages;		/* of ISER_STAG_PAGE, that one STag covers */
	u32 max_mapping;	/* bytes that can be mapped for the device at once */
	bool sg_gaps;		/* an STag may cover segments with gaps */
	bool remote_invalidate;	/* agreed in the CM handshake */
	u32 tasks;		/* initiator: commands and others that the queue pair holds */
	u32 recv_depth;		/* receives that the queue pair holds, at most */
	bool shared;		/* target: it shares receives with others */
	u32 send_depth;
	struct sockaddr_storage local, remote;
	bool established;	/* it has been, whatever has become of it */
	const char *step;	/* initiator: what a connect waits for */
	char port[64];		/* likewise: the RDMA device on the way, or that is down */
	bool was_down;		/* a port of that has been, and it talks by datagrams */
};

/* Allocate_Connection_Resources: RFC 7145, section 5.1.1. */
struct iser_resources {
	u32 tasks;		/* size of the task array: iser_task_prepare() fills it */
	u32 plain;		/* initiator: tasks below this number have no STag */
	u32 receives;		/* receive buffers to be posted */
	u32 recv_data;		/* data bytes of each; iser_info.recv_ahs come on top */
	u32 regions;		/* target: STags for RDMA Reads; 0: as many as are of use */
	u32 region_pages;	/* pages for each STag */
};

/* What the login agreed on, as far as the core acts on it. */
struct iser_notice {
	enum iser_hello_rule hello;
	s8 recovery_level;	/* ErrorRecoveryLevel, or ISER_LEVEL_UNKNOWN */
	bool ack_by_read;	/* target: acknowledge data by RDMA Read at any level */
	bool name_stags;	/* target: name STags in the header of a response */
};

#define ISER_LEVEL_UNKNOWN	(-1)

struct iser_ops {
	/**
	 * @control_notify: Control_Notify.  Full feature phase; a Login PDU
	 * goes to iser_wait_login() (target) or here (initiator).
	 * The half calls iser_pdu_put(), now or later.
	 */
	void (*control_notify)(struct iser_conn *conn, struct iser_pdu *pdu);
	/**
	 * @data_completion_notify: Data_Completion_Notify of one Get_Data.
	 * @status is 0, or negative when the connection failed.  Target only.
	 */
	void (*data_completion_notify)(struct iser_task *task, u32 offset,
				       u32 len, int status);
	/**
	 * @data_ack_notify: Data_ACK_Notify.  The initiator has the data up to
	 * an A-bit: @data_sn is the DataSN that follows.  Behind each other, in
	 * order, before the task_done() of the task; none for data whose fate
	 * a failed connection leaves open.  Target only.
	 */
	void (*data_ack_notify)(struct iser_task *task, u32 data_sn);
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
	 * @task_done: nothing of the task is in use by the device any more.
	 * @status is 0, or negative when the connection failed.
	 */
	void (*task_done)(struct iser_task *task, int status);
	/**
	 * @login_notify: target: a further Login Request waits for
	 * iser_wait_login(), or the connection ended during login.
	 */
	void (*login_notify)(struct iser_conn *conn);
	/**
	 * @find_task: initiator: the task of a response's ITT, or NULL.  The
	 * core checks whether the task is in use.
	 */
	struct iser_task *(*find_task)(struct iser_conn *conn, const u8 *bhs);
	/**
	 * @send_ready: initiator: iser_send_data_out() said -EAGAIN for this
	 * task; it may be tried again.
	 */
	void (*send_ready)(struct iser_task *task);
};

/* --- connection set-up ------------------------------------------------- */

/* What a half asks of a connection before its queue pair is made. */
struct iser_conn_param {
	u32 tasks;		/* commands and other PDUs outstanding at most */
	u32 recv_depth;		/* most receives that may be posted later */
	u32 send_depth;		/* target: slots of the send queue */
	u32 shared_depth;	/* target: of a shared receive queue; 0: none */
	bool remote_invalidate;	/* ask the peer to invalidate, or do so */
};

/**
 * iser_connect - start a connection to a target
 * @dst: address and port
 * @src: local address, or NULL
 * @param: sizes
 * @ops: up-calls
 * @upper: the half's, see iser_conn_upper()
 *
 * Does not wait.  May sleep.  Return: connection with one reference, or ERR_PTR.
 * connection_terminate_notify() tells of all failures, of those of the first
 * step too: -ENXIO: there is no RDMA device; -ENETDOWN: its port is down;
 * -EHOSTUNREACH: no route leads over one; -ETIMEDOUT: nobody has answered;
 * -ECONNREFUSED.
 */
struct iser_conn *iser_connect(const struct sockaddr *dst,
			       const struct sockaddr *src,
			       const struct iser_conn_param *param,
			       const struct iser_ops *ops, void *upper);

/**
 * iser_get_dma_device - what memory is mapped for, with a reference
 *
 * May sleep.  Return: the device, or NULL when there is none: a software
 * provider's, or the connection has ended.
 */
struct device *iser_get_dma_device(struct iser_conn *conn);

/**
 * iser_wait_connected - wait until the connection is established or failed
 * @timeout_ms: 0 polls, negative waits for ever
 * Return: 1 established, 0 not yet, negative errno of the failure,
 * -ERESTARTSYS when interrupted.
 */
int iser_wait_connected(struct iser_conn *conn, int timeout_ms);

/**
 * iser_connect_give_up - end a connection unless it has been established
 * @reason: negative errno, for the notification.  Any context.
 */
void iser_connect_give_up(struct iser_conn *conn, int reason);

/**
 * iser_listen - accept connections on an address
 * @addr: address and port; 0.0.0.0 and [::] are possible
 *
 * When no RDMA device carries the address yet, it is remembered and listened
 * on as soon as one does; a line says so.  So it is after a device has gone.
 * May sleep.  Return: listener, or ERR_PTR.
 */
struct iser_listener *iser_listen(const struct sockaddr_storage *addr,
				  const struct iser_conn_param *param,
				  const struct iser_ops *ops);

/**
 * iser_accept - next connection whose first Login Request has arrived
 *
 * Sleeps, interruptibly.  A connection holds its queue pair and one login
 * buffer until iser_allocate_connection_resources().
 * Return: connection with one reference, -ERESTARTSYS, or -ESHUTDOWN after
 * iser_unlisten() has begun.
 */
struct iser_conn *iser_accept(struct iser_listener *listener);

/** iser_unlisten - stop; drops connections not accepted yet.  Sleeps. */
void iser_unlisten(struct iser_listener *listener);

void *iser_conn_upper(const struct iser_conn *conn);
/* The half of a target sets it before it calls any other function. */
void iser_conn_set_upper(struct iser_conn *conn, void *upper);
const struct iser_info *iser_conn_info(const struct iser_conn *conn);
void iser_conn_get(struct iser_conn *conn);
void iser_conn_put(struct iser_conn *conn);	/* any context */

/* --- login --------------------------------------------------------------- */

/**
 * iser_send_login - send a Login PDU, with text from any memory
 * @bhs: 48 bytes; DataSegmentLength is set from @len
 * @text: copied, at most 8192 bytes
 * @expect: a Login PDU of the peer will follow: a login buffer is posted first
 *
 * Initiator: does not sleep; a Login Response is handed up only when the Send
 * of its request has completed.  Target: sleeps, but for no peer: a request is
 * handed up only when the Send of the response before has completed.
 * Return: 0 or negative errno.
 */
int iser_send_login(struct iser_conn *conn, const u8 *bhs, const void *text,
		    u32 len, bool expect);

/**
 * iser_wait_login - target: the next Login Request
 *
 * Sleeps, interruptibly.  Return: PDU, to be put; -ERESTARTSYS; -ENOTCONN.
 */
struct iser_pdu *iser_wait_login(struct iser_conn *conn);

/** iser_login_pending - target: would iser_wait_login() return at once? */
bool iser_login_pending(struct iser_conn *conn);

/* --- RFC 5047: connection primitives ------------------------------------ */

/**
 * iser_allocate_connection_resources - Allocate_Connection_Resources
 *
 * After authentication.  Allocates receive buffers, and room for tasks.  A target's
 * receives are posted here, before the final Login Response; an initiator's
 * are posted when iser_enable_datamover() is called, which it must be before
 * the final Login Response is handed up.  A further call after a success does
 * nothing and succeeds.  Sleeps.
 * Return: 0, -ENOMEM, -ENOSPC when the queue pair is too small.
 */
int iser_allocate_connection_resources(struct iser_conn *conn,
				       const struct iser_resources *res);

/**
 * iser_add_receives - more receive buffers of the same size, posted at once
 * @nr: how many
 *
 * For a target that grants more credits than before (RFC 7145, section 8.1), or
 * an initiator that sends more commands at a time: the receives come first.  Any
 * time after Allocate_Connection_Resources (target), Enable_Datamover
 * (initiator); from one context at a time.  Sleeps.
 * Return: 0; -ENOMEM, -ENOSPC when the queue pair is too small, -ENOTCONN:
 * nothing has changed.
 */
int iser_add_receives(struct iser_conn *conn, u32 nr);

/**
 * iser_notice_key_values - Notice_Key_Values: RFC 5047, section 8.8
 * @notice: copied
 *
 * When the login is settled, before iser_enable_datamover().  Any context.
 * Without it: no Hello, ErrorRecoveryLevel unknown.
 */
void iser_notice_key_values(struct iser_conn *conn,
			    const struct iser_notice *notice);

/**
 * iser_enable_datamover - Enable_Datamover: full feature phase begins
 *
 * Initiator, ISER_HELLO_REQUIRED: sends the Hello.  The half sends nothing and
 * tells nobody of the phase before hello_done().
 * Target: what the half submits goes out behind the HelloReply, or behind the
 * first message of an initiator that says no Hello (RFC 7145, section 5.1.3).
 * Any context.  Return: 0 or negative errno (the connection has ended).
 */
int iser_enable_datamover(struct iser_conn *conn);

/**
 * iser_connection_fail - end the connection, do not wait
 * @reason: negative errno, for the notification.  Any context.
 */
void iser_connection_fail(struct iser_conn *conn, int reason);

/**
 * iser_connection_terminate - Connection_Terminate
 *
 * Lets a Login Response or other Send on its way complete (bounded), then
 * disconnects, and waits until nothing is outstanding and
 * connection_terminate_notify() has been called.  Sleeps.  Not from an up-call.
 */
void iser_connection_terminate(struct iser_conn *conn);

/**
 * iser_connection_close - target: let go of a connection that has not logged in
 *
 * Instead of iser_connection_terminate() and what follows it: drop the reference
 * then.  No up-call runs or follows any more.  The connection ends when its last
 * Login Response has been sent, or soon.  Does not wait for its peer.  Sleeps.
 * Not from an up-call.
 */
void iser_connection_close(struct iser_conn *conn);

/**
 * iser_deallocate_connection_resources - Deallocate_Connection_Resources
 *
 * After iser_connection_terminate(), when no PDU and no task is held any
 * more.  Sleeps.
 */
void iser_deallocate_connection_resources(struct iser_conn *conn);

/* --- RFC 5047: tasks ------------------------------------------------------ */

/**
 * iser_task_prepare - make the task with this number, and some near it
 * @index: less than iser_resources.tasks
 *
 * Tasks take memory as they are used, and STags at an initiator.  Sleeps.
 * Return: 0, also when it exists; -ENOTCONN; -ENOMEM, or what the device says
 * that has no STag left.
 */
int iser_task_prepare(struct iser_conn *conn, u32 index);

/** iser_conn_task - the task with this number, or NULL */
struct iser_task *iser_conn_task(struct iser_conn *conn, u32 index);

/**
 * iser_task_start - take an idle task into use
 * @pdu: target: the command that started it (its STags are noted), or NULL
 * Return: 0, -EBUSY when it is in use.
 */
int iser_task_start(struct iser_task *task, const struct iser_pdu *pdu);

/** iser_task_abandon - give back a started task for which nothing was posted */
void iser_task_abandon(struct iser_task *task);

/** iser_task_busy - does the device still use something of the task? */
bool iser_task_busy(const struct iser_task *task);

/**
 * iser_send_begin, iser_send_end - order of StatSN is order on the wire
 *
 * A target brackets "assign StatSN, build the PDU, iser_send_control()"; data
 * are mapped before it.  A spinlock (BH): nothing between may sleep.
 */
void iser_send_begin(struct iser_conn *conn) __acquires(conn);
void iser_send_end(struct iser_conn *conn) __releases(conn);

/**
 * iser_send_control - Send_Control
 * @task: started; its slot holds the BHS, DataSegmentLength and
 *	TotalAHSLength included
 * @ctl: what goes with it
 *
 * Initiator: maps and registers @ctl->in and @ctl->out and advertises their
 * STags; with BH disabled, not within iser_send_begin().  The immediate data,
 * and those of each Data-Out, must not have more segments than
 * iser_info.gather_max: -EMSGSIZE.
 * Target: within iser_send_begin(); data put before goes out ahead of it, with
 * the same doorbell.
 * Does not sleep.
 * Return: 0: exactly one up-call will follow.  -EAGAIN: out of STags or
 * memory, try later, the task is still merely started.  -ENOTCONN (initiator
 * only): the connection has ended.  At a target always 0.
 */
int iser_send_control(struct iser_task *task, const struct iser_control *ctl);

/**
 * iser_send_prepare - initiator: do now what iser_send_control() does first
 * @ctl: what that will be called with
 *
 * Maps and registers @ctl->in or @ctl->out, so that the half learns in time of a
 * buffer for which no second attempt will do better.  BH stay disabled until
 * iser_send_control().
 * Return: 0; -EAGAIN: iser_send_control() tries it again; -EINVAL: the device
 * can't cover the buffer.
 */
int iser_send_prepare(struct iser_task *task, const struct iser_control *ctl);

/**
 * iser_send_data_out - initiator: one unsolicited Data-Out of a task
 * @bhs: its 48 bytes
 * @offset, @len: the piece of the write buffer
 *
 * After iser_send_control() of the command; not after its response.
 * Return: 0; -EAGAIN: send_ready() will be called; -ENOTCONN.
 */
int iser_send_data_out(struct iser_task *task, const u8 *bhs, u32 offset,
		       u32 len);

/**
 * iser_map_data - target: map the buffer of a command
 * @data: stays valid until it is unmapped
 * @read: SCSI read: the device reads the memory
 *
 * May sleep or not as the DMA API; before iser_send_begin().
 * Return: 0 or -ENOMEM.
 */
int iser_map_data(struct iser_task *task, const struct iser_data *data,
		  bool read);

/**
 * iser_unmap_data - target: unmap, after the last Get_Data has completed and
 * before anybody reads the memory.  No-op when nothing is mapped.
 * task_done() implies it.
 */
void iser_unmap_data(struct iser_task *task);

/**
 * iser_put_data - Put_Data: RDMA Write of a piece of the mapped read buffer
 * @offset: in the command's data, and in the mapped buffer
 *
 * @burst: 0, or bytes of a Data-In sequence: each full one but the last of the
 *	command ends with an A-bit, and data_ack_notify() follows for it
 *
 * Noted only; posted by the next iser_send_control() of the task, ahead of
 * its Send and with the same doorbell.  Pieces follow one another, with the
 * same @burst.
 *
 * A sequence is one Data-In: its DataSN is its number, from 0.  The last one is
 * acknowledged by the initiator's ExpStatSN.  How the others are (RFC 7145,
 * section 7.3.5): ErrorRecoveryLevel 1: by the completion of the RDMA Write;
 * 2, unknown, or iser_notice.ack_by_read: by that of an RDMA Read of no bytes
 * behind it.  No A-bits at level 0 without ack_by_read, and none that would
 * need a Read where iSER-ORD is 0.
 */
void iser_put_data(struct iser_task *task, u32 offset, u32 len, u32 burst);

/**
 * iser_get_data - Get_Data: RDMA Read into a piece of the mapped write buffer
 * @offset: in the command's data, and in the mapped buffer
 * @tagged: Tagged Offset at the initiator, from iser_write_offset()
 *
 * Up to ISER_MAX_GETS at a time for a task; data_completion_notify() follows
 * for each.  Waits in a queue when slots or STags are short.  Does not sleep.
 */
#define ISER_MAX_GETS	2
void iser_get_data(struct iser_task *task, u32 offset, u32 len, u64 tagged);

/**
 * iser_deallocate_task_resources - Deallocate_Task_Resources
 *
 * Initiator: the task was ended by other means than its response (task
 * management).  Its STags are invalidated and its Send awaited.
 * From an up-call.
 * Return: 0: idle now.  -EINPROGRESS: task_done() will be called, or has been
 * called already.
 */
int iser_deallocate_task_resources(struct iser_task *task);

/**
 * iser_task_answered - initiator: has a response arrived that is to be handed
 * up when the device has let go of the task?  From an up-call.
 */
bool iser_task_answered(const struct iser_task *task);

/* --- received PDUs -------------------------------------------------------- */

/**
 * iser_pdu_copy - copy out of the bytes behind the BHS
 * @offset: 0 is the first byte of the AHS; data begin at msg.ahs_len
 */
void iser_pdu_copy(const struct iser_pdu *pdu, u32 offset, void *dst, u32 len);

/**
 * iser_pdu_sg - the data segment where it lies, for use without a copy
 * @sg: filled, not terminated before sg_init_table()
 * @max: entries of @sg
 * Return: entries used; 0 when it can't be had (an AHS is in front).
 */
unsigned int iser_pdu_sg(const struct iser_pdu *pdu, struct scatterlist *sg,
			 unsigned int max);

/** iser_pdu_put - give the receive buffer back.  Any context. */
void iser_pdu_put(struct iser_pdu *pdu);

/* --- modules -------------------------------------------------------------- */

/**
 * iser_core_check - are core and half of one build?
 * @half: name for the log
 * @build: ISER_BUILD of the half
 * Return: 0, or -EINVAL after a line that says what is mixed.
 */
int iser_core_check(const char *half, const char *build);

#endif
