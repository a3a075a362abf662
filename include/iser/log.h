/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines for the administrator about peers.  All three modules share a budget,
 * so that no peer decides how much is written.
 */
#ifndef ISER_LOG_H
#define ISER_LOG_H

#include <linux/compiler.h>
#include <linux/socket.h>

/* What a line is about: each has lines of its own in a minute. */
enum iser_log {
	ISER_LOG_STRANGER,	/* a peer that has not logged in */
	ISER_LOG_SESSION,	/* a session in operation, a portal, a device */
	ISER_LOG_END,		/* why a session has ended */
	ISER_LOG_NR,
};

/**
 * iser_log - one line
 * @about: whose lines it counts among
 * @peer: stands before the text, where there is one; or NULL
 * @fmt: printf format, a whole line
 *
 * At most 120 lines in any minute; what is left out is summed up, by number of
 * lines and of addresses.  Any context.
 */
#define iser_log(about, peer, fmt, ...) \
	iser_log_line(about, peer, KBUILD_MODNAME ": ", NULL, fmt, ##__VA_ARGS__)

/* iser_log_line - the same, with what stands before, and the RDMA device */
__printf(5, 6) void iser_log_line(enum iser_log about,
				  const struct sockaddr_storage *peer,
				  const char *module, const char *device,
				  const char *fmt, ...);

#endif
