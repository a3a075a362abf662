// SPDX-License-Identifier: GPL-2.0-only
/* Counters: /sys/class/infiniband/NAME/ports/1/hw_counters */
#include "adapter.h"

static const struct rdma_stat_desc descs[NR_ADAPTER_STATS] = {
	[ADAPTER_RNR_SENT].name = "send_rnr_err",
	[ADAPTER_RNR_RECEIVED].name = "rcvd_rnr_err",
	[ADAPTER_TIMEOUTS].name = "ack_timeout_err",
};

struct rdma_hw_stats *adapter_alloc_stats(struct ib_device *ib, u32 port)
{
	return rdma_alloc_hw_stats_struct(descs, NR_ADAPTER_STATS,
					  RDMA_HW_STATS_DEFAULT_LIFESPAN);
}

int adapter_get_stats(struct ib_device *ib, struct rdma_hw_stats *stats,
		      u32 port, int index)
{
	struct adapter_dev *dev = to_adapter(ib, dev);
	int i;

	for (i = 0; i < NR_ADAPTER_STATS; i++)
		stats->value[i] = atomic_read(&dev->stats[i]);
	return NR_ADAPTER_STATS;
}
