/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cutting a command's data into unsolicited data, bursts and segments.
 * RFC 7143, sections 4.2.5.2 and 13; RFC 7145, sections 7.3.4 to 7.3.6. Pure.
 */
#ifndef ISER_SEGMENT_H
#define ISER_SEGMENT_H

#include <iser/types.h>

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
u32 iser_unsolicited_bytes(const struct iser_limits *lim, u32 edtl,
			   bool final, u32 immediate);

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
	u32 end;		/* offset behind the last byte */
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
 * iser_bursts_done - a burst of @len bytes has arrived
 * Return: true when it was the last of all.
 */
bool iser_bursts_done(struct iser_bursts *b, u32 len);

/*
 * Data of a read go out in sequences of @burst bytes, or in one when that is 0.
 * @done, @len: bytes that are out, and bytes in all.
 */

/** iser_burst_left - bytes from @done to the end of the sequence it is in */
u32 iser_burst_left(u32 done, u32 len, u32 burst);

/** iser_burst_acked - do the bytes before @done end with an A-bit? */
bool iser_burst_acked(u32 done, u32 len, u32 burst);

#endif
