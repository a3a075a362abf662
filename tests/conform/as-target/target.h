/* SPDX-License-Identifier: GPL-2.0-only */
/* What cases that play the target have in common: 00-help.c, 01-failed.c. */
#ifndef CONFORM_TARGET_H
#define CONFORM_TARGET_H

#include "conform.h"

#define BLOCK	512
#define LBA	9000u	/* where nobody looks but the cases */

/* A session whose disk has been found; @settings as for "drive login". */
struct conn *up_with(const struct cm *cm, const char *keys, const char *settings);
struct conn *up(const char *keys);
/* The first login of an initiator that is driven; nothing is answered yet. */
struct conn *login_begins(const char *settings);
/* A login that must not come to a session: serves further tries the same way. */
void login_fails(struct conn *c, const char *why);
/* A failed login changes what the next one to this address offers: go elsewhere. */
void other_port(void);

/* Serves till a PDU with this opcode comes, and returns that. */
struct rx *await(struct conn *c, uint8_t opcode);
/* The same for a READ(10) or WRITE(10) of this block. */
struct rx *await_io(struct conn *c, uint32_t lba);
struct rx *read_comes(struct conn *c, uint32_t blocks);	/* drives a read of LBA */
struct rx *write_comes(struct conn *c, uint32_t blocks);
void finish(struct conn *c);	/* what is driven ends well */

/* Moves the data of a read or of the solicited part of a write, no response. */
void move_data(struct conn *c, const struct rx *rx);
uint32_t stag_of(const struct rx *rx);
uint64_t base_of(const struct rx *rx);
uint32_t edtl_of(const struct rx *rx);
struct msg *good(struct conn *c, const struct rx *rx);	/* response, nothing invalidated */
void can_invalidate(struct conn *c);	/* skips where the initiator takes none */

/* Sense data of a medium error: key 3, ASC 11, ASCQ 04; their length is in front. */
extern const uint8_t medium_sense[20];
/* Drives a read of 4096 bytes by SG_IO; a CHECK CONDITION for it, still without sense. */
struct msg *failed_read(struct conn *c);
/* Drives SG_IO, which fails: it says @outcome, and then its STag is dead. */
void fails_and_dies(struct conn *c, const char *sgio, enum ibv_wr_opcode op, const char *outcome);

struct msg *nop_in(struct conn *c, uint32_t ttt);	/* of the target's own accord */
bool answers(struct conn *c);		/* such a ping */
void stays(struct conn *c, const char *why);
void ends(struct conn *c, const char *why);	/* the connection, soon */
void ends_unfinished(struct conn *c, const char *why);	/* and nothing driven was completed */
/* Is an RDMA operation on a STag refused?  The connection is gone then. */
bool refused(struct conn *c, enum ibv_wr_opcode op, uint32_t len, uint64_t at, uint32_t stag);

/* A second connection of the initiator: a discovery, whose question is not answered. */
struct conn *discovery_comes(void);
/* Answers it, and serves @c beside it, till all that is driven has ended. */
void finish_both(struct conn *c, struct conn *discovery);

/* Files that commands of the driver read and write. */
const char *scratch(void);
void scratch_fill(uint32_t len, uint32_t seed);
void scratch_expect(uint32_t len, uint32_t seed);

#endif
