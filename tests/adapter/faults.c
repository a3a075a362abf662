// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand.  Each place counts how often it is met, by the consumers of
 * all devices: what the RDMA core does for connection management is left out.
 * At the n-th time since the place was set, it goes wrong.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include "adapter.h"

const struct adapter_fault_text adapter_faults[NR_FAULTS] = {
	[FAULT_ALLOC_PD] = { "alloc-pd", "verb" },
	[FAULT_GET_DMA_MR] = { "get-dma-mr", "verb" },
	[FAULT_ALLOC_MR] = { "alloc-mr", "verb" },
	[FAULT_MAP_MR_SG] = { "map-mr-sg", "verb" },
	[FAULT_ALLOC_MR_PI] = { "alloc-mr-pi", "verb" },
	[FAULT_MAP_MR_SG_PI] = { "map-mr-sg-pi", "verb" },
	[FAULT_CHECK_MR] = { "check-mr", "verb" },
	[FAULT_CREATE_CQ] = { "create-cq", "verb" },
	[FAULT_POLL_CQ] = { "poll-cq", "verb" },
	[FAULT_REQ_NOTIFY_CQ] = { "req-notify-cq", "verb" },
	[FAULT_CREATE_SRQ] = { "create-srq", "verb" },
	[FAULT_MODIFY_SRQ] = { "modify-srq", "verb" },
	[FAULT_QUERY_SRQ] = { "query-srq", "verb" },
	[FAULT_CREATE_QP] = { "create-qp", "verb" },
	[FAULT_MODIFY_QP] = { "modify-qp", "verb" },
	[FAULT_QUERY_QP] = { "query-qp", "verb" },
	[FAULT_POST_SEND] = { "post-send", "verb" },
	[FAULT_POST_RECV] = { "post-recv", "verb" },
	[FAULT_POST_SRQ_RECV] = { "post-srq-recv", "verb" },
	[FAULT_SEND] = { "send", "status" },
	[FAULT_SEND_INV] = { "send-inv", "status" },
	[FAULT_WRITE] = { "write", "status" },
	[FAULT_READ] = { "read", "status" },
	[FAULT_REG_MR] = { "reg-mr", "status" },
	[FAULT_REG_MR_PI] = { "reg-mr-pi", "status" },
	[FAULT_LOCAL_INV] = { "local-inv", "status" },
	[FAULT_RECV] = { "recv", "status" },
	[FAULT_SEND_DONE] = { "send-done", "status" },
	[FAULT_SEND_INV_DONE] = { "send-inv-done", "status" },
	[FAULT_WRITE_DONE] = { "write-done", "status" },
	[FAULT_READ_DONE] = { "read-done", "status" },
	[FAULT_LATE] = { "late", "delay" },
	[FAULT_EVENT_TWICE] = { "event-twice", "event" },
	[FAULT_EVENT_SPURIOUS] = { "event-spurious", "event" },
	[FAULT_PI_REQUESTER] = { "pi-requester", "block" },
	[FAULT_PI_WIRE] = { "pi-wire", "block" },
	[FAULT_PI_RESPONDER] = { "pi-responder", "block" },
	[FAULT_QP_FATAL] = { "qp-fatal", "async" },
	[FAULT_CQ_ERR] = { "cq-err", "async" },
	[FAULT_SRQ_ERR] = { "srq-err", "async" },
	[FAULT_PORT_ERR] = { "port-err", "async" },
	[FAULT_DEVICE_FATAL] = { "device-fatal", "async" },
};

struct adapter_fault_state adapter_fault_states[NR_FAULTS];
EXPORT_SYMBOL_GPL(adapter_fault_states);

void adapter_fault_set(enum adapter_fault fault, int at, int value)
{
	struct adapter_fault_state *state = &adapter_fault_states[fault];

	WRITE_ONCE(state->at, 0);
	WRITE_ONCE(state->value, value);
	atomic_set(&state->seen, 0);
	atomic_set(&state->injected, 0);
	/* Who sees this sees the rest: see adapter_fault(). */
	smp_store_release(&state->at, at);
}
EXPORT_SYMBOL_GPL(adapter_fault_set);

void adapter_fault_clear(void)
{
	int i;

	for (i = 0; i < NR_FAULTS; i++)
		adapter_fault_set(i, 0, 0);
}
EXPORT_SYMBOL_GPL(adapter_fault_clear);

/*
 * A place is met, in any context.  Returns the value that was set if it is to go
 * wrong now, otherwise 0.
 */
int adapter_fault(enum adapter_fault fault)
{
	struct adapter_fault_state *state = &adapter_fault_states[fault];
	/* Pairs with the release that sets it, after the value. */
	int at = smp_load_acquire(&state->at);
	int seen = atomic_inc_return(&state->seen);

	if (!at || (at != FAULT_EACH && at != seen))
		return 0;
	atomic_inc(&state->injected);
	return READ_ONCE(state->value);
}

/* The place of a request, and of one that has been executed; or NR_FAULTS. */
static enum adapter_fault place(enum ib_wr_opcode opcode, bool done)
{
	switch (opcode) {
	case IB_WR_RDMA_WRITE:
		return done ? FAULT_WRITE_DONE : FAULT_WRITE;
	case IB_WR_RDMA_READ:
	case IB_WR_RDMA_READ_WITH_INV:
		return done ? FAULT_READ_DONE : FAULT_READ;
	case IB_WR_SEND:
		return done ? FAULT_SEND_DONE : FAULT_SEND;
	case IB_WR_SEND_WITH_INV:
		return done ? FAULT_SEND_INV_DONE : FAULT_SEND_INV;
	case IB_WR_REG_MR:
		return done ? NR_FAULTS : FAULT_REG_MR;
	case IB_WR_REG_MR_INTEGRITY:
		return done ? NR_FAULTS : FAULT_REG_MR_PI;
	case IB_WR_LOCAL_INV:
		return done ? NR_FAULTS : FAULT_LOCAL_INV;
	default:
		return NR_FAULTS;
	}
}

static enum ib_wc_status status_of(struct adapter_send *send, bool done)
{
	enum adapter_fault fault = place(send->opcode, done);

	return fault == NR_FAULTS ? IB_WC_SUCCESS : adapter_fault(fault);
}

static void fail(struct adapter_qp *qp)
{
	mutex_lock(&qp->mutex);
	adapter_qp_failed(qp);
	mutex_unlock(&qp->mutex);
}

static void dispatch(struct adapter_qp *qp, enum ib_event_type type)
{
	struct ib_event event = {
		.device = qp->ib.device,
		.element.port_num = ADAPTER_PORT,
		.event = type,
	};

	ib_dispatch_event(&event);
}

/* All queue pairs of the device end, but that of connection management. */
static void device_fatal(struct adapter_qp *qp)
{
	struct adapter_dev *dev = adapter_qp_dev(qp);
	unsigned long index = ADAPTER_GSI;
	struct adapter_qp *other;

	dispatch(qp, IB_EVENT_DEVICE_FATAL);
	for (;;) {
		xa_lock(&dev->qps);
		do {
			other = xa_find_after(&dev->qps, &index, ULONG_MAX,
					      XA_PRESENT);
		} while (other && !adapter_ref_get(&other->ref));
		xa_unlock(&dev->qps);
		if (!other)
			return;
		fail(other);
		adapter_ref_put(&other->ref);
	}
}

/* Returns true if an event has ended the queue pair. */
static bool raise_events(struct adapter_qp *qp)
{
	bool ends = false;

	if (adapter_fault(FAULT_QP_FATAL)) {
		ends = true;
		fail(qp);
		adapter_qp_event(qp, IB_EVENT_QP_FATAL);
	}
	if (adapter_fault(FAULT_CQ_ERR)) {
		ends = true;
		adapter_cq_fail(qp->send_cq);
		fail(qp);
	}
	if (qp->srq && adapter_fault(FAULT_SRQ_ERR)) {
		ends = true;
		fail(qp);
		adapter_srq_event(qp->srq, IB_EVENT_SRQ_ERR);
	}
	if (adapter_fault(FAULT_DEVICE_FATAL)) {
		ends = true;
		device_fatal(qp);
	}
	if (adapter_fault(FAULT_PORT_ERR)) {
		dispatch(qp, IB_EVENT_PORT_ERR);
		dispatch(qp, IB_EVENT_PORT_ACTIVE);
	}
	return ends;
}

/*
 * A request is about to be executed, for the first time.  The worker of qp calls
 * this, without locks.  Returns the status that it is to complete with if not
 * success.
 */
enum ib_wc_status adapter_fault_begin(struct adapter_qp *qp,
				      struct adapter_send *send)
{
	if (qp->ib.qp_type != IB_QPT_RC || send->tried)
		return IB_WC_SUCCESS;
	send->tried = true;
	return raise_events(qp) ? IB_WC_WR_FLUSH_ERR : status_of(send, false);
}

/* It has been executed with success; likewise. */
enum ib_wc_status adapter_fault_end(struct adapter_qp *qp,
				    struct adapter_send *send)
{
	int late;

	if (qp->ib.qp_type != IB_QPT_RC)
		return IB_WC_SUCCESS;
	late = adapter_fault(FAULT_LATE);
	if (late)
		msleep(late);
	return status_of(send, true);
}
