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
	/* initiator: one message, of @len bytes, or with @byte in place of another one */
	struct msg *(*make)(struct conn *c);
	uint32_t len, at;
	uint8_t byte;
	/*
	 * target: what goes wrong with a command, and with task management.  Return:
	 * false if the request is to be served as well.
	 */
	bool (*wrong)(struct conn *c, struct rx *rx);
	bool (*tmf)(struct conn *c, struct rx *rx);
	bool (*login)(struct conn *c, struct rx *rx);	/* and with a Login Request */
	const char *keys;	/* changes to the answers of a login */
	/* a message in place of the response: how it differs from that */
	uint8_t opcode, ahs_words;
	uint32_t itt, data_len;
	int32_t longer;
	bool twice;
};

/* An entry without a name is the last one. */
extern const struct act initiator_acts[], target_acts[];

#endif
