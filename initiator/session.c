// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session and the Scsi_Host made for it.
 */
#include "initiator.h"

static u32 host_pages(const struct Scsi_Host *shost)
{
	return DIV_ROUND_UP(shost->max_sectors, PAGE_SIZE / SECTOR_SIZE) + 1;
}

/*
 * A command of n pages of data that begins inside a page spans n + 1 pages.
 * The host's largest command is bounded so that one STag covers it, also where
 * each segment takes a page of its own.
 */
static void host_limits(struct Scsi_Host *shost, u32 max_pages, bool sg_gaps)
{
	u32 sectors = (max_pages - 1) * (PAGE_SIZE / SECTOR_SIZE);

	shost->max_sectors = min(READ_ONCE(iser_max_sectors), sectors);
	shost->sg_tablesize = min_t(u32, host_pages(shost), SG_MAX_SEGMENTS);
	if (!sg_gaps)
		shost->virt_boundary_mask = PAGE_SIZE - 1;
}

/**
 * iser_host_check - does a connection's device carry what the host promises?
 * @shost: host, with the limits given to the SCSI layer when it was made
 * @end: connection about to be bound to its session
 *
 * A session may come back over another device, and a host made without a
 * connection had to guess.  Also notes the local address.  Process context.
 * Return: 0 or -EINVAL after a line.
 */
int iser_host_check(struct Scsi_Host *shost, struct iser_endpoint *end)
{
	struct iser_host *host = iscsi_host_priv(shost);
	const struct iser_info *info = end->info;

	if (info->max_pages < host->region_pages ||
	    (!info->sg_gaps && !shost->virt_boundary_mask)) {
		iser_log(ISER_LOG_SESSION, &info->remote,
			 "device %s covers %u pages%s with an STag, host%u needs %u%s; log out and in again",
			 info->device, info->max_pages,
			 info->sg_gaps ? "" : " without gaps", shost->host_no,
			 host->region_pages,
			 shost->virt_boundary_mask ? "" : " with gaps");
		return -EINVAL;
	}

	spin_lock(&host->lock);
	host->local = info->local;
	spin_unlock(&host->lock);
	return 0;
}

/**
 * iser_session_create - make a host and a session
 * @ep: connected endpoint of the leading connection, or NULL: open-iscsi
 *	before 2.0-871 connects later; then limits of any device are taken
 * @cmds_max: commands and other PDUs outstanding that user space asks for
 * @qdepth: commands for each LUN
 * @initial_cmdsn: first CmdSN
 *
 * The queue pair's size was fixed at connect, from the parameter max_cmds:
 * more can't be had.  Process context.  Return: session or NULL.
 */
struct iscsi_cls_session *iser_session_create(struct iscsi_endpoint *ep,
					      u16 cmds_max, u16 qdepth,
					      u32 initial_cmdsn)
{
	struct iser_endpoint *end = ep ? ep->dd_data : NULL;
	u32 tasks = end ? end->tasks : READ_ONCE(iser_max_cmds);
	struct iscsi_cls_session *cls_session;
	struct device *dma = NULL;
	struct Scsi_Host *shost;
	struct iser_host *host;
	int scsi_cmds;

	if (cmds_max > tasks) {
		pr_info("node.session.cmds_max %u is reduced to %u: parameter max_cmds\n",
			cmds_max, tasks);
		cmds_max = tasks;
	}

	shost = iscsi_host_alloc(&iser_sht, sizeof(*host), false);
	if (!shost)
		return NULL;
	host = iscsi_host_priv(shost);
	spin_lock_init(&host->lock);

	scsi_cmds = iscsi_host_get_max_scsi_cmds(shost, cmds_max);
	if (scsi_cmds < 0)
		goto free_host;

	shost->transportt = iser_scsi_transport;
	shost->can_queue = scsi_cmds;
	shost->cmd_per_lun = qdepth;
	shost->max_lun = iser_max_lun;
	shost->max_id = 0;
	shost->max_channel = 0;
	if (end) {
		host_limits(shost, end->info->max_pages, end->info->sg_gaps);
		if (end->info->inline_max >= ISER_CDB_AHS)
			shost->max_cmd_len = SCSI_MAX_VARLEN_CDB_SIZE;
		dma = end->info->dma_device;
	} else {
		host_limits(shost, ISER_DEFAULT_PAGES, false);
	}
	if (shost->max_sectors < iser_max_sectors)
		pr_info("max_sectors is reduced from %u to %u: pages that one STag covers\n",
			iser_max_sectors, shost->max_sectors);

	if (iscsi_host_add(shost, dma))
		goto free_host;
	host->region_pages = host_pages(shost);

	cls_session = iscsi_session_setup(&iser_transport, shost, cmds_max, 0,
					  sizeof(struct iser_itask),
					  initial_cmdsn, 0);
	if (!cls_session)
		goto remove_host;
	return cls_session;

remove_host:
	iscsi_host_remove(shost, false);
free_host:
	iscsi_host_free(shost);
	return NULL;
}

/**
 * iser_session_destroy - undo iser_session_create()
 * @cls_session: session, without connections
 *
 * Process context, sleeps.
 */
void iser_session_destroy(struct iscsi_cls_session *cls_session)
{
	struct Scsi_Host *shost = iscsi_session_to_shost(cls_session);

	iscsi_session_remove(cls_session);
	iscsi_host_remove(shost, false);
	iscsi_session_free(cls_session);
	iscsi_host_free(shost);
}

/**
 * iser_host_get_param - a host's attribute in sysfs
 * @shost: host
 * @param: which
 * @buf: one page
 *
 * Process context.  Return: bytes written or negative errno.
 */
int iser_host_get_param(struct Scsi_Host *shost, enum iscsi_host_param param,
			char *buf)
{
	struct iser_host *host = iscsi_host_priv(shost);
	struct sockaddr_storage local;

	if (param != ISCSI_HOST_PARAM_IPADDRESS)
		return iscsi_host_get_param(shost, param, buf);

	spin_lock(&host->lock);
	local = host->local;
	spin_unlock(&host->lock);
	if (!local.ss_family)
		return -ENOTCONN;
	return iscsi_conn_get_addr_param(&local,
					 (enum iscsi_param)ISCSI_HOST_PARAM_IPADDRESS,
					 buf);
}
