// SPDX-License-Identifier: GPL-2.0-only
/*
 * target - an iSER target that misbehaves on purpose.
 *
 * target [OPTION]... ADDRESS PORT MODE
 *   -b LBA   the block whose read or write brings MODE on, once (2048)
 *   -i       invalidate STags by the response, where MODE does not say else
 *   -u       allow unsolicited data: InitialR2T=No
 *   -w MS    how long MODE late waits (300)
 *
 * A disk of 16 MiB in memory behind any target name, no authentication. Says
 * what happens: "ready", "login N", and what came of MODE:
 *   serve     nothing is wrong
 *   late      the STag is used once more, after the response: refused, accepted
 *   rights    the STag is used the other way round: refused, accepted
 *   foreign   the STag is used on another connection: refused, accepted
 *   wrong     waits for two commands, answers one and invalidates the other's STag
 *   early     answers a write with a check condition before its data are here
 *   pings     1000 NOP-In that want no answer, then the response: answered
 *   mute      no answer, nor to anything else on this connection
 *   close     the connection goes while the data are written
 * and, one message in place of the response:
 *   twice stranger nop text logout tmf datain r2t relogin opcode long ahs short huge
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ISER	28
#define BHS	48
#define ROOM	12288
#define RECVS	160
#define CONNS	16
#define BLOCK	512
#define BLOCKS	32768
#define WINDOW	32

struct command {
	uint32_t itt, edtl, read_stag, write_stag;
	uint64_t read_base, write_base;
	unsigned char cdb[16];
};

struct conn {
	struct rdma_cm_id *id;
	struct ibv_mr *mr, *disk_mr;
	unsigned char *mem;	/* one send buffer, RECVS receive buffers */
	int full, mute, dead;
	uint32_t statsn, expcmdsn;
	struct command writes[WINDOW];	/* that Data-Out will follow; edtl 0: free */
};

static struct conn *conns[CONNS];
/* One block more: what is answered beside the disk. */
static unsigned char disk[BLOCK * (BLOCKS + 1)];
static unsigned char * const aside = disk + BLOCK * BLOCKS;
static struct rdma_event_channel *channel;
static const char *mode;
static uint32_t trigger = 2048;
static int triggered, invalidate, unsolicited, wait_ms = 300, logins, have_first;
static struct command first;

static void die(const char *what)
{
	fprintf(stderr, "target: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint64_t get64(const unsigned char *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static void put32(unsigned char *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static void put24(unsigned char *p, uint32_t v)
{
	p[0] = v >> 16;
	p[1] = v >> 8;
	p[2] = v;
}

static int is(const char *name)
{
	return !strcmp(mode, name);
}

static void post_recv(struct conn *c, int slot)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)c->mem + (1 + slot) * ROOM,
		.length = ROOM, .lkey = c->mr->lkey,
	};
	struct ibv_recv_wr wr = { .wr_id = slot, .sg_list = &sge, .num_sge = 1 }, *bad;

	if (ibv_post_recv(c->id->qp, &wr, &bad))
		c->dead = 1;
}

/* Posts one work request and waits for it; its status. */
static enum ibv_wc_status post(struct conn *c, struct ibv_send_wr *wr)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	struct ibv_send_wr *bad;
	struct ibv_wc wc;
	time_t end = time(NULL) + 60;

	wr->send_flags = IBV_SEND_SIGNALED;
	if (ibv_post_send(c->id->qp, wr, &bad)) {
		c->dead = 1;
		return IBV_WC_GENERAL_ERR;
	}
	while (time(NULL) < end) {
		if (ibv_poll_cq(c->id->send_cq, 1, &wc) > 0) {
			if (wc.status != IBV_WC_SUCCESS)
				c->dead = 1;
			return wc.status;
		}
		/* siw does not flush what is posted behind a Terminate Message. */
		if (!ibv_query_qp(c->id->qp, &attr, IBV_QP_STATE, &init) &&
		    attr.qp_state == IBV_QPS_ERR &&
		    ibv_poll_cq(c->id->send_cq, 1, &wc) <= 0) {
			c->dead = 1;
			return IBV_WC_WR_FLUSH_ERR;
		}
		usleep(50);
	}
	c->dead = 1;
	return IBV_WC_RESP_TIMEOUT_ERR;
}

static enum ibv_wc_status rdma(struct conn *c, enum ibv_wr_opcode opcode, void *mem,
			       uint32_t len, uint64_t addr, uint32_t stag)
{
	struct ibv_sge sge = { .addr = (uintptr_t)mem, .length = len,
			       .lkey = c->disk_mr->lkey };
	struct ibv_send_wr wr = {
		.opcode = opcode, .sg_list = &sge, .num_sge = 1,
		.wr.rdma = { .remote_addr = addr, .rkey = stag },
	};

	return len ? post(c, &wr) : IBV_WC_SUCCESS;
}

/* The PDU in the send buffer, @len bytes behind the BHS. */
static enum ibv_wc_status send_pdu(struct conn *c, uint32_t len, uint32_t stag)
{
	struct ibv_sge sge = { .addr = (uintptr_t)c->mem, .length = ISER + BHS + len,
			       .lkey = c->mr->lkey };
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .sg_list = &sge, .num_sge = 1 };

	if (stag) {
		wr.opcode = IBV_WR_SEND_WITH_INV;
		wr.invalidate_rkey = stag;
	}
	return post(c, &wr);
}

/* A new PDU in the send buffer. */
static unsigned char *pdu(struct conn *c, unsigned char opcode, uint32_t itt)
{
	unsigned char *bhs = c->mem + ISER;

	memset(c->mem, 0, ISER + BHS);
	c->mem[0] = 0x10;
	bhs[0] = opcode;
	bhs[1] = 0x80;
	put32(bhs + 16, itt);
	put32(bhs + 20, 0xffffffff);
	put32(bhs + 24, c->statsn);
	put32(bhs + 28, c->expcmdsn);
	put32(bhs + 32, c->expcmdsn + WINDOW - 1);
	return bhs;
}

/* --- login ---------------------------------------------------------------- */

static const char *answer_key(const char *key, const char *offer)
{
	static const char * const table[][2] = {
		/* no value: as it was offered; "": declared, wants no answer */
		{ "InitiatorName", "" }, { "InitiatorAlias", "" }, { "TargetName", "" },
		{ "SessionType", "" }, { "MaxRecvDataSegmentLength", "" },
		{ "MaxOutstandingUnexpectedPDUs", "" }, { "MaxAHSLength", "" },
		{ "TaggedBufferForSolicitedDataOnly", "" },
		{ "AuthMethod", "None" }, { "HeaderDigest", "None" },
		{ "DataDigest", "None" }, { "MaxConnections", "1" },
		{ "ErrorRecoveryLevel", "0" }, { "DefaultTime2Retain", "0" },
		{ "DefaultTime2Wait", NULL }, { "MaxOutstandingR2T", "1" },
		{ "MaxBurstLength", NULL }, { "FirstBurstLength", NULL },
		{ "DataPDUInOrder", "Yes" }, { "DataSequenceInOrder", "Yes" },
		{ "OFMarker", "No" }, { "IFMarker", "No" }, { "ImmediateData", NULL },
		{ "RDMAExtensions", "Yes" }, { "InitiatorRecvDataSegmentLength", NULL },
		{ "TargetRecvDataSegmentLength", NULL }, { "iSERHelloRequired", "No" },
	};
	unsigned int i;

	if (!strcmp(key, "InitialR2T"))
		return unsolicited ? offer : "Yes";
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(key, table[i][0]))
			return table[i][1] ? table[i][1] : offer;
	return "NotUnderstood";
}

static void login(struct conn *c, const unsigned char *req, char *text, uint32_t len)
{
	unsigned char *bhs = c->mem + ISER;
	char *out = (char *)bhs + BHS, *key, *value, *next;
	int final = (req[1] & 0x83) == 0x83;

	c->expcmdsn = get32(req + 24);
	pdu(c, 0x23, get32(req + 16));
	bhs[1] = req[1] & 0x8f;
	memcpy(bhs + 8, req + 8, 8);		/* ISID, TSIH */
	put32(bhs + 20, 0);
	if (final)
		bhs[15] = 1 + logins % 100;
	text[len] = 0;
	for (key = text; key < text + len; key = next) {
		next = key + strlen(key) + 1;
		value = strchr(key, '=');
		if (!value)
			continue;
		*value++ = 0;
		if (!strcmp(key, "TargetName"))
			out += sprintf(out, "TargetPortalGroupTag=1") + 1;
		if (*answer_key(key, value))
			out += sprintf(out, "%s=%s", key, answer_key(key, value)) + 1;
	}
	len = out - ((char *)bhs + BHS);
	memset(out, 0, 4);
	put24(bhs + 5, len);
	c->statsn++;
	if (final) {
		c->full = 1;
		printf("login %d\n", ++logins);
	}
	send_pdu(c, (len + 3) & ~3u, 0);
}

/* --- commands ------------------------------------------------------------- */

/* A SCSI Response in the send buffer; @sense: key and ASC, or 0. Bytes behind it. */
static uint32_t response(struct conn *c, const struct command *cmd, uint32_t done,
			 unsigned int sense)
{
	unsigned char *bhs = pdu(c, 0x21, cmd->itt), *data = bhs + BHS;

	put32(bhs + 20, 0);
	c->statsn++;
	if (done < cmd->edtl) {
		bhs[1] |= 2;
		put32(bhs + 44, cmd->edtl - done);
	}
	if (!sense)
		return 0;
	bhs[3] = 2;
	put24(bhs + 5, 20);
	memset(data, 0, 20);
	data[1] = 18;
	data[2] = 0x70;
	data[4] = sense >> 8;
	data[9] = 10;
	data[14] = sense;
	return 20;
}

static void respond(struct conn *c, const struct command *cmd, uint32_t done,
		    unsigned int sense)
{
	uint32_t stag = cmd->read_stag ? cmd->read_stag : cmd->write_stag;

	send_pdu(c, response(c, cmd, done, sense), invalidate ? stag : 0);
}

/* The data of a read, and its response. */
static void read_data(struct conn *c, const struct command *cmd, void *data, uint32_t len)
{
	if (len > cmd->edtl)
		len = cmd->edtl;
	if (rdma(c, IBV_WR_RDMA_WRITE, data, len, cmd->read_base, cmd->read_stag))
		return;
	respond(c, cmd, len, 0);
}

static void small_data(struct conn *c, const struct command *cmd, const void *data,
		       uint32_t len)
{
	memcpy(aside, data, len);
	read_data(c, cmd, aside, len);
}

static void verdict(enum ibv_wc_status status)
{
	if (status == IBV_WC_SUCCESS)
		printf("%s accepted\n", mode);
	else if (status == IBV_WC_REM_ACCESS_ERR || status == IBV_WC_REM_OP_ERR ||
		 status == IBV_WC_REM_INV_REQ_ERR || status == IBV_WC_WR_FLUSH_ERR ||
		 status == IBV_WC_LOC_QP_OP_ERR)
		printf("%s refused\n", mode);
	else
		printf("%s ended: %s\n", mode, ibv_wc_status_str(status));
}

/* Uses the STag of a command for @opcode, from connection @c. */
static void try_stag(struct conn *c, const struct command *cmd, enum ibv_wr_opcode opcode)
{
	uint32_t stag = cmd->read_stag ? cmd->read_stag : cmd->write_stag;
	uint64_t base = cmd->read_stag ? cmd->read_base : cmd->write_base;

	enum ibv_wc_status status;

	/* What is read must not get to the disk. */
	status = rdma(c, opcode, opcode == IBV_WR_RDMA_READ ? aside : disk + trigger * BLOCK,
		      BLOCK, base, stag);
	/* An iWARP write is complete when it has left: what comes of the next one? */
	if (status == IBV_WC_SUCCESS && c->id->verbs->device->transport_type == IBV_TRANSPORT_IWARP) {
		usleep(300000);
		pdu(c, 0x20, 0xffffffff);
		status = send_pdu(c, 0, 0);
	}
	verdict(status);
}

static struct conn *other_conn(struct conn *c)
{
	int i;

	for (i = 0; i < CONNS; i++)
		if (conns[i] && conns[i] != c && conns[i]->full && !conns[i]->dead)
			return conns[i];
	return NULL;
}

/* A message that is not a response to the command. */
static void bad_message(struct conn *c, const struct command *cmd)
{
	static const struct { const char *mode; unsigned char opcode; } answers[] = {
		{ "nop", 0x20 }, { "text", 0x24 }, { "logout", 0x26 }, { "tmf", 0x22 },
		{ "datain", 0x25 }, { "r2t", 0x31 }, { "relogin", 0x23 }, { "opcode", 0x3e },
	};
	unsigned char *bhs;
	unsigned int i, len;

	len = response(c, cmd, cmd->edtl, 0);
	bhs = c->mem + ISER;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (is(answers[i].mode))
			bhs[0] = answers[i].opcode;
	if (is("stranger"))
		put32(bhs + 16, cmd->itt ^ 0x40);
	else if (is("long"))
		put24(bhs + 5, 100);
	else if (is("ahs"))
		bhs[4] = 10;
	else if (is("short"))
		len = -(uint32_t)20;
	else if (is("huge"))
		len = 4096;
	send_pdu(c, len, 0);
	if (is("twice")) {
		put32(bhs + 24, c->statsn++);
		send_pdu(c, len, 0);
	}
	printf("%s sent\n", mode);
}

/* Return: 1, the command was dealt with. */
static int misbehave(struct conn *c, const struct command *cmd, int read)
{
	uint32_t done = cmd->edtl;
	int i;

	if (is("serve"))
		return 0;
	if (is("wrong") && !have_first) {
		first = *cmd;
		have_first = 1;
		triggered = 0;
		return 1;
	}
	if (is("late")) {
		if (read)
			rdma(c, IBV_WR_RDMA_WRITE, disk + trigger * BLOCK, cmd->edtl,
			     cmd->read_base, cmd->read_stag);
		else
			rdma(c, IBV_WR_RDMA_READ, disk + trigger * BLOCK, BLOCK,
			     cmd->write_base, cmd->write_stag);
		respond(c, cmd, done, 0);
		usleep(wait_ms * 1000);
		try_stag(c, cmd, read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ);
	} else if (is("rights")) {
		try_stag(c, cmd, read ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE);
		return c->dead;
	} else if (is("foreign")) {
		if (!other_conn(c)) {
			printf("foreign: no other connection\n");
			return 0;
		}
		try_stag(other_conn(c), cmd, read ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ);
		return 0;
	} else if (is("wrong")) {
		response(c, &first, first.edtl, 0);
		send_pdu(c, 0, cmd->read_stag ? cmd->read_stag : cmd->write_stag);
		printf("wrong sent\n");
	} else if (is("early")) {
		respond(c, cmd, 0, 0x0b00);
		printf("early sent\n");
	} else if (is("pings")) {
		for (i = 0; i < 1000 && !c->dead; i++) {
			put32(pdu(c, 0x20, 0xffffffff) + 40, 0);
			send_pdu(c, 0, 0);
		}
		printf("pings %s\n", c->dead ? "ended" : "answered");
		return 0;
	} else if (is("mute")) {
		c->mute = 1;
	} else if (is("close")) {
		if (read)
			rdma(c, IBV_WR_RDMA_WRITE, disk + trigger * BLOCK, cmd->edtl / 2,
			     cmd->read_base, cmd->read_stag);
		c->dead = 1;
		printf("close sent\n");
	} else {
		if (read)
			rdma(c, IBV_WR_RDMA_WRITE, disk + trigger * BLOCK, cmd->edtl,
			     cmd->read_base, cmd->read_stag);
		bad_message(c, cmd);
	}
	return 1;
}

/* What has not come by messages, from @offset on; and the response. */
static void write_rest(struct conn *c, const struct command *cmd, uint32_t offset)
{
	unsigned char *at = disk + get32(cmd->cdb + 2) * BLOCK + offset;

	/* The base belongs to the first byte that was not sent: all behave so. */
	if (offset < cmd->edtl &&
	    rdma(c, IBV_WR_RDMA_READ, at, cmd->edtl - offset, cmd->write_base,
		 cmd->write_stag))
		return;
	respond(c, cmd, cmd->edtl, 0);
}

/* Data-Out; those of a write that was answered early belong to none. */
static void data_out(struct conn *c, const unsigned char *bhs, const unsigned char *data,
		     uint32_t len)
{
	uint32_t offset = get32(bhs + 40);
	struct command *cmd;
	int i;

	for (i = 0; i < WINDOW; i++) {
		cmd = &c->writes[i];
		if (!cmd->edtl || cmd->itt != get32(bhs + 16) || len > cmd->edtl ||
		    offset > cmd->edtl - len)
			continue;
		memcpy(disk + get32(cmd->cdb + 2) * BLOCK + offset, data, len);
		if (bhs[1] & 0x80) {
			write_rest(c, cmd, offset + len);
			cmd->edtl = 0;
		}
	}
}

static void read_write(struct conn *c, const struct command *cmd, int read, int final,
		       const unsigned char *data, uint32_t len)
{
	int i;

	uint32_t lba = get32(cmd->cdb + 2), blocks = cmd->cdb[7] << 8 | cmd->cdb[8];
	unsigned char *at;

	if (lba >= BLOCKS || blocks > BLOCKS - lba || blocks * BLOCK != cmd->edtl) {
		respond(c, cmd, 0, 0x0521);
		return;
	}
	if (!triggered && lba <= trigger && trigger < lba + blocks) {
		triggered = 1;
		if (misbehave(c, cmd, read))
			return;
	}
	at = disk + lba * BLOCK;
	if (read) {
		read_data(c, cmd, at, cmd->edtl);
		return;
	}
	memcpy(at, data, len);
	if (final) {
		write_rest(c, cmd, len);
		return;
	}
	for (i = 0; i < WINDOW && c->writes[i].edtl; i++)
		;
	if (i == WINDOW)
		die("more writes than the window");
	c->writes[i] = *cmd;
}

static void scsi(struct conn *c, const unsigned char *msg, uint32_t len)
{
	static const unsigned char inquiry[36] = "\0\0\3\2\37\0\0\2ISER    MISBEHAVING     1   ";
	const unsigned char *bhs = msg + ISER;
	struct command cmd = {
		.itt = get32(bhs + 16), .edtl = get32(bhs + 20),
		.write_stag = msg[0] & 8 ? get32(msg + 4) : 0,
		.write_base = get64(msg + 8),
		.read_stag = msg[0] & 4 ? get32(msg + 16) : 0,
		.read_base = get64(msg + 20),
	};
	unsigned char data[32] = { 0 };

	memcpy(cmd.cdb, bhs + 32, 16);
	switch (cmd.cdb[0]) {
	case 0x00:	/* TEST UNIT READY */
	case 0x35:	/* SYNCHRONIZE CACHE */
		respond(c, &cmd, cmd.edtl, 0);
		return;
	case 0x12:
		if (cmd.cdb[1] & 1)
			break;
		small_data(c, &cmd, inquiry, 36);
		return;
	case 0x1a:	/* MODE SENSE */
		data[0] = 3;
		small_data(c, &cmd, data, 4);
		return;
	case 0x25:	/* READ CAPACITY */
		put32(data, BLOCKS - 1);
		put32(data + 4, BLOCK);
		small_data(c, &cmd, data, 8);
		return;
	case 0xa0:	/* REPORT LUNS */
		data[3] = 8;
		small_data(c, &cmd, data, 16);
		return;
	case 0x28:
	case 0x2a:
		read_write(c, &cmd, cmd.cdb[0] == 0x28, bhs[1] & 0x80,
			   bhs + BHS + bhs[4] * 4, len - ISER - BHS - bhs[4] * 4);
		return;
	default:
		break;
	}
	respond(c, &cmd, 0, 0x0520);
}

static void received(struct conn *c, unsigned char *msg, uint32_t len)
{
	unsigned char *bhs = msg + ISER;
	uint32_t itt = get32(bhs + 16);

	if (len < ISER + BHS || c->mute)
		return;
	if (c->full && !(bhs[0] & 0x40) && (bhs[0] & 0x3f) != 0x05)
		c->expcmdsn = get32(bhs + 24) + 1;
	switch (bhs[0] & 0x3f) {
	case 0x00:
		if (itt == 0xffffffff)
			return;
		pdu(c, 0x20, itt);
		break;
	case 0x01:
		scsi(c, msg, len);
		return;
	case 0x02:
		put32(pdu(c, 0x22, itt) + 20, 0);
		break;
	case 0x03:
		login(c, bhs, (char *)bhs + BHS, bhs[5] << 16 | bhs[6] << 8 | bhs[7]);
		return;
	case 0x06:
		put32(pdu(c, 0x26, itt) + 20, 0);
		break;
	case 0x05:
		data_out(c, bhs, bhs + BHS, bhs[5] << 16 | bhs[6] << 8 | bhs[7]);
		return;
	default:
		return;
	}
	c->statsn++;
	send_pdu(c, 0, 0);
}

/* --- connections ---------------------------------------------------------- */

static void conn_open(struct rdma_cm_id *id, const struct rdma_conn_param *req)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 16, .max_recv_wr = RECVS,
			 .max_send_sge = 1, .max_recv_sge = 1 },
	};
	unsigned char private[4] = { 0x80 };
	struct rdma_conn_param param = {
		.private_data = private, .private_data_len = sizeof(private),
		.responder_resources = req->responder_resources,
		.initiator_depth = req->initiator_depth,
		.retry_count = 7, .rnr_retry_count = 7,
	};
	struct sched_param first = { .sched_priority = 1 }, fair = { };
	struct conn *c = calloc(1, sizeof(*c));
	int i, slot;

	for (slot = 0; slot < CONNS && conns[slot]; slot++)
		;
	if (!c || slot == CONNS)
		die("too many connections");
	c->id = id;
	id->context = c;
	c->statsn = 1;
	if (rdma_create_qp(id, NULL, &attr))
		die("queue pair");
	c->mem = calloc(RECVS + 1, ROOM);
	if (!c->mem)
		die("memory");
	c->mr = ibv_reg_mr(id->pd, c->mem, (RECVS + 1) * ROOM, IBV_ACCESS_LOCAL_WRITE);
	/* iWARP wants the sink of a read to be open to remote writes. */
	c->disk_mr = ibv_reg_mr(id->pd, disk, sizeof(disk),
				IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	if (!c->mr || !c->disk_mr)
		die("memory region");
	for (i = 0; i < RECVS; i++)
		post_recv(c, i);
	conns[slot] = c;
	/*
	 * siw turns the socket over to the queue pair only after it has sent its
	 * MPA reply: a message that comes in between is not seen until the next
	 * one.  Nobody else shall run meanwhile.
	 */
	sched_setscheduler(0, SCHED_FIFO, &first);
	if (rdma_accept(id, &param))
		c->dead = 1;
	sched_setscheduler(0, SCHED_OTHER, &fair);
}

static void conn_close(int slot)
{
	struct conn *c = conns[slot];

	conns[slot] = NULL;
	rdma_disconnect(c->id);
	rdma_destroy_qp(c->id);
	ibv_dereg_mr(c->mr);
	ibv_dereg_mr(c->disk_mr);
	rdma_destroy_id(c->id);
	free(c->mem);
	free(c);
}

static void cm_event(void)
{
	struct rdma_cm_event *event;
	struct rdma_conn_param param;
	enum rdma_cm_event_type type;
	struct rdma_cm_id *id;

	if (rdma_get_cm_event(channel, &event))
		die("event");
	type = event->event;
	id = event->id;
	param = event->param.conn;
	rdma_ack_cm_event(event);
	if (type == RDMA_CM_EVENT_CONNECT_REQUEST)
		conn_open(id, &param);
	else if (type == RDMA_CM_EVENT_DISCONNECTED ||
		 type == RDMA_CM_EVENT_CONNECT_ERROR)
		((struct conn *)id->context)->dead = 1;
}

/* Return: 1, something was received. */
static int conn_poll(struct conn *c)
{
	struct ibv_wc wc;

	if (c->dead || ibv_poll_cq(c->id->recv_cq, 1, &wc) <= 0)
		return 0;
	if (wc.status != IBV_WC_SUCCESS) {
		c->dead = 1;
		return 1;
	}
	received(c, c->mem + (1 + wc.wr_id) * ROOM, wc.byte_len);
	if (!c->dead)
		post_recv(c, wc.wr_id);
	return 1;
}

int main(int argc, char **argv)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP, .ai_flags = RAI_PASSIVE };
	struct rdma_addrinfo *res;
	struct rdma_cm_id *listener;
	struct pollfd fd = { .events = POLLIN };
	int opt, i, busy;

	while ((opt = getopt(argc, argv, "b:iuw:")) != -1) {
		switch (opt) {
		case 'b': trigger = atoi(optarg); break;
		case 'i': invalidate = 1; break;
		case 'u': unsolicited = 1; break;
		case 'w': wait_ms = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 3) {
		fputs("usage: target [OPTION]... ADDRESS PORT MODE\n", stderr);
		return 2;
	}
	mode = argv[optind + 2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < BLOCKS; i++)
		memset(disk + i * BLOCK, i ? 1 + i % 251 : 0, BLOCK);

	channel = rdma_create_event_channel();
	if (!channel || rdma_create_id(channel, &listener, NULL, RDMA_PS_TCP))
		die("channel");
	if (rdma_getaddrinfo(argv[optind], argv[optind + 1], &hints, &res))
		die("address");
	if (rdma_bind_addr(listener, res->ai_src_addr) || rdma_listen(listener, CONNS))
		die("listen");
	rdma_freeaddrinfo(res);
	printf("ready\n");
	fd.fd = channel->fd;
	for (;;) {
		busy = 0;
		for (i = 0; i < CONNS; i++) {
			if (conns[i])
				busy |= conn_poll(conns[i]);
			if (conns[i] && conns[i]->dead)
				conn_close(i);
		}
		if (poll(&fd, 1, busy ? 0 : 1) == 1)
			cm_event();
	}
}
