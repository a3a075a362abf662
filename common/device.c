// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device offers: read once for each connection, and clamped here.
 */
#include "core.h"

#define ISER_MAX_PAGES		4096

/* iser_read_limits - of a device that is held.  Any context. */
void iser_read_limits(struct ib_device *dev, struct iser_device_limits *limits)
{
	struct ib_device_attr attr = dev->attrs;

	iser_fault_limits(&attr);
	limits->queue = attr.max_qp_wr;
	limits->send_sges = min_t(u32, attr.max_send_sge, ISER_SEND_SGES);
	limits->recv_sges = attr.max_recv_sge;
	limits->read_sges = min_t(u32, attr.max_sge_rd ?: 1, limits->send_sges);
	limits->pages = min_t(u32, attr.max_fast_reg_page_list_len,
			      ISER_MAX_PAGES);
	limits->gaps = attr.kernel_cap_flags & IBK_SG_GAPS_REG;
	limits->ird = min_t(u32, attr.max_qp_rd_atom, U8_MAX);
	limits->ord = min_t(u32, attr.max_qp_init_rd_atom, U8_MAX);
	limits->srq = attr.max_srq_wr;
	limits->srq_sges = attr.max_srq_sge;
}
