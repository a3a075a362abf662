// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of an iSER connection: RFC 7145, section 5.  Pure.
 */
#include "state.h"

/* An entry that is not named here is zero, which means no transition. */
static const u8 transitions[ISER_STATES][ISER_EVENTS] = {
	[ISER_IDLE] = {
		[ISER_EV_RESOLVE]	= ISER_RESOLVING,
		/* a target's connection starts with a connect request */
		[ISER_EV_CONNECT]	= ISER_CONNECTING,
		[ISER_EV_FAIL]		= ISER_ENDING,
	},
	[ISER_RESOLVING] = {
		[ISER_EV_CONNECT]	= ISER_CONNECTING,
		[ISER_EV_FAIL]		= ISER_ENDING,
	},
	[ISER_CONNECTING] = {
		[ISER_EV_ESTABLISHED]	= ISER_LOGIN,
		[ISER_EV_FAIL]		= ISER_ENDING,
	},
	[ISER_LOGIN] = {
		[ISER_EV_ENABLE]	= ISER_FULL,
		[ISER_EV_FAIL]		= ISER_ENDING,
	},
	[ISER_FULL] = {
		[ISER_EV_FAIL]		= ISER_ENDING,
	},
	[ISER_ENDING] = {
		[ISER_EV_DRAINED]	= ISER_DOWN,
	},
	/* no event leads out of ISER_DOWN */
};

bool iser_state_next(enum iser_state *state, enum iser_event event)
{
	u8 next;

	if ((u32)*state >= ISER_STATES || (u32)event >= ISER_EVENTS)
		return false;
	/* No event leads back to ISER_IDLE, which is zero. */
	next = transitions[*state][event];
	if (next == ISER_IDLE)
		return false;
	*state = (enum iser_state)next;
	return true;
}
