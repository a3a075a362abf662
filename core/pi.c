// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection information for both ends: the device is told what to check and to make
 * when it registers the memory, and asked afterwards what it has found.
 *
 * A device checks what goes into it: at the end that has the data, what comes from
 * memory; at the other end, what comes by the wire.  An error fails no work request,
 * so each registration is asked for before its task or command ends.
 */
#include "conn.h"
#include "device.h"
#include "pi.h"

struct static_key_false iser_pi_key = STATIC_KEY_FALSE_INIT;
EXPORT_SYMBOL_ISER(iser_pi_key);

/*
 * Turns the key, once: that takes the lock of CPU hotplug, which others hold while they
 * allocate, and a connection of a disk must not wait for memory.
 */
static void iser_pi_begins(void)
{
	static bool begun;

	if (READ_ONCE(begun))
		return;
	static_branch_enable(&iser_pi_key);
	WRITE_ONCE(begun, true);
}

/*
 * iser_pi_wanted - whether the connection carries protection information
 *
 * Its half has asked for it, and the device can check it.  From iser_verbs_create();
 * sleeps.
 */
bool iser_pi_wanted(struct iser_conn *conn)
{
	if (!conn->param.pi)
		return false;
	if (conn->limits.pi_types && conn->limits.pi_pages &&
	    !iser_conn_iwarp(conn)) {
		iser_pi_begins();
		return true;
	}
	if (iser_device_note(conn->dev, ISER_NO_PI))
		iser_conn_warn(conn, "the device can't check protection information, so none is carried over it");
	return false;
}

void iser_pi_begin(struct iser_pi_room *room, const struct iser_pi *pi)
{
	room->pi = *pi;
	room->result.error = ISER_PI_GOOD;
	room->result.block = 0;
	room->mapped = 0;
	room->first = 0;
}

/* iser_pi_dma_map - map the tuples in memory, if there are.  Return: success. */
bool iser_pi_dma_map(struct ib_device *dev, struct iser_pi_room *room,
		     enum dma_data_direction dir)
{
	int n = 0;

	if (room->pi.memory) {
		n = ib_dma_map_sg(dev, room->pi.sgl, room->pi.nents, dir);
		if (n <= 0)
			return false;
	}
	room->mapped = n;
	return true;
}

void iser_pi_dma_unmap(struct ib_device *dev, struct iser_pi_room *room,
		       enum dma_data_direction dir)
{
	if (room->mapped)
		ib_dma_unmap_sg(dev, room->pi.sgl, room->pi.nents, dir);
	room->mapped = 0;
}

static void iser_pi_domain(struct ib_sig_domain *domain, const struct iser_pi *pi,
			   bool there, bool ip, u32 first)
{
	if (!there) {
		domain->sig_type = IB_SIG_TYPE_NONE;
		return;
	}
	domain->sig_type = IB_SIG_TYPE_T10_DIF;
	domain->sig.dif = (struct ib_t10_dif_domain){
		.bg_type = ip ? IB_T10DIF_CSUM : IB_T10DIF_CRC,
		.pi_interval = pi->interval,
		.ref_tag = iser_pi_ref_tag(pi, first),
		.ref_remap = pi->increment,
		/* SBC: a block whose tags say so is not checked; in type 3, by both. */
		.app_escape = true,
		.ref_escape = !pi->increment,
		.apptag_check_mask = 0xffff,
	};
}

/*
 * iser_pi_describe - what the next registration of an integrity MR checks and makes
 * @first: number of the block with which it begins
 */
void iser_pi_describe(struct ib_mr *mr, const struct iser_pi *pi, u32 first)
{
	struct ib_sig_attrs *attrs = mr->sig_attrs;

	memset(attrs, 0, sizeof(*attrs));
	iser_pi_domain(&attrs->mem, pi, pi->memory, pi->ip_guard, first);
	/* SBC knows no other guard. */
	iser_pi_domain(&attrs->wire, pi, pi->wire, false, first);
	if (pi->checks & ISER_PI_CHECK(ISER_PI_GUARD))
		attrs->check_mask |= IB_SIG_CHECK_GUARD;
	if (pi->checks & ISER_PI_CHECK(ISER_PI_APP))
		attrs->check_mask |= IB_SIG_CHECK_APPTAG;
	if (pi->checks & ISER_PI_CHECK(ISER_PI_REF))
		attrs->check_mask |= IB_SIG_CHECK_REFTAG;
}

static enum iser_pi_error iser_pi_error_of(const struct ib_sig_err *err)
{
	switch (err->err_type) {
	case IB_SIG_BAD_REFTAG:
		return ISER_PI_REF;
	case IB_SIG_BAD_APPTAG:
		return ISER_PI_APP;
	default:
		return ISER_PI_GUARD;
	}
}

/*
 * iser_pi_check - ask what a registration has found, after its last use
 * @first: number of the block with which it begins
 * @room: takes the first error of the command
 *
 * Also where nobody wants to know: mlx5 refuses to register again before.  And
 * before the key changes, by which mlx5 recognizes what it has found.  Any context.
 */
void iser_pi_check(struct iser_conn *conn, struct ib_mr *mr, u32 first,
		   struct iser_pi_room *room)
{
	struct ib_mr_status status = { };
	int ret = ib_check_mr_status(mr, IB_MR_CHECK_SIG_STATUS, &status);

	if (room->result.error || !(ret || status.fail_status & IB_MR_CHECK_SIG_STATUS))
		return;
	/* A device that does not answer must not pass for one that has found nothing. */
	room->result.error = ret ? ISER_PI_GUARD : iser_pi_error_of(&status.sig_err);
	room->result.block = first;
	if (!ret)
		room->result.block += iser_pi_error_block(&room->pi,
							  status.sig_err.sig_err_offset);
	iser_conn_warn(conn, "protection information: wrong %s in block %u of a command, expected %#x and found %#x",
		       room->result.error == ISER_PI_REF ? "reference tag" :
		       room->result.error == ISER_PI_APP ? "application tag" : "guard",
		       room->result.block, status.sig_err.expected,
		       status.sig_err.actual);
}
