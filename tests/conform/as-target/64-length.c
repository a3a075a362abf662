// SPDX-License-Identifier: GPL-2.0-only
/* Messages of a wrong length: section 10.1.3.3. */
#include "target.h"

static void wrong(uint32_t len, uint32_t claim, const char *why)
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	m->len = len;
	put24(BHS(m) + 5, claim);
	post(c, m);
	ends_unfinished(c, why);
}

CASE(target, "length/empty", "R-9.1-1 R-10.1.3.3-4", "a message of no bytes: the connection ends")
{
	wrong(0, 0, "a message of no bytes");
}

CASE(target, "length/27", "R-9.1-1 R-10.1.3.3-4",
     "less than an iSER header: the connection ends")
{
	wrong(27, 0, "27 bytes");
}

CASE(target, "length/28", "R-9.1-1 R-10.1.3.3-4",
     "an iSER header and no PDU: the connection ends, no stale bytes are read")
{
	wrong(28, 0, "28 bytes");
}

CASE(target, "length/60", "O-9.1-1 R-9.1-1 R-10.1.3.3-4",
     "a response with the header of RFC 5046, 12 bytes: refused, the connection ends")
{
	struct conn *c = up("");
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	move_data(c, rx);
	m = good(c, rx);
	memmove(m->b + 12, BHS(m), BHS_LEN);
	m->len = 12 + BHS_LEN;
	post(c, m);
	ends_unfinished(c, "60 bytes");
}

CASE(target, "length/75", "R-9.1-1 R-10.1.3.3-4 R-4.1-7",
     "a byte less than header and BHS: the connection ends, no stale byte is read")
{
	wrong(75, 0, "75 bytes");
}

CASE(target, "length/behind", "R-10.1.3.3-4 R-7.2-1",
     "eight bytes behind the PDU: the connection ends")
{
	wrong(MSG_MIN + 8, 0, "bytes behind the PDU");
}

CASE(target, "length/claim", "R-10.1.3.3-4",
     "a data segment that is claimed and not there: the connection ends, no stale bytes are read")
{
	wrong(MSG_MIN, 100, "100 bytes that are not there");
}

CASE(target, "length/claim-most", "R-10.1.3.3-4",
     "a data segment of 16777215 bytes that is not there: the connection ends")
{
	wrong(MSG_MIN, 0xffffff, "16777215 bytes that are not there");
}

CASE(target, "length/less", "R-10.1.3.3-4",
     "a data segment that is longer than claimed: the connection ends")
{
	wrong(MSG_MIN + 100, 40, "60 bytes more than claimed");
}

/* Sends CHECK CONDITION with @len bytes after the BHS, of which 18 are sense data. */
static void sense(struct conn *c, uint32_t len, bool padded)
{
	uint8_t data[8192] = { 0 };
	struct msg *m = failed_read(c);

	memcpy(data, medium_sense, sizeof(medium_sense));
	add_data(m, data, len);
	if (!padded)
		m->len = MSG_MIN + len;
	post(c, m);
	finish(c);
	check(strstr(drive_said(), "key=3 asc=1104"), "%u bytes of data: the sense is another: %s",
	      len, drive_said());
}

CASE(target, "length/full", "R-6.5-3 R-7.2-2 R-9.5.1-3",
     "a response with all the data that the initiator declares to take, and a little less")
{
	struct conn *c = up("");
	unsigned long size = strtoul(offered(c, "InitiatorRecvDataSegmentLength"), NULL, 0);
	uint32_t most = size < 8192 ? size : 8192;

	sense(c, most, true);
	sense(c, most - 1, true);
	sense(c, most - 4, true);
}

CASE(target, "length/padding", "R-7.2-1 R-10.1.3.3-4",
     "a response with 21 bytes of data, with their padding and without: both are taken")
{
	struct conn *c = up("");

	sense(c, 21, true);
	sense(c, 21, false);
}

CASE(target, "length/too-long", "R-10.1.3.4-4 R-10.1.3.3-4",
     "far more data than InitiatorRecvDataSegmentLength: the connection ends")
{
	struct conn *c = up("");
	unsigned long size = strtoul(offered(c, "InitiatorRecvDataSegmentLength"), NULL, 0);
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	if (size > 16000)
		skip("the initiator takes %lu bytes", size);
	move_data(c, rx);
	m = good(c, rx);
	add_data(m, NULL, size + 1024);
	post(c, m);
	ends_unfinished(c, "a message that is longer than agreed on");
}

/* The first Login Response of a new connection, which @c is set to. */
static struct msg *first_response(struct conn **c)
{
	struct rx *rx;

	other_port();
	*c = login_begins("");
	rx = next_rx(*c, opt.wait_ms);
	check(rx && rx->opcode == ISCSI_LOGIN, "no Login Request came");
	return reply(*c, rx, ISCSI_LOGIN_RSP);
}

CASE(target, "length/login-short", "R-10.1.3.3-4 R-9.1-1",
     "a Login Response of 50 bytes: no session")
{
	struct conn *c;
	struct msg *m = first_response(&c);

	m->len = 50;
	post(c, m);
	login_fails(c, "a Login Response of 50 bytes");
}

CASE(target, "length/login-long", "R-10.1.3.3-4",
     "a Login Response with more than 8192 bytes of text: no session")
{
	struct conn *c;
	struct msg *m = first_response(&c);

	add_data(m, NULL, 12000);
	post(c, m);
	login_fails(c, "12000 bytes of text");
}
