// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams.  Only the general services queue pair has them, for the connection
 * manager's messages.  They arrive or are lost, as the link and the receives of
 * the peer allow.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <rdma/ib_mad.h>
#include "adapter.h"

void adapter_path_set(struct adapter_path *path,
		      const struct rdma_ah_attr *attr)
{
	const struct ib_global_route *grh = rdma_ah_read_grh(attr);

	if (grh->sgid_attr)
		path->sgid = grh->sgid_attr->gid;
	path->dgid = grh->dgid;
	path->traffic_class = grh->traffic_class;
	path->hop_limit = grh->hop_limit;
	ether_addr_copy(path->dmac, attr->roce.dmac);
}

int adapter_create_ah(struct ib_ah *ib, struct rdma_ah_init_attr *init,
		      struct ib_udata *udata)
{
	if (init->ah_attr->type != RDMA_AH_ATTR_TYPE_ROCE ||
	    !(rdma_ah_get_ah_flags(init->ah_attr) & IB_AH_GRH))
		return -EINVAL;
	adapter_path_set(&to_adapter(ib, ah)->path, init->ah_attr);
	return 0;
}

int adapter_destroy_ah(struct ib_ah *ib, u32 flags)
{
	return 0;
}

/* Fills hdr with the IP header that a receiver finds before the data. */
static enum rdma_network_type network_header(union rdma_network_hdr *hdr,
					     const struct adapter_path *path,
					     u32 length)
{
	const struct in6_addr *from = (const struct in6_addr *)&path->sgid;
	const struct in6_addr *to = (const struct in6_addr *)&path->dgid;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)hdr;
	struct iphdr *ip4 = &hdr->roce4grh;

	memset(hdr, 0, sizeof(*hdr));
	length += sizeof(struct udphdr);
	if (!ipv6_addr_v4mapped(from)) {
		ip6_flow_hdr(ip6, path->traffic_class, 0);
		ip6->payload_len = htons(length);
		ip6->nexthdr = IPPROTO_UDP;
		ip6->hop_limit = path->hop_limit;
		ip6->saddr = *from;
		ip6->daddr = *to;
		return RDMA_NETWORK_IPV6;
	}
	ip4->version = 4;
	ip4->ihl = 5;
	ip4->tos = path->traffic_class;
	ip4->tot_len = htons(length + sizeof(*ip4));
	ip4->ttl = path->hop_limit;
	ip4->protocol = IPPROTO_UDP;
	ip4->saddr = from->s6_addr32[3];
	ip4->daddr = to->s6_addr32[3];
	ip_send_check(ip4);
	return RDMA_NETWORK_IPV4;
}

/* Called with peer->mutex.  A datagram that finds no receive is lost. */
static enum ib_wc_status deliver(struct adapter_qp *qp,
				 struct adapter_send *send,
				 struct adapter_qp *peer)
{
	struct adapter_dev *from = adapter_qp_dev(qp);
	struct ib_wc wc = { .status = IB_WC_SUCCESS, .opcode = IB_WC_RECV };
	enum ib_wc_status status = IB_WC_SUCCESS;
	struct adapter_spans header = {};
	union rdma_network_hdr hdr;
	u32 qkey = send->ud.qkey;

	/* The verbs: with this bit the key is that of the sender's own. */
	if (qkey & IB_QP_SET_QKEY)
		qkey = qp->attr.qkey;
	if ((peer->state != IB_QPS_RTR && peer->state != IB_QPS_RTS) ||
	    peer->attr.qkey != qkey || !adapter_take(peer))
		return IB_WC_SUCCESS;
	wc.network_hdr_type =
		network_header(&hdr, &send->ud.path, send->length);
	wc.byte_len = ADAPTER_GRH + send->length;
	wc.wc_flags = IB_WC_GRH | IB_WC_WITH_NETWORK_HDR_TYPE | IB_WC_WITH_SMAC;
	wc.src_qp = qp->ib.qp_num;
	ether_addr_copy(wc.smac, from->netdev->dev_addr);

	/* One copy for the header and the data, so that they share spans. */
	header.span[0].data = &hdr;
	header.span[0].length = sizeof(hdr);
	memcpy(&header.span[1], qp->local.span,
	       qp->local.nr * sizeof(*qp->local.span));
	header.nr = 1 + qp->local.nr;
	if (!adapter_spans_get(peer, &qp->remote, peer->taken.sge,
			       peer->taken.num_sge, IB_ACCESS_LOCAL_WRITE)) {
		wc.status = IB_WC_LOC_PROT_ERR;
	} else if (qp->remote.length < wc.byte_len) {
		wc.status = IB_WC_LOC_LEN_ERR;
	} else {
		switch (adapter_copy(peer, &qp->remote, qp, &header,
				     wc.byte_len)) {
		case ADAPTER_COPIED:
			break;
		case ADAPTER_SOURCE_FAULT:
			status = IB_WC_LOC_PROT_ERR;
			fallthrough;
		case ADAPTER_SINK_FAULT:
			wc.status = IB_WC_LOC_PROT_ERR;
			break;
		}
	}
	adapter_spans_put(&qp->remote);
	adapter_receive_done(peer, &wc, send->flags & IB_SEND_SOLICITED);
	return status;
}

enum ib_wc_status adapter_datagram(struct adapter_qp *qp,
				   struct adapter_send *send)
{
	enum ib_wc_status status = IB_WC_SUCCESS;
	struct adapter_qp *peer;

	peer = adapter_find_qp(adapter_qp_dev(qp), &send->ud.path,
			       send->ud.qpn);
	if (!peer) {
		ibdev_dbg(qp->ib.device, "lost: a datagram to %pI6c, %pM\n",
			  &send->ud.path.dgid, send->ud.path.dmac);
		return IB_WC_SUCCESS;
	}
	mutex_lock(&peer->mutex);
	status = deliver(qp, send, peer);
	mutex_unlock(&peer->mutex);
	adapter_ref_put(&peer->ref);
	return status;
}
