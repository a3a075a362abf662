/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device offers, its ports, and what waits for a port.
 */
#ifndef ISER_DEVICE_H
#define ISER_DEVICE_H

#include <linux/jump_label.h>
#include <linux/types.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

struct iser_conn;
struct iser_parked;

/* What a device offers, as far as it is used. */
struct iser_device_limits {
	bool registers;		/* it has fast registration */
	u32 stag_page;		/* in units of which it registers */
	u32 queue;		/* work requests that a queue holds */
	u32 send_sges, recv_sges, read_sges;
	u32 pages;		/* of ISER_STAG_PAGE, that one STag covers */
	u32 mapping;		/* bytes that can be mapped at once */
	bool gaps;		/* between the segments of one STag */
	u8 ird, ord;		/* RDMA Reads answered, asked for at a time */
	u32 pi_pages;		/* of an integrity MR, for data and for tuples */
	u8 pi_types, pi_guards;	/* IB_PROT_, IB_GUARD_: 0: it checks none */
	u32 srq, srq_sges;	/* receives of a shared queue; 0: it has none */
};

void iser_read_limits(struct ib_device *dev, struct iser_device_limits *limits);
int iser_check_limits(const struct iser_conn *conn, bool registers);

/* What has been logged about a device, once. */
enum iser_device_note {
	ISER_NO_SHARED,		/* it has no shared receive queue */
	ISER_NO_PI,		/* it checks no protection information */
	ISER_SMALL_SENDS,	/* a send queue had to be made smaller */
};

/* Some device has a driver whose ib_map_mr_sg() may sleep for memory. */
DECLARE_STATIC_KEY_FALSE(iser_map_allocates);

extern struct ib_client iser_client;
bool iser_device_noted(const struct ib_device *dev, enum iser_device_note note);
bool iser_device_note(const struct ib_device *dev, enum iser_device_note note);
bool iser_port_up(const struct rdma_cm_id *id);
bool iser_port_mute(const struct rdma_cm_id *id);
bool iser_id_stranded(const struct rdma_cm_id *id);
int iser_port_cause(struct iser_conn *conn, int otherwise);
void iser_port_note(struct iser_conn *conn);
struct iser_parked *iser_park_alloc(void);
bool iser_park(struct iser_conn *conn);
struct rdma_cm_id *iser_parked_id(const struct iser_conn *conn);
void iser_park_done(struct iser_conn *conn);
void iser_ports_exit(void);

#endif
