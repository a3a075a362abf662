/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rounds of random operations, each in its own process and from its own seed, so that
 * one round can be repeated alone.
 */
#ifndef CONFORM_RANDOM_H
#define CONFORM_RANDOM_H

#include "run.h"

/* One random action.  Return: false if it was not possible now. */
struct operation {
	const char *name;
	unsigned int weight;
	bool (*act)(void);
};

/* What a role can do. */
struct random_role {
	const struct operation *operations;
	unsigned int count;
	unsigned int enough;	/* rounds after which every operation must have been done */
	/* Runs a round, and calls operate() as often as it likes. */
	void (*round)(void);
};

extern const struct random_role random_initiator, random_target;

/* --- within a round --------------------------------------------------------- */

uint32_t roll(uint32_t sides);	/* 0 to sides - 1 */
static inline bool one_in(uint32_t n) { return !roll(n); }
/* From here on roll() depends only on the seed of the round and on @n. */
void dice_for(uint32_t n);

/*
 * Draws an operation by weight, does it and counts it.  In each round one of them must
 * be done if that is possible, so that every operation has its turn.
 */
void operate(uint32_t n);
/* Counts an event or a result of a round; each text has its own line of the table. */
void tally(const char *format, ...) FORMAT(1, 2);
/* Adds a line to the story that is printed when the round fails. */
void did(const char *format, ...) FORMAT(1, 2);

/* --- outside ---------------------------------------------------------------- */

int random_rounds(void);	/* how many results were not ok */

#endif
