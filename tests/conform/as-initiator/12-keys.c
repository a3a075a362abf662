// SPDX-License-Identifier: GPL-2.0-only
/* The keys of section 6 and their answers. */
#include "conform.h"

static bool is(const char *value, const char *what)
{
	return value && !strcasecmp(value, what);
}

/* Logs in with one more key.  Return: its answer, or NULL. */
static const char *offer(const char *key, const char *value)
{
	char changes[128];
	struct conn *c;
	int status;

	snprintf(changes, sizeof(changes), "%s=%s", key, value);
	c = conn_open(NULL);
	status = login_try(c, changes);
	check(!status, "%s=%s: the login fails, %04x", key, value, status);
	ping(c);
	return answer(c, key);
}

/* Section 6: a key that is used as specified is understood. */
static void understood(const char *key, const char *value)
{
	const char *got = offer(key, value);

	check(!is(got, "NotUnderstood"), "%s=%s is answered with NotUnderstood", key, value);
	check(!is(got, "Reject"), "%s=%s is answered with Reject", key, value);
	note("%s=%s is answered with %s", key, value, got ? got : "nothing");
}

/* The value is out of range: the target must answer Reject or end the login. */
static void not_taken(const char *key, const char *value)
{
	char changes[128];
	struct conn *c = conn_open(NULL);
	int status;

	snprintf(changes, sizeof(changes), "%s=%s", key, value);
	status = login_try(c, changes);
	check(!is(answer(c, key), "NotUnderstood"), "%s is answered with NotUnderstood", key);
	check(status || is(answer(c, key), "Reject"), "%s=%s is answered with %s", key, value,
	      answer(c, key) ? answer(c, key) : "nothing: it seems to be taken");
}

#define UNDERSTOOD(name, key, value, ids)					\
	CASE(initiator, "keys/" name, ids, key "=" value " is understood")	\
	{									\
		understood(key, value);						\
	}

#define NOT_TAKEN(name, key, value, ids)					\
	CASE(initiator, "keys/" name, ids, key "=" value " is answered with Reject") \
	{									\
		not_taken(key, value);						\
	}

#define UNEXPECTED	"MaxOutstandingUnexpectedPDUs"
UNDERSTOOD("unexpected-0", UNEXPECTED, "0", "R-3.3-6 R-3.3-7 R-6.7-1")
UNDERSTOOD("unexpected-2", UNEXPECTED, "2", "R-3.3-6 R-3.3-7 R-6.7-1")
UNDERSTOOD("unexpected-16", UNEXPECTED, "16", "R-3.3-6 R-3.3-7 R-6.7-1")
UNDERSTOOD("unexpected-max", UNEXPECTED, "4294967295", "R-3.3-6 R-3.3-7 R-6.7-1")
NOT_TAKEN("unexpected-1", UNEXPECTED, "1", "R-6.7-1")
NOT_TAKEN("unexpected-33-bits", UNEXPECTED, "4294967296", "R-6.7-1")
NOT_TAKEN("unexpected-words", UNEXPECTED, "many", "R-6.7-1")

UNDERSTOOD("ahs-0", "MaxAHSLength", "0", "R-3.3-6 R-3.3-7 R-6.8-1")
UNDERSTOOD("ahs-2", "MaxAHSLength", "2", "R-3.3-6 R-3.3-7 R-6.8-1")
UNDERSTOOD("ahs-256", "MaxAHSLength", "256", "R-3.3-6 R-3.3-7 R-6.8-1")
UNDERSTOOD("ahs-max", "MaxAHSLength", "4294967295", "R-3.3-6 R-3.3-7 R-6.8-1")
NOT_TAKEN("ahs-1", "MaxAHSLength", "1", "R-6.8-1")
NOT_TAKEN("ahs-33-bits", "MaxAHSLength", "4294967296", "R-6.8-1")

UNDERSTOOD("tagged-yes", "TaggedBufferForSolicitedDataOnly", "Yes", "R-3.3-6 R-3.3-7 R-6.9-1")
UNDERSTOOD("tagged-no", "TaggedBufferForSolicitedDataOnly", "No", "R-3.3-6 R-3.3-7 R-6.9-1")
NOT_TAKEN("tagged-maybe", "TaggedBufferForSolicitedDataOnly", "Maybe", "R-6.9-1")

UNDERSTOOD("hello-no", "iSERHelloRequired", "No", "R-3.3-6 R-3.3-7 R-6.10-1")
NOT_TAKEN("hello-maybe", "iSERHelloRequired", "Maybe", "R-6.10-1")

/* This case sends no ping: after Yes the first message would have to be a Hello. */
CASE(initiator, "keys/hello-yes", "R-3.3-6 R-3.3-7 R-6.10-1", "iSERHelloRequired=Yes is understood")
{
	struct conn *c = conn_open(NULL);

	login(c, "iSERHelloRequired=Yes");
	check(!is(answer(c, "iSERHelloRequired"), "NotUnderstood"), "NotUnderstood");
	check(!is(answer(c, "iSERHelloRequired"), "Reject"), "Reject");
}

CASE(initiator, "keys/all", "R-3.3-6 R-3.3-7", "all keys of section 6 in one login")
{
	static const char * const keys[] = {
		"RDMAExtensions", "InitiatorRecvDataSegmentLength", "TargetRecvDataSegmentLength",
		UNEXPECTED, "MaxAHSLength", "TaggedBufferForSolicitedDataOnly",
		"iSERHelloRequired", "HeaderDigest", "DataDigest",
	};
	struct conn *c = session("MaxOutstandingUnexpectedPDUs=8 MaxAHSLength=256 "
				 "TaggedBufferForSolicitedDataOnly=Yes iSERHelloRequired=No");
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		check(!is(answer(c, keys[i]), "NotUnderstood"), "%s is not understood", keys[i]);
	ping(c);
}

CASE(initiator, "keys/unasked", "R-6.9-1 R-6.10-1",
     "the target does not itself offer a key that only an initiator may declare")
{
	struct conn *c = session("");

	check(!answer(c, "TaggedBufferForSolicitedDataOnly"), "TaggedBufferForSolicitedDataOnly");
	check(!answer(c, "iSERHelloRequired"), "iSERHelloRequired");
}

CASE(initiator, "keys/declares-unexpected", "R-6.7-3",
     "the target declares a finite MaxOutstandingUnexpectedPDUs when asked")
{
	struct conn *c = session("MaxOutstandingUnexpectedPDUs=8");
	const char *value = answer(c, UNEXPECTED);

	check(value, "it is silent");
	check(strtoul(value, NULL, 0) >= 2, "it says %s", value);
}

CASE(initiator, "keys/discovery", "R-6-2 R-5.1-4",
     "in a Discovery session the keys have no effect and are no error")
{
	struct conn *c = conn_open(NULL);

	discovery(c, "RDMAExtensions=Yes MaxOutstandingUnexpectedPDUs=8 MaxAHSLength=256");
	check(!is(answer(c, "RDMAExtensions"), "Yes"), "RDMAExtensions=Yes is agreed on");
	check(!is(answer(c, UNEXPECTED), "NotUnderstood"), "NotUnderstood");
	check(!is(answer(c, "MaxAHSLength"), "NotUnderstood"), "NotUnderstood");
}

/*
 * Sends @word in full feature phase.  Return: the value of @key in the Text Response,
 * or NULL for a Reject.
 */
static void late(struct conn *c, const char *word, const char *key)
{
	struct text t = { 0 };
	struct msg *m = text_request(c, word);
	struct rx *rx;

	post(c, m);
	step("waiting for what comes of %s", word);
	rx = take(c, ISCSI_TEXT_RSP, itt_of(BHS(m)), 1000);
	if (!rx) {
		check(!c->ended, "%s ends the connection", word);
		expect(c, ISCSI_REJECT, ANY_ITT);
		return;
	}
	memcpy(t.b, rx->data, rx->data_len < 8000 ? rx->data_len : 8000);
	t.len = rx->data_len;
	check(text_get(&t, key), "%s is not answered", word);
	check(is(text_get(&t, key), "Reject") || is(text_get(&t, key), "NotUnderstood") ||
	      is(text_get(&t, key), "Irrelevant"), "%s is answered with %s", word,
	      text_get(&t, key));
}

CASE(initiator, "keys/late", "R-6-3",
     "login-only keys in full feature phase are refused, the values stay")
{
	struct conn *c = session("");

	late(c, "RDMAExtensions=No", "RDMAExtensions");
	late(c, "TargetRecvDataSegmentLength=512", "TargetRecvDataSegmentLength");
	ping(c);
	/* The limit is still that of the login: 4096 bytes, more than 512, are taken. */
	{
		struct msg *m = nop_out(c, true);

		add_data(m, NULL, 4096);
		ask(c, m, ISCSI_NOP_IN);
	}
}

/* A login with this text is refused as an error of the initiator. */
static void names_refused(const char *changes)
{
	struct conn *c = conn_open(NULL);
	int status = login_try(c, changes);

	check(status == 0x200, "%s: the login ends with %04x, not 0200", changes, status);
	still_serves();
}

CASE(initiator, "keys/name-twice", "R-3.3-6",
     "a first Login Request that names its target twice is refused")
{
	char changes[300];

	snprintf(changes, sizeof(changes), "+TargetName=%s", opt.target);
	names_refused(changes);
	names_refused("+TargetNames=x");
}

/* Leaves out a key, and answers the target's proposal of it by @value. */
static void exceeds(const char *key, const char *value)
{
	struct conn *c = conn_open(NULL);
	char changes[100];
	int status;

	/* LIO waits for no answer to some keys, but it does for that to the last one. */
	snprintf(changes, sizeof(changes), "-%s ~%s=%s -DefaultTime2Wait", key, key, value);
	status = login_try(c, changes);
	check(status, "%s=%s is taken, where the target has proposed %s", key,
	      value, answer(c, key));
}

CASE(initiator, "keys/more-than-proposed", "R-6-1",
     "an answer that is more than what the target has proposed ends the login")
{
	exceeds("ErrorRecoveryLevel", "2");
	exceeds("MaxConnections", "65535");
	exceeds("MaxOutstandingR2T", "65535");
	exceeds("FirstBurstLength", "16777215");
	exceeds("DataPDUInOrder", "No");
	still_serves();
}

CASE(initiator, "keys/others", "R-6-1",
     "keys of RFC 7143 keep their meaning: minimum, AND and OR")
{
	struct conn *c = session("MaxBurstLength=65536 FirstBurstLength=4096 ImmediateData=No "
				 "InitialR2T=Yes MaxOutstandingR2T=1");

	check(strtoul(answer(c, "MaxBurstLength") ?: "0", NULL, 0) <= 65536, "MaxBurstLength=%s",
	      answer(c, "MaxBurstLength"));
	check(strtoul(answer(c, "FirstBurstLength") ?: "0", NULL, 0) <= 4096,
	      "FirstBurstLength=%s", answer(c, "FirstBurstLength"));
	/* The offer was No, so the result is No: the target need not answer. */
	check(!answer(c, "ImmediateData") || is(answer(c, "ImmediateData"), "No"),
	      "ImmediateData=%s", answer(c, "ImmediateData"));
	check(!answer(c, "InitialR2T") || is(answer(c, "InitialR2T"), "Yes"), "InitialR2T=%s",
	      answer(c, "InitialR2T"));
}
