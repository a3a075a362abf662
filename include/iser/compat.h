/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the supported kernels.  The build includes this file
 * before every other; it is the only place that may test the kernel version.
 */
#ifndef ISER_COMPAT_H
#define ISER_COMPAT_H

#include <linux/version.h>
/* dkms.conf runs the preprocessor alone, for the errors below. */
#ifdef __KERNEL__
#include <linux/export.h>
#endif

/*
 * The oldest kernels of the series that are tested.  The calls made here have
 * not been compared with LIO and libiscsi of older kernels.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 170)
#error "this kernel is too old: iSER needs 6.1.170 or a later one of that series"
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && \
	LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 107)
#error "this kernel is too old: iSER needs 6.12.107 or a later one of that series"
#endif

/* The first kernels of 6.1 that are supported have no such attribute. */
#ifndef __counted_by
#define __counted_by(member)
#endif

/* Names of symbol namespaces became strings in 6.13. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define EXPORT_SYMBOL_ISER(sym)	EXPORT_SYMBOL_NS_GPL(sym, "ISER")
#define ISER_IMPORT()		MODULE_IMPORT_NS("ISER")
#else
#define EXPORT_SYMBOL_ISER(sym)	EXPORT_SYMBOL_NS_GPL(sym, ISER)
#define ISER_IMPORT()		MODULE_IMPORT_NS(ISER)
#endif

/* Since 6.18 a workqueue that is bound to CPUs needs a flag for it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define ISER_WQ_PERCPU	WQ_PERCPU
#else
#define ISER_WQ_PERCPU	0
#endif

#endif
