/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Operational Primitives of the Datamover Interface that are about a command
 * of a target: Send_Control, Put_Data, Get_Data and their helpers.
 */
#ifndef ISER_COMMAND_H
#define ISER_COMMAND_H

#include <iser/datamover.h>
#include <iser/pi.h>

/*
 * A command, or another PDU that a target answers or sends, in the iSER layer: a
 * header slot in memory that is mapped once, and what is transferred for it.  The
 * connection has one for each of LIO's tags.
 *
 * It is the last member of the half's own structure.  The core allocates both, and
 * its own part behind them, in one piece (iser_resources.priv_size), zeroed, and
 * never again: neither the half nor the core looks up what the other has.
 */
struct iser_cmd {
	struct iser_conn *conn;
	u8 *bhs;		/* slot; iser_info.inline_max bytes follow */
	u32 index;		/* LIO's tag */
	struct iser_header peer; /* STags that the initiator has advertised */
};

/* iser_conn_cmd - the command with this index, or NULL.  Any context. */
struct iser_cmd *iser_conn_cmd(struct iser_conn *conn, u32 index);

/**
 * iser_map_data - map the buffer of a write
 * @cmd: its command
 * @data: it and its memory stay as they are until it is unmapped
 *
 * May sleep if the DMA API does.
 * Return: 0 or -ENOMEM.
 */
int iser_map_data(struct iser_cmd *cmd, const struct iser_data *data);

/**
 * iser_unmap_data - unmap, after the last Get_Data has completed and before LIO
 *	reads the memory
 * @cmd: command of a write
 *
 * Does nothing when nothing is mapped.  response_done() implies it.
 */
void iser_unmap_data(struct iser_cmd *cmd);

#define ISER_MAX_GETS	2

/**
 * iser_get_data - Get_Data: RDMA Read into a piece of the mapped buffer
 * @cmd: command of a write
 * @offset: in the command's data, and in the mapped buffer
 * @len: bytes of the piece
 * @tagged: Tagged Offset at the initiator, from iser_write_offset()
 *
 * A command may have up to ISER_MAX_GETS at a time; data_completion_notify()
 * follows for each.  Queues the Read when credits or STags are short.  Does not
 * sleep.
 */
void iser_get_data(struct iser_cmd *cmd, u32 offset, u32 len, u64 tagged);

/**
 * iser_put_data - Put_Data: RDMA Write of the data of a read
 * @cmd: its command
 * @data: all data of the command; it and its memory stay as they are until
 *	response_done()
 * @burst: 0, or bytes of a Data-In sequence: each full one but the last of the
 *	command ends with an A-bit, and data_ack_notify() follows for it
 *
 * The data are mapped, which may sleep if the DMA API does, and noted.  The
 * iser_send_response() that follows posts them, ahead of its Send and with the same
 * doorbell.  Once for a command, before iser_send_begin().
 *
 * A sequence is one Data-In: its DataSN is its number, from 0.  The initiator's
 * ExpStatSN acknowledges the last one.  The others are acknowledged (RFC 7145,
 * section 7.3.5) at ErrorRecoveryLevel 1 by the completion of the RDMA Write;
 * at 2 or unknown by that of an RDMA Read of no bytes after it.  There are no
 * A-bits at level 0, and none that would need a Read where iSER-ORD is 0.
 *
 * Return: 0 or -ENOMEM.
 */
int iser_put_data(struct iser_cmd *cmd, const struct iser_data *data, u32 burst);

/**
 * iser_cmd_pi - note the protection information of a command
 * @cmd: its command
 * @pi: copied; its list stays until the data are unmapped
 * @len: bytes of data
 *
 * Before iser_map_data_pi().  Such a write takes one Get_Data for all, such a read
 * iser_put_data_notify().
 * Return: 0; -EINVAL: the connection carries none, or devices can't check such blocks.
 */
int iser_cmd_pi(struct iser_cmd *cmd, const struct iser_pi *pi, u32 len);

/**
 * iser_cmd_pi_result - what this end's device has found
 * @cmd: after iser_cmd_pi() and data_completion_notify()
 * Return: the first error, or ISER_PI_GOOD.
 */
const struct iser_pi_result *iser_cmd_pi_result(struct iser_cmd *cmd);

/**
 * iser_map_data_pi - map the buffer of a command with protection information
 * @cmd: after iser_cmd_pi()
 * @data: as for iser_map_data()
 * @put: it is a read, for iser_put_data_notify()
 *
 * Return: 0 or -ENOMEM.
 */
int iser_map_data_pi(struct iser_cmd *cmd, const struct iser_data *data, bool put);

/**
 * iser_put_data_notify - Put_Data with Notify_Enable: RDMA Write of the mapped buffer
 * @cmd: command of a read with protection information, which must be checked before
 *	the status is known
 * @len: bytes of data
 *
 * data_completion_notify() follows.  Does not sleep.
 */
void iser_put_data_notify(struct iser_cmd *cmd, u32 len);

/**
 * iser_send_begin - keep the order of StatSN on the wire
 * @conn: connection on which the PDU is sent
 *
 * A target assigns StatSN and builds the PDU between this and
 * iser_send_response(), which ends it, or iser_send_cancel(), if there is nothing
 * to send.  The code between holds a spinlock (BH) and must not sleep.
 */
void iser_send_begin(struct iser_conn *conn) __acquires(conn);
void iser_send_cancel(struct iser_conn *conn) __releases(conn);

/**
 * iser_send_counts - how much a target has sent, and how much has ended
 * @conn: connection
 * @begun: set to the number of work requests posted so far; it wraps
 * @ended: set to how many of these have ended, in the order in which they were posted
 *
 * Those that go unsignaled do not count: they hold nothing.  Any context.
 * Return: false when more may have ended, because the worker has not come to it yet.
 */
bool iser_send_counts(const struct iser_conn *conn, u32 *begun, u32 *ended);

/**
 * iser_send_response - Send_Control of a target
 * @cmd: its slot holds the BHS, DataSegmentLength and TotalAHSLength included
 * @inline_len: bytes after the BHS in the slot: AHS, data
 * @data: data segment from elsewhere, or NULL; stays until response_done()
 * @status: it is a SCSI Response, which invalidates the STags of the command if
 *	that was agreed, and for whose response_done() the half can wait 10 ms
 *
 * Ends what iser_send_begin() has begun.  Does not sleep.  Exactly one
 * response_done() follows; the caller no longer owns the command.
 */
void iser_send_response(struct iser_cmd *cmd, u32 inline_len,
			const struct iser_data *data, bool status)
	__releases(conn);

/**
 * iser_cmd_abandon - undo iser_map_data() and iser_put_data()
 * @cmd: command for which no response was submitted, and no Get_Data is under way
 */
void iser_cmd_abandon(struct iser_cmd *cmd);

#endif
