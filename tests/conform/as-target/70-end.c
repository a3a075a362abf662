// SPDX-License-Identifier: GPL-2.0-only
/* Logout, and other ends: sections 5.2 and 8. */
#include "target.h"

CASE(target, "end/logout", "R-5.2.1-1 R-5.2.1-2 D-9.2-2 R-4.1-10",
     "a logout: one Send, its response ends the session, the initiator disconnects")
{
	struct conn *c = up("");
	struct rx *rx;

	drive("logout");
	rx = await(c, ISCSI_LOGOUT);
	check(rx->b[0] == ISER_CONTROL, "the header begins %02x", rx->b[0]);
	check((rx->bhs[1] & 0x7f) <= 1, "the reason is %u", rx->bhs[1] & 0x7f);
	conn_unlisten();
	post(c, reply(c, rx, ISCSI_LOGOUT_RSP));
	finish(c);
	ends(c, "a Logout Response");
	drive("state");
	check(!drive_wait(opt.wait_ms) && strstr(drive_said(), "none"),
	      "the session is still there: %s", drive_said());
}

CASE(target, "end/logout-closed", "R-5.2.1-2 R-5.2.1-3 D-9.2-2",
     "a Logout Response with the end of the connection right behind it: the logout is good")
{
	struct conn *c = up("");
	struct rx *rx;

	drive("logout");
	rx = await(c, ISCSI_LOGOUT);
	conn_unlisten();
	post(c, reply(c, rx, ISCSI_LOGOUT_RSP));
	pause_ms(5);
	conn_close(c);
	check(!serve_driven(c), "the logout fails");
}

CASE(target, "end/logout-reads", "R-5.2.1-3 R-5.2.3.1-2 D-8.7-1",
     "a session that is given up while a read waits for its target: the read fails, nothing hangs")
{
	struct conn *c = up_with(NULL, "", "node.session.timeo.replacement_timeout=60");

	read_comes(c, 8);
	conn_unlisten();
	conn_close(c);
	drive_also("drop");
	check(serve_driven(c), "the read succeeds");
}

CASE(target, "end/closed", "R-5.2.3.2-1 R-5.2.3.2-3 D-8.7-2",
     "the target closes the connection in a read: the session comes back, the read brings its data")
{
	struct conn *c = up_with(NULL, "", "node.session.timeo.replacement_timeout=20 "
				 "node.session.iscsi.DefaultTime2Wait=0");
	struct rx *rx;

	fill(disk + LBA * BLOCK, 4096, 90);
	drive("read %u 8 %s", LBA, scratch());
	rx = await_io(c, LBA);
	rdma_op(c, IBV_WR_RDMA_WRITE, disk_mr(c), disk, 2048, base_of(rx), stag_of(rx));
	conn_close(c);
	c = conn_accept(NULL);
	serve_login(c, "");
	finish(c);
	scratch_expect(4096, 90);
}

CASE(target, "end/closed-write", "R-5.2.3.2-1 R-5.2.3.2-3",
     "the target closes the connection in a write: the session comes back, the write is done")
{
	struct conn *c = up_with(NULL, "", "node.session.timeo.replacement_timeout=20 "
				 "node.session.iscsi.DefaultTime2Wait=0");

	scratch_fill(65536, 91);
	drive("write %u 128 %s", LBA, scratch());
	await_io(c, LBA);
	conn_close(c);
	c = conn_accept(NULL);
	serve_login(c, "");
	finish(c);
	expect_fill(disk + LBA * BLOCK, 65536, 91, 0, "what was written");
}

CASE(target, "end/relogin-keys", "R-3.3-6 R-5.2.3.2-1 R-6.7-3",
     "the login after a lost connection offers the same keys, and the limits are those of its answers")
{
	struct conn *c = up_with(NULL, "TargetRecvDataSegmentLength=4096",
				 "node.session.timeo.replacement_timeout=20 "
				 "node.session.iscsi.DefaultTime2Wait=0");
	const char *keys[] = { "RDMAExtensions", "MaxOutstandingUnexpectedPDUs", "MaxAHSLength",
			       "TaggedBufferForSolicitedDataOnly" };
	struct conn *again;
	struct rx *rx;
	unsigned int i;

	conn_close(c);
	again = conn_accept(NULL);
	serve_login(again, "TargetRecvDataSegmentLength=1024");
	for (i = 0; i < 4; i++) {
		const char *first = offered(c, keys[i]), *second = offered(again, keys[i]);

		check(first, "%s was not offered at first", keys[i]);
		check(second && !strcmp(first, second), "%s=%s, then %s", keys[i], first,
		      second ? second : "nothing");
	}
	rx = write_comes(again, 16);
	check(rx->data_len <= 1024, "%u bytes of immediate data", rx->data_len);
	serve_pdu(again, rx);
	finish(again);
}

CASE(target, "end/refused-again", "R-10.1.1.1-1 D-8.5-1 R-5.2.3.2-1",
     "a connection that is lost and cannot be made again: the read fails when the time is up")
{
	struct conn *c = up_with(NULL, "", "node.session.timeo.replacement_timeout=2");

	read_comes(c, 8);
	conn_unlisten();
	conn_close(c);
	check(serve_driven(c), "the read succeeds");
}

CASE(target, "end/no-events", "R-5.2.3.2-1 R-5.2.3.1-2",
     "the queue pair of the target goes to error without a word: a ping finds out")
{
	struct conn *c = up_with(NULL, "", "node.conn[0].timeo.noop_out_interval=1 "
				 "node.conn[0].timeo.noop_out_timeout=1");
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	if (ibv_modify_qp(c->id->qp, &attr, IBV_QP_STATE))
		skip("the device does not do it");
	conn_unlisten();
	c->ended = true;
	drive("idle 3");
	drive_wait(6000);
	drive("state");
	drive_wait(opt.wait_ms);
	check(!strstr(drive_said(), "LOGGED_IN"), "the session is still logged in");
}

CASE(target, "end/two-sessions", "D-5.3-1 R-7.3.1-5",
     "a discovery beside a session: PDUs of one connection never reach the other")
{
	struct conn *c = up(""), *other;
	struct rx *rx = read_comes(c, 8);
	struct msg *m;

	other = discovery_comes();
	/* Send the response to the read on the wrong connection. */
	m = good(c, rx);
	put32(BHS(m) + 24, other->exp_statsn);
	post(other, m);
	pause_ms(200);
	stays(c, "a response that came on another connection");
	serve_pdu(c, rx);
	while (next_rx(other, opt.wait_ms))
		;
	check(other->ended, "the other connection goes on");
	/* The initiator tries the discovery again. */
	other = conn_accept(NULL);
	serve_login(other, "");
	finish_both(c, other);
	stays(c, "the end of a discovery");
}
