/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rdma_adapter: an RDMA adapter that exists only in memory, for tests.
 *
 * Objects.  Each verbs object is a structure of ours around that of the RDMA
 * core.  One that others can reach by a number or from a worker has a struct
 * adapter_ref.  To destroy such an object, take it out of its table, give up
 * the first reference, and wait for the others.
 *
 * Locks, outermost first:
 *   qp->mutex		the state of a queue pair and what arrives at it.
 *			Nobody holds two: a requester takes that of its peer
 *   conns_lock		iWARP's connections and listeners
 *   adapter_devs_lock	the list of devices
 *   the xa_locks	qps and mrs of a device, the state of each memory region
 *   qp->sq_lock	the send queue
 *   cq->lock		a completion queue
 *   rq->lock		a receive queue, shared or not
 *   pi->lock		the status of an integrity region
 * Consumers post, poll and ask in any context, so the last four are taken with
 * interrupts off.
 */
#ifndef RDMA_ADAPTER_H
#define RDMA_ADAPTER_H

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <rdma/ib_verbs.h>
#include "faults.h"
#include "pi.h"
#include "profile.h"
#include "rules.h"

/*
 * The RDMA core finds our devices by it. It is no number that user space knows.
 */
#define ADAPTER_DRIVER_ID	((enum rdma_driver_id)0x61647074)
#define ADAPTER_PORT		1
#define ADAPTER_GIDS		128
#define ADAPTER_GSI		1	/* its number by the verbs */
#define ADAPTER_MAX_MESSAGE	BIT(30)
#define ADAPTER_GRH		40	/* bytes before a datagram's data */
#define ADAPTER_DMA_KEY		0x100	/* of all memory, in some profiles */
#define ADAPTER_POISON		0xa5	/* each byte of what means nothing */

struct adapter_ref {
	refcount_t		count;
	struct completion	gone;
};

static inline void adapter_ref_init(struct adapter_ref *ref)
{
	refcount_set(&ref->count, 1);
	init_completion(&ref->gone);
}

static inline bool adapter_ref_get(struct adapter_ref *ref)
{
	return refcount_inc_not_zero(&ref->count);
}

static inline void adapter_ref_put(struct adapter_ref *ref)
{
	if (refcount_dec_and_test(&ref->count))
		complete(&ref->gone);
}

/* Gives up the first reference, and returns when there is no other. */
static inline void adapter_ref_end(struct adapter_ref *ref)
{
	adapter_ref_put(ref);
	wait_for_completion(&ref->gone);
}

enum adapter_stat {
	ADAPTER_RNR_SENT,
	ADAPTER_RNR_RECEIVED,
	ADAPTER_TIMEOUTS,
	NR_ADAPTER_STATS
};

struct adapter_dev {
	struct ib_device	ib;
	struct device		*parent;
	struct net_device	*netdev;
	netdevice_tracker	tracker;
	const struct adapter_profile *profile;
	struct dentry		*debugfs;

	/* Under adapter_devs_lock: */
	struct list_head	node;
	bool			link;
	bool			has_gid[ADAPTER_GIDS];
	union ib_gid		gid[ADAPTER_GIDS];

	struct xarray		qps;
	u32			next_qp;
	struct xarray		mrs;
	u32			next_mr;
	struct adapter_counts	counts;
	struct adapter_pi_counts pi;
	atomic_t		stats[NR_ADAPTER_STATS];
};

struct adapter_pd {
	struct ib_pd		ib;
	atomic_t		users;	/* queue pairs, MRs and SRQs */
};

/* The way to a port of another adapter, or back to one's own. */
struct adapter_path {
	union ib_gid		sgid;
	union ib_gid		dgid;
	u8			dmac[ETH_ALEN];
	u8			traffic_class;
	u8			hop_limit;
};

struct adapter_ah {
	struct ib_ah		ib;
	struct adapter_path	path;
};

/*
 * A memory region for fast registration, or all memory (then without pages).
 * The consumer writes pages by ib_map_mr_sg().  The registration that it posts
 * makes the adapter read them to table, and from then on the adapter uses only
 * the table.  A region for gaps has entries and their list in place of both.
 */
struct adapter_mr {
	struct ib_mr		ib;
	struct adapter_ref	ref;
	u32			index;
	u32			max_pages;
	u32			nr_pages;
	u64			*pages;
	struct adapter_piece	*entries;
	struct adapter_pi	*pi;	/* of an integrity region, without pages */
	atomic_t		posted;	/* registrations not executed yet */

	/* Under the xa_lock of dev->mrs: */
	bool			valid;
	u32			key;
	u32			access;
	u64			iova;
	u64			length;
	u8			page_shift;
	u64			*table;
	struct adapter_piece	*list;
};

/*
 * A piece of memory that a work request names, after its key has been checked.
 */
struct adapter_span {
	struct adapter_mr	*mr;	/* NULL: addr is a DMA address */
	void			*data;	/* not NULL: inline data instead */
	u64			addr;
	u32			length;
};

struct adapter_spans {
	u32			nr;
	u64			length;
	struct adapter_span	span[ADAPTER_MAX_SGE + 1]; /* one for the GRH */
};

struct adapter_cqe {
	struct ib_wc		wc;
	struct adapter_qp	*qp;
	bool			receive;
	bool			wakes;	/* also those who wait for solicited ones */
	u32			sq_index;
};

struct adapter_cq {
	struct ib_cq		ib;
	struct adapter_ref	ref;
	atomic_t		users;	/* queue pairs */
	atomic_t		pending; /* slots whose completion may come here */
	bool			gsi;
	struct hrtimer		timer;
	struct work_struct	work;

	/* lock guards the rest. */
	spinlock_t		lock;
	struct adapter_cqe	*ring;
	u32			size;
	u32			head;
	u32			tail;
	bool			armed;
	bool			solicited_only;
	bool			again;	/* the handler is to be called twice */
	bool			failed;	/* and takes no more completions */
};

struct adapter_recv {
	u64			wr_id;
	u32			num_sge;
	struct ib_sge		*sge;
};

/*
 * A receive queue.  The indices only grow: those from next to head wait for a
 * message, those from tail to next belong to completions that have not been
 * polled.
 */
struct adapter_rq {
	struct adapter_cq	*cq;	/* NULL: shared */
	spinlock_t		lock;	/* everything below */
	u32			depth;
	u32			max_sge;
	u32			head;
	u32			next;
	u32			tail;
	u32			limit;	/* of a shared queue, 0: no event */
	struct adapter_recv	*recv;
	struct ib_sge		*sges;
};

struct adapter_srq {
	struct ib_srq		ib;
	struct adapter_ref	ref;
	atomic_t		users;	/* queue pairs */
	struct adapter_rq	rq;
};

struct adapter_send {
	u64			wr_id;
	enum ib_wr_opcode	opcode;
	int			flags;
	bool			signaled;
	bool			tried;
	u32			num_sge;
	u32			length;
	u32			reads;	/* in flight with this one, at most */
	struct ib_sge		*sge;
	void			*data;	/* inline data */
	union {
		__be32		imm_data;
		u32		invalidate_key;
	};
	union {
		struct {
			u64	addr;
			u32	key;
		} rdma;
		struct {
			u32	index;
			u32	key;
			u32	access;
			struct ib_sig_attrs sig_attrs;
		} reg;
		struct {
			struct adapter_path path;
			u32	qpn;
			u32	qkey;
		} ud;
	};
};

struct adapter_qp {
	struct ib_qp		ib;
	struct adapter_ref	ref;
	struct adapter_cq	*send_cq;
	struct adapter_cq	*recv_cq;
	struct adapter_srq	*srq;
	bool			signal_all;
	bool			integrity;
	u32			max_inline;
	u32			max_send_sge;
	struct delayed_work	work;

	/*
	 * mutex guards state, attr, path, rq_psn and all that arrives.  state
	 * is read without it where a stale value does no harm.
	 */
	struct mutex		mutex;
	enum ib_qp_state	state;
	struct ib_qp_attr	attr;
	struct adapter_path	path;
	u32			rq_psn;
	bool			established;
	bool			last_wqe;
	bool			stuck;	/* a fault has kept it from failing */
	bool			unpolled;	/* is flushed when the error was polled */
	/* iWARP: it has accepted, and the peer has not sent anything yet. */
	bool			listens;
	struct adapter_recv	taken;	/* of the message that arrives */

	/*
	 * sq_lock guards what the consumer and the worker share of the send
	 * queue.
	 */
	spinlock_t		sq_lock;
	u32			sq_depth;
	u32			sq_head;
	u32			sq_tail;	/* moved by polling, see cq.c */
	u32			sq_fence;	/* the last fenced request */
	u32			sq_reads;	/* after the last Read */
	struct adapter_send	*send;
	struct ib_sge		*sges;
	void			*inlines;

	/* The worker's own. */
	u32			sq_next;
	u32			sq_psn;
	bool			waits;	/* until the time not_before */
	unsigned long		not_before;
	u8			retries;
	u8			rnr_retries;
	struct adapter_spans	local;
	struct adapter_spans	remote;

	struct adapter_rq	rq;

	struct adapter_conn	*conn;	/* iWARP, see iwarp.c */
};

#define to_adapter(obj, type)	container_of(obj, struct adapter_##type, ib)

static inline struct adapter_rq *adapter_qp_rq(struct adapter_qp *qp)
{
	return qp->srq ? &qp->srq->rq : &qp->rq;
}

static inline struct adapter_dev *adapter_qp_dev(struct adapter_qp *qp)
{
	return to_adapter(qp->ib.device, dev);
}

static inline bool adapter_is_iwarp(struct adapter_qp *qp)
{
	return adapter_qp_dev(qp)->profile->iwarp;
}

static inline bool adapter_reads(enum ib_wr_opcode opcode)
{
	return opcode == IB_WR_RDMA_READ || opcode == IB_WR_RDMA_READ_WITH_INV;
}

static inline bool adapter_registers(enum ib_wr_opcode opcode)
{
	return opcode == IB_WR_REG_MR || opcode == IB_WR_REG_MR_INTEGRITY;
}

/* main.c */
extern struct workqueue_struct *adapter_wq;
extern struct list_head adapter_devs;
extern spinlock_t adapter_devs_lock;

/* parent.c */
struct device *adapter_parent_get(void);
void adapter_parent_put(struct device *dev);
bool adapter_parent_goes(struct device *dev);
int adapter_parents_init(void);
void adapter_parents_exit(void);

/* device.c */
int adapter_device_add(const char *name, struct net_device *netdev);
void adapter_device_del(const struct device *parent);
void adapter_link_changed(struct adapter_dev *dev);
struct adapter_qp *adapter_find_qp(struct adapter_dev *from,
				   const struct adapter_path *path, u32 qpn);

/* gsi.c */
int adapter_create_ah(struct ib_ah *ib, struct rdma_ah_init_attr *init,
		      struct ib_udata *udata);
int adapter_destroy_ah(struct ib_ah *ib, u32 flags);
void adapter_path_set(struct adapter_path *path,
		      const struct rdma_ah_attr *attr);
enum ib_wc_status adapter_datagram(struct adapter_qp *qp,
				   struct adapter_send *send);

/* pd.c */
int adapter_alloc_pd(struct ib_pd *ib, struct ib_udata *udata);
int adapter_dealloc_pd(struct ib_pd *ib, struct ib_udata *udata);

/* mr.c */
struct adapter_mr *adapter_mr_new(struct ib_pd *pd, u32 max_pages, bool gaps,
				  struct adapter_pi *pi);
struct ib_mr *adapter_get_dma_mr(struct ib_pd *pd, int access);
struct ib_mr *adapter_reg_user_mr(struct ib_pd *pd, u64 start, u64 length,
				  u64 addr, int access, struct ib_udata *udata);
struct ib_mr *adapter_alloc_mr(struct ib_pd *pd, enum ib_mr_type type,
			       u32 max_pages);
int adapter_map_mr_sg(struct ib_mr *ib, struct scatterlist *sg, int nents,
		      unsigned int *offset);
int adapter_dereg_mr(struct ib_mr *ib, struct ib_udata *udata);
bool adapter_register(struct adapter_qp *qp, const struct adapter_send *send);
void adapter_register_done(struct adapter_dev *dev, u32 index);
bool adapter_invalidate(struct adapter_qp *qp, u32 key, bool remote);
bool adapter_span_get(struct adapter_qp *qp, struct adapter_spans *spans,
		      u64 addr, u32 length, u32 key, u32 access, bool remote);
bool adapter_spans_get(struct adapter_qp *qp, struct adapter_spans *spans,
		       const struct ib_sge *sge, u32 num_sge, u32 access);
void adapter_spans_put(struct adapter_spans *spans);

/* dma.c */
enum adapter_copied {
	ADAPTER_COPIED,
	ADAPTER_SOURCE_FAULT,
	ADAPTER_SINK_FAULT,
};

enum adapter_copied adapter_copy(struct adapter_qp *to,
				 struct adapter_spans *sink,
				 struct adapter_qp *from,
				 struct adapter_spans *source, u64 length);

bool adapter_span_copy(struct adapter_qp *qp, const struct adapter_span *span,
		       u32 offset, void *buf, u32 length, bool from_memory);

/* pi_mr.c */
struct ib_mr *adapter_alloc_mr_integrity(struct ib_pd *pd, u32 max_data,
					 u32 max_meta);
int adapter_map_mr_sg_pi(struct ib_mr *ib, struct scatterlist *data,
			 int nr_data, unsigned int *data_offset,
			 struct scatterlist *meta, int nr_meta,
			 unsigned int *meta_offset);
int adapter_check_mr_status(struct ib_mr *ib, u32 mask,
			    struct ib_mr_status *status);
enum adapter_rule adapter_pi_check(struct adapter_qp *qp,
				   const struct ib_reg_wr *wr);
void adapter_pi_posted(struct adapter_mr *mr, struct ib_sig_attrs *attrs);
void adapter_pi_register(struct adapter_mr *mr,
			 const struct ib_sig_attrs *attrs);
bool adapter_pi_owner(const struct adapter_mr *mr, u64 *addr, u32 *length);
enum adapter_rule adapter_pi_access(struct adapter_qp *qp,
				    struct adapter_mr *mr, u64 offset,
				    u32 length);
enum adapter_copied adapter_carry(struct adapter_qp *to,
				  struct adapter_spans *sink,
				  struct adapter_qp *from,
				  struct adapter_spans *source, u64 length,
				  bool requester_sends);

/* cq.c */
int adapter_create_cq(struct ib_cq *ib, const struct ib_cq_init_attr *attr,
		      struct uverbs_attr_bundle *attrs);
int adapter_destroy_cq(struct ib_cq *ib, struct ib_udata *udata);
int adapter_poll_cq(struct ib_cq *ib, int max, struct ib_wc *wc);
int adapter_req_notify_cq(struct ib_cq *ib, enum ib_cq_notify_flags flags);
void adapter_cq_expect(struct adapter_cq *cq, u32 qpn);
void adapter_complete(struct adapter_cq *cq, const struct adapter_cqe *cqe,
		      bool solicited);
void adapter_cq_fail(struct adapter_cq *cq);
u32 adapter_cq_forget(struct adapter_cq *cq, struct adapter_qp *qp);

/* rq.c */
int adapter_rq_init(struct adapter_rq *rq, u32 depth, u32 max_sge);
void adapter_rq_free(struct adapter_rq *rq);
int adapter_rq_post(struct adapter_dev *dev, struct adapter_rq *rq,
		    const char *kind, u32 number, const struct ib_recv_wr *wr,
		    const struct ib_recv_wr **bad);
bool adapter_rq_take(struct adapter_rq *rq, struct adapter_recv *recv,
		     bool *limit);
u32 adapter_rq_waiting(struct adapter_rq *rq);
bool adapter_zero_sge(const struct ib_sge *sge, int n);
bool adapter_overlap(const struct ib_sge *a, const struct ib_sge *b);

/* srq.c */
int adapter_create_srq(struct ib_srq *ib, struct ib_srq_init_attr *init,
		       struct ib_udata *udata);
int adapter_modify_srq(struct ib_srq *ib, struct ib_srq_attr *attr,
		       enum ib_srq_attr_mask mask, struct ib_udata *udata);
int adapter_query_srq(struct ib_srq *ib, struct ib_srq_attr *attr);
int adapter_destroy_srq(struct ib_srq *ib, struct ib_udata *udata);
int adapter_post_srq_recv(struct ib_srq *ib, const struct ib_recv_wr *wr,
			  const struct ib_recv_wr **bad);

/* qp.c */
int adapter_create_qp(struct ib_qp *ib, struct ib_qp_init_attr *init,
		      struct ib_udata *udata);
int adapter_modify_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		      struct ib_udata *udata);
int adapter_query_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		     struct ib_qp_init_attr *init);
int adapter_destroy_qp(struct ib_qp *ib, struct ib_udata *udata);
void adapter_qp_failed(struct adapter_qp *qp);

/* post.c */
int adapter_post_send(struct ib_qp *ib, const struct ib_send_wr *wr,
		      const struct ib_send_wr **bad);
int adapter_post_recv(struct ib_qp *ib, const struct ib_recv_wr *wr,
		      const struct ib_recv_wr **bad);

/* requester.c */
void adapter_requester(struct work_struct *work);

/* responder.c: other results of a request than the status of its completion */
#define ADAPTER_LOST		-1	/* no answer until the timer expires */
#define ADAPTER_NOT_READY	-2	/* RNR NAK */
int adapter_respond(struct adapter_qp *qp, struct adapter_send *send,
		    struct adapter_qp *peer);
bool adapter_take(struct adapter_qp *qp);
void adapter_receive_done(struct adapter_qp *qp, struct ib_wc *wc,
			  bool solicited);

/* iwarp.c */
extern const struct ib_device_ops adapter_iwarp_ops;
extern unsigned int adapter_connect_timeout;	/* ms */
void adapter_conn_end(struct adapter_qp *qp, bool orderly);
struct adapter_qp *adapter_conn_peer(struct adapter_qp *qp);

/* event.c */
void adapter_qp_event(struct adapter_qp *qp, enum ib_event_type type);
void adapter_cq_event(struct adapter_cq *cq, enum ib_event_type type);
void adapter_srq_event(struct adapter_srq *srq, enum ib_event_type type);

/* faults.c */
enum ib_wc_status adapter_fault_begin(struct adapter_qp *qp,
				      struct adapter_send *send);
enum ib_wc_status adapter_fault_end(struct adapter_qp *qp,
				    struct adapter_send *send);

/* stats.c */
struct rdma_hw_stats *adapter_alloc_stats(struct ib_device *ib, u32 port);
int adapter_get_stats(struct ib_device *ib, struct rdma_hw_stats *stats,
		      u32 port, int index);

/* debugfs.c */
void adapter_debugfs_init(void);
void adapter_debugfs_exit(void);
void adapter_debugfs_add(struct adapter_dev *dev);
void adapter_debugfs_del(struct adapter_dev *dev);

#endif
