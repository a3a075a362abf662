// SPDX-License-Identifier: GPL-2.0-only
/* iserctl top: reads the counters of this moment, of what iserctl status shows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "top.h"

#define SECTOR 512 /* in which the block layer counts, whatever the disk has */

static int out;

static void send_row(const struct row *row)
{
	const char *from = (const void *)row;
	size_t left = sizeof(*row);

	while (left) {
		ssize_t done = write(out, from, left);

		if (done <= 0)
			_exit(EXIT_UNSEEN);
		from += done;
		left -= done;
	}
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

static void row_begin(struct row *row, enum kind kind, const char *key)
{
	memset(row, 0, sizeof(*row));
	/* Nothing is known yet. */
	memset(row->counter, 0xff, sizeof(row->counter));
	memset(row->gauge, 0xff, sizeof(row->gauge));
	row->kind = kind;
	row->key = hash(key);
	row->at = seconds();
}

static uint64_t number_in(const char *folder, const char *name)
{
	const char *text = attribute(folder, name);

	return text && *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10) : UNKNOWN;
}

/* ---- devices ---- */

static void devices_write(void)
{
	const struct rdma_use *use;
	const struct rdma_id *id;
	size_t i, j, k, count, ids;
	struct row row;

	use = rdma_uses(&count);
	id = rdma_ids(&ids);
	for (i = 0; i < count; i++) {
		row_begin(&row, DEVICE_ROW, format("device %s", use[i].device));
		copy(row.name, sizeof(row.name), quote(use[i].device));
		row.gauge[QUEUE_PAIRS] = use[i].queue_pairs;
		row.gauge[COMPLETION_QUEUES] = use[i].completion_queues;
		row.gauge[MEMORY_REGIONS] = use[i].memory_regions;
		if (rdma_ids_known())
			row.gauge[CONNECTIONS] = 0;
		for (j = 0; j < ids && rdma_ids_known(); j++) {
			if (!id[j].to.family || !id[j].owner || strcmp(id[j].device, use[i].device))
				continue;
			for (k = 0; k < MODULES; k++)
				row.gauge[CONNECTIONS] += !strcmp(id[j].owner, loadable[k]);
		}
		send_row(&row);
	}
}

/* ---- the initiator ---- */

static void disk_add(struct row *row, const char *disk)
{
	uint64_t reads, sectors_read, writes, sectors_written, queued;
	const char *stat = attribute(format("/sys/class/block/%s", disk), "stat");
	uint64_t *counter = row->counter;

	/* The others are I/Os that were merged, and times. */
	if (!stat || sscanf(stat,
			    "%" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64
			    " %*u %" SCNu64,
			    &reads, &sectors_read, &writes, &sectors_written, &queued) != 5)
		return;
	if (counter[READS] == UNKNOWN) {
		counter[READS] = 0;
		counter[WRITES] = 0;
		counter[BYTES_READ] = 0;
		counter[BYTES_WRITTEN] = 0;
		row->gauge[QUEUED] = 0;
	}
	counter[READS] += reads;
	counter[WRITES] += writes;
	counter[BYTES_READ] += sectors_read * SECTOR;
	counter[BYTES_WRITTEN] += sectors_written * SECTOR;
	row->gauge[QUEUED] += queued;
}

static void sessions_write(void)
{
	const struct session *session;
	size_t i, count, disks;
	struct row row;

	session = sessions(&count);
	for (i = 0; i < count; i++) {
		const char *device, *host = format("/sys/class/scsi_host/%s", session[i].host);
		char **disk = session[i].disks;

		if (!session[i].iser)
			continue;
		row_begin(&row, SESSION_ROW, format("session %u", session[i].number));
		device = session_device(&session[i]);
		copy(row.state, sizeof(row.state),
		     session[i].state ? quote(session[i].state) : "unknown");
		copy(row.device, sizeof(row.device), device ? quote(device) : "-");
		copy(row.name, sizeof(row.name),
		     format("%u %s", session[i].number, quote(session[i].target)));
		for (disks = 0; disk[disks]; disks++)
			disk_add(&row, disk[disks]);
		copy(row.disks, sizeof(row.disks),
		     !disks	? "-" :
		     disks == 1 ? quote(*disk) :
				  format("%s+%zu", quote(*disk), disks - 1));
		/* Each command that the SCSI host has is one of the window of the session. */
		row.gauge[CREDITS_USED] = number_in(host, "host_busy");
		row.gauge[CREDITS] = number_in(host, "can_queue");
		send_row(&row);
	}
}

/* ---- the target ---- */

/* The line of numbers below their titles: window, of it free, ExpCmdSN, and others. */
static void window_add(struct row *row, const char *info)
{
	const char *line = info_line(info, "CmdSN/WR");
	uint32_t window, left, next;

	line = line ? strchr(line, '\n') : NULL;
	if (!line || sscanf(line, " %" SCNx32 " %" SCNx32 " %" SCNx32, &window, &left, &next) != 3)
		return;
	row->counter[COMMANDS] = next;
	row->gauge[CREDITS] = window;
	row->gauge[CREDITS_USED] = left < window ? window - left : 0;
}

/* A session that has logged in again has another number. */
static const char *lio_number(const char *info)
{
	const char *at = info_line(info, "LIO Session ID: ");

	return at ? format("%lu", strtoul(at, NULL, 10)) : "";
}

static void target_write(void)
{
	const struct target_session *session;
	size_t i, count;
	struct row row;

	session = target_sessions(&count);
	for (i = 0; i < count; i++) {
		const struct portal *group = session[i].group;
		const char *info = session[i].info ? session[i].info : "", *counts;

		row_begin(&row, TARGET_ROW,
			  format("%s %s %s %s", group->tpg, session[i].initiator,
				 session[i].acl ? "acl" : "", lio_number(info)));
		copy(row.state, sizeof(row.state),
		     session[i].state ? quote(session[i].state) : "unknown");
		copy(row.name, sizeof(row.name),
		     format("%s %s,%s", quote(session[i].initiator), quote(group->target),
			    quote(group->group)));
		window_add(&row, info);
		if (session[i].acl) {
			counts = format("%s/fabric_statistics/iscsi_sess_stats", session[i].acl);
			row.counter[BYTES_READ] = number_in(counts, "txdata_octs");
			row.counter[BYTES_WRITTEN] = number_in(counts, "rxdata_octs");
		}
		send_row(&row);
	}
}

void snapshot_write(int to)
{
	struct row row;

	out = to;
	devices_write();
	sessions_write();
	target_write();
	row_begin(&row, END_ROW, "");
	row.incomplete = incomplete;
	send_row(&row);
}
