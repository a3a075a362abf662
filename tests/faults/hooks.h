/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test build of iser_core: the layer between it and the verbs.
 *
 * core/faults.h includes this after all headers of the kernel, so that a macro with
 * arguments takes the place of a function of the verbs in all of core/.  In here and in
 * tests/faults/ the real function is called as (ib_post_send)(qp, wr, bad): a name in
 * parentheses is no macro.
 *
 * Each fault is a parameter fault_... of iser_core, and 0 turns it off.  A case turns
 * it on (tests/lib/faults.sh), so that other cases do not meet it.
 */
#ifndef ISER_FAULT_HOOKS_H
#define ISER_FAULT_HOOKS_H

struct iser_notice;

/* limits.c */
void iser_fault_notice(struct iser_notice *notice);
void iser_fault_limits(struct ib_device_attr *attr, u32 *mapping);

void iser_fault_noio(void);	/* verbs.c: memory must not wait for a disk here */

/* dma.c: the device sees a copy of memory, joined where an IOMMU would join it */
bool iser_fault_try_get(struct ib_device *dev);
void iser_fault_put(struct ib_device *dev);
u64 iser_fault_map(struct ib_device *dev, void *va, size_t len,
		   enum dma_data_direction dir);
void iser_fault_unmap(struct ib_device *dev, u64 dma, size_t len,
		      enum dma_data_direction dir);
int iser_fault_map_sg(struct ib_device *dev, struct scatterlist *sgl,
		      int nents, enum dma_data_direction dir);
void iser_fault_unmap_sg(struct ib_device *dev, struct scatterlist *sgl,
			 int nents, enum dma_data_direction dir);
void iser_fault_sync(struct ib_device *dev, u64 dma, size_t len,
		     enum dma_data_direction dir, bool cpu);
void iser_fault_sges(const struct ib_sge *sge, int n, const struct ib_pd *pd,
		     bool receive);

#define ib_uses_virt_dma(dev)		((void)(dev), false)
#define ib_device_try_get(dev)		iser_fault_try_get(dev)
#define ib_device_put(dev)		iser_fault_put(dev)
#define ib_dma_mapping_error(dev, dma)	((void)(dev), !(dma))
/* What is mapped so has been allocated just before. */
#define ib_dma_map_single(dev, va, len, dir)	\
	(iser_fault_noio(), iser_fault_map(dev, va, len, dir))
#define ib_dma_unmap_single(dev, dma, len, dir)	\
	iser_fault_unmap(dev, dma, len, dir)
#define ib_dma_map_page(dev, page, at, len, dir)	\
	iser_fault_map(dev, page_address(page) + (at), len, dir)
#define ib_dma_unmap_page(dev, dma, len, dir)	\
	iser_fault_unmap(dev, dma, len, dir)
#define ib_dma_map_sg(dev, sgl, nents, dir)	\
	iser_fault_map_sg(dev, sgl, nents, dir)
#define ib_dma_unmap_sg(dev, sgl, nents, dir)	\
	iser_fault_unmap_sg(dev, sgl, nents, dir)
#define ib_dma_sync_single_for_cpu(dev, dma, len, dir)	\
	iser_fault_sync(dev, dma, len, dir, true)
#define ib_dma_sync_single_for_device(dev, dma, len, dir)	\
	iser_fault_sync(dev, dma, len, dir, false)

/* verbs.c: what is posted */
int iser_fault_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
			 const struct ib_send_wr **bad);
int iser_fault_post_recv(struct ib_qp *qp, const struct ib_recv_wr *wr,
			 const struct ib_recv_wr **bad);
int iser_fault_post_srq_recv(struct ib_srq *srq, const struct ib_recv_wr *wr,
			     const struct ib_recv_wr **bad);

int iser_fault_map_mr_sg(struct ib_mr *mr, struct scatterlist *sg, int nents,
			 unsigned int *offset, unsigned int page_size);
struct ib_mr *iser_fault_sink_get(struct ib_qp *qp, struct list_head *list);
struct ib_mr *iser_fault_alloc_mr(struct ib_pd *pd, enum ib_mr_type type,
				  u32 pages);
struct ib_srq *iser_fault_create_srq(struct ib_pd *pd,
				     struct ib_srq_init_attr *attr);
int iser_fault_disconnect(struct rdma_cm_id *id);

#define ib_map_mr_sg(mr, sg, nents, offset, page_size)	\
	iser_fault_map_mr_sg(mr, sg, nents, offset, page_size)
#define ib_mr_pool_get(qp, list)		iser_fault_sink_get(qp, list)
#define ib_alloc_mr(pd, type, pages)	iser_fault_alloc_mr(pd, type, pages)
#define ib_create_srq(pd, attr)		iser_fault_create_srq(pd, attr)
#define rdma_disconnect(id)		iser_fault_disconnect(id)
#define ib_post_send(qp, wr, bad)	iser_fault_post_send(qp, wr, bad)
#define ib_post_recv(qp, wr, bad)	iser_fault_post_recv(qp, wr, bad)
#define ib_post_srq_recv(srq, wr, bad)	iser_fault_post_srq_recv(srq, wr, bad)

/* events.c: what a device reports, and what it does not complete */
int iser_fault_create_qp(struct rdma_cm_id *id, struct ib_pd *pd,
			 struct ib_qp_init_attr *attr);
int iser_fault_destroy_qp(struct ib_qp *qp);
void iser_fault_destroy_id_qp(struct rdma_cm_id *id);
void iser_fault_destroy_cq(struct ib_cq *cq);
int iser_fault_modify_qp(struct ib_qp *qp, struct ib_qp_attr *attr, int mask);
int iser_fault_poll_cq(struct ib_cq *cq, int n, struct ib_wc *wc);
void iser_fault_register(struct ib_qp *qp, const struct ib_send_wr *wr);

#define rdma_create_qp(id, pd, attr)	iser_fault_create_qp(id, pd, attr)
#define ib_destroy_qp(qp)		iser_fault_destroy_qp(qp)
#define rdma_destroy_qp(id)		iser_fault_destroy_id_qp(id)
#define ib_destroy_cq(cq)		iser_fault_destroy_cq(cq)
#define ib_modify_qp(qp, attr, mask)	iser_fault_modify_qp(qp, attr, mask)
#define ib_poll_cq(cq, n, wc)		iser_fault_poll_cq(cq, n, wc)

#endif
