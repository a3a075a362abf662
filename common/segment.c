// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cutting a command's data into unsolicited data, bursts and segments.
 * RFC 7143, sections 4.2.5.2 and 13; RFC 7145, sections 7.3.4 to 7.3.6. Pure.
 */
#include <iser/segment.h>

static u32 lesser(u32 a, u32 b)
{
	return a < b ? a : b;
}

u32 iser_unsolicited_bytes(const struct iser_limits *lim, u32 edtl,
			   bool final, u32 immediate)
{
	/*
	 * RFC 7143, section 4.2.5.2: an initiator that starts a first burst
	 * sends all of it, so the F bit alone tells how much comes.  With
	 * InitialR2T=Yes there are no Data-Out PDUs whatever the bit says.
	 */
	if (final || lim->initial_r2t)
		return lesser(immediate, edtl);
	return lesser(lim->first_burst, edtl);
}

bool iser_write_offset(u64 base, u32 offset, u32 unsolicited,
		       bool tagged_solicited_only, u64 *tagged)
{
	/*
	 * RFC 7145, section 6.9.  No: the base belongs to a buffer with all
	 * data of the command.  Yes: to one with the solicited data only.
	 */
	if (tagged_solicited_only) {
		if (offset < unsolicited)
			return false;
		offset -= unsolicited;
	}
	/* The peer chose the base. */
	if (base + offset < base)
		return false;
	*tagged = base + offset;
	return true;
}

void iser_bursts_init(struct iser_bursts *b, u32 start, u32 end, u32 max_burst,
		      u32 max_out)
{
	b->start = start;
	b->next = start;
	b->end = end > start ? end : start;
	/* Neither key can be zero; a zero here must not stop the walk. */
	b->max_burst = max_burst ? max_burst : 0xffffffffu;
	b->max_out = max_out ? max_out : 1;
	b->out = 0;
	b->done = 0;
}

bool iser_bursts_next(struct iser_bursts *b, u32 *offset, u32 *len)
{
	/* RFC 7143, section 13.17: MaxOutstandingR2T for each task. */
	if (b->next >= b->end || b->out >= b->max_out)
		return false;
	*offset = b->next;
	*len = lesser(b->end - b->next, b->max_burst);
	b->next += *len;
	b->out++;
	return true;
}

bool iser_bursts_done(struct iser_bursts *b, u32 len)
{
	if (!b->out)
		return false;
	b->out--;
	b->done += lesser(len, b->next - b->start - b->done);
	return !b->out && b->next >= b->end;
}

u32 iser_burst_left(u32 done, u32 len, u32 burst)
{
	u32 left = len - done;

	return burst ? lesser(left, burst - done % burst) : left;
}

bool iser_burst_acked(u32 done, u32 len, u32 burst)
{
	/* The status acknowledges the last sequence. */
	return burst && done && done < len && !(done % burst);
}
