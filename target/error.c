// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines about a connection, and the end of one whose initiator broke a rule.
 * Rejects are sent by response.c.
 */
#include "target.h"

#include <iser/log.h>

/* Logs about a connection; until its login is over, the peer is a stranger. */
static void isert_vwarn(struct isert_conn *ic, const char *tail,
			const char *fmt, va_list *args)
{
	struct va_format vaf = { .fmt = fmt, .va = args };

	iser_log(READ_ONCE(ic->full) ? ISER_LOG_SESSION : ISER_LOG_STRANGER,
		 &iser_conn_info(ic->dm)->remote, "%pV%s", &vaf, tail);
}

/**
 * isert_warn - log a warning about a connection
 * @ic: connection
 * @fmt: printf format, no newline
 *
 * Any context.
 */
void isert_warn(struct isert_conn *ic, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	isert_vwarn(ic, "", fmt, &args);
	va_end(args);
}

/**
 * isert_protocol_error - end the connection of an initiator that broke a rule
 * @ic: connection
 * @fmt: what it did
 *
 * Any context; does not wait.  RFC 7145, section 10.1.3.
 */
void isert_protocol_error(struct isert_conn *ic, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	isert_vwarn(ic, ", ending the connection", fmt, &args);
	va_end(args);
	iser_connection_fail(ic->dm, -EPROTO);
}
