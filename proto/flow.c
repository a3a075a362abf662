// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting: receive buffers, unexpected PDUs, outstanding RDMA Reads, slots
 * of a send queue.  Pure.
 */
#include <iser/flow.h>
#include "sendq.h"

/*
 * Unsolicited Data-Out PDUs of one command: RFC 7145, section 8.1.1.2.
 * Section 7.3.4 makes the initiator fill all but the last.  ImmediateData does
 * not lower the number: it allows immediate data but does not require them, so
 * the whole first burst may come in Data-Out PDUs.
 */
static u64 data_outs(const struct iser_rx_plan *p)
{
	if (p->initial_r2t || !p->first_burst)
		return 0;
	if (!p->segment)
		return p->first_burst;
	return (u64)(p->first_burst / p->segment) +
	       (p->first_burst % p->segment != 0);
}

void iser_plan_receives(struct iser_rx_plan *p)
{
	/* Outside the window: the unexpected PDUs and one NOP-Out or Logout. */
	u64 aside = (u64)p->unexpected + 1;
	u64 each = 1 + data_outs(p);
	u64 room;

	p->need_initial_r2t = false;
	p->each = 0;
	p->granted = 0;
	p->receives = 0;
	if (p->depth <= aside)
		return;
	room = p->depth - aside;

	/* Divide instead of multiply: the keys may hold any number. */
	if (each > 1 && (each > room || p->window > (u32)room / (u32)each)) {
		p->need_initial_r2t = true;
		each = 1;
	}
	p->granted = p->window < room ? p->window : (u32)room;
	p->each = (u32)each;
	p->receives = (u32)(p->granted * each + aside);
}

u32 iser_window_start(struct iser_window *w, const struct iser_rx_plan *p,
		      u32 start)
{
	if (!start)
		start = 1;
	w->most = p->granted;
	w->granted = start < w->most ? start : w->most;
	w->each = p->each;
	return p->receives - (w->most - w->granted) * w->each;
}

u32 iser_window_more(const struct iser_window *w, u32 room)
{
	u32 left = w->granted < w->most ? w->most - w->granted : 0;

	if (room > w->granted / 4)
		return 0;
	return left < w->granted ? left : w->granted;
}

/* For all three accounts: @used may exceed a @size that was reduced. */
static u32 left(u32 used, u32 size)
{
	return used < size ? size - used : 0;
}

static u32 take_some(u32 *used, u32 size, u32 n)
{
	u32 most = left(*used, size);

	if (n > most)
		n = most;
	*used += n;
	return n;
}

/* Never below zero. */
static void give(u32 *used, u32 n)
{
	*used -= n < *used ? n : *used;
}

bool iser_unexpected_take(struct iser_unexpected *u, bool ping)
{
	u32 limit = u->limit ? u->limit : 0xffffffffu;

	/*
	 * Section 8.1.2, implementation note: the last credit is kept for the
	 * PDU that makes the peer acknowledge, else no PDU would ever retire.
	 */
	if (u->limit && !ping)
		limit--;
	if (u->outstanding >= limit)
		return false;
	u->outstanding++;
	return true;
}

void iser_unexpected_retire(struct iser_unexpected *u, u32 n)
{
	/* The numbers of the peer determine @n. */
	give(&u->outstanding, n);
}

void iser_unexpected_note(struct iser_unexpected *u, u32 sn)
{
	u32 last = u->noted - 1;

	/* To retire late is safe, early is not: keep the greater number. */
	if (u->noted == ISER_UNEXPECTED_NOTED ||
	    (u->noted && u->note[last].sn == sn)) {
		u->note[last].sn = sn;
		u->note[last].count++;
		return;
	}
	u->note[u->noted].sn = sn;
	u->note[u->noted].count = 1;
	u->noted++;
}

void iser_unexpected_acked(struct iser_unexpected *u, u32 exp)
{
	u32 gone = 0, i;

	/* Serial numbers: "before @exp" is at most half their range away. */
	while (gone < u->noted && u->note[gone].sn - exp > 0x7fffffffu)
		iser_unexpected_retire(u, u->note[gone++].count);
	u->noted -= gone;
	for (i = 0; gone && i < u->noted; i++)
		u->note[i] = u->note[i + gone];
}

u32 iser_reads_free(const struct iser_reads *r)
{
	/* Section 7.3.6: never more than iSER-ORD; none at all when it is 0. */
	return left(r->outstanding, r->ord);
}

u32 iser_reads_some(struct iser_reads *r, u32 n)
{
	return take_some(&r->outstanding, r->ord, n);
}

void iser_reads_return(struct iser_reads *r, u32 n)
{
	give(&r->outstanding, n);
}

bool iser_credits_take(struct iser_credits *s, u32 n)
{
	if (n > left(s->used, s->size))
		return false;
	s->used += n;
	return true;
}

u32 iser_credits_some(struct iser_credits *s, u32 n)
{
	return take_some(&s->used, s->size, n);
}

void iser_credits_return(struct iser_credits *s, u32 n)
{
	give(&s->used, n);
}

/*
 * Division of a command's data into unsolicited data, bursts and segments.
 * RFC 7143, sections 4.2.5.2 and 13; RFC 7145, sections 7.3.4 to 7.3.6. Pure.
 */

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
	 * InitialR2T=Yes there are no Data-Out PDUs, whatever the bit is.
	 */
	if (final || lim->initial_r2t)
		return lesser(immediate, edtl);
	return lesser(lim->first_burst, edtl);
}

bool iser_write_offset(u64 base, u32 offset, u32 unsolicited,
		       bool tagged_solicited_only, u64 *tagged)
{
	/*
	 * RFC 7145, section 6.9.  No: the base is that of a buffer with all
	 * data of the command.  Yes: of one with only the solicited data.
	 */
	if (tagged_solicited_only) {
		if (offset < unsolicited)
			return false;
		offset -= unsolicited;
	}
	/* The peer may choose any base. */
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
