// SPDX-License-Identifier: GPL-2.0-only
/*
 * libiscsi's connection: made before it has an endpoint, bound to one for the
 * time between bind_conn and ep_disconnect.
 */
#include "initiator.h"

/**
 * iser_conn_create - make a connection of libiscsi, not yet bound
 * @cls_session: its session
 * @cid: connection number
 *
 * Process context.  Return: connection or NULL.
 */
struct iscsi_cls_conn *iser_conn_create(struct iscsi_cls_session *cls_session,
					u32 cid)
{
	return iscsi_conn_setup(cls_session, 0, cid);
}

/**
 * iser_conn_bind - let a connection of libiscsi use an endpoint
 * @cls_session: its session
 * @cls_conn: the connection
 * @transport_eph: number of the endpoint, from user space
 * @is_leading: it is the session's leading connection
 *
 * From here on the end of the endpoint's connection is told to libiscsi.
 * Process context, under the class's ep_mutex.
 * Return: 0; -EINVAL when the endpoint does not exist or does not suit;
 * -ENOTCONN when its connection has ended already, or was disconnected.
 */
int iser_conn_bind(struct iscsi_cls_session *cls_session,
		   struct iscsi_cls_conn *cls_conn, u64 transport_eph,
		   int is_leading)
{
	struct iscsi_session *session = cls_session->dd_data;
	struct iscsi_conn *conn = cls_conn->dd_data;
	struct iser_endpoint *end;
	struct iscsi_endpoint *ep;
	int err;

	ep = iscsi_lookup_endpoint(transport_eph);
	if (!ep)
		return -EINVAL;
	err = -ENOTCONN;
	end = iser_ep_get(ep);
	if (!end)
		goto put_ep;

	err = -EINVAL;
	if (conn->dd_data || end->iscsi)
		goto put;
	if (!iser_attempt_succeeded(end)) {
		err = -ENOTCONN;
		goto put;
	}
	if (session->cmds_max > end->info->tasks) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "the session has %d tasks, max_cmds or the device allows %u; log out and in again",
			 session->cmds_max, end->info->tasks);
		goto put;
	}
	err = iser_host_check(session->host, end);
	if (err)
		goto put;

	spin_lock_bh(&end->lock);
	if (end->ended)
		err = -ENOTCONN;
	else
		end->iscsi = conn;
	spin_unlock_bh(&end->lock);
	if (err)
		goto put;

	conn->dd_data = end;
	err = iscsi_conn_bind(cls_session, cls_conn, is_leading);
put:
	iser_ep_put(end);
put_ep:
	iscsi_put_endpoint(ep);
	return err;
}

/**
 * iser_conn_set_param - take the result of a login key, or a setting
 * @cls_conn: connection
 * @param: which
 * @buf: value as text, terminated
 * @buflen: its length
 *
 * Digests and markers protect a byte stream; RDMA has its own CRC and message
 * borders (RFC 7145, sections 6.1 and 6.2).  Process context.
 * Return: 0, -EPROTO for a digest or marker, or libiscsi's error.
 */
int iser_conn_set_param(struct iscsi_cls_conn *cls_conn, enum iscsi_param param,
			char *buf, int buflen)
{
	int value;

	switch (param) {
	case ISCSI_PARAM_HDRDGST_EN:
	case ISCSI_PARAM_DATADGST_EN:
	case ISCSI_PARAM_IFMARKER_EN:
	case ISCSI_PARAM_OFMARKER_EN:
		if (kstrtoint(buf, 0, &value) || value) {
			pr_err("digests and markers are not for iSER: set HeaderDigest and DataDigest to None\n");
			return -EPROTO;
		}
		return 0;
	default:
		return iscsi_set_param(cls_conn, param, buf, buflen);
	}
}

/**
 * iser_conn_get_ep_param - address and port of the target
 * @ep: endpoint
 * @param: which
 * @buf: one page
 *
 * Process context.  Return: bytes written or negative errno.
 */
int iser_conn_get_ep_param(struct iscsi_endpoint *ep, enum iscsi_param param,
			   char *buf)
{
	struct iser_endpoint *end = ep->dd_data;
	struct sockaddr_storage remote = end->remote;

	switch (param) {
	case ISCSI_PARAM_CONN_ADDRESS:
	case ISCSI_PARAM_CONN_PORT:
		return iscsi_conn_get_addr_param(&remote, param, buf);
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * iser_conn_get_stats - counters for "iscsiadm -m session -s"
 * @cls_conn: connection
 * @stats: filled
 *
 * Data-In and R2T PDUs do not exist here: the target's RDMA does their work.
 * Process context.
 */
void iser_conn_get_stats(struct iscsi_cls_conn *cls_conn,
			 struct iscsi_stats *stats)
{
	struct iscsi_conn *conn = cls_conn->dd_data;

	stats->txdata_octets = conn->txdata_octets;
	stats->rxdata_octets = conn->rxdata_octets;
	stats->scsicmd_pdus = conn->scsicmd_pdus_cnt;
	stats->dataout_pdus = conn->dataout_pdus_cnt;
	stats->scsirsp_pdus = conn->scsirsp_pdus_cnt;
	stats->datain_pdus = conn->datain_pdus_cnt;
	stats->r2t_pdus = conn->r2t_pdus_cnt;
	stats->tmfcmd_pdus = conn->tmfcmd_pdus_cnt;
	stats->tmfrsp_pdus = conn->tmfrsp_pdus_cnt;
	stats->custom_length = 1;
	strscpy(stats->custom[0].desc, "eh_abort_cnt",
		sizeof(stats->custom[0].desc));
	stats->custom[0].value = conn->eh_abort_cnt;
}
