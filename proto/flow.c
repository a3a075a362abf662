// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting: receive buffers and unexpected PDUs.  Outstanding RDMA Reads and
 * the credits of a send queue are counted in sendq.h.  Pure.
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

u32 iser_read_depth(bool iwarp, u32 initiator, u32 responder)
{
	if (!iwarp)
		return responder;
	if (initiator > 1)
		return initiator;
	return initiator > responder ? initiator : responder;
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
	iser_give(&u->outstanding, n);
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

/*
 * Division of a command's data into unsolicited data, bursts and segments.
 * RFC 7143, sections 4.2.5.2 and 13; RFC 7145, sections 7.3.4 to 7.3.6. Pure.
 */

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
	*len = iser_lesser(b->end - b->next, b->max_burst);
	b->next += *len;
	b->out++;
	return true;
}

bool iser_bursts_done(struct iser_bursts *b, u32 len)
{
	if (!b->out)
		return false;
	b->out--;
	b->done += iser_lesser(len, b->next - b->start - b->done);
	return !b->out && b->next >= b->end;
}
