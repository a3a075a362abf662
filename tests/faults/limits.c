// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test build: a device with lower limits, which hold for connections that are made
 * from then on (0: the device's own limit), and what a login has agreed on.
 */
#include <linux/moduleparam.h>
#include "../../core/conn.h"

#define FAULT_LIMIT(name)				\
	static unsigned int fault_##name;		\
	module_param(fault_##name, uint, 0644)

FAULT_LIMIT(max_qp_wr);
FAULT_LIMIT(max_send_sge);
FAULT_LIMIT(max_recv_sge);
FAULT_LIMIT(max_sge_rd);
FAULT_LIMIT(max_srq_wr);
FAULT_LIMIT(max_srq_sge);
FAULT_LIMIT(max_pages);
FAULT_LIMIT(max_reads);
FAULT_LIMIT(max_mapping);

static bool fault_no_reg;
module_param(fault_no_reg, bool, 0644);

static void fault_lower(int *value, unsigned int to)
{
	if (to && to < *value)
		*value = to;
}

void iser_fault_limits(struct ib_device_attr *attr, u32 *mapping)
{
	int pages = attr->max_fast_reg_page_list_len;
	int send_sges = attr->max_send_sge, recv_sges = attr->max_recv_sge;

	fault_lower(&attr->max_qp_wr, fault_max_qp_wr);
	fault_lower(&send_sges, fault_max_send_sge);
	attr->max_send_sge = send_sges;
	fault_lower(&recv_sges, fault_max_recv_sge);
	attr->max_recv_sge = recv_sges;
	fault_lower(&attr->max_sge_rd, fault_max_sge_rd);
	fault_lower(&attr->max_srq_wr, fault_max_srq_wr);
	fault_lower(&attr->max_srq_sge, fault_max_srq_sge);
	fault_lower(&pages, fault_max_pages);
	attr->max_fast_reg_page_list_len = pages;
	if (fault_max_mapping)
		*mapping = min(*mapping, fault_max_mapping);
	if (fault_no_reg)
		attr->device_cap_flags &= ~IB_DEVICE_MEM_MGT_EXTENSIONS;
	fault_lower(&attr->max_qp_rd_atom, fault_max_reads);
	fault_lower(&attr->max_qp_init_rd_atom, fault_max_reads);
}

static bool fault_ack_by_read;
module_param(fault_ack_by_read, bool, 0644);

/* Acknowledges data as at level 2, by RDMA Reads, which no session agrees on yet. */
void iser_fault_notice(struct iser_notice *notice)
{
	if (fault_ack_by_read)
		notice->recovery_level = 2;
}
