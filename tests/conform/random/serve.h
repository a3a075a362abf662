/* SPDX-License-Identifier: GPL-2.0-only */
/* State and operations of a random target. */
#ifndef CONFORM_SERVE_H
#define CONFORM_SERVE_H

#include "random.h"

#define HELD	128

struct server {
	struct conn *c;
	unsigned int logins;
	bool over;		/* the initiator logs out and does not come back */
	struct rx *held[HELD];	/* READ and WRITE not answered yet */
	unsigned int nr_held;
	/* Response to the next Task Management Request; -1: the correct one. */
	int tmf_response;
	bool tmf_silent;
	bool nop_silent;	/* does not answer the next ping */
};

extern struct server server;

/* Receives for @ms, and waits for a new login if the connection ends. */
void receive_for(int ms);
/* Removes one of the held commands; NULL: none. */
struct rx *take_held(void);
void serve_right(struct rx *rx);
/* Moves the data and builds the correct response. */
struct msg *good_response(struct rx *rx);
bool may_end(void);	/* true: the round has room for another login */

/* --- operations: answers.c -------------------------------------------------- */

bool op_serve(void);
bool op_serve_all(void);
bool op_wait(void);
bool op_missing(void);
bool op_no_data(void);
bool op_twice(void);
bool op_wrong_itt(void);
bool op_wrong_statsn(void);
bool op_wrong_status(void);
bool op_sense(void);
bool op_residual(void);
bool op_wrong_opcode(void);
bool op_flipped_bits(void);
bool op_short_response(void);
bool op_invalidate(void);
bool op_async(void);
bool op_reject(void);
bool op_nop_in(void);
bool op_stranger(void);
bool op_tmf_response(void);
bool op_tmf_silent(void);
bool op_nop_silent(void);
bool op_target_closes(void);
bool op_target_dies(void);

#endif
