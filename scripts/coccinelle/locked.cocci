// SPDX-License-Identifier: GPL-2.0-only
// Between a spin lock and its unlock nothing sleeps.

@@
expression l;
identifier lock = {spin_lock, spin_lock_bh, spin_lock_irq};
identifier unlock = {spin_unlock, spin_unlock_bh, spin_unlock_irq};
identifier wait = {msleep, mutex_lock, down_read, down_write, wait_for_completion, flush_work, flush_workqueue,
	cancel_work_sync, cancel_delayed_work_sync, synchronize_rcu, synchronize_srcu, ib_drain_qp, vfree, kvfree,
	ib_dereg_mr, ib_destroy_qp, rdma_destroy_qp, rdma_destroy_id, ib_free_cq, ib_dealloc_pd};
@@
* lock(l)
  ... when != unlock(l)
* wait(...)

@@
expression l;
identifier lock = {spin_lock, spin_lock_bh, spin_lock_irq, spin_lock_irqsave};
identifier unlock = {spin_unlock, spin_unlock_bh, spin_unlock_irq, spin_unlock_irqrestore};
identifier alloc = {kmalloc, kzalloc, kcalloc, kvmalloc, kvzalloc, kvcalloc, kmemdup, alloc_page, alloc_pages_exact};
@@
* lock(l, ...)
  ... when != unlock(l, ...)
* alloc(..., GFP_KERNEL)
