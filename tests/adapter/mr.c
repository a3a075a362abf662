// SPDX-License-Identifier: GPL-2.0-only
/* Memory regions and their keys. */
#include <linux/sched.h>
#include <linux/slab.h>
#include "adapter.h"

/*
 * An index makes the upper three bytes of a key. Number 1 is that of
 * ADAPTER_DMA_KEY.
 */
#define INDEX_SHIFT	8
#define INDEX_LIMIT	XA_LIMIT(2, 0xffffff)

static void mr_free(struct adapter_mr *mr)
{
	kvfree(mr->pages);
	kvfree(mr->entries);
	kvfree(mr->pi);
	kfree(mr);
}

/* In both cases the second half is the adapter's own copy. */
static bool mr_alloc_lists(struct adapter_mr *mr, bool gaps)
{
	u32 n = mr->max_pages;

	if (gaps) {
		mr->entries = kvcalloc(n, 2 * sizeof(*mr->entries), GFP_KERNEL);
		if (!mr->entries)
			return false;
		mr->list = mr->entries + n;
		return true;
	}
	mr->pages = kvcalloc(n, 2 * sizeof(*mr->pages), GFP_KERNEL);
	if (!mr->pages)
		return false;
	mr->table = mr->pages + n;
	return true;
}

/*
 * With pages, or as many entries, or with pi, which goes when it fails or the
 * region is freed.
 */
struct adapter_mr *adapter_mr_new(struct ib_pd *pd, u32 max_pages, bool gaps,
				  struct adapter_pi *pi)
{
	struct adapter_dev *dev = to_adapter(pd->device, dev);
	struct adapter_mr *mr;
	int ret;

	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr) {
		kvfree(pi);
		return ERR_PTR(-ENOMEM);
	}
	adapter_ref_init(&mr->ref);
	mr->pi = pi;
	mr->max_pages = max_pages;
	if (max_pages && !mr_alloc_lists(mr, gaps)) {
		mr_free(mr);
		return ERR_PTR(-ENOMEM);
	}
	ret = xa_alloc_cyclic(&dev->mrs, &mr->index, mr, INDEX_LIMIT,
			      &dev->next_mr, GFP_KERNEL);
	if (ret < 0) {
		mr_free(mr);
		return ERR_PTR(ret);
	}
	mr->key = mr->index << INDEX_SHIFT;
	mr->ib.lkey = mr->key;
	mr->ib.rkey = mr->key;
	atomic_inc(&to_adapter(pd, pd)->users);
	return mr;
}

struct ib_mr *adapter_get_dma_mr(struct ib_pd *pd, int access)
{
	struct adapter_dev *dev = to_adapter(pd->device, dev);
	int ret = adapter_fault(FAULT_GET_DMA_MR);
	struct adapter_mr *mr;

	if (ret)
		return ERR_PTR(ret);
	mr = adapter_mr_new(pd, 0, false, NULL);
	if (IS_ERR(mr))
		return ERR_CAST(mr);
	xa_lock(&dev->mrs);
	mr->access = access;
	mr->length = U64_MAX;
	mr->valid = true;
	xa_unlock(&dev->mrs);
	return &mr->ib;
}

/*
 * The RDMA core asks for this operation where the kernel is to be a consumer.
 */
struct ib_mr *adapter_reg_user_mr(struct ib_pd *pd, u64 start, u64 length,
				  u64 addr, int access, struct ib_udata *udata)
{
	return ERR_PTR(-EOPNOTSUPP);
}

struct ib_mr *adapter_alloc_mr(struct ib_pd *pd, enum ib_mr_type type,
			       u32 max_pages)
{
	struct adapter_dev *dev = to_adapter(pd->device, dev);
	int ret = adapter_fault(FAULT_ALLOC_MR);
	bool gaps = type == IB_MR_TYPE_SG_GAPS;
	struct adapter_mr *mr;

	if (ret)
		return ERR_PTR(ret);
	if (!(gaps ? dev->profile->sg_gaps : type == IB_MR_TYPE_MEM_REG) ||
	    !max_pages || max_pages > dev->profile->max_pages)
		return ERR_PTR(-EINVAL);
	mr = adapter_mr_new(pd, max_pages, gaps, NULL);
	return IS_ERR(mr) ? ERR_CAST(mr) : &mr->ib;
}

static int add_page(struct ib_mr *ib, u64 addr)
{
	struct adapter_mr *mr = to_adapter(ib, mr);

	if (mr->nr_pages == mr->max_pages)
		return -ENOMEM;
	mr->pages[mr->nr_pages++] = addr;
	return 0;
}

/*
 * As mlx5: each entry is described by its address and length.  Of more entries than
 * there is room for, the first ones are.
 */
static int add_entries(struct adapter_mr *mr, struct scatterlist *sgl, int nents,
		       unsigned int *offset)
{
	unsigned int skip = offset ? *offset : 0;
	struct scatterlist *sg;
	int i;

	mr->ib.iova = sg_dma_address(sgl) + skip;
	mr->ib.length = 0;
	for_each_sg(sgl, sg, nents, i) {
		if (i == mr->max_pages)
			break;
		mr->entries[i].addr = sg_dma_address(sg) + skip;
		mr->entries[i].length = sg_dma_len(sg) - skip;
		mr->ib.length += mr->entries[i].length;
		skip = 0;
	}
	if (offset)
		*offset = skip;
	mr->nr_pages = i;
	return i;
}

int adapter_map_mr_sg(struct ib_mr *ib, struct scatterlist *sg, int nents,
		      unsigned int *offset)
{
	struct adapter_mr *mr = to_adapter(ib, mr);
	int ret = adapter_fault(FAULT_MAP_MR_SG);

	if (ret)
		return ret;
	/* Who has it set waits for no memory, so that no allocation sleeps. */
	if (to_adapter(ib->device, dev)->profile->map_sleeps &&
	    !(current->flags & PF_MEMALLOC)) {
		might_sleep();
		schedule_timeout_uninterruptible(1);
	}
	if (mr->pi) {
		adapter_broken(to_adapter(ib->device, dev), RULE_SIG_TYPE,
			       false, "MR %u gets pages", mr->index);
		return -EINVAL;
	}
	if (atomic_read(&mr->posted))
		adapter_broken(to_adapter(ib->device, dev), RULE_MAP_POSTED,
			       false, "MR %u gets new pages", mr->index);
	mr->nr_pages = 0;
	if (mr->entries)
		return add_entries(mr, sg, nents, offset);
	return ib_sg_to_pages(ib, sg, nents, offset, add_page);
}

int adapter_dereg_mr(struct ib_mr *ib, struct ib_udata *udata)
{
	struct adapter_dev *dev = to_adapter(ib->device, dev);
	struct adapter_mr *mr = to_adapter(ib, mr);

	if (atomic_read(&mr->posted))
		adapter_broken(dev, RULE_MR_BUSY, false,
			       "MR %u is freed, its registration is posted",
			       mr->index);
	xa_erase(&dev->mrs, mr->index);
	adapter_ref_end(&mr->ref);
	atomic_dec(&to_adapter(ib->pd, pd)->users);
	mr_free(mr);
	return 0;
}

/* Executes a registration. Returns false if it breaks a rule. */
bool adapter_register(struct adapter_qp *qp, const struct adapter_send *send)
{
	u32 index = send->reg.index, key = send->reg.key;
	struct adapter_dev *dev = adapter_qp_dev(qp);
	u32 access = send->reg.access, limit = dev->profile->max_table;
	enum adapter_rule broken = NR_RULES;
	struct adapter_mr *mr;

	xa_lock(&dev->mrs);
	mr = xa_load(&dev->mrs, index);
	if (!mr) {
		broken = RULE_KEY_UNKNOWN;
	} else if (mr->ib.pd != qp->ib.pd) {
		broken = RULE_KEY_PD;
	} else if (mr->valid) {
		broken = RULE_REG_VALID;
	} else if (key >> INDEX_SHIFT != index) {
		broken = RULE_REG_KEY;
	} else if ((access & IB_ACCESS_REMOTE_WRITE) &&
		   !(access & IB_ACCESS_LOCAL_WRITE)) {
		broken = RULE_REG_ACCESS;
	} else if (!mr->ib.length || (!mr->nr_pages && !mr->pi)) {
		broken = RULE_REG_EMPTY;
	} else {
		mr->length = mr->ib.length;
		if (mr->pi) {
			adapter_pi_register(mr, &send->reg.sig_attrs);
		} else if (mr->list) {
			memcpy(mr->list, mr->entries,
			       mr->nr_pages * sizeof(*mr->list));
		} else {
			memcpy(mr->table, mr->pages,
			       mr->nr_pages * sizeof(*mr->table));
			mr->page_shift = ilog2(mr->ib.page_size);
			/* What it finds are no pages: the rule "dma" is broken. */
			if (limit && mr->max_pages > limit)
				memset(mr->table, 0x7f, mr->max_pages *
							sizeof(*mr->table));
		}
		mr->iova = mr->ib.iova;
		mr->key = key;
		mr->access = access;
		mr->valid = true;
	}
	xa_unlock(&dev->mrs);
	if (broken == NR_RULES)
		return true;
	adapter_broken(dev, broken, false, "QP %u registers MR %u with key %#x",
		       qp->ib.qp_num, index, key);
	return false;
}

/*
 * Called for each registration that was posted, whether or not it was executed.
 */
void adapter_register_done(struct adapter_dev *dev, u32 index)
{
	struct adapter_mr *mr;

	xa_lock(&dev->mrs);
	mr = xa_load(&dev->mrs, index);
	if (mr)
		atomic_dec(&mr->posted);
	xa_unlock(&dev->mrs);
}

/*
 * Finds the region of a key that qp, or remotely its peer, uses.  Called with
 * the xa_lock. Returns the rule that it breaks, or NR_RULES.
 */
static enum adapter_rule key_find(struct adapter_qp *qp, u32 key,
				  struct adapter_mr **found)
{
	struct adapter_mr *mr =
		xa_load(&adapter_qp_dev(qp)->mrs, key >> INDEX_SHIFT);

	*found = mr;
	if (!mr)
		return RULE_KEY_UNKNOWN;
	if (!mr->valid || mr->key != key)
		return RULE_KEY_INVALID;
	if (mr->ib.pd != qp->ib.pd)
		return RULE_KEY_PD;
	return NR_RULES;
}

/*
 * Invalidates a key, for qp itself or for its peer. Returns false if it breaks
 * a rule.
 */
bool adapter_invalidate(struct adapter_qp *qp, u32 key, bool remote)
{
	struct adapter_dev *dev = adapter_qp_dev(qp);
	enum adapter_rule broken;
	struct adapter_mr *mr;

	xa_lock(&dev->mrs);
	broken = key_find(qp, key, &mr);
	if (broken == NR_RULES && !mr->table && !mr->list && !mr->pi)
		broken = RULE_KEY_RIGHTS;
	if (broken == NR_RULES)
		mr->valid = false;
	xa_unlock(&dev->mrs);
	if (broken == NR_RULES)
		return true;
	adapter_broken(dev, broken, remote, "QP %u: key %#x is invalidated",
		       qp->ib.qp_num, key);
	return false;
}

/*
 * Adds a piece of memory to spans, for qp itself or for its peer.  Returns
 * false if this breaks a rule.  What has been added stays until
 * adapter_spans_put(): if the region is invalidated meanwhile, the access that
 * has begun goes on, as in hardware.
 */
bool adapter_span_get(struct adapter_qp *qp, struct adapter_spans *spans,
		      u64 addr, u32 length, u32 key, u32 access, bool remote)
{
	struct adapter_dev *dev = adapter_qp_dev(qp);
	struct adapter_span *span = &spans->span[spans->nr];
	bool all = !remote && dev->profile->local_dma_lkey &&
		   key == ADAPTER_DMA_KEY;
	/* Only the sink of a Read on iWARP needs this right of its owner. */
	bool sink = !remote && access & IB_ACCESS_REMOTE_WRITE;
	enum adapter_rule broken = NR_RULES;
	struct adapter_mr *mr = NULL;

	if (!length)
		return true;
	if (all && !sink)
		goto found;
	xa_lock(&dev->mrs);
	broken = all ? RULE_READ_SINK : key_find(qp, key, &mr);
	if (broken == NR_RULES && mr->pi && !remote &&
	    !adapter_pi_owner(mr, &addr, &length))
		broken = RULE_SIG_LENGTH;
	if (broken == NR_RULES) {
		if (addr < mr->iova || length > mr->length ||
		    addr - mr->iova > mr->length - length)
			broken = RULE_KEY_RANGE;
		else if ((mr->access & access) != access)
			broken = sink ? RULE_READ_SINK : RULE_KEY_RIGHTS;
		else if (mr->pi)
			broken = adapter_pi_access(qp, mr, addr - mr->iova,
						   length);
		if (broken == NR_RULES)
			adapter_ref_get(&mr->ref);
	}
	xa_unlock(&dev->mrs);
	if (broken != NR_RULES) {
		adapter_broken(dev, broken, remote,
			       "QP %u: key %#x, address %#llx, length %u",
			       qp->ib.qp_num, key, addr, length);
		return false;
	}
found:
	*span = (struct adapter_span){ .mr = mr,
				       .addr = addr,
				       .length = length };
	spans->nr++;
	spans->length += length;
	return true;
}

/* Makes spans of the SGEs of a work request of qp. */
bool adapter_spans_get(struct adapter_qp *qp, struct adapter_spans *spans,
		       const struct ib_sge *sge, u32 num_sge, u32 access)
{
	u32 i;

	spans->nr = 0;
	spans->length = 0;
	for (i = 0; i < num_sge; i++) {
		if (!adapter_span_get(qp, spans, sge[i].addr, sge[i].length,
				      sge[i].lkey, access, false))
			return false;
	}
	return true;
}

void adapter_spans_put(struct adapter_spans *spans)
{
	while (spans->nr) {
		struct adapter_mr *mr = spans->span[--spans->nr].mr;

		if (mr)
			adapter_ref_put(&mr->ref);
	}
	spans->length = 0;
}
