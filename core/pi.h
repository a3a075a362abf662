/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protection information of both ends: how the device is told, and what it found.
 */
#ifndef ISER_CORE_PI_H
#define ISER_CORE_PI_H

#include <linux/scatterlist.h>
#include <rdma/ib_verbs.h>
#include <iser/pi.h>

struct iser_conn;

/*
 * What a task or command with protection information needs beside the others.  Those
 * of connections without it have no room for this.
 */
struct iser_pi_room {
	struct iser_pi pi;
	struct iser_pi_result result;
	unsigned int mapped;	/* entries of pi.sgl; 0: nothing is mapped */
	struct ib_mr *region;	/* initiator: allocated with the task, or NULL */
	u32 first;		/* target: block with which the piece under way begins */
};

bool iser_pi_wanted(struct iser_conn *conn);
void iser_pi_begin(struct iser_pi_room *room, const struct iser_pi *pi);
bool iser_pi_dma_map(struct ib_device *dev, struct iser_pi_room *room,
		     enum dma_data_direction dir);
void iser_pi_dma_unmap(struct ib_device *dev, struct iser_pi_room *room,
		       enum dma_data_direction dir);
void iser_pi_describe(struct ib_mr *mr, const struct iser_pi *pi, u32 first);
void iser_pi_check(struct iser_conn *conn, struct ib_mr *mr, u32 first,
		   struct iser_pi_room *room);

#endif
