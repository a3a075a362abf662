/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --act WAY: behaves in one way instead of running cases, mostly in a way that no correct
 * peer does.  A script starts it and reads what it prints.
 */
#ifndef CONFORM_ACT_H
#define CONFORM_ACT_H

#include "run.h"

struct act {
	const char *name, *what;
	void (*run)(void);
	/* one message, of @len bytes, or with @byte in place of another one */
	struct msg *(*make)(struct conn *c);
	uint32_t len, at;
	uint8_t byte;
};

/* An entry without a name is the last one. */
extern const struct act initiator_acts[];

#endif
