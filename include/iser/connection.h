/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Operational Primitives of the Datamover Interface that are about a
 * connection: its set-up, the login, its resources, and its end.
 */
#ifndef ISER_CONNECTION_H
#define ISER_CONNECTION_H

#include <iser/datamover.h>

/* --- connection set-up ------------------------------------------------- */

/* What a half asks of a connection before its queue pair is made. */
struct iser_conn_param {
	u32 tasks;		/* commands and other PDUs outstanding at most */
	u32 recv_depth;		/* most receives that may be posted later */
	u32 send_depth;		/* target: work requests of the send queue */
	u32 shared_depth;	/* target: of a shared receive queue; 0: none */
	bool remote_invalidate;	/* ask the peer to invalidate, or do so */
	bool pi;		/* carry protection information, if the device checks it */
};

/**
 * iser_connect - start a connection to a target
 * @dst: address and port
 * @src: local address, or NULL
 * @param: sizes
 * @ops: up-calls
 * @upper: pointer of the half, see iser_conn_upper()
 *
 * Does not wait for the peer.  May sleep.
 * Return: connection with one reference, or ERR_PTR.
 * connection_terminate_notify() reports all failures, including those of the
 * first step: -ENXIO: there is no RDMA device; -ENETDOWN: its port is down;
 * -EHOSTUNREACH: no route leads over one; -ETIMEDOUT: the peer has not
 * answered; -ECONNREFUSED.
 */
struct iser_conn *iser_connect(const struct sockaddr *dst,
			       const struct sockaddr *src,
			       const struct iser_conn_param *param,
			       const struct iser_ops *ops, void *upper);

/**
 * iser_get_dma_device - the device that memory is mapped for
 * @conn: connection
 *
 * May sleep.
 * Return: the device, with a reference, or NULL when there is none: the provider
 * is software, or the connection has ended.
 */
struct device *iser_get_dma_device(struct iser_conn *conn);

/**
 * iser_wait_connected - wait until the connection is established or failed
 * @conn: connection of iser_connect()
 * @timeout_ms: 0 polls, negative waits for ever
 * Return: 1 established, 0 not yet, negative errno of the failure,
 * -ERESTARTSYS when interrupted.
 */
int iser_wait_connected(struct iser_conn *conn, int timeout_ms);

/**
 * iser_connect_give_up - end a connection unless it has been established
 * @conn: connection of iser_connect()
 * @reason: negative errno, for the notification.  Any context.
 */
void iser_connect_give_up(struct iser_conn *conn, int reason);

/**
 * iser_listen - accept connections on an address
 * @addr: address and port; 0.0.0.0 and [::] are possible
 * @param: sizes for each connection; copied
 * @ops: up-calls
 *
 * When no RDMA device carries the address yet, the listener remembers it and
 * listens as soon as one does; a line is logged.  It does the same after the
 * device has been removed.  May sleep.
 * Return: listener, or ERR_PTR(-ENOMEM).
 */
struct iser_listener *iser_listen(const struct sockaddr_storage *addr,
				  const struct iser_conn_param *param,
				  const struct iser_ops *ops);

/**
 * iser_accept - next connection whose first Login Request has arrived
 * @listener: of iser_listen()
 *
 * Sleeps, interruptibly.  A connection holds its queue pair and one login
 * buffer until iser_allocate_connection_resources().
 * Return: connection with one reference, or ERR_PTR: -ERESTARTSYS, or -ESHUTDOWN
 * after iser_unlisten() has begun.
 */
struct iser_conn *iser_accept(struct iser_listener *listener);

/* iser_unlisten - stop, and drop connections not yet accepted.  Sleeps. */
void iser_unlisten(struct iser_listener *listener);

/* A connection begins with this; the rest of it is the core's alone. */
struct iser_conn_public {
	void *upper;
};

/* iser_conn_upper - the half's own connection, or NULL */
static inline void *iser_conn_upper(const struct iser_conn *conn)
{
	return READ_ONCE(((const struct iser_conn_public *)conn)->upper);
}

/* The half of a target sets it before it calls any other function. */
void iser_conn_set_upper(struct iser_conn *conn, void *upper);
const struct iser_info *iser_conn_info(const struct iser_conn *conn);
void iser_conn_get(struct iser_conn *conn);
void iser_conn_put(struct iser_conn *conn);	/* any context */

/* --- login --------------------------------------------------------------- */

/**
 * iser_send_login - send a Login PDU, with text from any memory
 * @conn: connection, established
 * @bhs: 48 bytes; DataSegmentLength is set from @len
 * @text: copied, at most 8192 bytes
 * @len: its bytes, without padding
 * @expect: the peer will send a Login PDU next: first post a login buffer
 *
 * Initiator: does not sleep; a Login Response is handed up only when the Send
 * of its request has completed.  Target: sleeps, but never for the peer; a
 * request is handed up only when the Send of the previous response has
 * completed.
 * Return: 0 or negative errno.
 */
int iser_send_login(struct iser_conn *conn, const u8 *bhs, const void *text,
		    u32 len, bool expect);

/**
 * iser_wait_login - target: the next Login Request
 * @conn: connection of iser_accept()
 *
 * Sleeps, interruptibly.
 * Return: PDU, which the caller puts, or ERR_PTR: -ERESTARTSYS, -ENOTCONN.
 */
struct iser_pdu *iser_wait_login(struct iser_conn *conn);

/* iser_login_pending - target: whether iser_wait_login() would not sleep */
bool iser_login_pending(struct iser_conn *conn);

/* --- RFC 5047: connection primitives ------------------------------------ */

/**
 * iser_allocate_connection_resources - Allocate_Connection_Resources
 * @conn: connection, established
 * @res: what is needed; copied
 *
 * Called after authentication.  Allocates receive buffers and room for tasks.
 * A target posts its receives here, before the final Login Response; an
 * initiator posts them in iser_enable_datamover(), which it must call before
 * the final Login Response is handed up.  After a success, a further call does
 * nothing and succeeds.  Sleeps.
 * Return: 0; -ENOMEM; -ENOSPC when the queue pair is too small; -ENOTCONN when
 * the connection has ended; or the error of the device.
 */
int iser_allocate_connection_resources(struct iser_conn *conn,
				       const struct iser_resources *res);

/**
 * iser_add_receives - more receive buffers of the same size, posted at once
 * @conn: connection, with resources
 * @nr: how many
 *
 * For a target that grants more credits than before (RFC 7145, section 8.1), or
 * an initiator that sends more commands at a time: it posts the receives first.
 * May be called at any time after Allocate_Connection_Resources (target) or
 * Enable_Datamover (initiator), from one context at a time.  Sleeps.
 * Return: 0; -ENOMEM, -ENOSPC when the queue pair is too small, or -ENOTCONN.
 * After an error nothing has changed.
 */
int iser_add_receives(struct iser_conn *conn, u32 nr);

/**
 * iser_prepare_entry - make a task or command, and some near it
 * @conn: connection, with resources
 * @index: its number, less than iser_resources.tasks
 *
 * Tasks with their STags, and commands, are allocated as they are used.  Sleeps.
 * Return: 0, even if it exists; -ENOTCONN; -ENOMEM, or the error of a device
 * that has no STag left.
 */
int iser_prepare_entry(struct iser_conn *conn, u32 index);

/**
 * iser_notice_key_values - Notice_Key_Values: RFC 5047, section 8.8
 * @conn: connection
 * @notice: copied
 *
 * Called when the login is settled, before iser_enable_datamover().  Any
 * context.  Without it there is no Hello, and ErrorRecoveryLevel is unknown.
 */
void iser_notice_key_values(struct iser_conn *conn,
			    const struct iser_notice *notice);

/**
 * iser_enable_datamover - Enable_Datamover: full feature phase begins
 * @conn: connection, with resources
 *
 * Initiator, ISER_HELLO_REQUIRED: sends the Hello.  Before hello_done() the
 * half must neither send nor announce the phase.
 * Target: what the half submits goes out after the HelloReply, or after the
 * first message of an initiator that sends no Hello (RFC 7145, section 5.1.3).
 * Any context.
 * Return: 0 or negative errno (the connection has ended).
 */
int iser_enable_datamover(struct iser_conn *conn);

/**
 * iser_connection_fail - end the connection without waiting
 * @conn: connection
 * @reason: negative errno, for the notification.  Any context.
 */
void iser_connection_fail(struct iser_conn *conn, int reason);

/**
 * iser_connection_terminate - Connection_Terminate
 * @conn: connection
 *
 * A target first waits, for a bounded time, until its Sends, such as a Login
 * Response, have completed.  Disconnects, and waits until nothing is
 * outstanding and connection_terminate_notify() has been called.  Sleeps.  Must
 * not be called from an up-call.
 */
void iser_connection_terminate(struct iser_conn *conn);

/**
 * iser_connection_close - target: leave a connection that has not logged in
 * @conn: connection of iser_accept()
 *
 * Replaces iser_connection_terminate() and what follows it; the caller drops
 * its reference next.  On return no up-call runs, and none will follow.  The
 * connection ends when its last Login Response has been sent, or soon.  Does
 * not wait for the peer.  Sleeps.  Must not be called from an up-call.
 */
void iser_connection_close(struct iser_conn *conn);

/**
 * iser_deallocate_connection_resources - Deallocate_Connection_Resources
 * @conn: connection that has been terminated
 *
 * Called after iser_connection_terminate(), when the half no longer holds a PDU
 * or a task.  Sleeps.
 */
void iser_deallocate_connection_resources(struct iser_conn *conn);

/* --- modules -------------------------------------------------------------- */

/**
 * iser_core_check - check that core and half are of one build
 * @half: name for the log
 * @build: ISER_BUILD of the half
 * Return: 0, or -EINVAL after a line that names the two builds.
 */
int iser_core_check(const char *half, const char *build);

#endif
