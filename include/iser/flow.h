/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flow control and segmentation: how many PDUs may come unasked (RFC 7145,
 * section 8.1), and how the data of a command are cut into unsolicited data,
 * bursts and segments (RFC 7143, sections 4.2.5.2 and 13; RFC 7145, sections
 * 7.3.4 to 7.3.6).  Pure: the caller serializes.
 */
#ifndef ISER_FLOW_H
#define ISER_FLOW_H

#include <iser/types.h>

/* What a target connection must be able to receive. */
struct iser_rx_plan {
	/* in */
	u32 window;		/* MaxCmdSN - ExpCmdSN + 1 */
	u32 unexpected;		/* declared, or own bound; not "no limit" */
	u32 first_burst;	/* FirstBurstLength */
	u32 segment;		/* TargetRecvDataSegmentLength */
	bool initial_r2t;	/* unsolicited Data-Out are excluded */
	u32 depth;		/* receives that the queue pair can hold */
	/* out */
	u32 receives;		/* to be posted for the granted window */
	u32 granted;		/* window that may be granted, <= window */
	u32 each;		/* receives for a command: 1 and its Data-Out */
	bool need_initial_r2t;	/* Data-Out would not fit: make InitialR2T Yes */
};

/**
 * iser_plan_receives - how many receives cover all that the peer may send
 * @p: its part "in" is read, its part "out" is filled
 *
 * There is a receive for each command of the window and each of its unsolicited
 * Data-Out, for each unexpected PDU, and one spare for a NOP-Out or Logout.  If
 * the Data-Out do not fit, need_initial_r2t is set; if the window still does
 * not fit, it is clamped.  granted and receives are 0 if not even one command
 * fits.
 */
void iser_plan_receives(struct iser_rx_plan *p);

/* A window that grows with its use, up to what was planned. */
struct iser_window {
	u32 granted;		/* commands that the receives cover */
	u32 most;		/* iser_rx_plan.granted */
	u32 each;		/* receives for a command */
};

/**
 * iser_read_depth - how many RDMA Reads at a time an initiator's queue pair answers
 * @iwarp: otherwise RoCE or InfiniBand
 * @initiator: initiator_depth in the event of the new connection
 * @responder: its responder_resources
 *
 * On iWARP adapters differ in which of the two numbers is the one for Reads that come
 * in.  Most have it in @initiator; there siw and qedr have the peer's depth in the other
 * one, as the peer has sent it.  cxgb4 swaps the two.  Its own depth for Reads that it
 * sends is 1 at most, since an initiator asks for no more; where the peer does not
 * negotiate, both are its limit.
 * Return: that number.
 */
u32 iser_read_depth(bool iwarp, u32 initiator, u32 responder);

/**
 * iser_window_start - the window to begin with
 * @w: filled
 * @p: planned
 * @start: commands wanted at first; at least one is granted if the plan has one
 * Return: receives to be posted for it.
 */
u32 iser_window_start(struct iser_window *w, const struct iser_rx_plan *p,
		      u32 start);

/**
 * iser_window_more - number of commands that the window should grow by
 * @w: window
 * @room: commands that the initiator may still send
 *
 * The window doubles when three quarters are in use.  The caller posts the
 * receives first, then raises granted and tells the initiator.
 * Return: commands; 0: it is large enough.
 */
u32 iser_window_more(const struct iser_window *w, u32 room);

#define ISER_UNEXPECTED_NOTED	16

/*
 * Unexpected PDUs that the peer has not acknowledged, against its
 * MaxOutstandingUnexpectedPDUs: sections 8.1.1 (initiator) and 8.1.2 (target).
 */
struct iser_unexpected {
	u32 limit;		/* 0: no limit was named */
	u32 outstanding;
	/* Those of them that a number acknowledges, in its order. */
	u32 noted;
	struct {
		u32 sn;		/* StatSN, or CmdSN at an initiator */
		u32 count;
	} note[ISER_UNEXPECTED_NOTED];
};

/**
 * iser_unexpected_take - count an unexpected PDU if it may be sent now
 * @u: the account
 * @ping: it makes the peer acknowledge, so it may use the last credit.  An
 *	initiator always passes true, since its next command does the same
 * Return: true when the PDU was counted.
 */
bool iser_unexpected_take(struct iser_unexpected *u, bool ping);

/* iser_unexpected_retire - the peer acknowledged @n of them */
void iser_unexpected_retire(struct iser_unexpected *u, u32 n);

/**
 * iser_unexpected_note - note the number of the PDU that was taken last
 * @u: the account
 * @sn: not before that of the last one
 *
 * Each PDU is retired by its own number: section 8.1.2.  When more are
 * outstanding than there are notes, the rest share the last note.
 */
void iser_unexpected_note(struct iser_unexpected *u, u32 sn);

/* iser_unexpected_acked - retire PDUs noted with a number before @exp */
void iser_unexpected_acked(struct iser_unexpected *u, u32 exp);

/* What the login agreed on, for one session. */
struct iser_limits {
	bool initial_r2t;
	u32 first_burst;
	u32 max_burst;
	u32 max_r2t;		/* MaxOutstandingR2T */
};

/*
 * The bytes that are not fetched by RDMA Read, as the target reckons them
 * from the command PDU: U of the Write Base Offset rule.
 * @final: F bit of the command; @immediate: its DataSegmentLength
 */
static inline u32 iser_unsolicited_bytes(const struct iser_limits *lim, u32 edtl,
					 bool final, u32 immediate)
{
	/*
	 * RFC 7143, section 4.2.5.2: an initiator that starts a first burst
	 * sends all of it, so the F bit alone tells how much comes.  With
	 * InitialR2T=Yes there are no Data-Out PDUs, whatever the bit is.
	 */
	if (final || lim->initial_r2t)
		return iser_lesser(immediate, edtl);
	return iser_lesser(lim->first_burst, edtl);
}

/*
 * Tagged Offset of the byte at @offset of a write buffer: section 7.3.6.
 * @base: Write Base Offset; @unsolicited: U of the command;
 * @tagged_solicited_only: meaning of the base, section 6.9.
 * Return: false when @offset lies before the tagged part or the sum overflows.
 */
bool iser_write_offset(u64 base, u32 offset, u32 unsolicited,
		       bool tagged_solicited_only, u64 *tagged);

/* Walks the solicited part of a write, or a read, burst by burst. */
struct iser_bursts {
	u32 start;		/* offset of the first byte of all */
	u32 next;		/* offset of the first byte not yet asked for */
	u32 end;		/* offset after the last byte */
	u32 max_burst;
	u32 max_out;		/* bursts in flight at most */
	u32 out;		/* bursts in flight */
	u32 done;		/* bytes that have arrived */
};

void iser_bursts_init(struct iser_bursts *b, u32 start, u32 end, u32 max_burst,
		      u32 max_out);

/**
 * iser_bursts_next - the next burst that may be started now
 * @b: the walk
 * @offset: its first byte
 * @len: its length
 * Return: false when all are started or max_out are in flight.
 */
bool iser_bursts_next(struct iser_bursts *b, u32 *offset, u32 *len);

/**
 * iser_bursts_done - a burst has arrived
 * @b: the walk
 * @len: bytes of the burst
 * Return: true when it was the last of all.
 */
bool iser_bursts_done(struct iser_bursts *b, u32 len);

/*
 * Data of a read go out in sequences of @burst bytes, or in one when that is 0.
 * @done, @len: bytes already sent, and bytes in all.
 */

/* iser_burst_left - bytes from @done to the end of the sequence it is in */
static inline u32 iser_burst_left(u32 done, u32 len, u32 burst)
{
	u32 left = len - done;

	return burst ? iser_lesser(left, burst - done % burst) : left;
}

/* iser_burst_acked - whether the bytes before @done end with an A-bit */
static inline bool iser_burst_acked(u32 done, u32 len, u32 burst)
{
	/* The status acknowledges the last sequence. */
	return burst && done && done < len && !(done % burst);
}

#endif
