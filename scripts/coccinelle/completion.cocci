// SPDX-License-Identifier: GPL-2.0-only
// A handler of completions allocates without waiting for I/O, and does not sleep: the worker
// that calls it gives back what the memory of others, and the end of connections, wait for.

@handler@
identifier f, cq, wc;
@@
f(struct ib_cq *cq, struct ib_wc *wc)
{ ... }

@@
identifier handler.f, handler.cq, handler.wc;
@@
f(struct ib_cq *cq, struct ib_wc *wc)
{
<...
* GFP_KERNEL
...>
}

@@
identifier handler.f, handler.cq, handler.wc;
identifier wait = {msleep, mutex_lock, down_read, down_write, wait_for_completion, flush_work, flush_workqueue,
	cancel_work_sync, cancel_delayed_work_sync, synchronize_rcu, synchronize_srcu, ib_drain_qp, vfree, kvfree};
@@
f(struct ib_cq *cq, struct ib_wc *wc)
{
<...
* wait(...)
...>
}
