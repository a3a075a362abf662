// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the scripts of this folder must find, each at a line that names it.  Never compiled:
 * scripts/static.sh coccinelle runs them over this file first.
 */

static void zeroed(struct a *a)
{
	a->b = kmalloc(sizeof(*a->b), GFP_KERNEL);	/* zeroed */
	if (!a->b)
		return;
	a->n = 1;
	memset(a->b, 0, sizeof(*a->b));			/* zeroed */
}

static void bad_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct a *a = cq->cq_context;

	if (wc->status) {
		a->b = kzalloc(sizeof(*a->b),
			       GFP_KERNEL);		/* completion */
		mutex_lock(&a->mutex);			/* completion */
	}
	a->b = kzalloc(sizeof(*a->b), GFP_NOIO);
}

static void waits(struct a *a)
{
	spin_lock(&a->lock);				/* locked */
	if (a->n)
		flush_work(&a->work);			/* locked */
	spin_unlock(&a->lock);
	flush_work(&a->work);
}

static void allocates(struct a *a)
{
	unsigned long flags;

	spin_lock_irqsave(&a->lock, flags);		/* locked */
	if (a->n)
		a->b = kzalloc(sizeof(*a->b), GFP_KERNEL); /* locked */
	else
		a->b = kzalloc(sizeof(*a->b), GFP_ATOMIC);
	spin_unlock_irqrestore(&a->lock, flags);
}

static void freed(struct a *a)
{
	kfree(a);
	if (a->n)					/* freed */
		a = NULL;
}

static void not_freed(struct a *a)
{
	kfree(a);
	a = next();
	a->n = 1;
}

static void unchecked(struct a *a)
{
	struct b *b = kzalloc(sizeof(*b), GFP_KERNEL);	/* unchecked */

	b->n = 1;					/* unchecked */
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return;
	b->n = 1;
	a->b = kzalloc(sizeof(*b), GFP_KERNEL);		/* unchecked */
	a->b->n = 1;					/* unchecked */
}

static int forgotten(struct a *a)
{
	spin_lock(&a->lock);				/* forgotten */
	if (a->n)
		return -EBUSY;				/* forgotten */
	spin_unlock(&a->lock);
	spin_lock(&a->lock);
	if (a->b) {
		spin_unlock(&a->lock);
		return -EBUSY;
	}
	spin_unlock(&a->lock);
	return 0;
}

static void loop(struct a *a)
{
	struct b *b;

	list_for_each_entry(b, &a->list, list) {	/* loop */
		a->n--;
		list_del(&b->list);			/* loop */
	}
	list_for_each_entry(b, &a->list, list) {
		if (b->n) {
			list_del(&b->list);
			break;
		}
	}
}
