// SPDX-License-Identifier: GPL-2.0-only
/* Functions that the cases share which play the target. */
#include "target.h"

struct conn *login_begins(const char *settings)
{
	conn_listen();
	drive("login %s", settings);
	return conn_accept(NULL);
}

struct conn *up_with(const struct cm *cm, const char *keys, const char *settings)
{
	struct conn *c;
	int code;

	conn_listen();
	drive("login %s", settings);
	c = conn_accept(cm);
	serve_login(c, keys);
	code = serve_driven(c);
	check(!code, "the login fails at the initiator: exit code %d", code);
	check(!c->ended, "the connection ended behind the login (%s)", c->how);
	return c;
}

struct conn *up(const char *keys)
{
	return up_with(NULL, keys, "");
}

void login_fails(struct conn *c, const char *why)
{
	long end = now_ms() + 5L * opt.wait_ms * opt.slow;
	int code;

	conn_unlisten();
	step("waiting for the login to fail: %s", why);
	while ((code = drive_wait(0)) < 0) {
		struct rx *rx = next_rx(c, 20);

		if (rx)
			check(rx->opcode == ISCSI_LOGIN || rx->opcode == ISCSI_LOGOUT,
			      "%s came: %s", opcode_name(rx->opcode), why);
		check(now_ms() < end, "the login does not end: %s", why);
	}
	check(code, "the login succeeds: %s", why);
	check(c->ended, "the connection is still there: %s", why);
}

void other_port(void)
{
	static char port[8];

	snprintf(port, sizeof(port), "%d", atoi(opt.port) + 1 + getpid() % 2000);
	opt.port = port;
}

struct rx *await(struct conn *c, uint8_t opcode)
{
	long end = now_ms() + 2L * opt.wait_ms * opt.slow;

	step("waiting for %s", opcode_name(opcode));
	while (now_ms() < end) {
		struct rx *rx = next_rx(c, 20);

		if (rx && rx->opcode == opcode && !rx->header_fault)
			return rx;
		if (rx)
			serve_pdu(c, rx);
		else if (c->ended)
			break;
	}
	fail("no %s came%s%s", opcode_name(opcode), c->ended ? ": the connection ended, " : "",
	     c->ended ? c->how : "");
}

struct rx *await_io(struct conn *c, uint32_t lba)
{
	for (;;) {
		struct rx *rx = await(c, ISCSI_COMMAND);
		uint8_t operation = rx->bhs[32];

		if ((operation == 0x28 || operation == 0x2a) && get32(rx->bhs + 34) == lba)
			return rx;
		serve_pdu(c, rx);
	}
}

struct rx *read_comes(struct conn *c, uint32_t blocks)
{
	drive("read %u %u", LBA, blocks);
	return await_io(c, LBA);
}

struct rx *write_comes(struct conn *c, uint32_t blocks)
{
	drive("write %u %u", LBA, blocks);
	return await_io(c, LBA);
}

void finish(struct conn *c)
{
	int code = serve_driven(c);

	check(!code, "what was driven fails: exit code %d", code);
}

uint32_t stag_of(const struct rx *rx)
{
	check(rx->b[0] & (ISER_RSV | ISER_WSV), "%s advertises no STag", opcode_name(rx->opcode));
	return get32(rx->b + (rx->b[0] & ISER_RSV ? 16 : 4));
}

uint64_t base_of(const struct rx *rx)
{
	return get64(rx->b + (rx->b[0] & ISER_RSV ? 20 : 8));
}

uint32_t edtl_of(const struct rx *rx)
{
	return get32(rx->bhs + 20);
}

void move_data(struct conn *c, const struct rx *rx)
{
	uint8_t *at = disk + get32(rx->bhs + 34) * BLOCK;
	enum ibv_wc_status status = IBV_WC_SUCCESS;
	uint32_t len = edtl_of(rx);

	if (rx->b[0] & ISER_RSV) {
		status = rdma_op(c, IBV_WR_RDMA_WRITE, disk_mr(c), at, len, base_of(rx),
				 stag_of(rx));
	} else {
		memcpy(at, rx->data, rx->data_len);
		if (rx->b[0] & ISER_WSV)
			status = rdma_op(c, IBV_WR_RDMA_READ, disk_mr(c), at + rx->data_len,
					 len - rx->data_len, base_of(rx), stag_of(rx));
	}
	check(status == IBV_WC_SUCCESS, "the data of a command cannot be moved: %s",
	      ibv_wc_status_str(status));
}

void can_invalidate(struct conn *c)
{
	if (c->peer.data_len < 4 || c->peer.data[0] & 0x40)
		skip("the initiator takes no Send with Invalidate");
}

struct msg *good(struct conn *c, const struct rx *rx)
{
	return response(c, rx, edtl_of(rx), 0);
}

struct msg *nop_in(struct conn *c, uint32_t ttt)
{
	struct msg *m = reply(c, NULL, ISCSI_NOP_IN);

	put32(BHS(m) + 20, ttt);
	return m;
}

bool answers(struct conn *c)
{
	static uint32_t ttt = 0x7000;
	long end = now_ms() + (long)opt.wait_ms * opt.slow;

	post(c, nop_in(c, ++ttt));
	while (now_ms() < end) {
		struct rx *rx = next_rx(c, 20);

		if (rx && rx->opcode == ISCSI_NOP_OUT && get32(rx->bhs + 20) == ttt)
			return true;
		if (rx)
			serve_pdu(c, rx);
		else if (c->ended)
			return false;
	}
	return false;
}

void stays(struct conn *c, const char *why)
{
	step("the connection should stay: %s", why);
	check(answers(c), "%s: %s", c->ended ? "the connection ended" :
	      "the initiator is silent", why);
}

void ends(struct conn *c, const char *why)
{
	long end = now_ms() + (long)opt.wait_ms * opt.slow;

	conn_unlisten();
	step("waiting for the end of the connection: %s", why);
	while (!c->ended && now_ms() < end)
		next_rx(c, 20);
	check(c->ended, "the connection goes on: %s", why);
}

void ends_unfinished(struct conn *c, const char *why)
{
	ends(c, why);
	pause_ms(50);
	check(drive_wait(0) < 0, "the command was completed: %s", why);
}

bool refused(struct conn *c, enum ibv_wr_opcode op, uint32_t len, uint64_t at, uint32_t stag)
{
	/*
	 * A buffer of its own: what an RDMA Read brings must not reach the disk, and
	 * what an RDMA Write sends must differ from the disk.
	 */
	struct mem *m = mem_new(c, len, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	enum ibv_wc_status status;

	step("RDMA on STag %x at %llx", stag, (unsigned long long)at);
	status = rdma_op(c, op, m->mr, m->p, len, at, stag);
	if (status == IBV_WC_SUCCESS) {
		/*
		 * An iWARP write completes when it has left: the answer to a ping shows
		 * whether it was refused.
		 */
		if (op == IBV_WR_RDMA_WRITE && conn_iwarp(c))
			answers(c);
		return c->ended;
	}
	note("refused: %s", ibv_wc_status_str(status));
	check(status == IBV_WC_REM_ACCESS_ERR || status == IBV_WC_REM_OP_ERR ||
	      status == IBV_WC_REM_INV_REQ_ERR || status == IBV_WC_WR_FLUSH_ERR ||
	      status == IBV_WC_LOC_QP_OP_ERR, "the RDMA operation failed by other causes: %s",
	      ibv_wc_status_str(status));
	return true;
}

struct conn *discovery_comes(void)
{
	struct conn *c;

	drive_also("discovery");
	c = conn_accept(NULL);
	serve_login(c, "");
	return c;
}

void finish_both(struct conn *c, struct conn *discovery)
{
	static const char name[] = "TargetName=iqn.2026-01.org.example.iser:other";

	step("serving two connections");
	while (drive_wait(0) < 0) {
		struct rx *rx = next_rx(discovery, 5);
		struct msg *m;

		if (rx && rx->opcode == ISCSI_TEXT) {
			m = reply(discovery, rx, ISCSI_TEXT_RSP);
			add_data(m, name, sizeof(name));
			post(discovery, m);
		} else if (rx) {
			serve_pdu(discovery, rx);
		}
		rx = next_rx(c, 5);
		if (rx)
			serve_pdu(c, rx);
	}
}

const char *scratch(void)
{
	return "/tmp/iser-conform-data";
}

void scratch_fill(uint32_t len, uint32_t seed)
{
	FILE *f = fopen(scratch(), "w");
	uint8_t *b = malloc(len);

	if (!f || !b)
		fail("%s: %s", scratch(), strerror(errno));
	fill(b, len, seed);
	if (fwrite(b, 1, len, f) != len || fclose(f))
		fail("%s: %s", scratch(), strerror(errno));
	free(b);
}

void scratch_expect(uint32_t len, uint32_t seed)
{
	FILE *f = fopen(scratch(), "r");
	uint8_t *b = malloc(len);

	if (!f || !b)
		fail("%s: %s", scratch(), strerror(errno));
	check(fread(b, 1, len, f) == len, "%s is too short", scratch());
	fclose(f);
	expect_fill(b, len, seed, 0, "what the initiator read");
	free(b);
}
