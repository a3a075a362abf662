/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection, and the locks of iser_core.ko.
 *
 * Locks, outermost first:
 *   iser_listeners_lock (mutex)	list of listeners
 *   listener->lock (mutex)	set-up of the listening id
 *   conn->upper_lock (mutex)	target: up-calls about a login, against its half
 *   iser_queue_lock (BH)	connections that have not logged in yet
 *   conn->setup_lock (mutex)	what sleeps in set-up, against the end
 *   iser_rx_pools_lock (mutex)	shared receives, but for posting them
 *   conn->send_lock (BH)	state, send queue, credits, order of StatSN
 * conn->state is written under send_lock.  Code that reads it without that lock,
 * and posts or maps if the connection is live, does so under rcu_read_lock() or
 * with BH disabled: end_work waits for a grace period before it drains.
 *
 * All completions of a connection are polled in one place, one at a time (cq.c),
 * so what only their handlers touch needs no lock.
 */
#ifndef ISER_CONN_H
#define ISER_CONN_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/mr_pool.h>
#include <rdma/rdma_cm.h>
#include <iser/connection.h>
#include <iser/datamover.h>
#include <iser/flow.h>
/* Before all that calls verbs, also from a header. */
#include "faults.h"
#include "../proto/sendq.h"
#include "../proto/state.h"
#include "cq.h"
#include "device.h"
#include "hello.h"
#include "initiator/send.h"
#include "login.h"
#include "qp.h"
#include "recv.h"
#include "table.h"
#include "unsig.h"
#include "target/pending.h"
#include "target/send.h"

struct iser_listener;

/* The id of the connection manager.  Its handler and end_work write here. */
struct iser_cm {
	struct rdma_cm_id *id;
	struct iser_parked *parked;	/* where the id goes while its port is down */
	bool handshake;			/* a message of the CM may have been sent */
	bool disconnected;		/* likewise the last one */
	bool gone;			/* the device goes */
	u32 ird;			/* initiator: Reads that this end answers at a time */
	struct work_struct connect_work;
	struct task_struct *connecting;	/* send_lock: the worker, while it may wait for the peer */
};

/*
 * Connects of all initiators at a time.  With siw each dead target has one of them,
 * and a live one must still find a place.
 */
#define ISER_CONNECTS		256

struct iser_conn {
	struct iser_conn_public public;	/* first */
	enum iser_role role;
	enum iser_state state;
	struct kref ref;
	const struct iser_ops *ops;
	struct iser_conn_param param;
	struct iser_info info;
	int reason;			/* why it ended */
	bool guess;			/* send_lock: the reason may not be the first cause */
	bool enabled;			/* full feature phase has begun, and may be over */

	struct iser_cm cm;		/* conn.c, device.c */
	struct ib_device *dev;
	struct iser_device_limits limits;	/* of dev */
	struct ib_pd *pd;
	struct iser_poll poll;
	struct ib_qp *qp;
	struct iser_drain sends_drained, receives_drained;
	u32 max_sge;			/* of a Send or RDMA Write */
	u32 max_sge_rd;

	struct mutex setup_lock;	/* see above for both locks */
	spinlock_t send_lock;
	struct iser_sq sq;		/* target/send.c, target/data_ack.c */
	struct iser_batch *batch;	/* send_lock; target */
	struct iser_task_batch *task_batch;	/* likewise; initiator */

	struct iser_login login;
	struct iser_notice notice;	/* not changed after Enable_Datamover */
	struct iser_hello_exchange hello;
	struct iser_rx_queue rx;	/* rx.c; the pool: target/rx_pool.c */
	struct iser_resources res;
	bool allocated;
	struct iser_table table;	/* of tasks or commands */

	struct iser_unsig unsig;	/* unsig.c */
	struct iser_data_out_queue data_out;	/* initiator/send.c */

	wait_queue_head_t wait;
	struct completion down;
	struct work_struct end_work, free_work;

	/* target */
	struct mutex upper_lock;	/* upper, until full feature phase */
	struct iser_listener *listener;	/* these three: iser_queue_lock */
	struct iser_pending pending;
	bool accepted;
};

static_assert(!offsetof(struct iser_conn, public));

/*
 * Whether a receive buffer is one piece of memory.  An initiator reads it in one
 * piece, and not every device takes as many SGEs as a header with pages needs.
 */
static inline bool iser_rx_whole(const struct iser_conn *conn)
{
	return conn->role == ISER_INITIATOR ||
		conn->limits.recv_sges < ISER_RX_SGES;
}

/* What handles the completion of its receives. */
static inline void (*iser_recv_handler(const struct iser_conn *conn))
	(struct ib_cq *cq, struct ib_wc *wc)
{
	return conn->role == ISER_INITIATOR ? iser_initiator_recv_done :
		iser_target_recv_done;
}

static inline u8 *iser_bhs(u8 *head)
{
	return head + ISER_HDR_LEN;
}

/* main.c */
extern struct workqueue_struct *iser_wq, *iser_end_wq, *iser_early_end_wq;
extern struct workqueue_struct *iser_connect_wq;
extern struct workqueue_struct *iser_target_wq, *iser_initiator_wq;

/* log.c */
__printf(2, 3) void iser_conn_warn(const struct iser_conn *conn,
				   const char *fmt, ...);
void iser_log_exit(void);

/* conn.c */
struct iser_conn *iser_conn_alloc(enum iser_role role,
				  const struct iser_conn_param *param,
				  const struct iser_ops *ops, void *upper);
void iser_conn_login_notify(struct iser_conn *conn);
int iser_cm_prepare(struct iser_conn *conn, struct rdma_conn_param *param,
		    u8 *private);
int iser_cm_event(struct rdma_cm_id *id, struct rdma_cm_event *event);

/* Whether its device speaks iWARP, once it has a device. */
static inline bool iser_conn_iwarp(const struct iser_conn *conn)
{
	return rdma_protocol_iwarp(conn->dev, rdma_start_port(conn->dev));
}

/*
 * Whether the device reports errors of this end also when the peer has gone.  siw does so
 * when the peer goes while it sends.  With erdma any event of a queue pair is QP_FATAL,
 * and only its firmware knows why.
 */
static inline bool iser_conn_vague(const struct iser_conn *conn)
{
	enum rdma_driver_id driver = conn->dev->ops.driver_id;

	return driver == RDMA_DRIVER_SIW || driver == RDMA_DRIVER_ERDMA;
}

/* state.c */
bool iser_conn_event(struct iser_conn *conn, enum iser_event event);
bool iser_conn_end(struct iser_conn *conn, int reason, bool guess);
void iser_connection_fail_locked(struct iser_conn *conn, int reason);
bool iser_post_failed_locked(struct iser_conn *conn, int err);
bool iser_post_failed(struct iser_conn *conn, int err);
void iser_wc_failed(struct iser_conn *conn, const struct ib_wc *wc,
		    const char *what, bool local);

/* Did it succeed?  If not, the connection ends; @what: for the log line. */
static inline bool iser_wc_ok(struct iser_conn *conn, const struct ib_wc *wc,
			      const char *what)
{
	if (likely(wc->status == IB_WC_SUCCESS))
		return true;
	iser_wc_failed(conn, wc, what, false);
	return false;
}

/* The same for what sends nothing. */
static inline bool iser_wc_local_ok(struct iser_conn *conn, const struct ib_wc *wc,
				    const char *what)
{
	if (likely(wc->status == IB_WC_SUCCESS))
		return true;
	iser_wc_failed(conn, wc, what, true);
	return false;
}

#endif
