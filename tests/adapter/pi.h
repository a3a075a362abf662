/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protection information as T10 defines it.  A block of data has a tuple of 8
 * bytes: a guard, an application tag and a reference tag.
 *
 * An integrity region has two domains.  In the memory domain the tuples are in
 * a list of their own, if there are any.  In the wire domain a tuple follows
 * each block, or there are none.  What goes through the key of the region is
 * transformed from one to the other.  Errors are found in the domain that it
 * comes from.
 */
#ifndef RDMA_ADAPTER_PI_H
#define RDMA_ADAPTER_PI_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/t10-pi.h>
#include <linux/types.h>
#include <rdma/signature.h>

#define ADAPTER_TUPLE	((u32)sizeof(struct t10_pi_tuple))

enum adapter_pi_count {
	ADAPTER_PI_REGISTRATIONS,
	/* Blocks, by what was done with them: exactly one of these */
	ADAPTER_PI_INSERT,
	ADAPTER_PI_STRIP,
	ADAPTER_PI_PASS,
	/* Blocks of which anything was checked, or is not because of its tags */
	ADAPTER_PI_CHECKED,
	ADAPTER_PI_ESCAPED,
	/* Blocks with this error */
	ADAPTER_PI_GUARD,
	ADAPTER_PI_APP,
	ADAPTER_PI_REF,
	/* How often the status of a region was asked for, and told an error */
	ADAPTER_PI_STATUSES,
	ADAPTER_PI_FAILED,
	NR_ADAPTER_PI
};

struct adapter_pi_counts {
	atomic_t		n[NR_ADAPTER_PI];
};

/* Of all devices, also of those that are gone. */
extern struct adapter_pi_counts adapter_pi_total;

/* What a fault spoils in a block. */
enum adapter_spoil {
	ADAPTER_SPOIL_GUARD = 1,
	ADAPTER_SPOIL_APP = 2,
	ADAPTER_SPOIL_REF = 4,
	ADAPTER_SPOIL_DATA = 8,
};

/* A list of pieces of memory by their DMA addresses. */
struct adapter_piece {
	u64			addr;
	u32			length;
};

struct adapter_list {
	u32			nr;
	u64			length;
	struct adapter_piece	*piece;
};

/*
 * What an integrity region has instead of pages.  As with pages, the consumer
 * writes the lists by ib_map_mr_sg_pi(), and a registration makes the adapter
 * read them to its own.
 */
struct adapter_pi {
	u32			max_data;
	u32			max_meta;
	struct adapter_list	data;
	struct adapter_list	meta;
	/* Under the xa_lock of dev->mrs: */
	struct adapter_list	own_data;
	struct adapter_list	own_meta;
	struct ib_sig_attrs	attrs;
	u64			next;	/* where the next access has to begin */

	spinlock_t		lock;	/* the status, below */
	bool			checked; /* since the last registration */
	bool			failed;
	struct ib_sig_err	err;	/* the first one */

	struct adapter_piece	piece[];
};

/* What has been found in a block. */
struct adapter_pi_found {
	bool			checked;
	bool			escaped;
	u8			wrong;		/* bits by enum ib_sig_err_type */
	u32			expected[3];	/* what the tuple has */
	u32			actual[3];	/* what it should have */
};

/* Blocks that are transformed. */
struct adapter_pi_run {
	struct ib_sig_attrs	attrs;
	bool			sends;	/* from memory to the wire */
	u64			first;	/* number of the first block */
	u32			blocks;
	u8			*data;	/* in memory */
	u8			*meta;	/* tuples in memory, if there are any */
	u8			*wire;
};

static inline bool adapter_pi_has(const struct ib_sig_domain *domain)
{
	return domain->sig_type == IB_SIG_TYPE_T10_DIF;
}

u32 adapter_pi_interval(const struct ib_sig_attrs *attrs);
u32 adapter_pi_unit(const struct ib_sig_attrs *attrs);
__be16 adapter_pi_guard(const struct ib_t10_dif_domain *dif, const void *data);
void adapter_pi_block(const struct ib_sig_attrs *attrs, bool sends, u64 number,
		      const void *data, const struct t10_pi_tuple *in,
		      struct t10_pi_tuple *out,
		      struct adapter_pi_found *found);

#endif
