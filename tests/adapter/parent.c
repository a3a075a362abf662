// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parents of the devices: platform devices, for which the kernel maps
 * memory as for any device that masters the bus.
 *
 * When an adapter is reset, or its driver is unloaded, the RDMA device goes and
 * the parent stays.  So a parent is kept for the next device.  With the
 * parameter "unplug" it goes with the RDMA device, as in a hot unplug, whatever
 * others have put below it.
 */
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include "adapter.h"

struct parent {
	struct list_head	node;
	struct platform_device	*pdev;
	bool			used;
};

static LIST_HEAD(parents);
static DEFINE_MUTEX(parents_lock);	/* parents and what is in it */

static bool unplug;
module_param(unplug, bool, 0644);
MODULE_PARM_DESC(unplug, "a device that goes takes its parent with it");

static struct parent *parent_new(void)
{
	struct parent *parent = kzalloc(sizeof(*parent), GFP_KERNEL);

	if (!parent)
		return NULL;
	parent->pdev = platform_device_register_simple(KBUILD_MODNAME,
						       PLATFORM_DEVID_AUTO,
						       NULL, 0);
	if (IS_ERR(parent->pdev)) {
		kfree(parent);
		return NULL;
	}
	list_add_tail(&parent->node, &parents);
	return parent;
}

static void parent_free(struct parent *parent)
{
	list_del(&parent->node);
	platform_device_unregister(parent->pdev);
	kfree(parent);
}

struct platform_device *adapter_parent_get(void)
{
	struct platform_device *pdev = NULL;
	struct parent *parent;

	mutex_lock(&parents_lock);
	list_for_each_entry(parent, &parents, node) {
		if (!parent->used)
			goto found;
	}
	parent = parent_new();
	if (!parent)
		goto out;
found:
	parent->used = true;
	pdev = parent->pdev;
out:
	mutex_unlock(&parents_lock);
	return pdev;
}

void adapter_parent_put(struct platform_device *pdev)
{
	struct parent *parent;

	mutex_lock(&parents_lock);
	list_for_each_entry(parent, &parents, node) {
		if (parent->pdev != pdev)
			continue;
		parent->used = false;
		if (unplug)
			parent_free(parent);
		break;
	}
	mutex_unlock(&parents_lock);
}

/* No device is left. */
void adapter_parents_free(void)
{
	struct parent *parent, *next;

	list_for_each_entry_safe(parent, next, &parents, node)
		parent_free(parent);
}
