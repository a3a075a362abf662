// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parents of the devices, for which the kernel maps memory: where the
 * machine has them, functions of PCI that nobody else uses (QEMU's device
 * "edu"), which an IOMMU translates for, and otherwise platform devices.
 *
 * When an adapter is reset, or its driver is unloaded, the RDMA device goes and
 * the parent stays.  So a parent is kept for the next device.  With the
 * parameter "unplug" a platform device goes with the RDMA device, as in a hot
 * unplug, whatever others have put below it.  The PCI core unplugs a function
 * on request, and then the RDMA device goes before it.
 */
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include "adapter.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

struct parent {
	struct list_head	node;
	struct device		*dev;
	bool			used;
	bool			going;
};

static LIST_HEAD(parents);
static DEFINE_MUTEX(parents_lock);	/* parents and what is in it */
static DECLARE_WAIT_QUEUE_HEAD(parents_idle);

static bool unplug;
module_param(unplug, bool, 0644);
MODULE_PARM_DESC(unplug, "a device that goes takes its platform device with it");

static struct parent *parent_add(struct device *dev)
{
	struct parent *parent = kzalloc(sizeof(*parent), GFP_KERNEL);

	if (!parent)
		return NULL;
	parent->dev = dev;
	list_add_tail(&parent->node, &parents);
	return parent;
}

static struct parent *platform_add(void)
{
	struct platform_device *pdev;
	struct parent *parent;

	pdev = platform_device_register_simple(KBUILD_MODNAME,
					       PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(pdev))
		return NULL;
	parent = parent_add(&pdev->dev);
	if (!parent)
		platform_device_unregister(pdev);
	return parent;
}

static void platform_del(struct parent *parent)
{
	list_del(&parent->node);
	platform_device_unregister(to_platform_device(parent->dev));
	kfree(parent);
}

/* Returns NULL if there is none left. */
struct device *adapter_parent_get(void)
{
	struct parent *parent, *found = NULL;
	bool pci = false;

	mutex_lock(&parents_lock);
	list_for_each_entry(parent, &parents, node) {
		pci |= dev_is_pci(parent->dev);
		if (!parent->used && !parent->going && !found)
			found = parent;
	}
	if (!found && !pci)
		found = platform_add();
	if (found)
		found->used = true;
	mutex_unlock(&parents_lock);
	return found ? found->dev : NULL;
}

/* Whether it is unplugged, so that no device may come up on it. */
bool adapter_parent_goes(struct device *dev)
{
	struct parent *parent;
	bool goes = false;

	mutex_lock(&parents_lock);
	list_for_each_entry(parent, &parents, node) {
		if (parent->dev == dev)
			goes = parent->going;
	}
	mutex_unlock(&parents_lock);
	return goes;
}

void adapter_parent_put(struct device *dev)
{
	struct parent *parent;

	mutex_lock(&parents_lock);
	list_for_each_entry(parent, &parents, node) {
		if (parent->dev != dev)
			continue;
		WRITE_ONCE(parent->used, false);
		if (unplug && !dev_is_pci(dev))
			platform_del(parent);
		break;
	}
	mutex_unlock(&parents_lock);
	wake_up_all(&parents_idle);
}

static int function_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct parent *parent;
	int ret;

	ret = pcim_enable_device(pci);
	if (ret)
		return ret;
	pci_set_master(pci);
	mutex_lock(&parents_lock);
	parent = parent_add(&pci->dev);
	mutex_unlock(&parents_lock);
	if (!parent)
		return -ENOMEM;
	pci_set_drvdata(pci, parent);
	return 0;
}

static void function_remove(struct pci_dev *pci)
{
	struct parent *parent = pci_get_drvdata(pci);

	/*
	 * From here on no new device gets it, and one that is just coming up
	 * either sees this, or is found.
	 */
	mutex_lock(&parents_lock);
	parent->going = true;
	mutex_unlock(&parents_lock);
	adapter_device_del(&pci->dev);
	/* Somebody else may be removing the RDMA device, or failing to add it. */
	wait_event(parents_idle, !READ_ONCE(parent->used));
	mutex_lock(&parents_lock);
	list_del(&parent->node);
	mutex_unlock(&parents_lock);
	kfree(parent);
}

static const struct pci_device_id function_ids[] = {
	{ PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) },
	{ }
};

static struct pci_driver function_driver = {
	.name = KBUILD_MODNAME,
	.id_table = function_ids,
	.probe = function_probe,
	.remove = function_remove,
};

/* Without a driver a platform device counts as not in use. */
static struct platform_driver platform_driver = {
	.driver.name = KBUILD_MODNAME,
};

int adapter_parents_init(void)
{
	int ret = platform_driver_register(&platform_driver);

	if (ret)
		return ret;
	ret = pci_register_driver(&function_driver);
	if (ret)
		platform_driver_unregister(&platform_driver);
	return ret;
}

/* No device is left. */
void adapter_parents_exit(void)
{
	struct parent *parent, *next;

	pci_unregister_driver(&function_driver);
	list_for_each_entry_safe(parent, next, &parents, node)
		platform_del(parent);
	platform_driver_unregister(&platform_driver);
}
