// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection information between the SCSI layer and the core.
 */
#include "initiator.h"

/* Type 2 is not offered: no target that is known takes it. */
static unsigned int host_types(const struct iser_info *info)
{
	unsigned int types = 0;

	if (info->pi_type1)
		types |= SHOST_DIF_TYPE1_PROTECTION | SHOST_DIX_TYPE0_PROTECTION |
			SHOST_DIX_TYPE1_PROTECTION;
	if (info->pi_type3)
		types |= SHOST_DIF_TYPE3_PROTECTION | SHOST_DIX_TYPE3_PROTECTION;
	return types;
}

static unsigned char host_guards(const struct iser_info *info)
{
	return (info->pi_crc ? SHOST_DIX_GUARD_CRC : 0) |
		(info->pi_ip ? SHOST_DIX_GUARD_IP : 0);
}

/**
 * iscsi_iser_pi_host - tell the SCSI layer what the adapter checks
 * @shost: host that is not added yet; its limits are set
 * @info: of a connection that carries protection information
 */
void iscsi_iser_pi_host(struct Scsi_Host *shost, const struct iser_info *info)
{
	shost->sg_prot_tablesize = shost->sg_tablesize;
	scsi_host_set_prot(shost, host_types(info));
	scsi_host_set_guard(shost, host_guards(info));
}

/**
 * iscsi_iser_pi_fits - whether a connection checks what the SCSI layer was told
 * @shost: host of its session
 * @info: of the connection
 * Return: true if it does.
 */
bool iscsi_iser_pi_fits(const struct Scsi_Host *shost, const struct iser_info *info)
{
	return !shost->prot_capabilities ||
		(info->pi && !(shost->prot_capabilities & ~host_types(info)) &&
		 !(shost->prot_guard_type & ~host_guards(info)));
}

/* Where the tuples of a command are.  Returns false for an unknown operation. */
static bool places(struct iser_pi *pi, unsigned char op)
{
	switch (op) {
	case SCSI_PROT_READ_PASS:
	case SCSI_PROT_WRITE_PASS:
		pi->memory = true;
		pi->wire = true;
		return true;
	case SCSI_PROT_READ_STRIP:
	case SCSI_PROT_WRITE_INSERT:
		pi->wire = true;
		return true;
	case SCSI_PROT_READ_INSERT:
	case SCSI_PROT_WRITE_STRIP:
		pi->memory = true;
		return true;
	default:
		return false;
	}
}

/**
 * iscsi_iser_pi_task - the protection information of a command
 * @task: command with data, whose protection operation is not normal
 *
 * Under frwd_lock, before the buffer is mapped.
 * Return: 0, or -EINVAL after a line.
 */
int iscsi_iser_pi_task(struct iscsi_task *task)
{
	struct iscsi_iser_endpoint *end = task->conn->dd_data;
	struct iser_task *iser_task = task->dd_data;
	struct scsi_cmnd *sc = task->sc;
	struct iser_pi pi = {
		.interval = scsi_prot_interval(sc),
		.ref_tag = scsi_prot_ref_tag(sc),
		.ip_guard = sc->prot_flags & SCSI_PROT_IP_CHECKSUM,
		.increment = sc->prot_flags & SCSI_PROT_REF_INCREMENT,
		.sgl = scsi_prot_sglist(sc),
		.nents = scsi_prot_sg_count(sc),
	};
	int err = -EINVAL;

	if (sc->prot_flags & SCSI_PROT_GUARD_CHECK)
		pi.checks |= ISER_PI_CHECK(ISER_PI_GUARD);
	if (sc->prot_flags & SCSI_PROT_REF_CHECK)
		pi.checks |= ISER_PI_CHECK(ISER_PI_REF);
	if (sc->sc_data_direction == DMA_TO_DEVICE)
		iscsi_iser_task_all_solicited(task);
	iser_task->immediate = 0;
	iser_task->unsolicited = 0;
	if (places(&pi, scsi_get_prot_op(sc)))
		err = iser_task_pi(iser_task, &pi);
	if (err)
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a command fails: %s can't check protection operation %u of %u bytes in blocks of %u",
			 end->info->device, scsi_get_prot_op(sc), iser_task->data.len,
			 pi.interval);
	return err;
}

/**
 * iscsi_iser_pi_check - libiscsi asks what the adapter of this host has found
 * @task: command whose response has arrived, and which has protection information
 * @sector: set to the LBA that the sense data have
 *
 * From iscsi_complete_pdu(), under back_lock.
 * Return: ASCQ of the sense data that libiscsi makes, with ASC 10h, or 0.
 */
u8 iscsi_iser_pi_check(struct iscsi_task *task, sector_t *sector)
{
	struct iser_task *iser_task = task->dd_data;
	const struct iser_pi_result *result;

	/* Without data there is none to check. */
	if (!iser_task || !iser_task->data.len)
		return 0;
	result = iser_task_pi_result(iser_task);
	if (!result->error)
		return 0;
	*sector = scsi_get_lba(task->sc);
	/*
	 * Of a write the SCSI layer would take the blocks before for written, but the
	 * target may have found the same, and then has written none.
	 */
	if (iser_task->dir == DMA_FROM_DEVICE)
		*sector += result->block;
	return result->error;
}
