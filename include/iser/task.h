/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Operational Primitives of the Datamover Interface that are about a task:
 * Send_Control, Put_Data, Get_Data and their helpers; and received PDUs.
 */
#ifndef ISER_TASK_H
#define ISER_TASK_H

#include <iser/datamover.h>

/* --- RFC 5047: tasks ------------------------------------------------------ */

/**
 * iser_task_prepare - make the task with this number, and some near it
 * @index: less than iser_resources.tasks
 *
 * Tasks, and at an initiator their STags, are allocated as they are used.
 * Sleeps.
 * Return: 0, even if it exists; -ENOTCONN; -ENOMEM, or the error of a device
 * that has no STag left.
 */
int iser_task_prepare(struct iser_conn *conn, u32 index);

/** iser_conn_task - the task with this number, or NULL */
struct iser_task *iser_conn_task(struct iser_conn *conn, u32 index);

/**
 * iser_task_start - target: take an idle task into use
 * @pdu: the command that started it (its STags are noted), or NULL
 * Return: 0, -EBUSY when it is in use.
 */
int iser_task_start(struct iser_task *task, const struct iser_pdu *pdu);

/** iser_task_abandon - target: give back a started task; nothing was posted */
void iser_task_abandon(struct iser_task *task);

/**
 * iser_send_begin, iser_send_end - keep the order of StatSN on the wire
 *
 * A target brackets "assign StatSN, build the PDU, iser_send_control()", and
 * maps data before that.  The code between holds a spinlock (BH) and must not
 * sleep.
 */
void iser_send_begin(struct iser_conn *conn) __acquires(conn);
void iser_send_end(struct iser_conn *conn) __releases(conn);

/**
 * iser_send_control - target: Send_Control
 * @task: started; its slot holds the BHS, DataSegmentLength and
 *	TotalAHSLength included
 * @ctl: what goes with it
 *
 * Within iser_send_begin(); data put before goes out ahead of it, with the same
 * doorbell.  Does not sleep.
 * Return: 0: exactly one up-call will follow.
 */
int iser_send_control(struct iser_task *task, const struct iser_control *ctl);

/**
 * iser_map_task - initiator: map the buffer of a task, and register it if needed
 * @task: started, with data, dir, immediate and unsolicited
 *
 * Before iser_send_task(), so that the half learns in time of a buffer with
 * which every attempt would fail.  The caller keeps BH disabled until then, or
 * until iser_unmap_task().
 * Return: 0; -EAGAIN: no memory, or the connection has ended: so will
 * iser_send_task(); -EINVAL: the device can't cover the buffer.
 */
int iser_map_task(struct iser_task *task);

/** iser_unmap_task - initiator: undo iser_map_task(), if it was called */
void iser_unmap_task(struct iser_task *task);

/**
 * iser_send_task - initiator: Send_Control
 * @task: started, mapped if it has data; its slot holds the BHS,
 *	DataSegmentLength and TotalAHSLength included
 *
 * Advertises the STag of the buffer.  The immediate data, and those of each
 * Data-Out, must not have more segments than iser_info.gather_max: -EMSGSIZE.
 * With BH disabled, not within iser_send_begin().  Does not sleep.
 * Return: 0: exactly one up-call will follow.  -EAGAIN: the buffer is not
 * mapped.  -ENOTCONN: the connection has ended.  After an error the task is only
 * started, and nothing is mapped.
 */
int iser_send_task(struct iser_task *task);

/**
 * iser_send_data_out - initiator: one unsolicited Data-Out of a task
 * @bhs: its 48 bytes
 * @offset, @len: the piece of the write buffer
 *
 * Called after iser_send_task() of the command, never after its response.
 * Return: 0; -EAGAIN: send_ready() will be called; -ENOTCONN.
 */
int iser_send_data_out(struct iser_task *task, const u8 *bhs, u32 offset,
		       u32 len);

/**
 * iser_map_data - target: map the buffer of a command
 * @data: stays valid until it is unmapped
 * @read: SCSI read: the device reads the memory
 *
 * May sleep if the DMA API does.  Must be called before iser_send_begin().
 * Return: 0 or -ENOMEM.
 */
int iser_map_data(struct iser_task *task, const struct iser_data *data,
		  bool read);

/**
 * iser_unmap_data - target: unmap, after the last Get_Data has completed and
 * before LIO reads the memory.  Does nothing when nothing is mapped.
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
 * The piece is only noted; the next iser_send_control() of the task posts it,
 * ahead of its Send and with the same doorbell.  Pieces must follow one
 * another, with the same @burst.
 *
 * A sequence is one Data-In: its DataSN is its number, from 0.  The initiator's
 * ExpStatSN acknowledges the last one.  The others are acknowledged (RFC 7145,
 * section 7.3.5) at ErrorRecoveryLevel 1 by the completion of the RDMA Write;
 * at 2 or unknown by that of an RDMA Read of no bytes after it.  There are no
 * A-bits at level 0, and none that would need a Read where iSER-ORD is 0.
 */
void iser_put_data(struct iser_task *task, u32 offset, u32 len, u32 burst);

/**
 * iser_get_data - Get_Data: RDMA Read into a piece of the mapped write buffer
 * @offset: in the command's data, and in the mapped buffer
 * @tagged: Tagged Offset at the initiator, from iser_write_offset()
 *
 * A task may have up to ISER_MAX_GETS at a time; data_completion_notify()
 * follows for each.  Queues the Read when credits or STags are short.  Does not
 * sleep.
 */
#define ISER_MAX_GETS	2
void iser_get_data(struct iser_task *task, u32 offset, u32 len, u64 tagged);

/**
 * iser_deallocate_task_resources - Deallocate_Task_Resources
 *
 * Initiator: called for a task that task management or a Reject has ended.
 * Invalidates its STags and waits for its Send to complete, without sleeping.
 * Called from an up-call.
 * Return: 0: idle now.  -EINPROGRESS: task_done() will be called, or has been
 * called already.
 */
int iser_deallocate_task_resources(struct iser_task *task);

/**
 * iser_task_answered - initiator: whether a response has arrived that waits
 * until the device no longer uses the task.  Called from an up-call.
 */
bool iser_task_answered(struct iser_task *task);

/* --- received PDUs -------------------------------------------------------- */

/**
 * iser_pdu_copy - copy out of the bytes after the BHS
 * @offset: 0 is the first byte of the AHS; data begin at msg.ahs_len
 */
void iser_pdu_copy(const struct iser_pdu *pdu, u32 offset, void *dst, u32 len);

/**
 * iser_pdu_sg - describe the data segment in place, for use without a copy
 * @sg: filled, not terminated before sg_init_table()
 * @max: entries of @sg
 * Return: entries used; 0 when that is impossible (an AHS comes first).
 */
unsigned int iser_pdu_sg(const struct iser_pdu *pdu, struct scatterlist *sg,
			 unsigned int max);

/** iser_pdu_put - give the receive buffer back.  Any context. */
void iser_pdu_put(struct iser_pdu *pdu);

#endif
