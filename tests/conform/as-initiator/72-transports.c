// SPDX-License-Identifier: GPL-2.0-only
/* A session with connections of two transports.  The portal with TCP has the next port. */
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "conform.h"

static int tcp_open(int port)
{
	struct timeval limit = { .tv_sec = opt.wait_ms / 1000 + 1 };
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *to;
	char service[16];
	int fd;

	snprintf(service, sizeof(service), "%d", port);
	check(!getaddrinfo(opt.address, service, &hints, &to), "no address %s", opt.address);
	fd = socket(to->ai_family, SOCK_STREAM, 0);
	check(fd >= 0, "socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	check(!connect(fd, to->ai_addr, to->ai_addrlen), "port %s: %s", service,
	      strerror(errno));
	freeaddrinfo(to);
	return fd;
}

/* Sends a PDU of @c by TCP.  @bhs becomes the BHS of the answer.  Return: its opcode. */
static uint8_t ask_by_tcp(int fd, struct conn *c, const struct msg *m, uint8_t *bhs)
{
	static uint8_t data[16384];
	ssize_t len = m->len - ISER_LEN;

	check(send(fd, BHS(m), len, MSG_NOSIGNAL) == len, "send: %s", strerror(errno));
	check(recv(fd, bhs, BHS_LEN, MSG_WAITALL) == BHS_LEN, "nothing comes by TCP");
	len = (get24(bhs + 5) + 3) & ~3U;
	check(len <= (ssize_t)sizeof(data) && recv(fd, data, len, MSG_WAITALL) == len,
	      "of %zd bytes of data some are missing", len);
	c->exp_statsn = get32(bhs + 24) + 1;
	return bhs[0] & 0x3f;
}

CASE(initiator, "resource/tcp-joins", "R-5.1-7",
     "a TCP connection joins a session of iSER: it is refused, or the session ends")
{
	struct conn *c = session("MaxConnections=2"), *tcp = calloc(1, sizeof(*tcp));
	uint8_t bhs[BHS_LEN], opcode;
	struct text t;
	int fd;

	if (strcmp(answer(c, "MaxConnections") ?: "1", "2"))
		skip("the target answers MaxConnections=%s", answer(c, "MaxConnections"));
	memcpy(tcp->isid, c->isid, sizeof(tcp->isid));
	tcp->tsih = c->tsih;
	tcp->cid = c->cid + 1;
	tcp->cmdsn = c->cmdsn;
	tcp->full = true;
	text_default(&t, FURTHER " -InitiatorRecvDataSegmentLength -TargetRecvDataSegmentLength");
	fd = tcp_open(atoi(opt.port) + 1);
	opcode = ask_by_tcp(fd, tcp, login_pdu(tcp, 1, 3, &t), bhs);
	check(opcode == ISCSI_LOGIN_RSP, "%s answers a login", opcode_name(opcode));
	if (get16(bhs + 36)) {
		note("the login is refused, status %04x", get16(bhs + 36));
		ping(c);
		return;
	}
	command(c, test_unit_ready(c));
	/* The target looks every few seconds. */
	next_rx(c, 3 * opt.wait_ms);
	expect_end(c, "a TCP connection has joined its session");
	close(fd);
	still_serves();
}

CASE(initiator, "resource/joins-tcp", "R-5.1-8",
     "a connection of iSER does not join a session over TCP, with the key or without: that goes on")
{
	static const char *const changes[] = { FURTHER, FURTHER " RDMAExtensions=Yes" };
	struct conn *tcp = calloc(1, sizeof(*tcp));
	uint8_t bhs[BHS_LEN], opcode;
	struct text t;
	int fd, i;

	memcpy(tcp->isid, "\x80\0\0\x17\0\x01", sizeof(tcp->isid));
	tcp->cmdsn = 1;
	text_default(&t, "MaxConnections=4 -RDMAExtensions -InitiatorRecvDataSegmentLength "
		     "-TargetRecvDataSegmentLength");
	fd = tcp_open(atoi(opt.port) + 1);
	opcode = ask_by_tcp(fd, tcp, login_pdu(tcp, 1, 3, &t), bhs);
	check(opcode == ISCSI_LOGIN_RSP && !get16(bhs + 36), "the login over TCP fails: %04x",
	      get16(bhs + 36));
	tcp->tsih = get16(bhs + 14);
	tcp->full = true;
	for (i = 0; i < 2; i++) {
		struct conn *c = conn_joining(tcp, 1 + i);
		int status = login_try(c, changes[i]);

		check(status, "a connection of iSER has joined it");
		note("the login is refused, status %04x", status);
		conn_close(c);
	}
	opcode = ask_by_tcp(fd, tcp, nop_out(tcp, true), bhs);
	check(opcode == ISCSI_NOP_IN, "%s answers a ping over TCP", opcode_name(opcode));
	close(fd);
}
