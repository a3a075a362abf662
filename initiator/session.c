// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session and its Scsi_Host.
 */
#include "initiator.h"

static u32 host_pages(const struct Scsi_Host *shost)
{
	return DIV_ROUND_UP(shost->max_sectors, ISER_STAG_PAGE / SECTOR_SIZE) + 1;
}

/*
 * A command of n pages of data that begins inside a page spans n + 1 pages.
 * The host's largest command is bounded so that one STag covers it, even if
 * each segment takes a separate page, and so that it can be mapped: the SCSI
 * layer bounds it by that, too, but does not lower the number of segments.
 *
 * A segment may have any number of adjacent pages, because a limit would cut it
 * inside a page, which an STag without gaps can't cover.  With gaps, the limit
 * is the device's, because the SCSI layer sets it for all users of the device.
 */
static void host_limits(struct Scsi_Host *shost, const struct iser_info *info,
			struct device *dma)
{
	u32 pages = info ? info->max_pages : ISER_DEFAULT_PAGES;
	u32 sectors = (pages - 1) * (ISER_STAG_PAGE / SECTOR_SIZE);

	if (info)
		sectors = min(sectors, info->max_mapping / SECTOR_SIZE);
	shost->max_sectors = min(READ_ONCE(iscsi_iser_max_sectors), sectors);
	shost->sg_tablesize = min_t(u32, host_pages(shost), SG_MAX_SEGMENTS);
	if (info && info->sg_gaps) {
		shost->max_segment_size = dma_get_max_seg_size(dma);
	} else {
		shost->virt_boundary_mask = ISER_STAG_PAGE - 1;
		shost->max_segment_size = UINT_MAX;
	}
}

/**
 * iscsi_iser_host_check - check a connection's device against the host's limits
 * @shost: host, with the limits given to the SCSI layer when it was created
 * @end: connection about to be bound to its session
 *
 * A session may reconnect over another device, and a host that was created
 * without a connection has default limits.  Also notes the local address.
 * Process context.
 * Return: 0 or -EINVAL after a line.
 */
int iscsi_iser_host_check(struct Scsi_Host *shost, struct iscsi_iser_endpoint *end)
{
	struct iscsi_iser_host *host = iscsi_host_priv(shost);
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
	if (!iscsi_iser_pi_fits(shost, info)) {
		iser_log(ISER_LOG_SESSION, &info->remote,
			 "device %s does not check the protection information that host%u has; log out and in again",
			 info->device, shost->host_no);
		return -EINVAL;
	}
	if (info->max_mapping / SECTOR_SIZE < shost->max_sectors) {
		iser_log(ISER_LOG_SESSION, &info->remote,
			 "device %s maps %u KiB at a time, host%u needs %u; log out and in again",
			 info->device, info->max_mapping / 1024, shost->host_no,
			 shost->max_sectors / 2);
		return -EINVAL;
	}

	spin_lock(&host->lock);
	host->local = info->local;
	spin_unlock(&host->lock);
	return 0;
}

/*
 * Adds the host for a DMA device or NULL; host_remove() is the opposite.
 *
 * The host is not below the device in sysfs: when an adapter is unplugged, all
 * that is below it leaves sysfs, while the session waits for a device to come
 * back.  The SCSI layer keeps a pointer to the DMA device and no reference.
 */
static int host_add(struct Scsi_Host *shost, struct device *dma)
{
	struct iscsi_iser_host *host = iscsi_host_priv(shost);
	int err = scsi_add_host_with_dma(shost, NULL, dma);

	if (!err)
		host->dma = get_device(dma);
	return err;
}

static void host_remove(struct Scsi_Host *shost)
{
	struct iscsi_iser_host *host = iscsi_host_priv(shost);

	iscsi_host_remove(shost, false);
	put_device(host->dma);
}

/* Create host and session, for an endpoint or (NULL) a later one. */
static struct iscsi_cls_session *session_make(struct iscsi_iser_endpoint *end,
					      u16 cmds_max, u16 qdepth,
					      u32 initial_cmdsn)
{
	u32 tasks = end ? end->info->tasks : READ_ONCE(iscsi_iser_max_cmds);
	struct iscsi_cls_session *cls_session;
	struct device *dma = NULL;
	struct Scsi_Host *shost;
	struct iscsi_iser_host *host;
	int scsi_cmds, err;

	/* libiscsi would do this later, without a bound. */
	if (!cmds_max)
		cmds_max = ISCSI_DEF_XMIT_CMDS_MAX;
	if (cmds_max > tasks) {
		/* libiscsi takes a power of two. */
		tasks = rounddown_pow_of_two(tasks);
		pr_info("node.session.cmds_max %u is reduced to %u, the limit of %s\n",
			cmds_max, tasks, end && end->info->tasks < end->tasks ?
			"the device's queue pairs" :
			"parameter max_cmds");
		cmds_max = tasks;
	}

	shost = iscsi_host_alloc(&iscsi_iser_sht, sizeof(*host), false);
	if (!shost)
		return NULL;
	host = iscsi_host_priv(shost);
	spin_lock_init(&host->lock);

	scsi_cmds = iscsi_host_get_max_scsi_cmds(shost, cmds_max);
	if (scsi_cmds < 0)
		goto free_host;

	shost->transportt = iscsi_iser_scsi_transport;
	shost->can_queue = scsi_cmds;
	shost->cmd_per_lun = qdepth ?: ISCSI_DEF_CMD_PER_LUN;
	shost->max_lun = iscsi_iser_max_lun;
	shost->max_id = 0;
	shost->max_channel = 0;
	shost->max_cmd_len = ISCSI_CDB_SIZE;
	if (end) {
		dma = iser_get_dma_device(end->conn);
		if (!dma && end->info->sg_gaps)
			goto free_host;		/* device removed */
		if (end->info->inline_max >= ISER_CDB_AHS)
			shost->max_cmd_len = SCSI_MAX_VARLEN_CDB_SIZE;
	}
	host_limits(shost, end ? end->info : NULL, dma);
	if (end && end->info->pi)
		iscsi_iser_pi_host(shost, end->info);
	if (shost->max_sectors < iscsi_iser_max_sectors)
		pr_info("max_sectors is reduced from %u to %u, the limit of an STag or of a DMA mapping of the device\n",
			iscsi_iser_max_sectors, shost->max_sectors);

	err = host_add(shost, dma);
	put_device(dma);
	if (err)
		goto free_host;
	host->region_pages = host_pages(shost);

	cls_session = iscsi_session_setup(&iscsi_iser_transport, shost, cmds_max, 0,
					  0, initial_cmdsn, 0);
	if (!cls_session)
		goto remove_host;
	return cls_session;

remove_host:
	host_remove(shost);
free_host:
	iscsi_host_free(shost);
	return NULL;
}

/**
 * iscsi_iser_session_create - create a host and a session
 * @ep: connected endpoint of the leading connection, or NULL: open-iscsi
 *	before 2.0-871 connects later; default limits apply then
 * @cmds_max: outstanding commands and other PDUs that user space requests; 0:
 *	libiscsi's default
 * @qdepth: commands for each LUN
 * @initial_cmdsn: first CmdSN
 *
 * ep_connect has fixed the queue pair's size by the parameter max_cmds and the
 * device's limits, so cmds_max is reduced to it.  Process context.
 * Return: session or NULL.
 */
struct iscsi_cls_session *iscsi_iser_session_create(struct iscsi_endpoint *ep,
						    u16 cmds_max, u16 qdepth,
						    u32 initial_cmdsn)
{
	struct iscsi_cls_session *cls_session = NULL;
	struct iscsi_iser_endpoint *end;

	if (!ep)
		return session_make(NULL, cmds_max, qdepth, initial_cmdsn);
	end = iscsi_iser_ep_get(ep);
	if (!end)
		return NULL;
	/* An attempt may replace the connection until then. */
	if (iscsi_iser_attempt_succeeded(end))
		cls_session = session_make(end, cmds_max, qdepth,
					   initial_cmdsn);
	iscsi_iser_ep_put(end);
	return cls_session;
}

/**
 * iscsi_iser_session_destroy - undo iscsi_iser_session_create()
 * @cls_session: session, without connections
 *
 * Process context, sleeps.
 */
void iscsi_iser_session_destroy(struct iscsi_cls_session *cls_session)
{
	struct Scsi_Host *shost = iscsi_session_to_shost(cls_session);

	iscsi_session_remove(cls_session);
	host_remove(shost);
	iscsi_session_free(cls_session);
	iscsi_host_free(shost);
}

/**
 * iscsi_iser_host_get_param - a host's attribute in sysfs
 * @shost: host
 * @param: which one
 * @buf: one page
 *
 * Process context.
 * Return: bytes written or negative errno.
 */
int iscsi_iser_host_get_param(struct Scsi_Host *shost, enum iscsi_host_param param,
			      char *buf)
{
	struct iscsi_iser_host *host = iscsi_host_priv(shost);
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
