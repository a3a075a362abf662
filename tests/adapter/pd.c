// SPDX-License-Identifier: GPL-2.0-only
/* Protection domains. */
#include "adapter.h"

int adapter_alloc_pd(struct ib_pd *ib, struct ib_udata *udata)
{
	atomic_set(&to_adapter(ib, pd)->users, 0);
	return adapter_fault(FAULT_ALLOC_PD);
}

int adapter_dealloc_pd(struct ib_pd *ib, struct ib_udata *udata)
{
	int users = atomic_read(&to_adapter(ib, pd)->users);

	if (!users)
		return 0;
	adapter_broken(to_adapter(ib->device, dev), RULE_PD_BUSY, false,
		       "a protection domain with %d objects is freed", users);
	return -EBUSY;
}
