// SPDX-License-Identifier: GPL-2.0-only
/* Asynchronous Message and Reject: sections 7.3.7, 7.3.12, 10.1.4.4. */
#include "target.h"

static void asynchronous(struct conn *c, uint8_t event, uint16_t parameter)
{
	struct msg *m = reply(c, NULL, ISCSI_ASYNC);

	BHS(m)[36] = event;
	put16(BHS(m) + 38, parameter);		/* the least number of seconds */
	put16(BHS(m) + 40, parameter);
	put16(BHS(m) + 42, parameter);
	post(c, m);
}

CASE(target, "async/logout", "R-7.2-2 D-6-3 R-5.2.1-1",
     "an Asynchronous Message that asks for a logout: a Logout Request comes")
{
	struct conn *c = up("");
	struct rx *rx;

	asynchronous(c, 1, 3);
	rx = await(c, ISCSI_LOGOUT);
	check(rx->b[0] == ISER_CONTROL, "the header begins %02x", rx->b[0]);
	conn_unlisten();
	serve_pdu(c, rx);
}

CASE(target, "async/vendor", "R-7.2-2 D-6-3",
     "an Asynchronous Message of a vendor: the session goes on")
{
	struct conn *c = up("");

	asynchronous(c, 255, 0);
	stays(c, "a vendor's Asynchronous Message");
	drive("read %u 8", LBA);
	finish(c);
}

CASE(target, "async/scsi", "R-7.2-2 D-6-3 R-6.5-3",
     "an Asynchronous Message with sense data: the session goes on")
{
	static const uint8_t sense[20] = { 0, 18, 0x70, 0, 6, 0, 0, 0, 0, 10,
					   0, 0, 0, 0, 0x2a, 0x09 };
	struct conn *c = up("");
	struct msg *m = reply(c, NULL, ISCSI_ASYNC);

	add_data(m, sense, sizeof(sense));
	post(c, m);
	stays(c, "an Asynchronous Message with sense data");
	drive("read %u 8", LBA);
	finish(c);
}

/* Sends a Reject with the header of a PDU that the initiator has sent. */
static void reject(struct conn *c, const struct rx *rx, uint8_t reason)
{
	struct msg *m = reply(c, NULL, ISCSI_REJECT);

	BHS(m)[2] = reason;
	add_data(m, rx->bhs, BHS_LEN);
	post(c, m);
}

CASE(target, "reject/command", "R-10.1.4.4-1 R-7.2-2 D-6-3 R-8.1-3",
     "a Reject for a read: the session goes on, and the read ends with its response")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);

	reject(c, rx, REJECT_PROTOCOL);
	stays(c, "a Reject");
	serve_pdu(c, rx);
	finish(c);
}

CASE(target, "reject/many", "R-8.1-3 R-10.1.4.4-1",
     "thirty Rejects: the session goes on; two hundred at once: it ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	int i;

	for (i = 0; i < 30; i++)
		reject(c, rx, REJECT_FIELD);
	stays(c, "thirty Rejects");
	for (i = 0; i < 200 && !c->ended; i++)
		reject(c, rx, REJECT_FIELD);
	ends(c, "two hundred Rejects");
}

CASE(target, "reject/ping", "R-10.1.4.4-1 R-7.2-2",
     "a Reject for a ping, too many immediate commands: the ping is given up, the next one comes")
{
	struct conn *c = up_with(NULL, "", "node.conn[0].timeo.noop_out_interval=1 "
				 "node.conn[0].timeo.noop_out_timeout=3");
	struct rx *rx = await(c, ISCSI_NOP_OUT);
	uint32_t itt = itt_of(rx->bhs);

	reject(c, rx, 0x06);
	rx = await(c, ISCSI_NOP_OUT);
	check(rx->bhs, "NOP-Out %08x came behind %08x", itt_of(rx->bhs), itt);
	serve_pdu(c, rx);
	stays(c, "a Reject for a ping");
}

CASE(target, "reject/without-header", "R-10.1.3.3-4 R-10.1.4.4-1",
     "a Reject that has no header of a PDU: the connection ends or goes on, I/O comes again")
{
	struct conn *c = up_with(NULL, "", "node.session.timeo.replacement_timeout=20 "
				 "node.session.iscsi.DefaultTime2Wait=0");
	struct msg *m = reply(c, NULL, ISCSI_REJECT);

	BHS(m)[2] = REJECT_PROTOCOL;
	post(c, m);
	if (!answers(c)) {
		check(c->ended, "the initiator is silent");
		c = conn_accept(NULL);
		serve_login(c, "");
	}
	drive("read %u 8", LBA);
	finish(c);
}

CASE(target, "reject/untagged-ping", "R-10.1.4.4-1 R-10.1.3.3-4",
     "a Reject for a NOP-Out that has no tag, with the NOP-In that it answers: no task ends twice")
{
	struct conn *c = up_with(NULL, "", "node.session.timeo.replacement_timeout=20 "
				 "node.session.iscsi.DefaultTime2Wait=0");
	struct rx *rx = read_comes(c, 8);
	uint8_t named[BHS_LEN];
	struct msg *m[2];

	/* The task that libiscsi takes next, if it takes them in turn. */
	memcpy(named, rx->bhs, BHS_LEN);
	named[0] = ISCSI_NOP_OUT | IMMEDIATE;
	named[16]++;
	m[0] = nop_in(c, 0x4711);
	m[1] = reply(c, NULL, ISCSI_REJECT);
	BHS(m[1])[2] = 0x06;
	add_data(m[1], named, BHS_LEN);
	post_many(c, m, 2);
	if (answers(c)) {
		serve_pdu(c, rx);
	} else {
		check(c->ended, "the initiator is silent");
		c = conn_accept(NULL);
		serve_login(c, "");
	}
	finish(c);
	drive("read %u 8", LBA);
	finish(c);
}
