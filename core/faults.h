/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the test build reaches into the core: make ISER_FAULTS=1
 *
 * Software RDMA devices have large limits, map no memory and raise no events.
 * tests/faults/ stands between the core and the verbs and does what adapters
 * do.  A build without ISER_FAULTS has nothing of it: what is empty here stays
 * empty there.
 */
#ifndef ISER_FAULTS_H
#define ISER_FAULTS_H

#ifdef ISER_FAULTS
#include "../tests/faults/hooks.h"
#else
/* Lower what a device offers. */
static inline void iser_fault_limits(struct ib_device_attr *attr, u32 *mapping)
{
}

/* Change what the login agreed on. */
static inline void iser_fault_notice(struct iser_notice *notice)
{
}
#endif

#endif
