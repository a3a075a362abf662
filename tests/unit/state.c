// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a connection.
 */
#include "../../proto/state.h"

#include "unit.h"

#define NO	ISER_STATES

/* The next state for each event: resolve, connect, established, enable, fail, drained. */
struct state_row {
	const char *what;
	enum iser_state state;
	enum iser_state next[ISER_EVENTS];
};

static const struct state_row states[] = {
	{ "idle", ISER_IDLE,
	  { ISER_RESOLVING, ISER_CONNECTING, NO, NO, ISER_ENDING, NO } },
	{ "resolving", ISER_RESOLVING,
	  { NO, ISER_CONNECTING, NO, NO, ISER_ENDING, NO } },
	{ "connecting", ISER_CONNECTING,
	  { NO, NO, ISER_LOGIN, NO, ISER_ENDING, NO } },
	{ "login", ISER_LOGIN,
	  { NO, NO, NO, ISER_FULL, ISER_ENDING, NO } },
	{ "full feature", ISER_FULL,
	  { NO, NO, NO, NO, ISER_ENDING, NO } },
	{ "ending", ISER_ENDING,
	  { NO, NO, NO, NO, NO, ISER_DOWN } },
	{ "down", ISER_DOWN,
	  { NO, NO, NO, NO, NO, NO } },
};

static void transitions(struct unit *t)
{
	const struct state_row *row = t->param_value;
	enum iser_state state;
	u32 event;

	for (event = 0; event < ISER_EVENTS; event++) {
		state = row->state;
		CHECK_EQ(t, iser_state_next(&state, (enum iser_event)event),
			 row->next[event] != NO);
		CHECK_EQ(t, state, row->next[event] == NO ? row->state :
							    row->next[event]);
	}
}

UNIT_TABLE(transitions, states)

static void wrong_values(struct unit *t)
{
	enum iser_state state = ISER_STATES;

	CHECK(t, !iser_state_next(&state, ISER_EV_FAIL));
	CHECK_EQ(t, state, ISER_STATES);
	state = (enum iser_state)1000;
	CHECK(t, !iser_state_next(&state, ISER_EV_FAIL));
	state = ISER_FULL;
	CHECK(t, !iser_state_next(&state, ISER_EVENTS));
	CHECK(t, !iser_state_next(&state, (enum iser_event)1000));
	CHECK_EQ(t, state, ISER_FULL);
}

static void live(struct unit *t)
{
	u32 state;

	for (state = 0; state < ISER_STATES; state++)
		CHECK_EQ(t, iser_state_live((enum iser_state)state),
			 state == ISER_LOGIN || state == ISER_FULL);
}

static void initiator_life(struct unit *t)
{
	static const enum iser_event events[] = {
		ISER_EV_RESOLVE, ISER_EV_CONNECT, ISER_EV_ESTABLISHED,
		ISER_EV_ENABLE, ISER_EV_FAIL, ISER_EV_DRAINED,
	};
	enum iser_state state = ISER_IDLE;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		CHECK(t, iser_state_next(&state, events[i]));
		CHECK_EQ(t, state, i + 1);
	}
	CHECK_EQ(t, state, ISER_DOWN);
}

static void fails_once(struct unit *t)
{
	enum iser_state state = ISER_FULL;

	CHECK(t, iser_state_next(&state, ISER_EV_FAIL));
	CHECK(t, !iser_state_next(&state, ISER_EV_FAIL));
	CHECK(t, iser_state_next(&state, ISER_EV_DRAINED));
	CHECK(t, !iser_state_next(&state, ISER_EV_FAIL));
	CHECK(t, !iser_state_next(&state, ISER_EV_DRAINED));
	CHECK_EQ(t, state, ISER_DOWN);
}

struct unit_case state_cases[] = {
	UNIT_ROWS(transitions, "what leads where"),
	UNIT_CASE(wrong_values, "values out of range change nothing"),
	UNIT_CASE(live, "work is posted in login and full feature only"),
	UNIT_CASE(initiator_life, "R-5.1.1-8 from idle to down"),
	UNIT_CASE(fails_once, "R-10.1.3.3-3 a connection fails once"),
	{}
};
