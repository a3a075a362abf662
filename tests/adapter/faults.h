/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes wrong on demand. The table of the places is in faults.c.
 */
#ifndef RDMA_ADAPTER_FAULTS_H
#define RDMA_ADAPTER_FAULTS_H

enum adapter_fault {
	/* A verb fails; the value is an error number. */
	FAULT_ALLOC_PD,
	FAULT_GET_DMA_MR,
	FAULT_ALLOC_MR,
	FAULT_MAP_MR_SG,
	FAULT_ALLOC_MR_PI,
	FAULT_MAP_MR_SG_PI,
	FAULT_CHECK_MR,
	FAULT_CREATE_CQ,
	FAULT_POLL_CQ,
	FAULT_REQ_NOTIFY_CQ,
	FAULT_CREATE_SRQ,
	FAULT_MODIFY_SRQ,
	FAULT_QUERY_SRQ,
	FAULT_CREATE_QP,
	FAULT_MODIFY_QP,
	FAULT_QUERY_QP,
	FAULT_POST_SEND,
	FAULT_POST_RECV,
	FAULT_POST_SRQ_RECV,
	/* A request is not executed; the value is the status it completes with. */
	FAULT_SEND,
	FAULT_SEND_INV,
	FAULT_WRITE,
	FAULT_READ,
	FAULT_REG_MR,
	FAULT_REG_MR_PI,
	FAULT_LOCAL_INV,
	FAULT_RECV,
	/* It is executed, and completes with the status nevertheless. */
	FAULT_SEND_DONE,
	FAULT_SEND_INV_DONE,
	FAULT_WRITE_DONE,
	FAULT_READ_DONE,
	/* It completes late; the value is a number of milliseconds. */
	FAULT_LATE,
	/* Completion handlers are called too often. */
	FAULT_EVENT_TWICE,
	FAULT_EVENT_SPURIOUS,
	/* Protection is spoilt; the value is a mask of enum adapter_spoil. */
	FAULT_PI_REQUESTER,
	FAULT_PI_WIRE,
	FAULT_PI_RESPONDER,
	/* Asynchronous events, before a request is executed */
	FAULT_QP_FATAL,
	FAULT_CQ_ERR,
	FAULT_SRQ_ERR,
	FAULT_PORT_ERR,
	FAULT_DEVICE_FATAL,
	NR_FAULTS
};

/* How often a place was met since it was set, and how often it went wrong. */
struct adapter_fault_state {
	atomic_t		seen;
	atomic_t		injected;
	int			at;	/* 0: never */
	int			value;
};

#define FAULT_EACH		-1	/* not at one time, but each */

struct adapter_fault_text {
	const char		*name;
	const char		*kind;
};

extern const struct adapter_fault_text adapter_faults[NR_FAULTS];
extern struct adapter_fault_state adapter_fault_states[NR_FAULTS];

void adapter_fault_set(enum adapter_fault fault, int at, int value);
void adapter_fault_clear(void);
int adapter_fault(enum adapter_fault fault);

#endif
