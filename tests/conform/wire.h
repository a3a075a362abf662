/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of RFC 7143 and RFC 7145, and big endian fields. */
#ifndef CONFORM_WIRE_H
#define CONFORM_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define ISER_LEN	28
#define BHS_LEN		48
#define MSG_MIN		(ISER_LEN + BHS_LEN)
#define NO_TAG		0xffffffffu

#define ISER_CONTROL	0x10
#define ISER_WSV	0x08
#define ISER_RSV	0x04
#define ISER_HELLO	0x20
#define ISER_HELLO_REPLY 0x30
#define ISER_REJ	0x01

#define IMMEDIATE	0x40
#define FINAL		0x80

#define ISCSI_NOP_OUT	0x00
#define ISCSI_COMMAND	0x01
#define ISCSI_TMF	0x02
#define ISCSI_LOGIN	0x03
#define ISCSI_TEXT	0x04
#define ISCSI_DATA_OUT	0x05
#define ISCSI_LOGOUT	0x06
#define ISCSI_SNACK	0x10
#define ISCSI_NOP_IN	0x20
#define ISCSI_RESPONSE	0x21
#define ISCSI_TMF_RSP	0x22
#define ISCSI_LOGIN_RSP	0x23
#define ISCSI_TEXT_RSP	0x24
#define ISCSI_DATA_IN	0x25
#define ISCSI_LOGOUT_RSP 0x26
#define ISCSI_R2T	0x31
#define ISCSI_ASYNC	0x32
#define ISCSI_REJECT	0x3f
#define NO_PDU		0xff

#define SCSI_READ	0x40
#define SCSI_WRITE	0x20

#define REJECT_PROTOCOL		0x04
#define REJECT_COMMAND		0x05
#define REJECT_FIELD		0x09

#define TMF_ABORT_TASK		1
#define TMF_ABORT_TASK_SET	2
#define TMF_LUN_RESET		5
#define TMF_TASK_REASSIGN	8

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | get24(p + 1);
}

static inline uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put24(uint8_t *p, uint32_t v)
{
	p[0] = v >> 16;
	put16(p + 1, v);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	put24(p + 1, v);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, v >> 32);
	put32(p + 4, v);
}

#endif
