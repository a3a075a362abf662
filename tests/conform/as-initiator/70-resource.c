// SPDX-License-Identifier: GPL-2.0-only
/* Many connections, lost ones, failed ones: sections 5.1.2, 5.2.3, 10.1. */
#include "conform.h"

#define SILENT	20	/* the library of siw allows about thirty in a process */

CASE(initiator, "resource/silent", "R-5.1.2-2",
     "connections that never log in do not keep another from it")
{
	struct cm cm = cm_default();
	long start = now_ms();
	int i;

	cm.sends = 4;
	cm.recvs = 4;
	for (i = 0; i < SILENT; i++)
		conn_open(&cm);
	still_serves();
	check(now_ms() - start < 5000L * opt.slow, "it took %ld ms", now_ms() - start);
}

CASE(initiator, "resource/gone-midway", "R-10.1.1.1-1 R-5.2.3.2-1",
     "nor do those that end in the middle of a login")
{
	int i;

	for (i = 0; i < 4; i++) {
		struct conn *c = conn_open(NULL);
		struct text t = { 0 };

		text_add(&t, "InitiatorName", opt.initiator);
		text_add(&t, "TargetName", opt.target);
		text_change(&t, "SessionType=Normal RDMAExtensions=Yes");
		check(login_round(c, login_pdu(c, 1, -1, &t)), "the connection ended");
		conn_close(c);
	}
	still_serves();
}

CASE(initiator, "resource/failed-logins", "D-8.5-1",
     "30 failed logins, then a good one")
{
	int i;

	for (i = 0; i < 30; i++) {
		struct conn *c = conn_open(NULL);

		check(login_try(c, "TargetName=iqn.2026-01.org.example:nobody"), "it succeeds");
		conn_close(c);
	}
	still_serves();
}

CASE(initiator, "resource/close-after-login", "R-5.2.2-4 R-5.2.3.2-1 D-8.5-1 R-5.2.3.1-1",
     "20 sessions that end without a Logout")
{
	int i;

	for (i = 0; i < 20; i++) {
		struct conn *c = session("");

		conn_close(c);
	}
	still_serves();
}

/* Commands are under way when the connection ends. */
static void lost(bool write)
{
	int i, k;

	for (i = 0; i < 8; i++) {
		struct conn *c = session("");
		struct mem *mem = mem_new(c, 262144, write ? WRITE_SOURCE : READ_SINK);
		struct msg *m[8];

		for (k = 0; k < 8; k++)
			m[k] = write ? write_blocks(c, free_block(c) + 1024, mem, 0) :
			       read_blocks(c, free_block(c), mem);
		post_many(c, m, 8);
		if (i & 1)
			usleep(500 * i);
		conn_close(c);
	}
	still_serves();
}

CASE(initiator, "resource/lost-amid-reads", "R-5.2.3.2-1 R-5.2.2-4 D-8.7-1",
     "connections that end while data of reads are sent")
{
	lost(false);
}

CASE(initiator, "resource/lost-amid-writes", "R-5.2.3.2-1 R-5.2.2-4 D-8.7-1 R-8.3.2-5",
     "connections that end while data of writes are fetched")
{
	lost(true);
}

CASE(initiator, "resource/queue-pair-dies", "R-5.2.3.2-1 R-4.1-9",
     "a queue pair that goes to its error state without a word of the CM")
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	struct conn *c = session("");
	struct mem *mem = mem_new(c, 262144, READ_SINK);

	post(c, read_blocks(c, free_block(c), mem));
	check(!ibv_modify_qp(c->id->qp, &attr, IBV_QP_STATE), "ibv_modify_qp: %s",
	      strerror(errno));
	c->ended = true;
	still_serves();
}

CASE(initiator, "resource/same-session-again", "R-5.2.3.2-1",
     "a login of the same initiator and ISID takes over: the old connection ends")
{
	struct conn *old = session(""), *c = conn_open(NULL);

	memcpy(c->isid, old->isid, sizeof(c->isid));
	login(c, "");
	ping(c);
	expect_end(old, "its session was taken over");
}

CASE(initiator, "resource/second-connection", "R-5.1-7 R-6-3",
     "a second connection of a session is iSER without any key")
{
	struct conn *first = session("MaxConnections=2"), *c;
	int status;

	if (strcmp(answer(first, "MaxConnections") ?: "1", "2"))
		skip("the target answers MaxConnections=%s", answer(first, "MaxConnections"));
	c = conn_joining(first, 1);
	status = login_try(c, FURTHER " MaxAHSLength=256");
	check(!status, "the login fails, status %04x", status);
	check(!answer(c, "MaxAHSLength") || !strcmp(answer(c, "MaxAHSLength"), "Reject"),
	      "MaxAHSLength on a further connection is answered with %s",
	      answer(c, "MaxAHSLength"));
	ping(c);
	ping(first);
}

CASE(initiator, "resource/discoveries", "R-5.1.2-2",
     "of 80 Discovery sessions, which anybody may have, the 64 newest exist")
{
	static struct conn *c[80];
	unsigned int i;

	for (i = 0; i < 80; i++) {
		int status;

		c[i] = conn_open(NULL);
		status = login_try(c[i], DISCOVERY);
		check(!status, "Discovery session %u is refused with %04x", i, status);
	}
	for (i = 0; i < 16; i++)
		wait_end(c[i], "64 Discovery sessions are newer");
	ask(c[79], send_targets(c[79]), ISCSI_TEXT_RSP);
	still_serves();
}

CASE(initiator, "resource/other-connections", "R-5.2.3.2-1 D-5.3-1",
     "of 8 connections one ends by an error: the others are served")
{
	struct conn *c[8];
	struct msg *m;
	int i;

	for (i = 0; i < 8; i++)
		c[i] = session("");
	m = nop_out(c[3], true);
	m->b[0] = 0x90;
	post(c[3], m);
	expect_end(c[3], "no such opcode of iSER");
	for (i = 0; i < 8; i++)
		if (i != 3)
			ping(c[i]);
}
