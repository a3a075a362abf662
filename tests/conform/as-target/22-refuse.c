// SPDX-License-Identifier: GPL-2.0-only
/* Logins that must not lead to a session. */
#include "target.h"

static void refuse(const char *keys, const char *why)
{
	struct conn *c;

	other_port();
	c = login_begins("");
	serve_login(c, keys);
	login_fails(c, why);
}

CASE(target, "refuse/no", "R-3.3-2 R-5.1-1", "RDMAExtensions=No: no session")
{
	refuse("RDMAExtensions=No", "RDMAExtensions=No");
}

CASE(target, "refuse/silence", "R-3.3-2", "no answer to RDMAExtensions: no session")
{
	refuse("-RDMAExtensions", "RDMAExtensions was not answered");
}

CASE(target, "refuse/not-understood", "R-3.3-2",
     "RDMAExtensions=NotUnderstood: no session")
{
	refuse("RDMAExtensions=NotUnderstood", "RDMAExtensions=NotUnderstood");
}

CASE(target, "refuse/rejected", "R-3.3-2", "RDMAExtensions=Reject: no session")
{
	refuse("RDMAExtensions=Reject", "RDMAExtensions=Reject");
}

CASE(target, "refuse/digest", "R-5.1-9", "a target that insists on a digest: no session")
{
	refuse("+HeaderDigest=CRC32C", "HeaderDigest=CRC32C");
}

CASE(target, "refuse/marker", "R-6.6-1", "a target that insists on markers: no session")
{
	refuse("+IFMarker=Yes", "IFMarker=Yes");
}

CASE(target, "refuse/target-length", "R-6.4-1 R-10.1.3.4-4",
     "TargetRecvDataSegmentLength=511, out of range: no session")
{
	refuse("TargetRecvDataSegmentLength=511", "TargetRecvDataSegmentLength=511");
}

CASE(target, "refuse/initiator-length", "R-6.5-1 R-10.1.3.4-4",
     "InitiatorRecvDataSegmentLength=0, out of range: no session")
{
	refuse("InitiatorRecvDataSegmentLength=0", "InitiatorRecvDataSegmentLength=0");
}

CASE(target, "refuse/unexpected", "R-6.7-1 R-10.1.3.4-4",
     "MaxOutstandingUnexpectedPDUs=1, which does not exist: no session, or no effect")
{
	struct conn *c;

	other_port();
	c = login_begins("");
	serve_login(c, "MaxOutstandingUnexpectedPDUs=1");
	if (serve_driven(c))
		return;
	drive("read %u 8", LBA);
	finish(c);
}

CASE(target, "refuse/connections", "R-6-1",
     "MaxConnections=4 in answer to 1: libiscsi has one connection, no session")
{
	refuse("MaxConnections=4", "MaxConnections=4");
}

CASE(target, "refuse/level-1", "R-6-1",
     "ErrorRecoveryLevel=1 in answer to 0, the only one that libiscsi has: no session")
{
	refuse("ErrorRecoveryLevel=1", "ErrorRecoveryLevel=1");
}

CASE(target, "refuse/level-2", "R-6-1", "ErrorRecoveryLevel=2 likewise")
{
	refuse("ErrorRecoveryLevel=2", "ErrorRecoveryLevel=2");
}

/*
 * Serves the login up to the request that would lead to full feature phase and leaves
 * that unanswered.
 */
static struct conn *last_request(struct rx **rx)
{
	struct conn *c;

	other_port();
	c = login_begins("");
	for (;;) {
		*rx = next_rx(c, opt.wait_ms);
		check(*rx && (*rx)->opcode == ISCSI_LOGIN, "no Login Request came");
		if (((*rx)->bhs[1] & 0x83) == 0x83)
			return c;
		serve_login_request(c, *rx, "");
	}
}

static void refuse_last(uint16_t status)
{
	struct rx *rx;
	struct conn *c = last_request(&rx);
	struct msg *m = reply(c, rx, ISCSI_LOGIN_RSP);

	BHS(m)[1] = 0;
	memcpy(BHS(m) + 8, rx->bhs + 8, 8);
	put32(BHS(m) + 24, 0);
	put16(BHS(m) + 36, status);
	post(c, m);
	login_fails(c, "the last Login Response refuses");
	/*
	 * The initiator must have freed what it allocated for that login: the next
	 * login works.
	 */
	c = up("");
	drive("read %u 8", LBA);
	finish(c);
}

CASE(target, "refuse/forbidden", "R-10.1.4.6-1 D-8.5-1",
     "status 0202 to the last Login Request: the login fails, the next one works")
{
	refuse_last(0x0202);
}

CASE(target, "refuse/no-resources", "R-10.1.4.6-1 D-8.5-1",
     "status 0302 to the last Login Request: the login fails, the next one works")
{
	refuse_last(0x0302);
}

CASE(target, "refuse/closed-last", "R-10.1.1.1-2 D-8.5-1 R-5.2.3.2-1",
     "the connection goes before the last Login Response: the login fails, the next one works")
{
	struct rx *rx;
	struct conn *c = last_request(&rx);

	conn_close(c);
	login_fails(c, "the connection was closed");
	c = up("");
	drive("read %u 8", LBA);
	finish(c);
}

CASE(target, "refuse/other-answer", "R-7.3.9-5 R-10.1.3.4-4",
     "a SCSI Response in place of the Login Response: no session")
{
	struct rx *rx;
	struct conn *c = last_request(&rx);

	post(c, reply(c, rx, ISCSI_RESPONSE));
	login_fails(c, "a SCSI Response during login");
}

CASE(target, "refuse/early", "R-10.1.3.4-4",
     "a Login Response that enters full feature phase before it was asked for: no session")
{
	struct conn *c;
	struct rx *rx;

	other_port();
	c = login_begins("");
	rx = next_rx(c, opt.wait_ms);
	check(rx && rx->opcode == ISCSI_LOGIN, "no Login Request came");
	if ((rx->bhs[1] & 0x83) == 0x83)
		skip("the first Login Request asks for it");
	rx->bhs[1] |= 0x83;
	serve_login_request(c, rx, "");
	login_fails(c, "full feature phase was not asked for");
}

CASE(target, "refuse/twice", "R-6-3 R-10.1.3.4-4",
     "a key that is answered twice: no session")
{
	refuse("+TargetRecvDataSegmentLength=1024", "TargetRecvDataSegmentLength twice");
}
