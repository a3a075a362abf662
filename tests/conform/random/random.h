/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations at random: rounds of them, each in a process of its own and from a seed
 * of its own, so that one round can be repeated alone.
 */
#ifndef CONFORM_RANDOM_H
#define CONFORM_RANDOM_H

#include "run.h"

/* One thing that is done at random.  False: it was not possible now. */
struct operation {
	const char *name;
	unsigned int weight;
	bool (*act)(void);
};

/* What a role does. */
struct random_role {
	const struct operation *operations;
	unsigned int count;
	/* A round; draws with operate() as often as it likes. */
	void (*round)(void);
};

extern const struct random_role random_initiator;

/* --- within a round --------------------------------------------------------- */

uint32_t roll(uint32_t sides);	/* 0 to sides - 1 */
static inline bool one_in(uint32_t n) { return !roll(n); }
/* From here on the dice follow from the seed of the round and from @n alone. */
void dice_for(uint32_t n);

/*
 * Draws an operation by weight, does it and counts it.  Each round does one of
 * them for sure, if it can: so all have their turn.
 */
void operate(uint32_t n);
/* One more of what came, or of how a round went; its own line of the table. */
void tally(const char *format, ...) FORMAT(1, 2);
/* A line of the story that is told of a round that failed. */
void did(const char *format, ...) FORMAT(1, 2);

/* --- outside ---------------------------------------------------------------- */

int random_rounds(void);	/* how many results were not ok */

#endif
