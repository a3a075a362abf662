/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting: receive buffers, unexpected PDUs, outstanding RDMA Reads.
 * RFC 7145, sections 8.1 and 7.3.6.  Pure: the caller serializes.
 */
#ifndef ISER_ACCOUNT_H
#define ISER_ACCOUNT_H

#include <iser/types.h>

/* What a target connection has to be able to receive. */
struct iser_rx_plan {
	/* in */
	u32 window;		/* MaxCmdSN - ExpCmdSN + 1 */
	u32 unexpected;		/* what we declared, or our bound; not "no limit" */
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
 *
 * One for each command of the window, the unexpected ones, one spare for a
 * NOP-Out or Logout, and for each command of the window its unsolicited
 * Data-Out.  If those do not fit, InitialR2T=Yes is asked for; if the window
 * still does not fit, it is clamped.  granted and receives are 0 if not even
 * one command fits.
 */
void iser_plan_receives(struct iser_rx_plan *p);

/* A window that grows with its use, up to what was planned. */
struct iser_window {
	u32 granted;		/* commands that the receives cover */
	u32 most;		/* iser_rx_plan.granted */
	u32 each;		/* receives for a command */
};

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
 * iser_window_more - by how many commands should the window grow?
 * @w: window
 * @room: commands that the initiator may still send
 *
 * Twice as large, when three quarters are in use.  The receives come first,
 * then the caller raises granted and what the initiator is told.
 * Return: commands; 0: it is large enough.
 */
u32 iser_window_more(const struct iser_window *w, u32 room);

#define ISER_UNEXPECTED_NOTED	16

/* Unexpected PDUs at the sender: section 8.1.1. */
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
 * iser_unexpected_take - may an unexpected PDU be sent now?
 * @u: the account
 * @ping: it makes the peer acknowledge: may use the last credit.  An initiator,
 *	whose next command does that, passes true always
 * Return: true and counted, or false.
 */
bool iser_unexpected_take(struct iser_unexpected *u, bool ping);

/** iser_unexpected_retire - the peer acknowledged @n of them */
void iser_unexpected_retire(struct iser_unexpected *u, u32 n);

/**
 * iser_unexpected_note - the one that was taken last has this number
 * @u: the account
 * @sn: not before that of the last one
 *
 * Each is retired by its own number: section 8.1.2.  Where more are outstanding
 * than are noted singly, those over go with the last one.
 */
void iser_unexpected_note(struct iser_unexpected *u, u32 sn);

/** iser_unexpected_acked - retire what was noted with a number before @exp */
void iser_unexpected_acked(struct iser_unexpected *u, u32 exp);

/* Outstanding RDMA Reads: ORD. */
struct iser_reads {
	u32 ord;
	u32 outstanding;
};

/** iser_reads_free - RDMA Reads that may be posted now */
u32 iser_reads_free(const struct iser_reads *r);

/** iser_reads_some - count up to @n RDMA Reads; return how many may be posted */
u32 iser_reads_some(struct iser_reads *r, u32 n);

/** iser_reads_return - @n RDMA Reads have completed, or were not posted */
void iser_reads_return(struct iser_reads *r, u32 n);

/* Slots of a send queue. */
struct iser_slots {
	u32 size;
	u32 used;
};

/** iser_slots_take - take @n slots, all or none */
bool iser_slots_take(struct iser_slots *s, u32 n);

/** iser_slots_some - take up to @n slots; return how many */
u32 iser_slots_some(struct iser_slots *s, u32 n);

/** iser_slots_return - @n slots are free again */
void iser_slots_return(struct iser_slots *s, u32 n);

#endif
