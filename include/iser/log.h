/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log lines for the administrator about peers.  All three modules share a
 * budget, so that a peer can't decide how much is written.
 */
#ifndef ISER_LOG_H
#define ISER_LOG_H

#include <linux/compiler.h>
#include <linux/socket.h>

/* The subject of a line: each has its own budget of lines in a minute. */
enum iser_log {
	ISER_LOG_STRANGER,	/* a peer that has not logged in */
	ISER_LOG_SESSION,	/* a session in operation, a portal, a device */
	ISER_LOG_END,		/* why a session has ended */
	ISER_LOG_NR,
};

/**
 * iser_log - log one line
 * @about: subject whose budget it uses
 * @peer: address that is printed before the text, or NULL
 * @fmt: printf format, a whole line
 *
 * At most 120 lines are logged in any minute; a summary gives the number of the
 * omitted lines and of their addresses.  Any context.
 */
#define iser_log(about, peer, fmt, ...) \
	iser_log_line(about, peer, KBUILD_MODNAME ": ", NULL, fmt, ##__VA_ARGS__)

/* iser_log_line - the same, with a given prefix and the RDMA device */
__printf(5, 6) void iser_log_line(enum iser_log about,
				  const struct sockaddr_storage *peer,
				  const char *module, const char *device,
				  const char *fmt, ...);

#endif
