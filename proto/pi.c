// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic of protection information.  Pure.
 */
#include <iser/pi.h>

bool iser_pi_possible(const struct iser_pi *pi, u32 len)
{
	return (pi->interval == 512 || pi->interval == 4096) &&
		!(len % pi->interval);
}

u32 iser_pi_tuples(const struct iser_pi *pi, u32 len)
{
	return len / pi->interval * ISER_PI_TUPLE;
}

u32 iser_pi_wire(const struct iser_pi *pi, u32 len)
{
	return pi->wire ? len + iser_pi_tuples(pi, len) : len;
}

u32 iser_pi_ref_tag(const struct iser_pi *pi, u32 block)
{
	return pi->increment ? pi->ref_tag + block : pi->ref_tag;
}

u32 iser_pi_piece(const struct iser_pi *pi, u32 left, u32 room)
{
	return iser_lesser(left, room - room % pi->interval);
}

u32 iser_pi_error_block(const struct iser_pi *pi, u64 offset)
{
	u32 stride = pi->interval + ISER_PI_TUPLE, block = 0;

	/*
	 * A 64-bit division needs a function of the kernel's on some machines.  What
	 * was registered is shorter than 4 GiB.
	 */
	if (!(offset >> 32))
		block = (u32)offset / stride;
	return block;
}
