// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a failed completion means for its connection.
 */
#include "core.h"

/*
 * iser_wc_failed - a work request has failed: end the connection
 * @what: the operation, for the log line
 *
 * The first one of a connection says why.  Any context.
 */
void iser_wc_failed(struct iser_conn *conn, const struct ib_wc *wc,
		    const char *what)
{
	/*
	 * A flush is the echo of an end that the peer, or this end, has begun;
	 * or of a work request that has failed, and is found in the other
	 * completion queue.
	 */
	if (wc->status == IB_WC_WR_FLUSH_ERR) {
		iser_conn_end(conn, -ECONNRESET, true);
		return;
	}
	if (iser_conn_end(conn, -EIO, false))
		iser_conn_warn(conn, "%s failed: %s (vendor code %#x), ending the connection",
			       what, ib_wc_status_msg(wc->status),
			       wc->vendor_err);
}
