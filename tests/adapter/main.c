// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: "rdma link add NAME type adapter netdev NETDEV" makes a device,
 * "rdma link delete NAME" removes it.  The network device gives the GIDs and
 * the state of the link.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <linux/module.h>
#include <rdma/rdma_netlink.h>
#include "adapter.h"

/* Runs the queue pairs, delivers events, and for some profiles completions. */
struct workqueue_struct *adapter_wq;

/* All registered devices, which are also all that a path can lead to. */
LIST_HEAD(adapter_devs);
DEFINE_SPINLOCK(adapter_devs_lock);

/* Returns with a reference to the RDMA device on netdev, or NULL. */
static struct adapter_dev *find_by_netdev(struct net_device *netdev)
{
	struct adapter_dev *dev, *found = NULL;

	/* One with the driver's number of a real adapter is among them. */
	spin_lock(&adapter_devs_lock);
	list_for_each_entry(dev, &adapter_devs, node) {
		if (dev->netdev == netdev && ib_device_try_get(&dev->ib)) {
			found = dev;
			break;
		}
	}
	spin_unlock(&adapter_devs_lock);
	return found;
}

static int newlink(const char *name, struct net_device *netdev)
{
	struct adapter_dev *dev;

	if (is_vlan_dev(netdev)) {
		pr_warn("%s: needs the network device below the VLAN\n",
			netdev->name);
		return -EPERM;
	}
	dev = find_by_netdev(netdev);
	if (dev) {
		ib_device_put(&dev->ib);
		return -EEXIST;
	}
	return adapter_device_add(name, netdev);
}

static struct rdma_link_ops link_ops = {
	.type = "adapter",
	.newlink = newlink,
};

static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *arg)
{
	struct adapter_dev *dev;

	dev = find_by_netdev(netdev_notifier_info_to_dev(arg));
	if (!dev)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_UNREGISTER:
		ib_unregister_device_queued(&dev->ib);
		break;
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
		adapter_link_changed(dev);
		break;
	}
	ib_device_put(&dev->ib);
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

static int __init adapter_init(void)
{
	int ret;

	adapter_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND | WQ_HIGHPRI |
				     WQ_MEM_RECLAIM, 0);
	if (!adapter_wq)
		return -ENOMEM;
	ret = adapter_parents_init();
	if (ret)
		goto err_wq;
	ret = register_netdevice_notifier(&netdev_notifier);
	if (ret)
		goto err_parents;
	adapter_debugfs_init();
	rdma_link_register(&link_ops);
	return 0;

err_parents:
	adapter_parents_exit();
err_wq:
	destroy_workqueue(adapter_wq);
	return ret;
}

static void __exit adapter_exit(void)
{
	struct adapter_dev *dev;

	rdma_link_unregister(&link_ops);
	unregister_netdevice_notifier(&netdev_notifier);
	spin_lock(&adapter_devs_lock);
	list_for_each_entry(dev, &adapter_devs, node)
		dev->ib.ops.driver_id = ADAPTER_DRIVER_ID;
	spin_unlock(&adapter_devs_lock);
	/* Waits for those that somebody else is removing. */
	ib_unregister_driver(ADAPTER_DRIVER_ID);
	adapter_debugfs_exit();
	adapter_parents_exit();
	destroy_workqueue(adapter_wq);
}

module_init(adapter_init);
module_exit(adapter_exit);

MODULE_DESCRIPTION("RDMA adapter in memory, for tests");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RDMA_LINK("adapter");
