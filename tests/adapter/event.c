// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous events.  A worker delivers them, because they arise where the
 * handler must not be called.  Without memory an event is lost, as in mlx5.
 */
#include <linux/slab.h>
#include "adapter.h"

struct adapter_event {
	struct work_struct	work;
	struct adapter_ref	*ref;
	struct ib_event		event;
	void			(*handler)(struct ib_event *event, void *arg);
	void			*context;
};

static void deliver(struct work_struct *work)
{
	struct adapter_event *event;

	event = container_of(work, struct adapter_event, work);

	event->handler(&event->event, event->context);
	adapter_ref_put(event->ref);
	kfree(event);
}

/* The caller has a reference to the object too, so that it lives now. */
static void queue_event(struct adapter_ref *ref, const struct ib_event *event,
			void (*handler)(struct ib_event *event, void *arg),
			void *context)
{
	struct adapter_event *new;

	if (!handler)
		return;
	new = kmalloc(sizeof(*new), GFP_ATOMIC);
	if (!new)
		return;
	if (!adapter_ref_get(ref)) {
		kfree(new);
		return;
	}
	INIT_WORK(&new->work, deliver);
	new->ref = ref;
	new->event = *event;
	new->handler = handler;
	new->context = context;
	queue_work(adapter_wq, &new->work);
}

void adapter_qp_event(struct adapter_qp *qp, enum ib_event_type type)
{
	struct ib_event event = {
		.device = qp->ib.device, .element.qp = &qp->ib, .event = type,
	};

	queue_event(&qp->ref, &event, qp->ib.event_handler, qp->ib.qp_context);
}

void adapter_cq_event(struct adapter_cq *cq, enum ib_event_type type)
{
	struct ib_event event = {
		.device = cq->ib.device, .element.cq = &cq->ib, .event = type,
	};

	queue_event(&cq->ref, &event, cq->ib.event_handler, cq->ib.cq_context);
}

void adapter_srq_event(struct adapter_srq *srq, enum ib_event_type type)
{
	struct ib_event event = {
		.device = srq->ib.device, .element.srq = &srq->ib,
		.event = type,
	};

	queue_event(&srq->ref, &event, srq->ib.event_handler,
		    srq->ib.srq_context);
}
