/* SPDX-License-Identifier: GPL-2.0-only */
/* A session of several connections, for cases of the initiator's side. */
#ifndef CONFORM_SEVERAL_H
#define CONFORM_SEVERAL_H

#include "conform.h"

#define MOST	4
#define NO_R2T	"InitialR2T=No FirstBurstLength=16384 MaxBurstLength=32768"
#define PART	4096u
#define BLOCKS(c, bytes)	((bytes) / block_size(c))

/* The session: its connections, and the one that has sent the last command. */
extern struct conn *at[MOST], *last;
extern unsigned int nr;

/* Makes it; @changes as for a login. */
void begin(unsigned int n, const char *changes);
/* The same with unsolicited Data-Out; skips if the target allows none. */
void begin_unsolicited(unsigned int n);
/* The connection, which is to send the command that is next in the session. */
struct conn *turn(struct conn *c);
uint32_t lba_of(unsigned int i);
struct mem *filled(struct conn *c, uint32_t len, uint32_t seed);
/* The answer to @m is GOOD. */
void is_good(struct conn *c, const struct msg *m);
/* Reads on @c what was written, and compares. */
void reads(struct conn *c, uint32_t lba, uint32_t len, uint32_t seed);
/* Waits until the target has handled all that was sent on each connection. */
void settle(void);
/* Sends the Data-Out of a write from @from to @to. */
void parts(struct conn *c, const struct msg *m, struct mem *mem, uint32_t from,
	   uint32_t to, uint32_t first);
/* No answer has come, on any connection, but to pings. */
void nothing_yet(void);
/* A command of the first connection, which those of the others wait for. */
struct msg *gap(void);
/* Commands of all kinds that are under way on @c. */
void load(struct conn *c, struct msg **m, unsigned int n);
/* The window comes back to @size: the target releases the commands of @what. */
void window_is(struct conn *c, uint32_t size, const char *what);
/* Makes @m, which the initiator sends again, have the CmdSN that @before had. */
struct msg *again(struct conn *c, struct msg *m, const struct msg *before);

#endif
