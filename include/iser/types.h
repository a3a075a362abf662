/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few types and helpers that the pure files need.  A pure file includes
 * no kernel header directly, only this one, so that the same source builds into
 * the module, into KUnit and into a host program.
 */
#ifndef ISER_TYPES_H
#define ISER_TYPES_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/string.h>
#include <linux/kernel.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)	__atomic_store_n(&(x), value, __ATOMIC_RELAXED)
/* The comments are where these are used. */
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
/* Likewise. */
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
#endif

static inline u32 iser_lesser(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* Big-endian fields at any alignment: iSCSI and iSER headers are bytes. */

static inline u16 iser_get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 iser_get24(const u8 *p)
{
	return (u32)p[0] << 16 | (u32)p[1] << 8 | p[2];
}

static inline u32 iser_get32(const u8 *p)
{
	return (u32)p[0] << 24 | iser_get24(p + 1);
}

static inline u64 iser_get64(const u8 *p)
{
	return (u64)iser_get32(p) << 32 | iser_get32(p + 4);
}

static inline void iser_put16(u8 *p, u16 v)
{
	p[0] = v >> 8 & 0xff;
	p[1] = v & 0xff;
}

static inline void iser_put24(u8 *p, u32 v)
{
	p[0] = v >> 16 & 0xff;
	iser_put16(p + 1, v & 0xffff);
}

static inline void iser_put32(u8 *p, u32 v)
{
	p[0] = v >> 24 & 0xff;
	iser_put24(p + 1, v);
}

static inline void iser_put64(u8 *p, u64 v)
{
	iser_put32(p, v >> 32 & 0xffffffff);
	iser_put32(p + 4, v & 0xffffffff);
}

#endif
