/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iser-conform: an iSER peer in user space, one PDU at a time, every field under
 * the control of a case.
 *
 * A case is a function that CASE() registers.  It runs in a process of its own
 * (so over siw, whose library takes some thirty connections a process), with a
 * time limit; it passes by returning.  fail() and skip() do not return.  Nothing
 * has to be freed.
 *
 *	CASE(initiator, "nop/echo", "R-7.3.13-1", "a ping comes back with its data")
 *	{
 *		struct conn *c = session("");
 *		struct msg *m = nop_out(c, true);
 *		struct rx *rx;
 *
 *		add_data(m, "ping", 4);
 *		rx = ask(c, m, ISCSI_NOP_IN);
 *		check(rx->data_len == 4, "%u bytes came back, not 4", rx->data_len);
 *	}
 *
 * "initiator" and "target" name what this program plays.  The second string lists
 * the rules (ids of the register) whose violation the case would catch.
 */
#ifndef CONFORM_H
#define CONFORM_H

#include <endian.h>
#include <errno.h>
#include <rdma/rdma_cma.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "wire.h"

/* --- cases (run.c) ---------------------------------------------------------- */

enum role { initiator, target };

struct test {
	enum role role;
	const char *name, *ids, *what;
	void (*run)(void);
};

#define CASE(as, id, rules, text)	CASE_AT(as, id, rules, text, __LINE__)
#define CASE_AT(as, id, rules, text, line) CASE_IS(as, id, rules, text, line)
#define CASE_IS(as, id, rules, text, line)					\
	static void case_##line(void);						\
	static const struct test test_##line = {				\
		.role = as, .name = id, .ids = rules, .what = text,		\
		.run = case_##line,						\
	};									\
	static const struct test * const ref_##line				\
		__attribute__((used, section("conform_cases"))) = &test_##line;	\
	static void case_##line(void)

/* --- options (main.c) ------------------------------------------------------- */

struct options {
	enum role role;
	const char *address, *port;
	const char *target, *initiator;	/* names of the target and the initiator */
	unsigned int lun;
	const struct like *like;	/* never NULL */
	const char *drive;		/* target: command that drives the peer */
	const char *after;		/* random: command that checks the other end */
	unsigned long rounds, seed;	/* random operations instead of cases */
	const struct act *act;		/* one behaviour instead of cases: act/act.h */
	unsigned int count;		/* of it: connections or messages */
	int limit_ms;			/* limit for a case */
	int wait_ms;			/* limit for one PDU or event */
	int slow;
	bool verbose;
};

extern struct options opt;

/* A deployed peer that the program can play (like.c). */
struct like {
	const char *name, *what;
	bool no_private_data;
	uint8_t private_data;	/* first of four bytes */
	const char *keys;	/* changes to the keys of a login */
	bool no_immediate;	/* never sends immediate data */
	bool tagged;		/* initiator: the base is that of fetched data; sends no key */
	uint32_t recv_data;	/* bytes of data a receive holds after the login; 0: as declared */
	bool no_answer;		/* target: does not answer the keys of iSER */
	bool plain_send;	/* target: never invalidates */
};

const struct like *like_find(const char *name);
void like_list(FILE *to);

/* --- results (say.c) -------------------------------------------------------- */

#define FORMAT(a, b)	__attribute__((format(printf, a, b)))

_Noreturn void fail(const char *format, ...) FORMAT(1, 2);
_Noreturn void skip(const char *format, ...) FORMAT(1, 2);
void note(const char *format, ...) FORMAT(1, 2);	/* "# ..." */
void wire(const char *format, ...) FORMAT(1, 2);	/* "# wire: ...": what a capture shows */
/* What the case is doing: printed when it hangs. */
void step(const char *format, ...) FORMAT(1, 2);
void hex(const char *what, const void *data, uint32_t len);	/* printed with --verbose */

#define check(ok, ...)			\
	do {				\
		if (!(ok))		\
			fail(__VA_ARGS__); \
	} while (0)

long now_ms(void);
void pause_ms(int ms);	/* times --slow */

/* --- messages (msg.c) ------------------------------------------------------- */

#define MSG_ROOM	20480

/* A message to be sent.  @b holds @len bytes; every byte may be changed. */
struct msg {
	uint32_t len;
	bool solicited;		/* solicited event */
	uint32_t invalidate;	/* STag: Send with Invalidate; 0: none */
	uint8_t b[MSG_ROOM];
};

/* A received message.  Its parts point into it, or are NULL. */
struct rx {
	struct rx *next;
	uint32_t len;
	bool accounted;		/* StatSN and window have been checked */
	bool invalidated;
	uint32_t invalidated_stag;
	const char *header_fault;	/* what section 9 forbids in the iSER header, or NULL */
	uint8_t *b;
	uint8_t *bhs, *ahs, *data;	/* NULL: not a control-type PDU */
	uint32_t ahs_len, data_len;
	uint8_t opcode;			/* of iSCSI, without the I bit; 0xff: no PDU */
};

#define BHS(m)		((m)->b + ISER_LEN)
#define DATA(m)		((m)->b + ISER_LEN + BHS_LEN)	/* if there is no AHS */

struct conn;

struct msg *msg_raw(const void *bytes, uint32_t len);	/* NULL: zeros */
/* iSER header, BHS with opcode, F bit, LUN 0, a new ITT, TTT ffffffff, CmdSN, ExpStatSN. */
struct msg *pdu(struct conn *c, uint8_t opcode);
/* Adds after what is there; sets the lengths of the BHS and adds padding. */
void add_data(struct msg *m, const void *data, uint32_t len);	/* NULL: a pattern */
void add_ahs(struct msg *m, uint8_t type, const void *data, uint32_t len); /* add before data */
struct msg *hello(uint8_t max, uint8_t min, uint16_t ird);
struct rx *rx_parse(const void *bytes, uint32_t len);
uint32_t itt_of(const void *bhs);
const char *opcode_name(uint8_t opcode);

/* --- connections (conn.c, cm.c) --------------------------------------------- */

struct cm {
	const void *data;	/* private data, or NULL */
	uint8_t data_len;
	uint8_t ird, ord;	/* responder resources, initiator depth */
	unsigned int recvs;	/* receives that are posted */
	unsigned int sends;	/* Sends that may be outstanding, up to 512 */
	uint32_t recv_size, send_size;	/* room for a message */
	uint8_t rnr_retry;	/* times that the other end repeats a Send; 7: no limit */
};

/* A Login Request has no more bytes of text: RFC 7143, sections 6.3 and 13.12. */
#define LOGIN_TEXT	8192

/* Key=Value pairs with a NUL between them (text.c), of a login of several requests too. */
struct text {
	uint32_t len;
	char b[2 * LOGIN_TEXT];
};

struct conn {
	struct rdma_cm_id *id;
	struct rdma_event_channel *channel;
	struct cm cm;
	struct {		/* what the other end said in the CM handshake */
		uint8_t data[64], data_len, ird, ord;
	} peer;
	bool ended;		/* by the other end, by this one, or by an error */
	bool closed;		/* the CM says so: no error of this end alone */
	const char *how;	/* why it ended */
	struct rx *queue;	/* received, not taken by the case yet */

	uint32_t itt, cmdsn;	/* initiator: next */
	uint32_t exp_statsn;	/* initiator: next; target: StatSN to be sent next */
	uint32_t exp_cmdsn, max_cmdsn;	/* initiator: from the last PDU */
	bool full;		/* full feature phase: NOP-In is answered, StatSN followed */
	bool frozen;		/* ExpStatSN stays in what is sent; target: ExpCmdSN */
	bool keep_pings;	/* unsolicited NOP-In are queued, not answered */
	bool hold_recvs;	/* receives are not given back */
	unsigned int pings;	/* unsolicited NOP-In seen */
	unsigned int sn_faults;	/* StatSN that were not the expected one */
	uint8_t isid[6];
	uint16_t tsih, cid;
	struct text offer;	/* the initiator's keys of the whole login */
	struct text answer;	/* the target's */

	/* conn.c's own */
	struct ibv_mr *send_mr, *recv_mr;
	uint8_t *send_mem, *recv_mem;
	unsigned long sent, reaped;
	enum ibv_wc_status rdma_status;
	bool rdma_done;
	struct ibv_mw *windows[256];
	unsigned int nr_windows;
};

struct cm cm_default(void);
struct conn *conn_open(const struct cm *cm);	/* initiator; NULL: cm_default() */
/* Same, but returns NULL when refused. */
struct conn *conn_try(const struct cm *cm);
struct conn *conn_prepare(const struct cm *cm);	/* all but connect */
struct conn *conn_accept(const struct cm *cm);	/* target: the next connection */
struct conn *conn_next(const struct cm *cm, int ms);	/* the same; NULL: none within @ms */
void conn_close(struct conn *c);
void conn_listen(void);		/* target: before the peer is driven */
void conn_unlisten(void);	/* target: refuses further connections */
bool conn_iwarp(const struct conn *c);
const char *conn_device(const struct conn *c);
bool conn_siw(const struct conn *c);	/* software iWARP, whatever name its device has */

void post(struct conn *c, const struct msg *m);		/* one Send */
void post_many(struct conn *c, struct msg **m, int n);	/* one doorbell; n <= cm.sends */
bool sends_done(struct conn *c);	/* waits for that; false: the connection has ended */
void pump(struct conn *c);				/* handles what has come */
/*
 * The next message that has come or comes within @ms; NULL if none comes or the
 * connection ends.
 */
struct rx *next_rx(struct conn *c, int ms);
/* RDMA Read or Write by this end (target).  Return: its status. */
enum ibv_wc_status rdma_op(struct conn *c, enum ibv_wr_opcode op, struct ibv_mr *mr,
			   void *local, uint32_t len, uint64_t remote, uint32_t stag);

/* --- memory for RDMA (mem.c) ------------------------------------------------ */

#define READ_SINK	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)
#define WRITE_SOURCE	(IBV_ACCESS_REMOTE_READ)

/* @len bytes at @p with guards around them, which are registered too. */
struct mem {
	struct ibv_mr *mr;
	uint8_t *p, *all;
	uint32_t len, all_len;
	uint32_t stag;
	uint64_t base;		/* Tagged Offset of @p */
};

struct mem *mem_new(struct conn *c, uint32_t len, int access);
/* Only the @len bytes are registered, @p begins @skew bytes into a page. */
struct mem *mem_exact(struct conn *c, uint32_t len, int access, uint32_t skew);
/* A buffer with this Tagged Offset; skips the case when the device cannot do that. */
struct mem *mem_at(struct conn *c, uint32_t len, int access, uint64_t base);
/* Fills @len bytes with a pattern that depends on @seed and the place of each byte. */
void fill(void *p, uint32_t len, uint32_t seed);
/* Fails unless these are the bytes that fill() writes from @skip on. */
void expect_fill(const void *p, uint32_t len, uint32_t seed, uint32_t skip, const char *what);
void expect_guards(struct mem *m);	/* nothing around the buffer was written */
void expect_untouched(struct mem *m, uint32_t from);	/* and no byte of it from @from on */

/* --- login (text.c, login.c, serve.c) --------------------------------------- */

/*
 * Changes to keys, separated by spaces: "Key=Value" replaces or adds a key, "-Key"
 * leaves it out, "+Key=Value" adds it although it is there, "~Key=Value" is the answer
 * if the other end asks for the key.
 */
void text_change(struct text *t, const char *changes);
const char *text_get(const struct text *t, const char *key);	/* value or NULL */
void text_add(struct text *t, const char *key, const char *value);
void text_default(struct text *t, const char *changes);	/* the keys of an initiator */

/* A Login Request with the text @t; T bit if @nsg is not -1. */
struct msg *login_pdu(struct conn *c, int csg, int nsg, const struct text *t);
/* Sends it.  Return: the Login Response, or NULL when the connection ended instead. */
struct rx *login_round(struct conn *c, struct msg *m);
uint16_t login_status(const struct rx *rx);	/* class << 8 | detail */
/*
 * Logs in to full feature phase with text_default(@changes).  Return: 0, status, or -1
 * when the connection ended.
 */
int login_try(struct conn *c, const char *changes);
/* The same, but the case fails on anything else than success. */
void login(struct conn *c, const char *changes);
struct conn *session(const char *changes);	/* conn_open(), login(), no unit attention */
/* A session of @n connections.  Skips the case if the target allows fewer. */
void session_of(struct conn **c, unsigned int n, const char *changes);
/* Changes to the keys: those of a login that joins a session. */
#define FURTHER	"-RDMAExtensions -MaxConnections -InitialR2T -ImmediateData " \
		"-ErrorRecoveryLevel -DefaultTime2Wait -DefaultTime2Retain " \
		"-MaxOutstandingR2T -MaxBurstLength -FirstBurstLength " \
		"-DataPDUInOrder -DataSequenceInOrder -MaxAHSLength"
/* A connection that has not logged in yet, for @cid of the session of @first. */
struct conn *conn_joining(const struct conn *first, uint16_t cid);
int join_try(struct conn *c, const struct conn *first);	/* login_try() for that */
struct conn *session_of_two(const char *changes, struct conn **other);
/* The answer to a key of the last login, or NULL. */
const char *answer(const struct conn *c, const char *key);
uint32_t answer_number(const struct conn *c, const char *key, uint32_t absent);
/* Skips the case unless the key was answered with something else than NotUnderstood. */
const char *need_key(const struct conn *c, const char *key);
struct conn *session_cm(const struct cm *cm, const char *changes);
/* Changes to the keys: those of a Discovery session. */
#define DISCOVERY \
	"SessionType=Discovery -TargetName -RDMAExtensions " \
	"-InitiatorRecvDataSegmentLength -TargetRecvDataSegmentLength " \
	"-InitialR2T -ImmediateData -MaxConnections -MaxOutstandingR2T " \
	"-MaxBurstLength -FirstBurstLength -DataPDUInOrder -DataSequenceInOrder " \
	"MaxRecvDataSegmentLength=8192"
void discovery(struct conn *c, const char *changes);	/* logs in to discovery */

/* --- as initiator: PDUs (request.c) and what comes (expect.c) --------------- */

struct msg *nop_out(struct conn *c, bool immediate);	/* ping */
struct msg *text_request(struct conn *c, const char *text);	/* spaces become NUL */
struct msg *send_targets(struct conn *c);	/* a Text Request that asks for this target */
struct msg *logout_request(struct conn *c, uint8_t reason);
struct msg *logout_of(struct conn *c, uint8_t reason, uint16_t cid);	/* of that connection */
struct msg *tmf(struct conn *c, uint8_t function, uint32_t referenced);
struct msg *snack(struct conn *c, uint8_t type);
struct msg *data_out(struct conn *c, uint32_t itt, uint32_t ttt, uint32_t datasn,
		     uint32_t offset, const void *data, uint32_t len, bool final);
struct msg *scsi(struct conn *c, const uint8_t *cdb, unsigned int cdb_len, uint32_t edtl,
		 uint8_t flags);	/* flags: SCSI_READ, SCSI_WRITE */
void name_read(struct msg *m, uint32_t stag, uint64_t base);	/* RSV */
void name_write(struct msg *m, uint32_t stag, uint64_t base);	/* WSV */
struct msg *test_unit_ready(struct conn *c);
struct msg *inquiry(struct conn *c, struct mem *m, uint8_t len);
struct msg *read_blocks(struct conn *c, uint32_t lba, struct mem *m);
/*
 * @immediate bytes are immediate data; the STag names the rest as the key of section
 * 6.9 says.
 */
struct msg *write_blocks(struct conn *c, uint32_t lba, struct mem *m, uint32_t immediate);
/* The same without the F bit: Data-Out up to FirstBurstLength follow. */
struct msg *write_in_parts(struct conn *c, uint32_t lba, struct mem *m, uint32_t immediate);
/*
 * Sends up to 8 writes of 128 KiB, all fetched, by one doorbell; then compares their
 * data.
 */
void writes_at_once(struct conn *c, unsigned int n, uint32_t seed);
uint32_t block_size(struct conn *c);
uint32_t free_block(struct conn *c);	/* the case may use 4096 blocks from it on */

/* The next PDU, whatever it is; answers pings. */
struct rx *next_pdu(struct conn *c, int ms);
/* The first PDU with this opcode and ITT; PDUs that come before it stay in the queue. */
#define ANY_ITT		(1ULL << 32)
struct rx *take(struct conn *c, uint8_t opcode, uint64_t itt, int ms);
/* The same, but fails when none comes. */
struct rx *expect(struct conn *c, uint8_t opcode, uint64_t itt);
struct rx *ask(struct conn *c, struct msg *m, uint8_t opcode);	/* post(), expect() its answer */
struct rx *expect_reject(struct conn *c, uint8_t reason);
void expect_good(const struct rx *rx);		/* SCSI Response: GOOD, no residual */
void expect_sense(const struct rx *rx, const char *what); /* CHECK CONDITION with sense */
struct rx *command(struct conn *c, struct msg *m);	/* ask() for SCSI Response, GOOD */
void ping(struct conn *c);			/* a fence: waits until NOP-Out is answered */
void nothing_else(struct conn *c);		/* fails if anything else comes */
/* The other end must end the connection and not answer the last message. */
void expect_end(struct conn *c, const char *why);
/* The same, whatever comes before. */
void wait_end(struct conn *c, const char *what);
/* The other end must end the connection, or answer with Reject or CHECK CONDITION. */
void expect_refusal(struct conn *c, const char *why);
void still_serves(void);			/* a new session works */
void verify(struct conn *c, uint32_t lba, uint32_t len, uint32_t seed); /* reads and compares */

/* --- as target (serve.c, disk.c, drive.c) ----------------------------------- */

/*
 * Runs "DRIVE VERB [ARGUMENT]" in the background, with CONFORM_ADDRESS, CONFORM_PORT
 * and CONFORM_TARGET in the environment.  For the verbs see "drive --help".
 */
void drive(const char *verb, ...) FORMAT(1, 2);	/* when earlier ones have ended */
void drive_also(const char *verb, ...) FORMAT(1, 2);	/* without waiting for earlier ones */
int drive_wait(int ms);		/* the worst of their exit codes; -1: one still runs */
const char *drive_said(void);	/* output of the last one that was started */

/* Answers Login Requests until full feature phase; @changes as for an initiator. */
void serve_login(struct conn *c, const char *changes);
/* Answers one of them.  Return: was it the last? */
bool serve_login_request(struct conn *c, const struct rx *rx, const char *changes);
struct conn *serve_session(const struct cm *cm, const char *changes); /* drive, accept, login */
int serve_driven(struct conn *c);	/* serves until driven commands end: exit code */
const char *offered(const struct conn *c, const char *key);
/* A response to @rx with ITT, StatSN (which it takes), ExpCmdSN and MaxCmdSN set. */
struct msg *reply(struct conn *c, const struct rx *rx, uint8_t opcode);
struct msg *response(struct conn *c, const struct rx *rx, uint32_t done, uint8_t status);
/* Handles a PDU as a correct target with a disk of 16 MiB does. */
void serve_pdu(struct conn *c, const struct rx *rx);
/* Serves until a SCSI Command with this operation code comes, and returns it. */
struct rx *serve_until(struct conn *c, uint8_t operation, int ms);
void serve_for(struct conn *c, int ms);
extern uint8_t disk[];
struct ibv_mr *disk_mr(struct conn *c);

#endif
