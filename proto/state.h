/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of an iSER connection.  Pure: the caller holds the lock.
 *
 *   IDLE -> RESOLVING -> CONNECTING -> LOGIN -> FULL -> ENDING -> DOWN
 *                 (a target starts at CONNECTING)
 *
 * ISER_EV_FAIL leads from every state before ENDING to ENDING, once: the caller
 * that gets true does the work.  Without a queue pair ISER_EV_DRAINED follows
 * immediately.
 */
#ifndef ISER_STATE_H
#define ISER_STATE_H

#include <iser/types.h>

enum iser_state {
	ISER_IDLE,		/* allocated */
	ISER_RESOLVING,		/* address and route, initiator */
	ISER_CONNECTING,	/* CM handshake */
	ISER_LOGIN,		/* login phase, login buffers only */
	ISER_FULL,		/* iSER-assisted mode, full feature phase */
	ISER_ENDING,		/* queue pair in error, draining */
	ISER_DOWN,		/* nothing outstanding, nothing will come */
	ISER_STATES,
};

enum iser_event {
	ISER_EV_RESOLVE,	/* initiator: connect was called */
	ISER_EV_CONNECT,	/* route resolved, or connect request received */
	ISER_EV_ESTABLISHED,	/* CM handshake complete */
	ISER_EV_ENABLE,		/* Enable_Datamover */
	ISER_EV_FAIL,		/* any error, disconnect or request to end */
	ISER_EV_DRAINED,	/* last completion seen */
	ISER_EVENTS,
};

/**
 * iser_state_next - the transition
 * @state: changed on success
 * @event: what happened
 * Return: false when the event has no place in this state; the state stays.
 */
bool iser_state_next(enum iser_state *state, enum iser_event event);

/* iser_state_live - whether work requests may be posted: LOGIN, FULL */
static inline bool iser_state_live(enum iser_state state)
{
	return state == ISER_LOGIN || state == ISER_FULL;
}

#endif
