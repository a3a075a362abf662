// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which message may come where: RFC 7145, sections 5.1.3 and 10.1.3.
 */
#include <iser/wire.h>

#include "unit.h"

#define NONE		ISER_HELLO_NONE
#define ALLOWED		ISER_HELLO_ALLOWED
#define REQUIRED	ISER_HELLO_REQUIRED
#define PASS		ISER_HELLO_PASS
#define ANSWER		ISER_HELLO_ANSWER
#define ACCEPT		ISER_HELLO_ACCEPT
#define REFUSE		ISER_HELLO_REFUSE
#define PDU		ISER_OP_CONTROL
#define SAYS		ISER_OP_HELLO
#define REPLY		ISER_OP_HELLO_REPLY

struct place_row {
	const char *what;
	bool target;
	enum iser_hello_rule rule;
	struct {
		enum iser_opcode opcode;
		enum iser_hello_act act;
	} message[3];
};

static const struct place_row places[] = {
	{ "R-5.1.2-8 target, agreed: Hello, then commands", true, REQUIRED,
	  { { SAYS, ANSWER }, { PDU, PASS }, { PDU, PASS } } },
	{ "R-10.1.3.4-1 target, agreed: a command first", true, REQUIRED,
	  { { PDU, REFUSE } } },
	{ "R-10.1.3.4-4 target, agreed: a second Hello", true, REQUIRED,
	  { { SAYS, ANSWER }, { SAYS, REFUSE } } },
	{ "target, agreed: a late Hello", true, REQUIRED,
	  { { SAYS, ANSWER }, { PDU, PASS }, { SAYS, REFUSE } } },
	{ "R-5.1.3-12 target, not named: Hello", true, ALLOWED,
	  { { SAYS, ANSWER }, { PDU, PASS }, { PDU, PASS } } },
	{ "target, not named: no Hello", true, ALLOWED,
	  { { PDU, PASS }, { PDU, PASS }, { PDU, PASS } } },
	{ "target, not named: a late Hello", true, ALLOWED,
	  { { PDU, PASS }, { SAYS, REFUSE } } },
	{ "target, not named: a second Hello", true, ALLOWED,
	  { { SAYS, ANSWER }, { SAYS, REFUSE } } },
	{ "R-5.1.2-9 target, No: Hello", true, NONE, { { SAYS, REFUSE } } },
	{ "R-5.1.2-9 target, No: a late Hello", true, NONE,
	  { { PDU, PASS }, { SAYS, REFUSE } } },
	{ "target, No: no Hello", true, NONE, { { PDU, PASS }, { PDU, PASS } } },
	{ "R-10.1.3.3-1 target: HelloReply, agreed", true, REQUIRED,
	  { { REPLY, REFUSE } } },
	{ "R-10.1.3.3-1 target: HelloReply, not named", true, ALLOWED,
	  { { REPLY, REFUSE } } },
	{ "R-10.1.3.3-1 target: a late HelloReply", true, NONE,
	  { { PDU, PASS }, { REPLY, REFUSE } } },
	{ "R-5.1.3-1 initiator, agreed: HelloReply, then PDUs", false, REQUIRED,
	  { { REPLY, ACCEPT }, { PDU, PASS }, { PDU, PASS } } },
	{ "R-10.1.3.4-2 initiator, agreed: a PDU first", false, REQUIRED,
	  { { PDU, REFUSE } } },
	{ "initiator, agreed: a second HelloReply", false, REQUIRED,
	  { { REPLY, ACCEPT }, { REPLY, REFUSE } } },
	{ "initiator, No: HelloReply", false, NONE, { { REPLY, REFUSE } } },
	{ "initiator, No: a late HelloReply", false, NONE,
	  { { PDU, PASS }, { REPLY, REFUSE } } },
	{ "initiator, No: PDUs", false, NONE, { { PDU, PASS }, { PDU, PASS } } },
	{ "R-10.1.3.3-1 initiator: Hello, agreed", false, REQUIRED,
	  { { SAYS, REFUSE } } },
	{ "R-10.1.3.3-1 initiator: Hello", false, NONE, { { SAYS, REFUSE } } },
};

static void place(struct unit *t)
{
	const struct place_row *row = t->param_value;
	struct iser_hello_state g = {
		.target = row->target, .rule = row->rule, .first = true,
		.ird = 4,
	};
	struct iser_msg msg = {
		.hello = { .max_version = 10, .min_version = 10, .depth = 4 },
	};
	const char *why;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(row->message); i++) {
		if (!row->message[i].opcode)
			break;
		msg.opcode = row->message[i].opcode;
		CHECK_EQ(t, iser_hello_judge(&g, &msg, &why),
			 row->message[i].act);
		CHECK_EQ(t, !why, row->message[i].act != REFUSE);
	}
}

UNIT_TABLE(place, places)

struct reply_row {
	const char *what;
	u16 ird;
	struct iser_hello reply;
	enum iser_hello_act act;
};

static const struct reply_row replies[] = {
	{ "R-5.1.3-4 the same depth", 16, { false, 10, 10, 16 }, ACCEPT },
	{ "R-5.1.3-7 a lesser depth", 16, { false, 10, 10, 1 }, ACCEPT },
	{ "R-5.1.1-3 no Read is wanted", 0, { false, 10, 10, 0 }, ACCEPT },
	{ "a greater MaxVer, if 10 is chosen", 16, { false, 12, 10, 4 }, ACCEPT },
	{ "R-9.4-7 REJ", 16, { true, 10, 10, 16 }, REFUSE },
	{ "R-9.4-7 REJ and ORD 0", 16, { true, 10, 10, 0 }, REFUSE },
	{ "R-9.4-7 CurVer 1", 16, { false, 10, 1, 16 }, REFUSE },
	{ "R-9.4-7 CurVer 11", 16, { false, 11, 11, 16 }, REFUSE },
	{ "R-9.4-7 CurVer 0", 16, { false, 10, 0, 16 }, REFUSE },
	{ "R-5.1.3-8 ORD 0", 16, { false, 10, 10, 0 }, REFUSE },
	{ "R-5.1.3-4 ORD above IRD", 16, { false, 10, 10, 17 }, REFUSE },
	{ "R-5.1.3-4 ORD where IRD is 0", 0, { false, 10, 10, 1 }, REFUSE },
};

static void reply(struct unit *t)
{
	const struct reply_row *row = t->param_value;
	struct iser_hello_state g = {
		.rule = REQUIRED, .first = true, .ird = row->ird,
	};
	struct iser_msg msg = { .opcode = REPLY, .hello = row->reply };
	const char *why;

	CHECK_EQ(t, iser_hello_judge(&g, &msg, &why), row->act);
	CHECK_EQ(t, !why, row->act != REFUSE);
	CHECK(t, !g.first);
}

UNIT_TABLE(reply, replies)

/* Before the login is over nothing is set: a Hello of either end has no place. */
static void early(struct unit *t)
{
	struct iser_hello_state g = { .target = true };
	struct iser_msg msg = { .opcode = SAYS };
	const char *why;

	CHECK_EQ(t, iser_hello_judge(&g, &msg, &why), REFUSE);
	g.target = false;
	msg.opcode = REPLY;
	CHECK_EQ(t, iser_hello_judge(&g, &msg, &why), REFUSE);
	msg.opcode = PDU;
	CHECK_EQ(t, iser_hello_judge(&g, &msg, &why), PASS);
}

struct unit_case greeting_cases[] = {
	UNIT_ROWS(place, "message"),
	UNIT_ROWS(reply, "HelloReply"),
	UNIT_CASE(early, "R-5.1-1 none during the login"),
	{}
};
