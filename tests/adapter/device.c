// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device: its registration, its limits, its port and GIDs, and the ways to
 * others.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <net/addrconf.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_mad.h>
#include "adapter.h"

static int query_device(struct ib_device *ib, struct ib_device_attr *attr,
			struct ib_udata *udata)
{
	struct adapter_dev *dev = to_adapter(ib, dev);
	const struct adapter_profile *profile = dev->profile;

	attr->sys_image_guid = ib->node_guid;
	attr->max_mr_size = U64_MAX;
	attr->page_size_cap = 0xfffff000;
	attr->max_qp = 65536;
	attr->max_qp_wr = profile->max_qp_wr;
	attr->device_cap_flags = IB_DEVICE_MEM_MGT_EXTENSIONS;
	if (!profile->iwarp)
		attr->device_cap_flags |= IB_DEVICE_RC_RNR_NAK_GEN;
	attr->kernel_cap_flags = IBK_ALLOW_USER_UNREG;
	if (profile->local_dma_lkey)
		attr->kernel_cap_flags |= IBK_LOCAL_DMA_LKEY;
	if (profile->sg_gaps)
		attr->kernel_cap_flags |= IBK_SG_GAPS_REG;
	attr->max_send_sge = profile->max_send_sge;
	attr->max_recv_sge = profile->max_recv_sge;
	attr->max_sge_rd = profile->max_sge_rd;
	attr->max_cq = 65536;
	attr->max_cqe = profile->max_cqe;
	attr->max_mr = 1 << 20;
	attr->max_pd = 65536;
	attr->max_qp_rd_atom = profile->max_rd_atomic;
	attr->max_qp_init_rd_atom = profile->max_init_rd_atomic;
	attr->max_res_rd_atom = profile->max_rd_atomic * attr->max_qp;
	attr->atomic_cap = IB_ATOMIC_NONE;
	attr->max_ah = 65536;
	attr->max_srq = profile->max_srq_wr ? 65536 : 0;
	attr->max_srq_wr = profile->max_srq_wr;
	attr->max_srq_sge = profile->no_srq_sge ? 0 : profile->max_srq_sge;
	attr->max_fast_reg_page_list_len = profile->max_pages;
	if (profile->max_pi_entries) {
		attr->kernel_cap_flags |= IBK_INTEGRITY_HANDOVER;
		attr->sig_prot_cap = IB_PROT_T10DIF_TYPE_1 |
				     IB_PROT_T10DIF_TYPE_2 |
				     IB_PROT_T10DIF_TYPE_3;
		attr->sig_guard_cap = IB_GUARD_T10DIF_CRC |
				      IB_GUARD_T10DIF_CSUM;
		attr->max_pi_fast_reg_page_list_len = profile->max_pi_entries;
	}
	attr->max_pkeys = 1;
	attr->local_ca_ack_delay = 15;
	return 0;
}

static bool link_is_up(struct adapter_dev *dev)
{
	return netif_running(dev->netdev) && netif_carrier_ok(dev->netdev);
}

static int query_port(struct ib_device *ib, u32 port, struct ib_port_attr *attr)
{
	struct adapter_dev *dev = to_adapter(ib, dev);
	enum ib_mtu mtu = iboe_get_mtu(READ_ONCE(dev->netdev->mtu));

	attr->state = link_is_up(dev) ? IB_PORT_ACTIVE : IB_PORT_DOWN;
	attr->phys_state = link_is_up(dev) ? IB_PORT_PHYS_STATE_LINK_UP :
					     IB_PORT_PHYS_STATE_DISABLED;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = mtu ?: IB_MTU_256;
	attr->gid_tbl_len = dev->profile->iwarp ? 1 : ADAPTER_GIDS;
	attr->ip_gids = !dev->profile->iwarp;
	attr->max_msg_sz = ADAPTER_MAX_MESSAGE;
	attr->pkey_tbl_len = !dev->profile->iwarp;
	attr->max_vl_num = 1;
	attr->active_width = IB_WIDTH_4X;
	attr->active_speed = IB_SPEED_EDR;
	return 0;
}

static int query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey)
{
	if (index)
		return -EINVAL;
	*pkey = IB_DEFAULT_PKEY_FULL;
	return 0;
}

static int get_port_immutable(struct ib_device *ib, u32 port,
			      struct ib_port_immutable *immutable)
{
	if (to_adapter(ib, dev)->profile->iwarp) {
		immutable->core_cap_flags = RDMA_CORE_PORT_IWARP;
		immutable->gid_tbl_len = 1;
		return 0;
	}
	immutable->core_cap_flags = RDMA_CORE_PORT_IBA_ROCE_UDP_ENCAP;
	immutable->pkey_tbl_len = 1;
	immutable->gid_tbl_len = ADAPTER_GIDS;
	immutable->max_mad_size = IB_MGMT_MAD_SIZE;
	return 0;
}

static enum rdma_link_layer get_link_layer(struct ib_device *ib, u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}

static int add_gid(const struct ib_gid_attr *attr, void **context)
{
	struct adapter_dev *dev = to_adapter(attr->device, dev);

	if (attr->index >= ADAPTER_GIDS)
		return -EINVAL;
	spin_lock(&adapter_devs_lock);
	dev->gid[attr->index] = attr->gid;
	dev->has_gid[attr->index] = true;
	spin_unlock(&adapter_devs_lock);
	return 0;
}

static int del_gid(const struct ib_gid_attr *attr, void **context)
{
	struct adapter_dev *dev = to_adapter(attr->device, dev);

	spin_lock(&adapter_devs_lock);
	dev->has_gid[attr->index] = false;
	spin_unlock(&adapter_devs_lock);
	return 0;
}

static bool has_gid(struct adapter_dev *dev, const union ib_gid *gid)
{
	int i;

	for (i = 0; i < ADAPTER_GIDS; i++) {
		if (dev->has_gid[i] && !memcmp(&dev->gid[i], gid, sizeof(*gid)))
			return true;
	}
	return false;
}

/*
 * Returns with a reference to queue pair qpn of the device that path leads to,
 * or NULL if a packet would not arrive.  The Ethernet address decides as well
 * as the GID, because network namespaces may use the same addresses.
 */
struct adapter_qp *adapter_find_qp(struct adapter_dev *from,
				   const struct adapter_path *path, u32 qpn)
{
	struct adapter_qp *qp = NULL;
	struct adapter_dev *dev;

	spin_lock(&adapter_devs_lock);
	list_for_each_entry(dev, &adapter_devs, node) {
		if (!ether_addr_equal(path->dmac, dev->netdev->dev_addr) ||
		    !has_gid(dev, &path->dgid))
			continue;
		if (!from->link || !dev->link)
			break;
		xa_lock(&dev->qps);
		qp = xa_load(&dev->qps, qpn);
		if (qp && !adapter_ref_get(&qp->ref))
			qp = NULL;
		xa_unlock(&dev->qps);
		break;
	}
	spin_unlock(&adapter_devs_lock);
	return qp;
}

/*
 * Called when the network device may have gained or lost its link.  All of it is
 * done under the lock, so that of two callers the later one has the last word.
 */
void adapter_link_changed(struct adapter_dev *dev)
{
	struct ib_event event = { .device = &dev->ib,
				  .element.port_num = ADAPTER_PORT };
	bool link;

	spin_lock(&adapter_devs_lock);
	link = link_is_up(dev);
	if (dev->link != link) {
		dev->link = link;
		event.event = link ? IB_EVENT_PORT_ACTIVE : IB_EVENT_PORT_ERR;
		ib_dispatch_event(&event);
	}
	spin_unlock(&adapter_devs_lock);
}

/*
 * The device has its name, and from now on others find it: events of its
 * network device, and whoever unplugs its parent.  The RDMA core lets nobody
 * remove it until this returns.  What has happened before they could find it is
 * looked up here.
 */
static int enable_driver(struct ib_device *ib)
{
	struct adapter_dev *dev = to_adapter(ib, dev);

	adapter_debugfs_add(dev);
	/* Pairs with the notifiers: either they find it, or this sees the state. */
	smp_mb();
	if (READ_ONCE(dev->netdev->reg_state) != NETREG_REGISTERED ||
	    adapter_parent_goes(dev->parent))
		return -ENODEV;
	adapter_link_changed(dev);
	return 0;
}

static void dealloc_driver(struct ib_device *ib)
{
	struct adapter_dev *dev = to_adapter(ib, dev);

	spin_lock(&adapter_devs_lock);
	list_del(&dev->node);
	spin_unlock(&adapter_devs_lock);
	adapter_debugfs_del(dev);
	WARN_ON(!xa_empty(&dev->qps));
	WARN_ON(!xa_empty(&dev->mrs));
	xa_destroy(&dev->qps);
	xa_destroy(&dev->mrs);
	netdev_put(dev->netdev, &dev->tracker);
	adapter_parent_put(dev->parent);
}

static const struct ib_device_ops device_ops = {
	.owner = THIS_MODULE,
	.driver_id = ADAPTER_DRIVER_ID,

	.alloc_hw_port_stats = adapter_alloc_stats,
	.alloc_mr = adapter_alloc_mr,
	.alloc_pd = adapter_alloc_pd,
	.create_cq = adapter_create_cq,
	.create_qp = adapter_create_qp,
	.dealloc_driver = dealloc_driver,
	.dealloc_pd = adapter_dealloc_pd,
	.dereg_mr = adapter_dereg_mr,
	.destroy_cq = adapter_destroy_cq,
	.destroy_qp = adapter_destroy_qp,
	.enable_driver = enable_driver,
	.get_dma_mr = adapter_get_dma_mr,
	.get_hw_stats = adapter_get_stats,
	.get_link_layer = get_link_layer,
	.get_port_immutable = get_port_immutable,
	.map_mr_sg = adapter_map_mr_sg,
	.modify_qp = adapter_modify_qp,
	.poll_cq = adapter_poll_cq,
	.post_recv = adapter_post_recv,
	.post_send = adapter_post_send,
	.query_device = query_device,
	.query_port = query_port,
	.query_qp = adapter_query_qp,
	.reg_user_mr = adapter_reg_user_mr,
	.req_notify_cq = adapter_req_notify_cq,

	INIT_RDMA_OBJ_SIZE(ib_cq, adapter_cq, ib),
	INIT_RDMA_OBJ_SIZE(ib_pd, adapter_pd, ib),
	INIT_RDMA_OBJ_SIZE(ib_qp, adapter_qp, ib),
};

static const struct ib_device_ops roce_ops = {
	.add_gid = add_gid,
	.create_ah = adapter_create_ah,
	.del_gid = del_gid,
	.destroy_ah = adapter_destroy_ah,
	.query_pkey = query_pkey,

	INIT_RDMA_OBJ_SIZE(ib_ah, adapter_ah, ib),
};

static const struct ib_device_ops srq_ops = {
	.create_srq = adapter_create_srq,
	.destroy_srq = adapter_destroy_srq,
	.modify_srq = adapter_modify_srq,
	.post_srq_recv = adapter_post_srq_recv,
	.query_srq = adapter_query_srq,

	INIT_RDMA_OBJ_SIZE(ib_srq, adapter_srq, ib),
};

static const struct ib_device_ops pi_ops = {
	.alloc_mr_integrity = adapter_alloc_mr_integrity,
	.check_mr_status = adapter_check_mr_status,
	.map_mr_sg_pi = adapter_map_mr_sg_pi,
};

int adapter_device_add(const char *name, struct net_device *netdev)
{
	struct device *parent = adapter_parent_get();
	struct adapter_dev *dev;
	int ret;

	if (!parent)
		return -ENODEV;
	dev = ib_alloc_device(adapter_dev, ib);
	if (!dev) {
		adapter_parent_put(parent);
		return -ENOMEM;
	}
	dev->parent = parent;
	dev->profile = adapter_profile_chosen();
	dev->netdev = netdev;
	netdev_hold(netdev, &dev->tracker, GFP_KERNEL);
	dev->link = link_is_up(dev);
	xa_init_flags(&dev->qps, XA_FLAGS_ALLOC1);
	xa_init_flags(&dev->mrs, XA_FLAGS_ALLOC1);

	strscpy(dev->ib.node_desc, KBUILD_MODNAME, sizeof(dev->ib.node_desc));
	dev->ib.node_type = dev->profile->iwarp ? RDMA_NODE_RNIC :
						  RDMA_NODE_IB_CA;
	strscpy(dev->ib.iw_ifname, netdev->name, sizeof(dev->ib.iw_ifname));
	dev->ib.phys_port_cnt = 1;
	dev->ib.num_comp_vectors =
		dev->profile->no_vectors ? 0 : num_possible_cpus();
	dev->ib.local_dma_lkey = ADAPTER_DMA_KEY;
	dev->ib.dev.parent = parent;
	addrconf_addr_eui48((u8 *)&dev->ib.node_guid, netdev->dev_addr);
	ib_set_device_ops(&dev->ib, &device_ops);
	ib_set_device_ops(&dev->ib, dev->profile->iwarp ? &adapter_iwarp_ops :
							  &roce_ops);
	if (dev->profile->driver_id)
		dev->ib.ops.driver_id = dev->profile->driver_id;
	if (dev->profile->max_srq_wr)
		ib_set_device_ops(&dev->ib, &srq_ops);
	if (dev->profile->max_pi_entries)
		ib_set_device_ops(&dev->ib, &pi_ops);

	/* From here on dealloc_driver() is what undoes it. */
	spin_lock(&adapter_devs_lock);
	list_add_tail(&dev->node, &adapter_devs);
	spin_unlock(&adapter_devs_lock);
	dma_set_max_seg_size(parent, dev->profile->max_seg_size);
	ret = dma_set_mask_and_coherent(parent, DMA_BIT_MASK(64));
	if (!ret)
		ret = ib_device_set_netdev(&dev->ib, netdev, ADAPTER_PORT);
	if (!ret)
		ret = ib_register_device(&dev->ib, name, parent);
	/* If it is registered, somebody else may have removed it by now. */
	if (ret)
		ib_dealloc_device(&dev->ib);
	return ret;
}

/* Removes the device with this parent, if nobody else does. */
void adapter_device_del(const struct device *parent)
{
	struct adapter_dev *dev, *found = NULL;

	spin_lock(&adapter_devs_lock);
	list_for_each_entry(dev, &adapter_devs, node) {
		if (dev->parent == parent && ib_device_try_get(&dev->ib)) {
			found = dev;
			break;
		}
	}
	spin_unlock(&adapter_devs_lock);
	if (found)
		ib_unregister_device_and_put(&found->ib);
}
