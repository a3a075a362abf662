/* SPDX-License-Identifier: GPL-2.0-only */
/* A target that misbehaves: the interfaces of its parts.  main.c describes it. */
#ifndef TARGET_H
#define TARGET_H

#include <arpa/inet.h>
#include <errno.h>
#include <rdma/rdma_cma.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ISER	28
#define BHS	48
#define BLOCK	512
#define BLOCKS	32768
#define WINDOW	32

/* main.c */
struct options {
	const char *mode;
	uint32_t trigger;
	int invalidate, unsolicited, wait_ms;
};

extern struct options opt;

void die(const char *what);
int is(const char *mode);

/* conn.c */
struct command {
	uint32_t itt, edtl, read_stag, write_stag;
	uint64_t read_base, write_base;
	unsigned char cdb[16];
};

struct conn {
	struct rdma_cm_id *id;
	struct ibv_mr *mr, *disk_mr;
	unsigned char *mem;	/* one send buffer, then the receive buffers */
	int full, mute, dead;
	uint32_t statsn, expcmdsn;
	struct command writes[WINDOW];	/* that Data-Out will follow; edtl 0: free */
};

int conns_listen(const char *address, const char *port);	/* a descriptor to poll */
void conns_event(void);		/* when that is ready */
int conns_poll(void);		/* 1: something was received */
struct conn *other_conn(struct conn *c);	/* in full feature phase, or NULL */

/* A new PDU in the send buffer: its BHS. */
unsigned char *pdu(struct conn *c, unsigned char opcode, uint32_t itt);
/* Sends that PDU with @len bytes after the BHS; invalidates @stag unless it is 0. */
enum ibv_wc_status send_pdu(struct conn *c, uint32_t len, uint32_t stag);
enum ibv_wc_status rdma(struct conn *c, enum ibv_wr_opcode opcode, void *mem,
			uint32_t len, uint64_t addr, uint32_t stag);

/*
 * scsi.c: one block more than the disk has, for answers that do not come from the disk.
 */
extern unsigned char disk[BLOCK * (BLOCKS + 1)];
#define aside	(disk + BLOCK * BLOCKS)

void disk_fill(void);
/*
 * A SCSI Response in the send buffer; @sense: key and ASC, or 0.  Return: bytes after
 * the BHS.
 */
uint32_t response(struct conn *c, const struct command *cmd, uint32_t done,
		  unsigned int sense);
void respond(struct conn *c, const struct command *cmd, uint32_t done, unsigned int sense);
void data_out(struct conn *c, const unsigned char *bhs, const unsigned char *data,
	      uint32_t len);
void scsi(struct conn *c, const unsigned char *msg, uint32_t len);

/* misbehave.c: handles a command on the block.  Return: 1 if nothing is left to do. */
int misbehave(struct conn *c, const struct command *cmd, int read);
/* The same for task management. */
int tmf_misbehave(struct conn *c, uint32_t itt, int function);

/* pdu.c */
void received(struct conn *c, unsigned char *msg, uint32_t len);

static inline uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline uint64_t get64(const unsigned char *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static inline void put32(unsigned char *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static inline void put24(unsigned char *p, uint32_t v)
{
	p[0] = v >> 16;
	p[1] = v >> 8;
	p[2] = v;
}

#endif
