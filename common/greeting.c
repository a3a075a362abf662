// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first messages of full feature phase, judged.  RFC 7145, sections 5.1.3
 * and 10.1.3.  Pure.
 */
#include <iser/greeting.h>

/* Why this message can't stand in its place; NULL: it can. */
static const char *misplaced(const struct iser_greeting *g,
			     const struct iser_msg *msg)
{
	switch (msg->opcode) {
	case ISER_OP_HELLO:
		/* Section 10.1.3.3. */
		if (!g->target)
			return "it comes from a target";
		if (g->rule == ISER_HELLO_NONE)
			return "it was not agreed on";
		return g->first ? NULL : "it is not the first message";
	case ISER_OP_HELLO_REPLY:
		if (g->target)
			return "it comes from an initiator";
		return g->first && g->rule == ISER_HELLO_REQUIRED ? NULL :
			"nobody asked for it";
	default:
		/* Section 10.1.3.4. */
		if (!g->first || g->rule != ISER_HELLO_REQUIRED)
			return NULL;
		return g->target ?
			"the first message is no Hello, which was agreed on" :
			"the target's first message is no HelloReply";
	}
}

/* Why this HelloReply can't be accepted: sections 5.1.3 and 9.4. */
static const char *bad_reply(const struct iser_greeting *g,
			     const struct iser_hello *reply)
{
	if (reply->rej)
		return "the target rejects the connection";
	if (reply->min_version != ISER_VERSION)
		return "the target chose a version other than 10";
	if (g->ird && !reply->depth)
		return "the target can do no RDMA Read";
	if (reply->depth > g->ird)
		return "the target would do more RDMA Reads than the Hello allows";
	return NULL;
}

enum iser_greeting_act iser_greeting_judge(struct iser_greeting *g,
					   const struct iser_msg *msg,
					   const char **why)
{
	*why = misplaced(g, msg);
	g->first = false;
	if (*why)
		return ISER_GREETING_REFUSE;

	switch (msg->opcode) {
	case ISER_OP_HELLO:
		return ISER_GREETING_ANSWER;
	case ISER_OP_HELLO_REPLY:
		*why = bad_reply(g, &msg->hello);
		return *why ? ISER_GREETING_REFUSE : ISER_GREETING_ACCEPT;
	default:
		return ISER_GREETING_PASS;
	}
}
