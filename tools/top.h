/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot of iserctl top. A process of its own takes each one and sends it as records of
 * one size, so that nothing that it has allocated is kept, and a driver that keeps a read
 * waiting does not keep the terminal waiting.
 */
#ifndef TOP_H
#define TOP_H

#include "iserctl.h"

/* The last one has no row: it ends the snapshot. */
enum kind { DEVICE_ROW, SESSION_ROW, TARGET_ROW, KINDS, END_ROW = KINDS };

/* What rates are made of. Not every kind has all of them. */
enum counter { READS, WRITES, COMMANDS, BYTES_READ, BYTES_WRITTEN, COUNTERS };

enum gauge {
	QUEUED,				/* I/Os that the block layer has */
	CREDITS_USED, CREDITS,
	CONNECTIONS, QUEUE_PAIRS, COMPLETION_QUEUES, MEMORY_REGIONS,
	GAUGES
};

#define UNKNOWN UINT64_MAX

struct row {
	enum kind kind;
	bool incomplete;		/* END_ROW: not all could be seen */
	uint64_t key;			/* the same in each snapshot */
	double at;			/* when it was read, in seconds */
	uint64_t counter[COUNTERS], gauge[GAUGES];
	/* Safe to print; what is longer is cut off. */
	char state[20], device[32], disks[24], name[512];
};

/* Writes the rows of this moment, and the last one. */
void snapshot_write(int to);

#endif
