/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that the cases share which play the target: 00-help.c, 01-failed.c. */
#ifndef CONFORM_TARGET_H
#define CONFORM_TARGET_H

#include "conform.h"

#define BLOCK	512
#define LBA	9000u	/* only cases use the blocks from here on */

/* Logs in; the initiator has found the disk.  @settings as for "drive login". */
struct conn *up_with(const struct cm *cm, const char *keys, const char *settings);
struct conn *up(const char *keys);
/* Drives a login and accepts its connection; answers nothing yet. */
struct conn *login_begins(const char *settings);
/* Checks that the login does not lead to a session; further connections are refused. */
void login_fails(struct conn *c, const char *why);
/*
 * Changes the port: after a failed login the initiator offers other keys to the same
 * address.
 */
void other_port(void);

/* Serves until a PDU with this opcode comes, and returns it. */
struct rx *await(struct conn *c, uint8_t opcode);
/* The same for a READ(10) or WRITE(10) of this block. */
struct rx *await_io(struct conn *c, uint32_t lba);
struct rx *read_comes(struct conn *c, uint32_t blocks);	/* drives a read of LBA */
struct rx *write_comes(struct conn *c, uint32_t blocks);
void finish(struct conn *c);	/* waits until the driven commands succeed */

/* Moves the data of a read or of the solicited part of a write, without a response. */
void move_data(struct conn *c, const struct rx *rx);
uint32_t stag_of(const struct rx *rx);
uint64_t base_of(const struct rx *rx);
uint32_t edtl_of(const struct rx *rx);
struct msg *good(struct conn *c, const struct rx *rx);	/* response, nothing invalidated */
void can_invalidate(struct conn *c);	/* skips when the initiator takes none */

/* Sense data of a medium error: key 3, ASC 11, ASCQ 04; their length comes first. */
extern const uint8_t medium_sense[20];
/*
 * Drives a read of 4096 bytes by SG_IO.  Return: a CHECK CONDITION for it, without
 * sense data yet.
 */
struct msg *failed_read(struct conn *c);
/* Drives SG_IO, which fails and prints @outcome; then the STag must be invalid. */
void fails_and_dies(struct conn *c, const char *sgio, enum ibv_wr_opcode op, const char *outcome);

struct msg *nop_in(struct conn *c, uint32_t ttt);	/* not an answer */
bool answers(struct conn *c);		/* is such a ping answered? */
void stays(struct conn *c, const char *why);
void ends(struct conn *c, const char *why);	/* the connection ends soon */
void ends_unfinished(struct conn *c, const char *why);	/* and no driven command was completed */
/* Is an RDMA operation on an STag refused?  Then the connection has ended, too. */
bool refused(struct conn *c, enum ibv_wr_opcode op, uint32_t len, uint64_t at, uint32_t stag);

/*
 * Drives a discovery, which is a second connection of the initiator; its question stays
 * unanswered.
 */
struct conn *discovery_comes(void);
/* Answers it, and serves @c as well, until all driven commands have ended. */
void finish_both(struct conn *c, struct conn *discovery);

/* Files that commands of the driver read and write. */
const char *scratch(void);
void scratch_fill(uint32_t len, uint32_t seed);
void scratch_expect(uint32_t len, uint32_t seed);

#endif
