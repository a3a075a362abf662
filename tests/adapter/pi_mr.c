// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integrity regions: their verbs, and what goes through their keys.  They are as
 * with mlx5, the only driver that has them.
 */
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include "adapter.h"

struct adapter_pi_counts adapter_pi_total;
EXPORT_SYMBOL_GPL(adapter_pi_total);

static void count(struct adapter_dev *dev, enum adapter_pi_count what, int n)
{
	atomic_add(n, &dev->pi.n[what]);
	atomic_add(n, &adapter_pi_total.n[what]);
}

struct ib_mr *adapter_alloc_mr_integrity(struct ib_pd *pd, u32 max_data,
					 u32 max_meta)
{
	struct adapter_dev *dev = to_adapter(pd->device, dev);
	u32 most = dev->profile->max_pi_entries;
	int ret = adapter_fault(FAULT_ALLOC_MR_PI);
	struct adapter_pi *pi;
	struct adapter_mr *mr;

	if (ret)
		return ERR_PTR(ret);
	if (!max_data || max_data > most || max_meta > most)
		return ERR_PTR(-EINVAL);
	/* The second half is the adapter's own copy. */
	pi = kvzalloc(struct_size(pi, piece, 2 * (max_data + max_meta)),
		      GFP_KERNEL);
	if (!pi)
		return ERR_PTR(-ENOMEM);
	pi->max_data = max_data;
	pi->max_meta = max_meta;
	pi->data.piece = pi->piece;
	pi->meta.piece = pi->data.piece + max_data;
	pi->own_data.piece = pi->meta.piece + max_meta;
	pi->own_meta.piece = pi->own_data.piece + max_data;
	spin_lock_init(&pi->lock);
	pi->checked = true;
	mr = adapter_mr_new(pd, 0, false, pi);
	return IS_ERR(mr) ? ERR_CAST(mr) : &mr->ib;
}

/* Entries of any length and alignment follow each other. */
static bool map_list(struct adapter_list *list, u32 max, struct scatterlist *sgl,
		     int nents, unsigned int *offset)
{
	unsigned int skip = offset ? *offset : 0;
	struct scatterlist *sg;
	int i;

	list->nr = 0;
	list->length = 0;
	if (nents > max)
		return false;
	for_each_sg(sgl, sg, nents, i) {
		list->piece[i].addr = sg_dma_address(sg) + skip;
		list->piece[i].length = sg_dma_len(sg) - skip;
		list->length += list->piece[i].length;
		skip = 0;
	}
	list->nr = nents;
	return true;
}

int adapter_map_mr_sg_pi(struct ib_mr *ib, struct scatterlist *data,
			 int nr_data, unsigned int *data_offset,
			 struct scatterlist *meta, int nr_meta,
			 unsigned int *meta_offset)
{
	struct adapter_dev *dev = to_adapter(ib->device, dev);
	struct adapter_mr *mr = to_adapter(ib, mr);
	int ret = adapter_fault(FAULT_MAP_MR_SG_PI);
	struct adapter_pi *pi = mr->pi;

	if (ret)
		return ret;
	if (atomic_read(&mr->posted))
		adapter_broken(dev, RULE_MAP_POSTED, false,
			       "MR %u gets new pieces", mr->index);
	if (!map_list(&pi->data, pi->max_data, data, nr_data, data_offset) ||
	    !map_list(&pi->meta, pi->max_meta, meta, nr_meta, meta_offset)) {
		adapter_broken(dev, RULE_SIG_LIST, false,
			       "MR %u: %d+%d entries for %u+%u", mr->index,
			       nr_data, nr_meta, pi->max_data, pi->max_meta);
		return -ENOMEM;
	}
	ib->iova = 0;
	ib->length = pi->data.length + pi->meta.length;
	ib->sig_attrs->meta_length = pi->meta.length;
	return 0;
}

/*
 * Tells the first error since the last call.  A key that was changed since then
 * is not that of the error, of which then nothing else is told.
 */
int adapter_check_mr_status(struct ib_mr *ib, u32 mask,
			    struct ib_mr_status *status)
{
	struct adapter_dev *dev = to_adapter(ib->device, dev);
	struct adapter_mr *mr = to_adapter(ib, mr);
	int ret = adapter_fault(FAULT_CHECK_MR);
	struct adapter_pi *pi = mr->pi;
	unsigned long flags;

	if (ret)
		return ret;
	if (mask & ~IB_MR_CHECK_SIG_STATUS)
		return -EINVAL;
	status->fail_status = 0;
	if (!mask)
		return 0;
	if (!pi) {
		adapter_broken(dev, RULE_SIG_TYPE, false,
			       "MR %u has no protection to check", mr->index);
		return -EINVAL;
	}
	spin_lock_irqsave(&pi->lock, flags);
	pi->checked = true;
	if (pi->failed) {
		status->fail_status = IB_MR_CHECK_SIG_STATUS;
		if (pi->err.key == ib->lkey) {
			status->sig_err = pi->err;
		} else {
			status->sig_err.err_type = IB_SIG_BAD_GUARD;
			status->sig_err.sig_err_offset = 0;
			status->sig_err.key = pi->err.key;
		}
		pi->failed = false;
	}
	spin_unlock_irqrestore(&pi->lock, flags);
	count(dev, ADAPTER_PI_STATUSES, 1);
	if (status->fail_status)
		count(dev, ADAPTER_PI_FAILED, 1);
	return 0;
}

static bool domain_is_ok(const struct ib_sig_domain *domain)
{
	const struct ib_t10_dif_domain *dif = &domain->sig.dif;

	switch (domain->sig_type) {
	case IB_SIG_TYPE_NONE:
		return true;
	case IB_SIG_TYPE_T10_DIF:
		return (dif->pi_interval == 512 || dif->pi_interval == 4096) &&
		       (dif->bg_type == IB_T10DIF_CRC ||
			dif->bg_type == IB_T10DIF_CSUM) &&
		       (!dif->bg || dif->bg == 0xffff);
	default:
		return false;
	}
}

static bool attrs_are_ok(const struct ib_sig_attrs *attrs)
{
	if (!domain_is_ok(&attrs->mem) || !domain_is_ok(&attrs->wire))
		return false;
	return !adapter_pi_has(&attrs->mem) || !adapter_pi_has(&attrs->wire) ||
	       attrs->mem.sig.dif.pi_interval ==
		       attrs->wire.sig.dif.pi_interval;
}

/*
 * Checks a registration of either type that is to be posted. Returns NR_RULES if
 * nothing is broken.
 */
enum adapter_rule adapter_pi_check(struct adapter_qp *qp,
				   const struct ib_reg_wr *wr)
{
	bool integrity = wr->wr.opcode == IB_WR_REG_MR_INTEGRITY;
	struct adapter_mr *mr = to_adapter(wr->mr, mr);
	const struct ib_sig_attrs *attrs = mr->ib.sig_attrs;
	const struct adapter_pi *pi = mr->pi;
	u32 interval;

	if (integrity && !qp->integrity)
		return RULE_SIG_QP;
	if (integrity != !!pi)
		return RULE_SIG_TYPE;
	if (!integrity)
		return NR_RULES;
	if (!READ_ONCE(pi->checked))
		return RULE_SIG_UNCHECKED;
	if (!attrs_are_ok(attrs))
		return RULE_SIG_ATTRS;
	interval = adapter_pi_interval(attrs);
	if (interval && pi->data.length % interval)
		return RULE_SIG_BLOCKS;
	if (!adapter_pi_has(&attrs->mem))
		return pi->meta.nr ? RULE_SIG_META : NR_RULES;
	return pi->meta.length < pi->data.length / interval * ADAPTER_TUPLE ?
		       RULE_SIG_META :
		       NR_RULES;
}

/* A registration is being posted, maybe of an integrity region. */
void adapter_pi_posted(struct adapter_mr *mr, struct ib_sig_attrs *attrs)
{
	if (!mr->pi)
		return;
	WRITE_ONCE(mr->pi->checked, false);
	*attrs = *mr->ib.sig_attrs;
}

static void take_list(struct adapter_list *own, const struct adapter_list *list)
{
	own->nr = list->nr;
	own->length = list->length;
	memcpy(own->piece, list->piece, list->nr * sizeof(*list->piece));
}

/* Executes a registration. With the xa_lock. */
void adapter_pi_register(struct adapter_mr *mr, const struct ib_sig_attrs *attrs)
{
	struct adapter_dev *dev = to_adapter(mr->ib.device, dev);
	struct adapter_pi *pi = mr->pi;
	u32 interval = adapter_pi_interval(attrs);

	take_list(&pi->own_data, &pi->data);
	take_list(&pi->own_meta, &pi->meta);
	pi->attrs = *attrs;
	pi->next = 0;
	mr->length = pi->data.length;
	if (interval)
		mr->length = mr->length / interval * adapter_pi_unit(attrs);
	count(dev, ADAPTER_PI_REGISTRATIONS, 1);
}

/*
 * If only the wire has tuples, the owner of the region names a part of it by its data,
 * as ib_core's rdma_rw does for mlx5.  Makes that a part of what is on the wire.
 * Returns false if these are not whole blocks.  With the xa_lock.
 */
bool adapter_pi_owner(const struct adapter_mr *mr, u64 *addr, u32 *length)
{
	const struct ib_sig_attrs *attrs = &mr->pi->attrs;
	u32 interval = adapter_pi_interval(attrs);
	u32 unit = adapter_pi_unit(attrs);
	u64 offset = *addr - mr->iova;

	if (adapter_pi_has(&attrs->mem) || !adapter_pi_has(&attrs->wire))
		return true;
	if (offset % interval || *length % interval)
		return false;
	*addr = mr->iova + offset / interval * unit;
	*length = *length / interval * unit;
	return true;
}

/*
 * Whether qp, or remotely its peer, may use this part of an integrity region.
 * With the xa_lock. Returns NR_RULES if nothing is broken.
 */
enum adapter_rule adapter_pi_access(struct adapter_qp *qp,
				    struct adapter_mr *mr, u64 offset,
				    u32 length)
{
	if (!qp->integrity)
		return RULE_SIG_QP;
	if (offset != mr->pi->next ||
	    length % adapter_pi_unit(&mr->pi->attrs))
		return RULE_SIG_LENGTH;
	return NR_RULES;
}

/*
 * Copies a part of a list to buf, or from it. As with pages, the list may change
 * meanwhile. Then the data are wrong, but nothing outside of the list is used.
 */
static bool list_copy(struct adapter_qp *qp, struct adapter_mr *mr,
		      const struct adapter_list *list, u64 offset, u8 *buf,
		      u32 length, bool from_memory)
{
	u32 i, n, nr = READ_ONCE(list->nr);

	for (i = 0; i < nr && length; i++) {
		struct adapter_span span = { .mr = mr,
					     .addr = list->piece[i].addr,
					     .length = list->piece[i].length };

		if (offset >= span.length) {
			offset -= span.length;
			continue;
		}
		n = min_t(u32, length, span.length - offset);
		if (!adapter_span_copy(qp, &span, offset, buf, n, from_memory))
			return false;
		buf += n;
		length -= n;
		offset = 0;
	}
	return true;
}

/* A block with protection passes a place where it may be spoilt. */
static void spoil(enum adapter_fault place, u8 *data, struct t10_pi_tuple *tuple)
{
	int what = adapter_fault(place);

	if (what & ADAPTER_SPOIL_GUARD)
		tuple->guard_tag ^= cpu_to_be16(1);
	if (what & ADAPTER_SPOIL_APP)
		tuple->app_tag ^= cpu_to_be16(1);
	if (what & ADAPTER_SPOIL_REF)
		tuple->ref_tag ^= cpu_to_be32(1);
	if (what & ADAPTER_SPOIL_DATA)
		*data ^= 1;
}

static void note(struct adapter_dev *dev, struct adapter_mr *mr, u64 number,
		 const struct adapter_pi_found *found)
{
	struct adapter_pi *pi = mr->pi;
	enum ib_sig_err_type type;
	unsigned long flags;

	count(dev, ADAPTER_PI_CHECKED, found->checked);
	count(dev, ADAPTER_PI_ESCAPED, found->escaped);
	if (!found->wrong)
		return;
	count(dev, ADAPTER_PI_GUARD, !!(found->wrong & BIT(IB_SIG_BAD_GUARD)));
	count(dev, ADAPTER_PI_APP, !!(found->wrong & BIT(IB_SIG_BAD_APPTAG)));
	count(dev, ADAPTER_PI_REF, !!(found->wrong & BIT(IB_SIG_BAD_REFTAG)));
	/* Guard, then reference tag, then application tag */
	type = __ffs(found->wrong);
	spin_lock_irqsave(&pi->lock, flags);
	if (!pi->failed) {
		pi->failed = true;
		pi->err.err_type = type;
		pi->err.expected = found->expected[type];
		pi->err.actual = found->actual[type];
		pi->err.sig_err_offset =
			number * (adapter_pi_interval(&pi->attrs) +
				  ADAPTER_TUPLE);
		pi->err.key = mr->key;
	}
	spin_unlock_irqrestore(&pi->lock, flags);
}

/* Transforms blocks; spoils_wire if this is where they pass the wire. */
static void transform(struct adapter_qp *qp, struct adapter_mr *mr,
		      struct adapter_pi_run *run, enum adapter_fault place,
		      bool spoils_wire)
{
	struct adapter_dev *dev = adapter_qp_dev(qp);
	u32 interval = adapter_pi_interval(&run->attrs);
	u32 unit = adapter_pi_unit(&run->attrs), i;
	bool mem = adapter_pi_has(&run->attrs.mem);
	bool wire = adapter_pi_has(&run->attrs.wire);
	struct adapter_pi_found found;

	for (i = 0; i < run->blocks; i++) {
		u8 *data = run->data + i * interval;
		u8 *sent = run->wire + i * unit;
		struct t10_pi_tuple *own = NULL, *other = NULL;

		if (mem)
			own = (void *)run->meta + i * ADAPTER_TUPLE;
		if (wire)
			other = (void *)sent + interval;
		if (run->sends) {
			if (mem)
				spoil(place, data, own);
			memcpy(sent, data, interval);
			adapter_pi_block(&run->attrs, true, run->first + i,
					 data, own, other, &found);
			if (wire && spoils_wire)
				spoil(FAULT_PI_WIRE, sent, other);
		} else {
			if (wire && spoils_wire)
				spoil(FAULT_PI_WIRE, sent, other);
			memcpy(data, sent, interval);
			adapter_pi_block(&run->attrs, false, run->first + i,
					 data, other, own, &found);
			if (mem)
				spoil(place, data, own);
		}
		note(dev, mr, run->first + i, &found);
		if (mem && wire)
			count(dev, ADAPTER_PI_PASS, 1);
		else
			count(dev, wire == run->sends ? ADAPTER_PI_INSERT :
							ADAPTER_PI_STRIP, 1);
		cond_resched();
	}
}

/* Moves the first bytes of a span of an integrity region. */
static bool move_pi(struct adapter_qp *qp, const struct adapter_span *span,
		    u8 *wire, u32 length, bool sends, enum adapter_fault place,
		    bool spoils_wire)
{
	struct adapter_dev *dev = adapter_qp_dev(qp);
	struct adapter_mr *mr = span->mr;
	struct adapter_pi *pi = mr->pi;
	struct adapter_pi_run run = { .sends = sends, .wire = wire };
	u64 offset = span->addr - mr->iova;
	u32 interval, unit;
	bool ok;

	xa_lock(&dev->mrs);
	run.attrs = pi->attrs;
	pi->next = offset + length;
	xa_unlock(&dev->mrs);
	interval = adapter_pi_interval(&run.attrs);
	if (!interval)
		return list_copy(qp, mr, &pi->own_data, offset, wire, length,
				 sends);
	unit = adapter_pi_unit(&run.attrs);
	if (length % unit) {
		adapter_broken(dev, RULE_SIG_LENGTH, false,
			       "QP %u, MR %u: %u bytes, in blocks of %u",
			       qp->ib.qp_num, mr->index, length, unit);
		return false;
	}
	run.first = offset / unit;
	run.blocks = length / unit;
	run.data = kvzalloc(run.blocks * (interval + ADAPTER_TUPLE),
			    GFP_KERNEL | __GFP_NOFAIL);
	run.meta = run.data + run.blocks * interval;
	ok = !sends ||
	     (list_copy(qp, mr, &pi->own_data, run.first * interval, run.data,
			run.blocks * interval, true) &&
	      (!adapter_pi_has(&run.attrs.mem) ||
	       list_copy(qp, mr, &pi->own_meta, run.first * ADAPTER_TUPLE,
			 run.meta, run.blocks * ADAPTER_TUPLE, true)));
	if (ok)
		transform(qp, mr, &run, place, spoils_wire);
	if (ok && !sends)
		ok = list_copy(qp, mr, &pi->own_data, run.first * interval,
			       run.data, run.blocks * interval, false) &&
		     (!adapter_pi_has(&run.attrs.mem) ||
		      list_copy(qp, mr, &pi->own_meta,
				run.first * ADAPTER_TUPLE, run.meta,
				run.blocks * ADAPTER_TUPLE, false));
	kvfree(run.data);
	return ok;
}

static bool any_pi(const struct adapter_spans *spans)
{
	u32 i;

	for (i = 0; i < spans->nr; i++) {
		if (spans->span[i].mr && spans->span[i].mr->pi)
			return true;
	}
	return false;
}

static bool move(struct adapter_qp *qp, struct adapter_spans *spans, u8 *wire,
		 u32 length, bool sends, enum adapter_fault place,
		 bool spoils_wire)
{
	const struct adapter_span *span;
	u32 n;

	for (span = spans->span; length; span++) {
		n = min(length, span->length);
		if (!(span->mr && span->mr->pi ?
			      move_pi(qp, span, wire, n, sends, place,
				      spoils_wire) :
			      adapter_span_copy(qp, span, 0, wire, n, sends)))
			return false;
		wire += n;
		length -= n;
	}
	return true;
}

/*
 * Carries the first bytes of source to sink, as adapter_copy() does, and by way
 * of a buffer that is the wire if an integrity region is among them.
 */
enum adapter_copied adapter_carry(struct adapter_qp *to,
				  struct adapter_spans *sink,
				  struct adapter_qp *from,
				  struct adapter_spans *source, u64 length,
				  bool requester_sends)
{
	enum adapter_fault source_place = requester_sends ?
						  FAULT_PI_REQUESTER :
						  FAULT_PI_RESPONDER;
	enum adapter_fault sink_place = requester_sends ? FAULT_PI_RESPONDER :
							  FAULT_PI_REQUESTER;
	enum adapter_copied copied = ADAPTER_COPIED;
	bool spoils = any_pi(source);
	u8 *wire;

	if (!length || (!spoils && !any_pi(sink)))
		return adapter_copy(to, sink, from, source, length);
	wire = kvmalloc(length, GFP_KERNEL | __GFP_NOFAIL);
	if (!move(from, source, wire, length, true, source_place, spoils))
		copied = ADAPTER_SOURCE_FAULT;
	else if (!move(to, sink, wire, length, false, sink_place, !spoils))
		copied = ADAPTER_SINK_FAULT;
	kvfree(wire);
	return copied;
}
