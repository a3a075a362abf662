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

/* --- modules -------------------------------------------------------------- */

/**
 * iser_core_check - are core and half of one build?
 * @half: name for the log
 * @build: ISER_BUILD of the half
 * Return: 0, or -EINVAL after a line that says what is mixed.
 */
int iser_core_check(const char *half, const char *build);

#endif
