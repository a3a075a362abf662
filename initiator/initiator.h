/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initiator half: libiscsi above, the Datamover Interface below.  It knows
 * iSCSI and no verbs.
 *
 * Locks: all code that sends holds libiscsi's frwd_lock (alloc_pdu, init_task,
 * xmit_task), and code that ends a task holds its back_lock (cleanup_task).
 * The core makes one up-call at a time for a connection and holds no lock, so
 * data that only up-calls use need none.
 */
#ifndef ISER_INITIATOR_H
#define ISER_INITIATOR_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <scsi/libiscsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include <iser/flow.h>
#include <iser/connection.h>
#include <iser/datamover.h>
#include <iser/keys.h>
#include <iser/log.h>
#include <iser/pi.h>
#include <iser/task.h>

/*
 * Most data in one PDU to the target, immediate or Data-Out: the default of
 * TargetRecvDataSegmentLength (RFC 7145, section 6.5), which deployed targets
 * post.  For more than that, an RDMA Read by the target is better.
 */
#define ISER_SEND_DATA		8192

/* Data bytes of a receive buffer in a Discovery session: SendTargets text. */
#define ISER_DISCOVERY_DATA	8192

/* AHS of the longest CDB: a header slot must hold it after the BHS. */
#define ISER_CDB_AHS		sizeof(struct iscsi_ecdb_ahdr)

/* Pages of an STag if there is no connection yet (see session.c). */
#define ISER_DEFAULT_PAGES	129

/*
 * A task: this half's part, and the core's after it, in one piece of memory.  It
 * is dd_data of the libiscsi task that uses it, from alloc_pdu to cleanup_task.
 */
struct iscsi_iser_task {
	struct iscsi_task *task;	/* libiscsi's */
	enum {
		NOT_ABORTED,
		ABORTING,		/* task management has ended it */
		RELEASING,		/* the core was told; task_done() follows */
		ABORTED,		/* the core has released it */
	} abort;
	struct iser_task iser;		/* last: what the core keeps follows */
};

static_assert(offsetofend(struct iscsi_iser_task, iser) ==
	      sizeof(struct iscsi_iser_task));

static inline struct iscsi_iser_task *iscsi_iser_task(struct iser_task *iser_task)
{
	return container_of(iser_task, struct iscsi_iser_task, iser);
}

/* Idle iSER tasks, by iser_task.next. */
struct iscsi_iser_free_list {
	struct iser_task *free;	/* may be taken; frwd_lock */
	struct iser_task *returned;		/* given back; back_lock */
	u32 nr_returned;
};

/* The iSER tasks of a connection: see task_pool.c. */
struct iscsi_iser_task_pool {
	struct iscsi_iser_free_list commands, others;
	u32 reserved;			/* lower numbers are for others */
	int low;			/* idle iSER tasks at which it grows */
	int error;			/* of the last attempt to make more */

	/* Login, then work. */
	u32 made, receives;		/* tasks, from number 0; receives for them */
	struct iser_window window;	/* granted: iSER tasks for commands */
	struct delayed_work work;
};

/*
 * An endpoint is one connection, from ep_connect to ep_disconnect.  The class
 * binds libiscsi's connection to it in between, and does not free that before
 * ep_disconnect.
 */
struct iscsi_iser_endpoint {
	struct list_head node;		/* of all endpoints */
	struct kref ref;		/* ep_disconnect's and the users' */
	struct iscsi_endpoint *ep;
	struct iser_conn *conn;		/* while it connects: attempt_lock */
	const struct iser_info *info;	/* of conn */
	struct iscsi_conn *iscsi;	/* NULL until bound; lock to set it */
	u32 tasks;			/* requested at connect */

	spinlock_t lock;		/* iscsi, ended, reason, closing */
	bool ended;			/* connection_terminate_notify() came */
	bool closing;			/* ep_disconnect has begun */
	int reason;

	/* Attempts to connect: see conn.c. */
	struct mutex attempt_lock;
	struct delayed_work attempt_work;
	struct sockaddr_storage remote;	/* address and port of the target */
	unsigned long until;		/* no attempt starts later */
	bool port_waited;		/* a port was down */
	int reported;			/* the failure logged last */
	int failure;			/* final one */

	/* Login: sent by one process at a time under libiscsi's ep_mutex. */
	struct iser_keys keys;
	struct iscsi_hdr login_hdr;	/* Login Requests have no iSER task yet */
	bool resources;			/* tasks and receives are allocated */
	bool full;			/* full feature phase */
	u16 hdr_max;			/* what libiscsi may write as a header */
	bool hello_sent;			/* Hello out: reply sets full */
	struct iser_pdu *final;		/* last Login Response, until hello_done() */
	int final_len;
	bool logged_out;		/* the Logout Response has arrived */
	struct iser_task *tmf;		/* libiscsi's last one; frwd_lock */
	u8 status_class, status_detail;	/* of a Login Response that refused */
	int login_error;		/* of the request that was sent last */
	bool login_due;			/* a Login Response */
	bool login_unsent;		/* this end could not send one */

	struct iscsi_iser_task_pool pool;

	/* Discovery: an answer for iscsiadm, see recv.c. */
	struct delayed_work answer_work;
	struct iser_pdu *answer;	/* not read by the work yet, or NULL */
	int answer_len;

	/* What the target sends without a request, see recv.c. */
	atomic_t pings;			/* NOP-Ins whose answer has not been sent */
	u32 rejects;			/* since rejects_began; up-calls only */
	u64 rejects_began;		/* jiffies; the next may come after months */

	/* Immediate PDUs, under frwd_lock; see task.c. */
	struct iser_unexpected unexpected;

	/* One Text Request at a time: libiscsi sends it from one buffer. */
	struct scatterlist text_sg;

	/* Task management, see tmf.c.  Only up-calls touch it. */
	struct list_head held;		/* received PDUs that wait */
	u32 aborting;			/* tasks that they wait for */
};

/* A Scsi_Host has one session. */
struct iscsi_iser_host {
	spinlock_t lock;		/* local */
	struct sockaddr_storage local;	/* address of the last connection */
	u32 region_pages;		/* pages that the largest command needs */
	struct device *dma;		/* of the host's limits, held, or NULL */
};

/* main.c */
extern unsigned int iscsi_iser_max_sectors;
extern unsigned int iscsi_iser_max_lun;
extern unsigned int iscsi_iser_max_cmds;
extern unsigned int iscsi_iser_recv_data;
extern unsigned int iscsi_iser_unexpected;
extern bool iscsi_iser_offer_keys;
extern bool iscsi_iser_say_hello;
extern bool iscsi_iser_pi;

extern struct iscsi_transport iscsi_iser_transport;
extern struct scsi_host_template iscsi_iser_sht;
extern struct workqueue_struct *iscsi_iser_answer_wq;
extern struct scsi_transport_template *iscsi_iser_scsi_transport;

/* session.c */
struct iscsi_cls_session *iscsi_iser_session_create(struct iscsi_endpoint *ep,
						    u16 cmds_max, u16 qdepth,
						    u32 initial_cmdsn);
void iscsi_iser_session_destroy(struct iscsi_cls_session *cls_session);
int iscsi_iser_host_check(struct Scsi_Host *shost, struct iscsi_iser_endpoint *end);
int iscsi_iser_host_get_param(struct Scsi_Host *shost, enum iscsi_host_param param,
			      char *buf);

/* conn.c */
struct iscsi_cls_conn *iscsi_iser_conn_create(struct iscsi_cls_session *cls_session,
					      u32 cid);
int iscsi_iser_conn_bind(struct iscsi_cls_session *cls_session,
			 struct iscsi_cls_conn *cls_conn, u64 transport_eph,
			 int is_leading);
int iscsi_iser_conn_start(struct iscsi_cls_conn *cls_conn);
int iscsi_iser_conn_set_param(struct iscsi_cls_conn *cls_conn, enum iscsi_param param,
			      char *buf, int buflen);
int iscsi_iser_conn_get_ep_param(struct iscsi_endpoint *ep, enum iscsi_param param,
				 char *buf);
void iscsi_iser_conn_get_stats(struct iscsi_cls_conn *cls_conn,
			       struct iscsi_stats *stats);
extern const struct iser_ops iscsi_iser_endpoint_ops;
void iscsi_iser_endpoints_exit(void);
struct iscsi_endpoint *iscsi_iser_ep_connect(struct Scsi_Host *shost,
					     struct sockaddr *dst_addr,
					     int non_blocking);
int iscsi_iser_ep_poll(struct iscsi_endpoint *ep, int timeout_ms);
struct iscsi_iser_endpoint *iscsi_iser_ep_get(struct iscsi_endpoint *ep);
void iscsi_iser_ep_put(struct iscsi_iser_endpoint *end);
void iscsi_iser_ep_disconnect(struct iscsi_endpoint *ep);
bool iscsi_iser_attempt_succeeded(struct iscsi_iser_endpoint *end);

/* login.c */
int iscsi_iser_login_send_pdu(struct iscsi_cls_conn *cls_conn, struct iscsi_hdr *hdr,
			      char *data, u32 size);
int iscsi_iser_login_xmit(struct iscsi_iser_endpoint *end,
			  const struct iscsi_hdr *hdr, const char *text, u32 len);
int iscsi_iser_login_response(struct iscsi_iser_endpoint *end, struct iscsi_hdr *hdr,
			      char *text, u32 len);
void iscsi_iser_login_ended(struct iscsi_iser_endpoint *end);

/* task.c */
int iscsi_iser_task_alloc_pdu(struct iscsi_task *task, u8 opcode);
int iscsi_iser_task_init(struct iscsi_task *task);
int iscsi_iser_task_xmit(struct iscsi_task *task);
void iscsi_iser_task_cleanup(struct iscsi_task *task);
void iscsi_iser_task_all_solicited(struct iscsi_task *task);
void iscsi_iser_task_notify_done(struct iser_task *task, int status);
void iscsi_iser_task_notify_ready(struct iser_task *task);

/* pi.c */
void iscsi_iser_pi_host(struct Scsi_Host *shost, const struct iser_info *info);
bool iscsi_iser_pi_fits(const struct Scsi_Host *shost, const struct iser_info *info);
int iscsi_iser_pi_task(struct iscsi_task *task);
u8 iscsi_iser_pi_check(struct iscsi_task *task, sector_t *sector);

/* task_pool.c */
void iscsi_iser_task_pool_init(struct iscsi_iser_task_pool *pool);
u32 iscsi_iser_task_pool_plan(struct iscsi_iser_task_pool *pool, u32 tasks,
			      bool discovery);
int iscsi_iser_task_pool_begin(struct iscsi_iser_endpoint *end);
struct iser_task *iscsi_iser_task_pool_find(struct iscsi_iser_endpoint *end,
					    bool command);
void iscsi_iser_task_pool_end(struct iscsi_iser_task_pool *pool);

/* recv.c */
struct iser_task *iscsi_iser_recv_find_task(struct iser_conn *conn, const u8 *bhs);
void iscsi_iser_recv_notify(struct iser_conn *conn, struct iser_pdu *pdu);
void iscsi_iser_recv_answer_work(struct work_struct *work);
void iscsi_iser_recv_complete(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu);
void iscsi_iser_recv_hello_done(struct iser_conn *conn);

/* tmf.c */
bool iscsi_iser_tmf_hold(struct iscsi_iser_endpoint *end, struct iser_pdu *pdu);
void iscsi_iser_tmf_put(struct iscsi_iser_endpoint *end);

/* iscsi_iser_task_pool_put - give an idle iSER task back.  Under back_lock. */
static inline void iscsi_iser_task_pool_put(struct iscsi_iser_task_pool *pool,
					    struct iser_task *iser_task)
{
	struct iscsi_iser_free_list *idle = &pool->commands;

	if (unlikely(iser_task->index < pool->reserved))
		idle = &pool->others;
	iser_task->next = idle->returned;
	idle->returned = iser_task;
	idle->nr_returned++;
}

static inline struct iscsi_hdr *iscsi_iser_pdu_hdr(const struct iser_pdu *pdu)
{
	return (struct iscsi_hdr *)pdu->bhs;
}

static inline char *iscsi_iser_pdu_data(const struct iser_pdu *pdu)
{
	return pdu->data + pdu->msg.ahs_len;
}

/*
 * iscsi_iser_itt_task - libiscsi's entry for a task tag that the peer sent, or NULL
 *
 * What the entry has now may be another task, of which the caller checks what it
 * knows.
 */
static inline struct iscsi_task *iscsi_iser_itt_task(struct iscsi_session *session,
						     itt_t itt)
{
	u32 index = get_itt(itt);

	return itt == RESERVED_ITT || index >= session->cmds_max ?
		NULL : session->cmds[index];
}

/* iscsi_iser_task_taken - the iSER task that a task of libiscsi has taken, or NULL */
static inline struct iser_task *iscsi_iser_task_taken(const struct iscsi_task *task)
{
	return task ? READ_ONCE(task->dd_data) : NULL;
}

#endif
