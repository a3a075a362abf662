/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Operational Primitives of the Datamover Interface that are about a task of an
 * initiator: Send_Control and its helpers; and received PDUs.
 */
#ifndef ISER_TASK_H
#define ISER_TASK_H

#include <iser/datamover.h>
#include <iser/pi.h>

/* --- RFC 5047: tasks ------------------------------------------------------ */

/* iser_conn_task - the task with this number, or NULL */
struct iser_task *iser_conn_task(struct iser_conn *conn, u32 index);

/**
 * iser_map_task - map the buffer of a task, and register it if needed
 * @task: started, with data, dir, immediate and unsolicited
 *
 * Before iser_send_task(), so that the half learns in time of a buffer with
 * which every attempt would fail.  The caller keeps BH disabled until then, or
 * until iser_unmap_task().
 * Return: 0; -EAGAIN: there was no room to map it, or no memory to describe it to
 * the device, which may be different later; -ENOTCONN: the connection has
 * ended (after both iser_send_task() gives -EAGAIN); -EINVAL: the device can't
 * cover the buffer.
 */
int iser_map_task(struct iser_task *task);

/**
 * iser_task_pi - note the protection information of a task
 * @task: started, with data and dir; nothing of it is sent as immediate or unsolicited
 * @pi: copied; its list stays until the task is idle
 *
 * Before iser_map_task_pi().
 * Return: 0; -EINVAL: iser_info.pi says that the connection carries none, or devices
 * can't check such blocks.
 */
int iser_task_pi(struct iser_task *task, const struct iser_pi *pi);

/**
 * iser_map_task_pi - iser_map_task() for a task with protection information
 * @task: after iser_task_pi()
 *
 * Return: as iser_map_task().
 */
int iser_map_task_pi(struct iser_task *task);

/**
 * iser_task_pi_result - what this end's device has found
 * @task: idle, after iser_task_pi() and its response
 * Return: the first error, or ISER_PI_GOOD.
 */
const struct iser_pi_result *iser_task_pi_result(struct iser_task *task);

/* iser_unmap_task - undo iser_map_task(), if it was called */
void iser_unmap_task(struct iser_task *task);

/**
 * iser_send_task - Send_Control of an initiator
 * @task: started, mapped if it has data; its slot holds the BHS,
 *	DataSegmentLength and TotalAHSLength included
 *
 * Advertises the STag of the buffer.  The immediate data, and those of each
 * Data-Out, must not have more segments than iser_info.gather_max: -EMSGSIZE.
 * With BH disabled.  Does not sleep.
 * Return: 0: exactly one up-call will follow.  -EAGAIN: the buffer is not
 * mapped, also because the connection has ended.  -EMSGSIZE: see above.
 * -ENOTCONN: the connection has ended.  -EIO: it ends because the device refuses
 * this PDU.  After an error the task is only started, and nothing is mapped.
 */
int iser_send_task(struct iser_task *task);

/**
 * iser_send_data_out - one unsolicited Data-Out of a task
 * @task: task of its command
 * @bhs: its 48 bytes
 * @offset: first byte of its piece of the write buffer
 * @len: bytes of the piece
 *
 * Called after iser_send_task() of the command, never after its response.
 * Return: 0; -EAGAIN: send_ready() will be called; -ENOTCONN.
 */
int iser_send_data_out(struct iser_task *task, const u8 *bhs, u32 offset,
		       u32 len);

/**
 * iser_deallocate_task_resources - Deallocate_Task_Resources
 * @task: posted or idle
 *
 * Called for a task that task management or a Reject has ended.
 * Invalidates its STags and waits for its Send to complete, without sleeping.
 * Called from an up-call.
 * Return: 0: idle now.  -EINPROGRESS: task_done() will be called, or has been
 * called already.
 */
int iser_deallocate_task_resources(struct iser_task *task);

/**
 * iser_task_answered - whether a response waits for the device
 * @task: task of an initiator
 *
 * Called from an up-call.
 * Return: true if a response has arrived that waits until the device no longer
 * uses the task.
 */
bool iser_task_answered(struct iser_task *task);

/* --- received PDUs -------------------------------------------------------- */

/**
 * iser_pdu_copy - copy out of the bytes after the BHS
 * @pdu: received PDU, not yet put
 * @offset: 0 is the first byte of the AHS; data begin at msg.ahs_len
 * @dst: filled
 * @len: bytes to copy; the PDU has them
 */
void iser_pdu_copy(const struct iser_pdu *pdu, u32 offset, void *dst, u32 len);

/**
 * iser_pdu_sg - describe the data segment in place, for use without a copy: whole
 *	pages, and the beginning of one at the end
 * @pdu: received PDU, not yet put
 * @sg: filled, not terminated before sg_init_table()
 * @max: entries of @sg
 * Return: entries used; 0 when that is impossible (an AHS comes first).
 */
unsigned int iser_pdu_sg(const struct iser_pdu *pdu, struct scatterlist *sg,
			 unsigned int max);

/* iser_pdu_put - give the receive buffer back.  Any context. */
void iser_pdu_put(struct iser_pdu *pdu);

#endif
