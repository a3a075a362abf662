/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receives: memory for headers, buffers, and the messages in them.
 */
#ifndef ISER_RECV_H
#define ISER_RECV_H

#include <linux/llist.h>
#include <linux/mm_types.h>
#include <rdma/ib_verbs.h>
#include <iser/datamover.h>

struct iser_conn;
struct iser_rx_pool;

#define ISER_LOGIN_TEXT		8192	/* RFC 7143: login PDUs before negotiation */
#define ISER_AHS_ROOM		256	/* AHS that a target's receives provide for */
#define ISER_AHS_ROOM_INITIATOR	64	/* no PDU of a target has any yet */
#define ISER_RX_PAGES		DIV_ROUND_UP(ISER_LOGIN_TEXT, PAGE_SIZE)
#define ISER_RX_SGES		(ISER_RX_PAGES + 2)

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
	bool whole;		/* header and pages are contiguous: one SGE */
	struct iser_rx_pool *pool;	/* its owner; NULL: a connection */
	void (*done)(struct ib_cq *cq, struct ib_wc *wc);
};

/* A receive buffer and the message in it. */
struct iser_rx {
	struct ib_cqe cqe;	/* first, so that a completion finds all by one address */
	struct iser_pdu pdu;	/* the halves hold this */
	struct iser_rx_pool *pool;
	struct llist_node again;	/* of conn->rx.again */
	struct ib_recv_wr wr;	/* does not change */
	struct ib_sge sge[ISER_RX_SGES];
	struct page *pages[ISER_RX_PAGES];
	u32 came;		/* bytes that are synced for the CPU, and not back */
	u8 nr_pages;		/* for data; 0: all in one piece of a page */
	bool whole;		/* they are within a block of iser_rx_block() bytes */
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

/* The receives of a connection. */
struct iser_rx_queue {
	struct iser_rx_chunk *chunks;	/* setup_lock to add one */
	struct llist_head again;	/* iser_rx that the device would not take yet */
	/* A target that shares them: */
	struct iser_rx_pool *pool;
	struct list_head pool_node;	/* pool->conns; iser_rx_pools_lock */
	u32 promised;			/* receives that it may use; likewise */
	u32 taken;			/* by its messages, since the beginning */
	atomic_t given;			/* back */
};

/* The iSER header of the message. */
static inline u8 *iser_rx_head(const struct iser_rx *rx)
{
	return rx->pdu.bhs - ISER_HDR_LEN;
}

/* recv.c */
void iser_target_recv_done(struct ib_cq *cq, struct ib_wc *wc);

/* rx.c */
int iser_hdr_pages_init(struct iser_hdr_pages *hdrs, struct ib_device *dev, u32 slot,
			u32 nr, enum dma_data_direction dir);
void *iser_hdr_slot(const struct iser_hdr_pages *hdrs, u32 i, u64 *dma);
void iser_hdr_pages_unmap(struct iser_hdr_pages *hdrs);
void iser_hdr_pages_free(struct iser_hdr_pages *hdrs);
int iser_rx_init(const struct iser_rx_shape *shape, struct iser_rx *rx,
		 u8 *head, u64 dma);
void iser_rx_unmap(struct ib_device *dev, struct iser_rx *rx);
void iser_rx_free(struct iser_rx *rx);
void iser_rx_sync_cpu(struct ib_device *dev, struct iser_rx *rx, u32 len);
void iser_rx_sync_device(struct ib_device *dev, struct iser_rx *rx);
int iser_rx_post(struct iser_conn *conn, struct iser_rx *rx);
void iser_rx_post_again(struct iser_conn *conn);
struct iser_rx_chunk *iser_rx_chunk_alloc(const struct iser_rx_shape *shape, u32 nr);
int iser_rx_chunk_add(struct iser_conn *conn, u32 nr);
int iser_rx_chunk_post(struct iser_conn *conn, const struct iser_rx_chunk *until);
void iser_rx_chunk_unmap(struct ib_device *dev, struct iser_rx_chunk *chunk);
void iser_rx_chunk_free(struct iser_rx_chunk **chunk);

#endif
