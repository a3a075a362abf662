/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first messages of full feature phase: Hello and HelloReply.
 * RFC 7145, sections 5.1.1 to 5.1.3, 10.1.3.2 and 10.1.3.4.  Pure.
 */
#ifndef ISER_GREETING_H
#define ISER_GREETING_H

#include <iser/wire.h>

/* What iSERHelloRequired ended as. */
enum iser_hello_rule {
	ISER_HELLO_NONE,	/* No, or a refusal: no Hello */
	ISER_HELLO_ALLOWED,	/* not named: an old initiator may say Hello */
	ISER_HELLO_REQUIRED,	/* Yes: the first message of each end */
};

struct iser_greeting {
	bool target;		/* this end is the target */
	enum iser_hello_rule rule;
	bool first;		/* the peer's first message has not come yet */
	u16 ird;		/* initiator: iSER-IRD, as the Hello says it */
};

/* What is to be done with a received message. */
enum iser_greeting_act {
	ISER_GREETING_PASS,	/* no part of a greeting: hand it on */
	ISER_GREETING_ANSWER,	/* target: a Hello, iser_answer_hello() knows more */
	ISER_GREETING_ACCEPT,	/* initiator: the HelloReply is as it should be */
	ISER_GREETING_REFUSE,	/* end the connection */
};

/**
 * iser_greeting_judge - what is a message in this place?
 * @g: changed: the next message is not the first
 * @msg: the message, parsed
 * @why: with ISER_GREETING_REFUSE: the reason in words, for a log line
 */
enum iser_greeting_act iser_greeting_judge(struct iser_greeting *g,
					   const struct iser_msg *msg,
					   const char **why);

#endif
