/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Login texts as rows of a table.  In a text of the table "|" stands for the NUL after
 * a pair.
 */
#ifndef DIALOG_H
#define DIALOG_H

#include <iser/keys.h>

#include "unit.h"

/* The settings of this end; 0 is what iser_keys_init sets. */
enum {
	SILENT		= 0x01,	/* offer is off */
	AGAIN		= 0x02,	/* not the first contact */
	FURTHER		= 0x04,	/* not the leading connection */
	HELLO		= 0x08,	/* want_hello */
	FORCE_R2T	= 0x10,	/* force_initial_r2t */
	STRICT		= 0x20,
};

enum direction { END, REQ_OUT, RSP_IN, REQ_IN, RSP_OUT, FINISH };

struct step {
	enum direction direction;
	u8 stage;
	const char *in;
	const char *out;	/* NULL: the step returns the error below */
	int error;		/* of FINISH too */
	bool partial;
	bool full;		/* no room after the text */
};

#define STEPS	6

struct dialog {
	const char *what;
	u32 set;
	u32 recv, send;		/* 0: 8192 */
	struct step step[STEPS];
	/* Words of dialog_state that must be there, with one space between. */
	const char *state;
};

/* The case function of such a table: runs a row. */
void dialog_run(struct unit *t);

/* Sets up the keys as the row says. */
void dialog_init(struct iser_keys *k, const struct dialog *row);

/* Runs one step.  Return: length or error; *out is the text as a string with "|". */
int dialog_step(struct unit *t, struct iser_keys *k, const struct step *step,
		char **out);

/* The results in words: "rdma:agreed tdsl:8192 ..." */
#define DIALOG_STATE_LEN	512
void dialog_state(const struct iser_keys *k, char *buf);

/* Every word of @words must be in @state. */
void dialog_check_state(struct unit *t, const struct iser_keys *k,
			const char *words);

#endif
