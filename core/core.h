/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of iser_core.ko: connections, receives, tasks, jobs.
 *
 * Locks, outermost first:
 *   iser_listeners_lock (mutex)	list of listeners
 *   listener->lock (mutex)	set-up of the listening id
 *   conn->upper_lock (mutex)	target: up-calls about a login, against its half
 *   iser_queue_lock (BH)	connections that have not logged in yet
 *   conn->setup_lock (mutex)	what sleeps in set-up, against the end
 *   iser_rx_pools_lock (mutex)	shared receives, but for posting them
 *   conn->poll.lock (BH)	initiator: completions, one at a time
 *   conn->send_lock (BH)	state, send queue, slots, order of StatSN
 * conn->state is written under send_lock.  Who reads it elsewhere, and posts
 * or maps if the connection is live, does so under rcu_read_lock() or with BH
 * disabled: end_work waits for a grace period before it drains.
 *
 * All completions of a connection are polled from one place, one at a time
 * (cq.c); what only they touch needs no lock.
 */
#ifndef ISER_CORE_H
#define ISER_CORE_H

#include <linux/completion.h>
#include <linux/irq_poll.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/mr_pool.h>
#include <rdma/rdma_cm.h>
#include <iser/flow.h>
#include <iser/datamover.h>
#include "../proto/sendq.h"
#include "../proto/state.h"
#include "faults.h"

#define ISER_LOGIN_TEXT		8192	/* RFC 7143: login PDUs before negotiation */
#define ISER_AHS_ROOM		256	/* AHS that a target's receives provide for */
#define ISER_AHS_ROOM_INITIATOR	64	/* no PDU of a target has any yet */
#define ISER_RX_PAGES		DIV_ROUND_UP(ISER_LOGIN_TEXT, PAGE_SIZE)
#define ISER_RX_SGES		(ISER_RX_PAGES + 2)
#define ISER_TX_SLOT		384	/* header slot of a task: ten to a page */
#define ISER_INLINE_MAX		(ISER_TX_SLOT - ISER_MSG_MIN)
#define ISER_DATA_OUTS		16	/* unsolicited Data-Out on their way */
#define ISER_UNSIG_SENDS	48	/* unsignaled Sends of a connection, at most */
#define ISER_UNSIG_HEADER		80	/* their headers: one page */
#define ISER_COMMAND_SGES	3	/* of a Send at the initiator */
#define ISER_SEND_SGES		16	/* more would make send queues large */
/* With less than this iSER has no way to work. */
#define ISER_MIN_QUEUE		256
#define ISER_MIN_SEND_SGES	(1 + ISER_RX_PAGES)	/* of a Login PDU */
#define ISER_BATCH		8	/* work requests for one doorbell */
#define ISER_BATCH_SGES		128	/* SGEs of a batch: half a page */
#define ISER_POLL_BATCH		16	/* receives taken off a queue at a time */
#define ISER_CONNECTS		32	/* connects of all initiators at a time */
#define ISER_MAX_GUESTS		256	/* connections that have not logged in */

/* What a device offers, as far as it is used. */
struct iser_device_limits {
	bool registers;		/* it has fast registration */
	u32 queue;		/* work requests that a queue holds */
	u32 send_sges, recv_sges, read_sges;
	u32 pages;		/* of ISER_STAG_PAGE, that one STag covers */
	u32 mapping;		/* bytes that can be mapped at once */
	bool gaps;		/* between the segments of one STag */
	u8 ird, ord;		/* RDMA Reads answered, asked for at a time */
	u32 srq, srq_sges;	/* receives of a shared queue; 0: it has none */
};

/* Memory for headers: pages mapped once, cut into slots of one size. */
struct iser_hdr_pages {
	struct ib_device *dev;
	enum dma_data_direction dir;
	u32 slot, per_page, nr_pages;
	struct {
		void *va;
		u64 dma;
	} *pages;
};

/* What a receive buffer is made for. */
struct iser_rx_shape {
	struct ib_device *dev;
	u32 lkey;
	u32 data;		/* data bytes wanted */
	u32 one_piece;		/* bytes of the slot if all goes there; 0: pages */
	bool whole;		/* pages one behind the other, with the header: one SGE */
	struct iser_rx_pool *pool;	/* whose it is; NULL: a connection's own */
};

/* A receive buffer and the message in it. */
struct iser_rx {
	struct iser_pdu pdu;	/* first: the halves hold this */
	struct iser_rx_pool *pool;
	struct llist_node again;	/* of conn->again */
	struct ib_cqe cqe;
	u8 *head;		/* iSER header and BHS */
	u8 *tail;		/* paged: where AHS + data beyond the pages land */
	u32 page_bytes;		/* paged: capacity of the pages; 0: all in one piece */
	struct page *pages[ISER_RX_PAGES];
	bool whole;		/* they are within a block of iser_rx_block() bytes */
	u32 came;		/* bytes that the CPU has: of the last message */
	u32 nr_sges;
	struct ib_sge sge[ISER_RX_SGES];
	bool login;
	bool posted;		/* login: the queue pair has it */
};

/* Receive buffers that are allocated at a time: a page of them. */
#define ISER_RX_CHUNK	16
struct iser_rx_chunk {
	struct iser_rx_chunk *next;	/* those before */
	struct iser_hdr_pages heads;
	u32 nr;
	struct iser_rx rx[] __counted_by(nr);
};

/* Receives that connections share. */
struct iser_rx_pool {
	struct list_head node;		/* these: iser_rx_pools_lock */
	u32 users;			/* connections that have a queue pair */
	u32 joined;			/* and those before them */
	u32 promised;			/* receives that users may use */
	struct iser_rx_chunk *chunk;
	u32 nr;				/* of its buffers */
	struct list_head conns;		/* of iser_conn.pool_node */
	bool armed;			/* an event comes when few are posted */

	struct kref ref;		/* connections, until they are freed */
	struct ib_device *dev;
	struct ib_pd *pd;
	struct ib_srq *srq;
	u32 size;			/* receives that the queue holds */
	u32 room;			/* of them, at the device at a time */
	atomic_t posted;		/* are there, or lost there */
	spinlock_t parked_lock;		/* irq */
	struct list_head parked;	/* iser_rx: there is no room; parked_lock */
	bool closed;			/* srq goes */
	bool failed;			/* the device says so */
	struct delayed_work grow;
};

/* Something to post at a target: a response with the data before it, or a Get. */
struct iser_job {
	struct list_head node;	/* conn->sendq or flushq; send_lock */
	struct iser_job *next;	/* conn->unsignaled; send_lock */
	struct iser_io *io;
	struct ib_cqe cqe;
	bool get;
	bool busy;		/* Get: in use */
	bool awaited;		/* its completion is to wake */
	bool complete;		/* everything is posted */
	u32 offset, len, done;	/* bytes of the command's data; done: posted */
	u64 remote;		/* Tagged Offset of @offset */
	u32 rkey;
	u32 credits;		/* taken, their completion outstanding */
	u32 reads;		/* Get: counted in conn->reads, likewise */
	u32 burst;		/* Put: bytes between A-bits, or 0 */
	bool ack_due;		/* Put: an RDMA Read of no bytes comes next */
	bool ack_last;		/* Put: the completion of the piece is an A-bit's too */
	bool fence;		/* Put: such Reads are ahead of the response */
	struct ib_mr *mr;	/* iWARP Get: sink */
};

enum iser_io_state {
	ISER_IO_IDLE,
	ISER_IO_STARTED,	/* the half fills the slot; nothing posted */
	ISER_IO_POSTED,
};

/* A task with what the core knows of it. */
struct iser_io {
	struct iser_task task;
	enum iser_io_state state;
	u8 *head;		/* header slot */
	u64 head_dma;
	struct iser_control ctl;
	int status;

	/* the mapped buffer; extra: ctl.data */
	struct scatterlist *sgl;
	unsigned int nents, mapped;
	enum dma_data_direction dir;
	u32 data_len;
	unsigned int extra_mapped;

	union {
		struct {	/* initiator */
			/*
			 * One for each completion to come, one for the response,
			 * one for Data-Out not yet posted.  The last ends the task.
			 */
			atomic_t refs;
			struct ib_mr *region;	/* its own, for life */
			struct ib_mr *mr;	/* region, while it is registered */
			bool answered;		/* response came, or will not be waited for */
			bool deallocate;	/* the half waits for task_done() */
			bool awaited;		/* a completion is all it waits for */
			u32 unsolicited;	/* Data-Out bytes not posted yet */
			struct iser_rx *rsp;
			struct ib_cqe send_cqe, inv_cqe;
			struct list_head wait;	/* conn->data_out_wait */
		};
		struct {	/* target */
			struct iser_job send;
			struct ib_cqe ack_cqe;		/* what completes an A-bit */
			u32 acked;			/* sequences acknowledged */
			struct iser_job get[ISER_MAX_GETS];
		};
	};
};

/* Tasks that are allocated at a time: no more than a page, and one of slots. */
#define ISER_TASKS_PART	8
struct iser_tasks {
	struct iser_hdr_pages heads;
	struct iser_io io[ISER_TASKS_PART];
};

/* An unsolicited Data-Out on its way. */
struct iser_data_out {
	struct list_head node;	/* conn->data_out_free; send_lock */
	struct ib_cqe cqe;
	struct iser_io *io;
	u8 *head;
	u64 head_dma;
};

/* Header slots of Sends of which one in some is signaled. */
struct iser_unsig {
	struct iser_hdr_pages heads;
	u32 nr;			/* slots */
	u32 next;		/* slot of the next Send; send_lock */
	u32 bare;		/* Sends since the last signaled one; send_lock */
	u32 posted;		/* Sends; send_lock */
	u32 done;		/* of them, known to have completed */
	struct ib_cqe cqe;
};

/*
 * Work requests are copied by the provider when they are posted.  What nobody
 * sets is zero.
 */
struct iser_batch {
	struct ib_rdma_wr wr[ISER_BATCH];
	struct ib_send_wr send;
	struct ib_reg_wr reg;
	struct ib_sge send_sge[ISER_SEND_SGES];
	struct ib_sge sge[ISER_BATCH_SGES];
};

#define ISER_LOGIN_RX		2
#define ISER_LOGIN_TX_HEAD	ISER_LOGIN_RX		/* slots of login.heads */
#define ISER_LOGIN_HELLO	(ISER_LOGIN_RX + 1)
#define ISER_LOGIN_HEADS	(ISER_LOGIN_RX + 2)

struct iser_login {
	struct iser_rx rx[ISER_LOGIN_RX];	/* a target has one */
	struct iser_hdr_pages heads;		/* one page: their headers and those sent */
	struct page *text[ISER_RX_PAGES];	/* of the Login PDU that is sent */
	u64 text_dma[ISER_RX_PAGES];
	unsigned long text_mapped;	/* bit i: text_dma[i] is mapped */
	struct ib_cqe cqe;
	bool sending;			/* its Send has not completed */
	bool expected;			/* target: a Login Request may come */
	struct iser_pdu *pdu;		/* received; target: for iser_wait_login() */
};

/* Hello and HelloReply. */
struct iser_hello_exchange {
	struct iser_hello_state state;	/* completion queue, after Enable_Datamover */
	struct ib_cqe cqe;
	bool sending;			/* send_lock: the Send has not completed */
	bool hold;			/* send_lock: target: jobs wait */
	bool rejected;			/* send_lock: target: the reply has REJ=1 */
	struct delayed_work work;	/* what is waited for has not come */
};

/* The completion queues, and what polls them. */
struct iser_poll {
	struct ib_cq *sends, *receives;
	atomic_t awaited;		/* who waits for a completion of sends */
	bool stopped;			/* nobody polls any more */
	spinlock_t lock;		/* initiator: iop against work */
	struct irq_poll iop;		/* initiator */
	struct work_struct work;
	struct delayed_work late;	/* for what nobody waits for */
	bool overdue;			/* it has come */
	struct ib_wc sent[ISER_POLL_BATCH / 2], came[ISER_POLL_BATCH];
};

/* The last work request of a queue. */
struct iser_drain {
	struct ib_cqe cqe;
	struct completion done;
};

/* How far the login at a target has come. */
enum iser_stage {
	ISER_NO_GUEST,		/* logged in, or ended */
	ISER_SILENT,		/* no Login Request yet */
	ISER_READY,		/* it is here, nobody has accepted it */
	ISER_TAKEN,		/* LIO has it, and has not answered */
	ISER_ASKED,		/* the peer has to answer a response, or LIO a request */
	ISER_CLOSING,		/* the half has let go: the last response is on its way */
};

/* A connection of a target that has not logged in yet: iser_queue_lock. */
struct iser_guest {
	enum iser_stage stage;
	struct list_head node;
	struct iser_origin *origin;	/* its address */
	unsigned long since;		/* jiffies: stage */
	unsigned long asked;		/* jiffies: the last response */
	bool doubtful;			/* it was when it was taken */
	bool excused;			/* its end is not the peer's fault */
	bool counted;			/* in iser_nr_queue_pairs */
};

struct iser_conn {
	enum iser_role role;
	enum iser_state state;
	struct kref ref;
	const struct iser_ops *ops;
	void *upper;
	struct iser_conn_param param;
	struct iser_info info;
	int reason;			/* why it ended */
	bool guess;			/* send_lock: the reason may not be the first cause */

	struct rdma_cm_id *id;
	struct iser_parked *parked;	/* where the id goes while its port is down */
	bool handshake;			/* a message of the CM may have been sent */
	bool disconnected;		/* likewise the last one */
	bool gone;			/* the device goes: handler of the id */
	struct ib_device *dev;
	struct iser_device_limits limits;	/* of dev */
	struct ib_pd *pd;
	struct iser_poll poll;
	struct ib_qp *qp;
	atomic_t event;			/* first ib_event_type of the device, + 1 */
	struct delayed_work event_work;
	struct iser_drain sends_drained, receives_drained;
	u32 max_sge;			/* of a Send or RDMA Write */
	u32 max_sge_rd;
	u32 ird;			/* initiator: Reads that this end answers at a time */
	struct iser_reads reads;	/* target: ord; send_lock for the rest */
	bool count_reads;		/* the device keeps to a greater number than ord */
	bool sink_mr;			/* iWARP: an RDMA Read needs a registered sink */

	struct mutex setup_lock;	/* see above for these three */
	spinlock_t send_lock;		/* see above */
	struct iser_credits credits;	/* send_lock */
	struct list_head sendq, flushq;	/* send_lock */
	struct iser_job *unsignaled;	/* posted without a completion; send_lock */
	struct iser_batch *batch;	/* send_lock */

	struct iser_login login;
	struct iser_notice notice;	/* not changed after Enable_Datamover */
	struct iser_hello_exchange hello;
	struct iser_rx_chunk *chunk;		/* setup_lock to add to it */
	struct llist_head again;	/* iser_rx that the device would not take yet */
	struct iser_rx_pool *pool;		/* target: where receives are shared */
	struct list_head pool_node;	/* pool->conns; iser_rx_pools_lock */
	u32 promised;			/* receives of it; iser_rx_pools_lock */
	u32 taken;			/* of them, since the beginning */
	atomic_t given;			/* back */
	struct iser_resources res;
	bool allocated;
	struct iser_tasks **tasks;	/* setup_lock to add one */
	struct scatterlist *sink_sg;	/* send_lock */

	struct iser_unsig unsig;
	struct iser_data_out *data_outs;
	struct iser_hdr_pages data_out_heads;
	struct list_head data_out_free, data_out_wait;	/* send_lock */

	wait_queue_head_t wait;
	struct completion down;
	struct work_struct connect_work, end_work, flush_work, free_work;

	/* target */
	struct mutex upper_lock;	/* upper, until full feature phase */
	struct iser_listener *listener;	/* these three: iser_queue_lock */
	struct iser_guest guest;
	bool accepted;
};

static inline struct iser_io *iser_io_of(struct iser_task *task)
{
	return container_of(task, struct iser_io, task);
}

/* sg_next() of a segment that is not the last: no call for each page. */
static inline struct scatterlist *iser_sg_next(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

/*
 * Is a receive buffer one piece of memory?  An initiator reads it in one piece,
 * and not every device takes as many SGEs as a header with pages needs.
 */
static inline bool iser_rx_whole(const struct iser_conn *conn)
{
	return conn->role == ISER_INITIATOR ||
		conn->limits.recv_sges < ISER_RX_SGES;
}

static inline u8 *iser_bhs(u8 *head)
{
	return head + ISER_HDR_LEN;
}

/* main.c */
extern struct workqueue_struct *iser_wq, *iser_target_wq, *iser_initiator_wq;
extern struct workqueue_struct *iser_connect_wq;
__printf(2, 3) void iser_conn_warn(const struct iser_conn *conn,
				   const char *fmt, ...);

/* log.c */
void iser_log_exit(void);

/* recv.c */
int iser_hdr_pages_init(struct iser_hdr_pages *hdrs, struct ib_device *dev, u32 slot,
			u32 nr, enum dma_data_direction dir);
void *iser_hdr_slot(const struct iser_hdr_pages *hdrs, u32 i, u64 *dma);
void iser_hdr_pages_unmap(struct iser_hdr_pages *hdrs);
void iser_hdr_pages_free(struct iser_hdr_pages *hdrs);
int iser_rx_init(const struct iser_rx_shape *shape, struct iser_rx *rx,
		 u8 *head, u64 dma);
void iser_rx_unmap(struct ib_device *dev, struct iser_rx *rx);
void iser_rx_free(struct iser_rx *rx);
void iser_rx_gone(struct ib_device *dev, struct iser_rx *rx);
int iser_rx_post(struct iser_conn *conn, struct iser_rx *rx);
void iser_rx_post_again(struct iser_conn *conn);
struct iser_rx_chunk *iser_rx_chunk_alloc(const struct iser_rx_shape *shape, u32 nr);
int iser_rx_chunk_add(struct iser_conn *conn, u32 nr);
int iser_rx_chunk_post(struct iser_conn *conn, const struct iser_rx_chunk *until);
void iser_rx_chunk_unmap(struct ib_device *dev, struct iser_rx_chunk *chunk);
void iser_rx_chunk_free(struct iser_rx_chunk **chunk);

/* conn.c */
struct iser_conn *iser_conn_alloc(enum iser_role role,
				  const struct iser_conn_param *param,
				  const struct iser_ops *ops, void *upper);
bool iser_conn_event(struct iser_conn *conn, enum iser_event event);
bool iser_conn_end(struct iser_conn *conn, int reason, bool guess);
void iser_connection_fail_locked(struct iser_conn *conn, int reason);
void iser_conn_login_notify(struct iser_conn *conn);
void iser_wc_failed(struct iser_conn *conn, const struct ib_wc *wc,
		    const char *what);

/* device.c */
void iser_read_limits(struct ib_device *dev, struct iser_device_limits *limits);
int iser_check_limits(const struct iser_conn *conn, bool registers);

/* What has been said of a device, once. */
enum iser_device_note {
	ISER_NO_SHARED,		/* it has no shared receive queue */
	ISER_SMALL_SENDS,	/* a send queue had to be made smaller */
};

extern struct ib_client iser_client;
bool iser_device_noted(const struct ib_device *dev, enum iser_device_note note);
bool iser_device_note(const struct ib_device *dev, enum iser_device_note note);
bool iser_port_up(const struct rdma_cm_id *id);
bool iser_port_mute(const struct rdma_cm_id *id);
int iser_port_cause(struct iser_conn *conn, int otherwise);
void iser_port_note(struct iser_conn *conn);
struct iser_parked *iser_park_alloc(void);
bool iser_park(struct iser_conn *conn);
struct rdma_cm_id *iser_parked_id(const struct iser_conn *conn);
void iser_park_done(struct iser_conn *conn);
void iser_ports_exit(void);

/* qp.c */
int iser_verbs_create(struct iser_conn *conn);
void iser_verbs_close(struct iser_conn *conn);
void iser_verbs_destroy(struct iser_conn *conn);
void iser_event_flushed(struct iser_conn *conn);
void iser_event_init(struct iser_conn *conn);
void iser_cq_event(struct ib_event *event, void *context);
void iser_drain_init(struct iser_drain *drain);
int iser_drain_begin(struct iser_conn *conn);
void iser_verbs_drain(struct iser_conn *conn);
int iser_unsig_init(struct iser_conn *conn);
u8 *iser_unsig_header(struct iser_conn *conn, u32 len, u64 *dma);
void iser_unsig_send(struct iser_conn *conn, struct ib_send_wr *wr);

/* cq.c */
int iser_poll_init(struct iser_conn *conn, u32 sends, u32 receives);
void iser_poll_kick(struct iser_conn *conn);
void iser_poll_stop(struct iser_conn *conn);
void iser_poll_destroy(struct iser_conn *conn);
void iser_send_cq_event(struct iser_conn *conn);
void iser_send_cq_arm(struct iser_conn *conn);
void iser_send_cq_disarm(struct iser_conn *conn);
void iser_send_cq_poll_later(struct iser_conn *conn);

/* cm.c */
int iser_cm_event(struct rdma_cm_id *id, struct rdma_cm_event *event);
void iser_connect_work(struct work_struct *work);

/* login.c */
int iser_login_init(struct iser_conn *conn);
int iser_login_post_recv(struct iser_conn *conn);
void iser_login_received(struct iser_conn *conn, struct iser_rx *rx);
void iser_login_unmap(struct iser_conn *conn);
void iser_login_free(struct iser_conn *conn);

/* hello.c */
void iser_hello_init(struct iser_conn *conn);
void iser_hello_expect(struct iser_conn *conn);
int iser_hello_start(struct iser_conn *conn);
bool iser_hello_received(struct iser_conn *conn, struct iser_rx *rx);

/* target/listen.c */
void iser_listeners_device(bool added);

/* target/guest.c */
extern wait_queue_head_t iser_guests_wait;
bool iser_guests_full(void);
int iser_guest_enter(struct iser_conn *conn, struct iser_listener *l);
void iser_guest_ready(struct iser_conn *conn);
struct iser_conn *iser_guest_take(const struct iser_listener *l);
void iser_guest_asked(struct iser_conn *conn);
void iser_guest_sent(struct iser_conn *conn, bool in);
void iser_guest_excuse(struct iser_conn *conn);
void iser_guest_close(struct iser_conn *conn);
void iser_guest_dropped(struct iser_conn *conn);
void iser_guests_end(const struct iser_listener *l);
void iser_guests_exit(void);

/* target/rx_pool.c */
void iser_rx_pool_join(struct iser_conn *conn);
void iser_rx_pool_leave(struct iser_conn *conn);
void iser_rx_pool_put(struct iser_rx_pool *pool);
int iser_rx_pool_promise(struct iser_conn *conn, u32 nr);
int iser_rx_pool_post(struct iser_rx_pool *pool, struct iser_rx *rx);
void iser_rx_pool_took(struct iser_rx_pool *pool);

/* task.c */
int iser_tasks_init(struct iser_conn *conn, u32 nr);
void iser_tasks_sweep(struct iser_conn *conn);
void iser_tasks_unmap(struct iser_conn *conn);
void iser_tasks_free(struct iser_conn *conn);
struct scatterlist *iser_io_seek(struct iser_io *io, u32 offset, u32 *skip);
u32 iser_io_gather(struct iser_io *io, u32 offset, u32 len, struct ib_sge *sge,
		   u32 max);
int iser_io_map(struct iser_io *io, const struct iser_data *data,
		enum dma_data_direction dir);
void iser_io_unmap(struct iser_io *io);

/* initiator/send.c */
int iser_send_command(struct iser_io *io, const struct iser_control *ctl);
void iser_command_answered(struct iser_io *io, struct iser_rx *rx,
			   bool invalidated);
void iser_command_drop(struct iser_io *io);
void iser_command_send_done(struct ib_cq *cq, struct ib_wc *wc);
void iser_command_inv_done(struct ib_cq *cq, struct ib_wc *wc);
int iser_data_outs_init(struct iser_conn *conn);
void iser_data_outs_free(struct iser_conn *conn);
int iser_stags_try(struct iser_conn *conn);
int iser_stags_add(struct iser_conn *conn, struct iser_tasks *part);
void iser_stags_drop(struct iser_tasks *part);
void iser_stags_free(struct iser_conn *conn);
bool iser_stag_named(const struct iser_io *io, const struct iser_header *hdr);
bool iser_stag_dead(struct iser_conn *conn, u32 rkey);

/* target/read.c */
void iser_ack_done(struct ib_cq *cq, struct ib_wc *wc);
u32 iser_ack_burst(const struct iser_conn *conn, u32 burst);
bool iser_ack_by_read(const struct iser_conn *conn);
void iser_ack_notify(struct iser_io *io);
u32 iser_ack_fill(struct iser_job *job, struct ib_rdma_wr *wr,
		  struct ib_sge *sge);
int iser_sinks_init(struct iser_conn *conn);
void iser_sinks_free(struct iser_conn *conn);
int iser_sink_post(struct iser_job *job);

/* target/send.c */
extern struct ib_cqe iser_rdma_cqe;
int iser_post(struct iser_conn *conn, struct ib_send_wr *first);
void iser_reads_set(struct iser_conn *conn, u32 ord, bool enforced);
void iser_job_init(struct iser_io *io);
void iser_jobs_run(struct iser_conn *conn);
void iser_jobs_flush(struct iser_conn *conn);
void iser_jobs_abandon(struct iser_conn *conn);
void iser_jobs_unsignaled_sent(struct iser_conn *conn);
void iser_flush_work(struct work_struct *work);

/* Did it succeed?  If not, the connection ends; @what: for the log line. */
static inline bool iser_wc_ok(struct iser_conn *conn, const struct ib_wc *wc,
			      const char *what)
{
	if (likely(wc->status == IB_WC_SUCCESS))
		return true;
	iser_wc_failed(conn, wc, what);
	return false;
}

#endif
