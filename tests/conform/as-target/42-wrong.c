// SPDX-License-Identifier: GPL-2.0-only
/* Invalidations of the wrong STag: section 7.3.2. */
#include "target.h"

#define SECOND	(LBA + 1000)

/* Drives two reads that are outstanding together. */
static struct conn *two_reads(const struct cm *cm, struct rx **first, struct rx **second)
{
	struct conn *c = up_with(cm, "", "");

	drive("read %u 8", LBA);
	*first = await_io(c, LBA);
	drive_also("read %u 8", SECOND);
	*second = await_io(c, SECOND);
	return c;
}

CASE(target, "wrong/other-task", "R-7.3.2-7 R-7.3.2-8",
     "a response invalidates the STag of another task: the connection ends, neither is completed")
{
	struct rx *first, *second;
	struct conn *c = two_reads(NULL, &first, &second);
	struct msg *m;

	can_invalidate(c);
	move_data(c, first);
	m = good(c, first);
	m->invalidate = stag_of(second);
	post(c, m);
	ends_unfinished(c, "the STag of another task was invalidated");
}

CASE(target, "wrong/recovery", "R-7.3.2-8 R-5.2.3.2-1 D-8.7-2",
     "after such an end the session comes back, and both reads bring the right data")
{
	struct rx *first, *second;
	struct conn *c;
	struct msg *m;

	fill(disk + LBA * BLOCK, 4096, 80);
	c = up_with(NULL, "", "node.session.timeo.replacement_timeout=20 "
			   "node.session.iscsi.DefaultTime2Wait=0");
	can_invalidate(c);
	drive("read %u 8 %s", LBA, scratch());
	first = await_io(c, LBA);
	drive_also("read %u 8", SECOND);
	second = await_io(c, SECOND);
	/* The target sends the status of the first read without its data. */
	m = good(c, first);
	m->invalidate = stag_of(second);
	post(c, m);
	c = conn_accept(NULL);
	serve_login(c, "");
	finish(c);
	scratch_expect(4096, 80);
}

CASE(target, "wrong/nop-in", "R-7.3.2-7 R-7.3.2-8",
     "a NOP-In invalidates the STag of a read: the connection ends, the read is not completed")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m = nop_in(c, 0x55);

	can_invalidate(c);
	m->invalidate = stag_of(rx);
	post(c, m);
	ends_unfinished(c, "a NOP-In has invalidated an STag");
}

CASE(target, "wrong/no-stag", "R-7.3.2-7 R-7.3.2-8",
     "the response of a command without STag invalidates one of another: the connection ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8), *other;
	struct msg *m;

	can_invalidate(c);
	drive_also("sgio 3500%016x NONE 0", 0);
	do {
		other = await(c, ISCSI_COMMAND);
		if (other->bhs[32] != 0x35)
			serve_pdu(c, other);
	} while (other->bhs[32] != 0x35);
	m = response(c, other, 0, 0);
	m->invalidate = stag_of(rx);
	post(c, m);
	ends(c, "the STag of another task was invalidated");
}

static void not_agreed(const struct cm *cm, const char *why)
{
	struct conn *c = up_with(cm, "", "");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	m->invalidate = stag_of(rx);
	post(c, m);
	ends_unfinished(c, why);
}

CASE(target, "wrong/not-agreed", "R-7.3.2-7 R-8.2-3",
     "a target that said it does not invalidate does so: the connection ends")
{
	static const uint8_t data[4] = { 0xc0 };
	struct cm cm = cm_default();

	cm.data = data;
	cm.data_len = sizeof(data);
	not_agreed(&cm, "an invalidation that was not agreed on");
}

CASE(target, "wrong/no-private-data", "R-7.3.2-7 R-8.2-3",
     "a target without private data invalidates: the connection ends")
{
	struct cm cm = cm_default();

	cm.data = NULL;
	cm.data_len = 0;
	not_agreed(&cm, "an invalidation that was not agreed on");
}

CASE(target, "wrong/named", "R-7.3.2-6 R-10.1.3.3-1",
     "a response names the STag of another task: the connection ends, neither is completed")
{
	struct rx *first, *second;
	struct conn *c = two_reads(NULL, &first, &second);
	struct msg *m;

	move_data(c, first);
	m = good(c, first);
	m->b[0] |= ISER_RSV;
	put32(m->b + 16, stag_of(second));
	post(c, m);
	ends_unfinished(c, "the STag of another task was named");
}

CASE(target, "wrong/named-other-way", "R-7.3.2-6 R-10.1.3.3-1",
     "the response of a read names its STag as a Write STag: the connection ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	m->b[0] |= ISER_WSV;
	put32(m->b + 4, stag_of(rx));
	post(c, m);
	ends_unfinished(c, "a read has no Write STag");
}

CASE(target, "wrong/ignored-fields", "R-9.2-2 R-9.2-4 R-9.2-9",
     "reserved bits, and STags without WSV and RSV, in a response have no effect")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	m->b[0] |= 3;
	memset(m->b + 1, 0xee, ISER_LEN - 1);
	post(c, m);
	finish(c);
	stays(c, "reserved bits are set");
}
