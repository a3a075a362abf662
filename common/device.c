// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device offers: read once for each connection, clamped and judged here.
 */
#include "core.h"

/*
 * More is of no use, and not all drivers mean what they say: irdma promises
 * 262144 pages and describes no more than this to its device.
 */
#define ISER_MAX_PAGES		512

#define ISER_MIN_PAGES		8	/* less and iSER has no way to work */

static u32 iser_max_mapping(struct ib_device *dev)
{
	/* Software devices map nothing. */
	if (!dev->dma_device)
		return U32_MAX;
	return min_t(size_t, dma_max_mapping_size(dev->dma_device), U32_MAX);
}

/* iser_read_limits - of a device that is held.  Any context. */
void iser_read_limits(struct ib_device *dev, struct iser_device_limits *limits)
{
	struct ib_device_attr attr = dev->attrs;

	limits->mapping = iser_max_mapping(dev);
	iser_fault_limits(&attr, &limits->mapping);
	limits->registers = attr.device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS;
	limits->queue = attr.max_qp_wr;
	limits->send_sges = min_t(u32, attr.max_send_sge, ISER_SEND_SGES);
	limits->recv_sges = min_t(u32, attr.max_recv_sge, ISER_RX_SGES);
	limits->read_sges = min_t(u32, attr.max_sge_rd ?: 1, limits->send_sges);
	limits->pages = min_t(u32, attr.max_fast_reg_page_list_len,
			      ISER_MAX_PAGES);
	limits->gaps = attr.kernel_cap_flags & IBK_SG_GAPS_REG;
	limits->ird = min_t(u32, attr.max_qp_rd_atom, U8_MAX);
	limits->ord = min_t(u32, attr.max_qp_init_rd_atom, U8_MAX);
	limits->srq = attr.max_srq_wr;
	limits->srq_sges = attr.max_srq_sge;
}

/*
 * iser_check_limits - can iSER work with the device of a connection at all?
 * @registers: it has to register memory
 *
 * Return: 0, or -EOPNOTSUPP after a line that names the limit.
 */
int iser_check_limits(const struct iser_conn *conn, bool registers)
{
	const struct iser_device_limits *l = &conn->limits;
	const struct {
		u32 has, needs;
		const char *what;
	} least[] = {
		{ l->queue, ISER_MIN_QUEUE, "work requests in a queue" },
		{ l->send_sges, ISER_MIN_SEND_SGES, "SGEs in a Send" },
		{ l->recv_sges, 1, "SGEs in a receive" },
		{ l->pages, registers ? ISER_MIN_PAGES : 0, "pages in an STag" },
	};
	int i;

	if (registers && !l->registers) {
		iser_conn_warn(conn, "the device has no fast registration, iSER needs it");
		return -EOPNOTSUPP;
	}
	for (i = 0; i < ARRAY_SIZE(least); i++) {
		if (least[i].has >= least[i].needs)
			continue;
		iser_conn_warn(conn, "the device has %u %s, iSER needs %u",
			       least[i].has, least[i].what, least[i].needs);
		return -EOPNOTSUPP;
	}
	return 0;
}
