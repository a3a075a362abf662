// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection information: the transformation of blocks between the domains of an
 * integrity region.  Nothing here knows where the data are.
 */
#include <linux/bitops.h>
#include <linux/crc-t10dif.h>
#include <linux/export.h>
#include <linux/string.h>
#include <net/checksum.h>
#include "pi.h"

/* The data of a block, or 0 if neither domain has protection. */
u32 adapter_pi_interval(const struct ib_sig_attrs *attrs)
{
	if (adapter_pi_has(&attrs->mem))
		return attrs->mem.sig.dif.pi_interval;
	if (adapter_pi_has(&attrs->wire))
		return attrs->wire.sig.dif.pi_interval;
	return 0;
}
EXPORT_SYMBOL_GPL(adapter_pi_interval);

/* The length of a block on the wire; 1 if data are not in blocks. */
u32 adapter_pi_unit(const struct ib_sig_attrs *attrs)
{
	u32 interval = adapter_pi_interval(attrs);

	if (adapter_pi_has(&attrs->wire))
		return interval + ADAPTER_TUPLE;
	return interval ?: 1;
}
EXPORT_SYMBOL_GPL(adapter_pi_unit);

__be16 adapter_pi_guard(const struct ib_t10_dif_domain *dif, const void *data)
{
	if (dif->bg_type == IB_T10DIF_CRC)
		return cpu_to_be16(crc_t10dif_update(dif->bg, data,
						     dif->pi_interval));
	if (!dif->bg)
		return (__force __be16)ip_compute_csum(data, dif->pi_interval);
	return (__force __be16)csum_fold(csum_partial(data, dif->pi_interval,
						      (__force __wsum)dif->bg));
}
EXPORT_SYMBOL_GPL(adapter_pi_guard);

static u32 reference(const struct ib_t10_dif_domain *dif, u64 number)
{
	return dif->ref_tag + (dif->ref_remap ? (u32)number : 0);
}

/* Bits for the last n bytes that a mask of bytes selects. */
static u32 bytes(u8 mask, int n)
{
	u32 bits = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (mask & BIT(i))
			bits |= 0xffU << (8 * i);
	}
	return bits;
}

/* The reference tag's escape alone means nothing. */
static bool escapes(const struct ib_t10_dif_domain *dif,
		    const struct t10_pi_tuple *tuple)
{
	if (!dif->app_escape || tuple->app_tag != T10_PI_APP_ESCAPE)
		return false;
	return !dif->ref_escape || tuple->ref_tag == T10_PI_REF_ESCAPE;
}

static void compare(struct adapter_pi_found *found, enum ib_sig_err_type type,
		    u32 has, u32 should, u32 mask)
{
	found->checked |= mask;
	found->expected[type] = has;
	found->actual[type] = should;
	if ((has ^ should) & mask)
		found->wrong |= BIT(type);
}

static void check(const struct ib_t10_dif_domain *dif, u8 mask, u64 number,
		  __be16 guard, const struct t10_pi_tuple *in,
		  struct adapter_pi_found *found)
{
	found->escaped = escapes(dif, in);
	if (found->escaped)
		return;
	compare(found, IB_SIG_BAD_GUARD, be16_to_cpu(in->guard_tag),
		be16_to_cpu(guard), bytes(mask >> 6, 2));
	compare(found, IB_SIG_BAD_APPTAG, be16_to_cpu(in->app_tag),
		dif->app_tag, bytes(mask >> 4, 2) & dif->apptag_check_mask);
	compare(found, IB_SIG_BAD_REFTAG, be32_to_cpu(in->ref_tag),
		reference(dif, number), bytes(mask, 4));
}

/*
 * Transforms the tuple of a block.  The data are the same in both domains.
 * @sends:	from memory to the wire, or else from the wire to memory
 * @number:	of the block in its region
 * @in:		the tuple in the domain that it comes from, if this has any
 * @out:	the tuple in the other domain, if this has any
 * @found:	receives what has been found
 *
 * Where both domains have protection, each part of a tuple about which they
 * agree is copied, also if it is wrong; others are made.
 */
void adapter_pi_block(const struct ib_sig_attrs *attrs, bool sends, u64 number,
		      const void *data, const struct t10_pi_tuple *in,
		      struct t10_pi_tuple *out, struct adapter_pi_found *found)
{
	const struct ib_t10_dif_domain *mem = &attrs->mem.sig.dif;
	const struct ib_t10_dif_domain *wire = &attrs->wire.sig.dif;
	const struct ib_t10_dif_domain *from = sends ? mem : wire;
	const struct ib_t10_dif_domain *to = sends ? wire : mem;

	memset(found, 0, sizeof(*found));
	if (in)
		check(from, attrs->check_mask, number,
		      adapter_pi_guard(from, data), in, found);
	if (!out)
		return;
	out->guard_tag = in && from->bg_type == to->bg_type ?
				 in->guard_tag :
				 adapter_pi_guard(to, data);
	out->app_tag = in && from->app_tag == to->app_tag ?
			       in->app_tag :
			       cpu_to_be16(to->app_tag);
	out->ref_tag = in && from->ref_tag == to->ref_tag ?
			       in->ref_tag :
			       cpu_to_be32(reference(to, number));
}
EXPORT_SYMBOL_GPL(adapter_pi_block);
