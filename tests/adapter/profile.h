/* SPDX-License-Identifier: GPL-2.0-only */
/* What an adapter can do, and its habits. The table is in profile.c. */
#ifndef RDMA_ADAPTER_PROFILE_H
#define RDMA_ADAPTER_PROFILE_H

#include <linux/types.h>
#include <rdma/ib_user_ioctl_verbs.h>

#define ADAPTER_MAX_SGE		32	/* the most that a profile may allow */

/* Where a completion handler is called from. */
enum adapter_context {
	ADAPTER_HARD,
	ADAPTER_SOFT,
	ADAPTER_WORKER,
};

/* What ib_req_notify_cq() answers when completions wait to be polled. */
enum adapter_arm {
	ADAPTER_ARM_MISSED,	/* 1, and armed */
	ADAPTER_ARM_SILENT,	/* 0, and an event for them at once */
	ADAPTER_ARM_REFUSED,	/* 1, and not armed */
};

struct adapter_profile {
	const char		*name;
	enum rdma_driver_id	driver_id;	/* the imitated one's, or 0 */
	bool			iwarp;	/* otherwise RoCE v2 */
	bool			depths_swapped;	/* iWARP, in what tells of a connection */
	u32			max_qp_wr;
	u32			max_cqe;
	u32			max_send_sge;
	u32			max_recv_sge;
	u32			max_sge_rd;
	u32			max_inline;
	u32			max_pages;	/* of a fast registration */
	u32			max_table;	/* pages that are described rightly, or 0: all */
	u32			max_pi_entries;	/* 0: no protection information */
	u32			max_pi_qp_wr;	/* less than max_qp_wr, or 0 */
	u32			max_srq_wr;	/* 0: no shared receives */
	u32			max_srq_sge;
	u32			max_rd_atomic;
	u32			max_init_rd_atomic;
	u32			max_seg_size;
	bool			local_dma_lkey;	/* for the whole device */
	bool			no_srq_sge;	/* max_srq_sge is not told */
	bool			no_local_inv;	/* posting it fails */
	bool			fatal_on_error;	/* told of who made the error, too */
	bool			map_sleeps;	/* of a consumer without PF_MEMALLOC */
	bool			polled_flush;	/* flushes once an error is polled */
	bool			zero_is_2g;	/* a length of 0 is 2 GiB */
	bool			sg_gaps;	/* registers entries, not only pages */
	bool			no_vectors;	/* says that it has no completion vector */
	enum adapter_context	context;
	enum adapter_arm	arm;
};

const struct adapter_profile *adapter_profile_chosen(void);

#endif
