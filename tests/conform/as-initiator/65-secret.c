// SPDX-License-Identifier: GPL-2.0-only
/* Logins of a session and of its connections, with and without credentials. */
#include "several.h"

#define USER	"user-in"
#define SECRET	"secret-in-1234"
#define NAMED	"-InitiatorName -TargetName -SessionType "

/* The answer to a challenge: MD5 of the identifier, the secret and the challenge. */
static void digest(char *to, size_t size, const char *secret, const char *id,
		   const char *challenge)
{
	unsigned int byte;
	char command[2600], *p = command;
	FILE *f;

	p += sprintf(p, "printf '\\%03o%s", atoi(id), secret);
	for (challenge += 2; sscanf(challenge, "%2x", &byte) == 1; challenge += 2)
		p += sprintf(p, "\\%03o", byte);
	sprintf(p, "' | md5sum");
	f = popen(command, "r");
	check(f && fgets(to, size, f), "md5sum gives nothing");
	pclose(f);
	to[32] = 0;
}

/* Begins the security stage of a login.  Return: status; 0: a challenge has come. */
static int be_challenged(struct conn *c)
{
	struct text t = { 0 };
	struct rx *rx;

	text_add(&t, "InitiatorName", opt.initiator);
	text_add(&t, "TargetName", opt.target);
	text_add(&t, "SessionType", "Normal");
	text_add(&t, "AuthMethod", "CHAP");
	c->answer.len = 0;
	rx = login_round(c, login_pdu(c, 0, -1, &t));
	if (!rx || login_status(rx))
		return rx ? login_status(rx) : -1;
	if (strcmp(answer(c, "AuthMethod") ?: "None", "CHAP"))
		skip("the target answers AuthMethod=%s", answer(c, "AuthMethod"));
	t.len = 0;
	text_add(&t, "CHAP_A", "5");
	rx = login_round(c, login_pdu(c, 0, -1, &t));
	check(rx && answer(c, "CHAP_I") && answer(c, "CHAP_C"), "no challenge comes");
	return 0;
}

/* Answers the challenge.  Return: status; -1: the connection ended. */
static int respond(struct conn *c, const char *response)
{
	struct text t = { 0 };
	struct rx *rx;

	text_add(&t, "CHAP_N", USER);
	text_add(&t, "CHAP_R", response);
	rx = login_round(c, login_pdu(c, 0, 1, &t));
	return rx ? login_status(rx) : -1;
}

/* The security stage of a login.  Return: status; -1: the connection ended. */
static int authenticate(struct conn *c, const char *secret)
{
	char sum[64], value[80];
	int status = be_challenged(c);

	if (status)
		return status;
	digest(sum, sizeof(sum), secret, answer(c, "CHAP_I"), answer(c, "CHAP_C"));
	snprintf(value, sizeof(value), "0x%s", sum);
	return respond(c, value);
}

/* The right response in base64, which is 0b and 22 characters, without padding. */
static void respond_base64(char *to, size_t size, struct conn *c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = 0, have = 0, byte, i;
	char sum[64];

	digest(sum, sizeof(sum), SECRET, answer(c, "CHAP_I"), answer(c, "CHAP_C"));
	to += snprintf(to, size, "0b");
	for (i = 0; sscanf(sum + i, "%2x", &byte) == 1; i += 2) {
		bits = bits << 8 | byte;
		for (have += 8; have >= 6; have -= 6)
			*to++ = digits[bits >> (have - 6) & 63];
	}
	*to++ = digits[bits << (6 - have) & 63];
	*to = 0;
}

CASE(initiator, "connections/secret-base64", "R-11-1 R-10.1.4.6-2",
     "a CHAP response in base64 is taken; one that is longer than a digest is refused: 0201")
{
	struct text t = { 0 };
	char value[160];
	struct rx *rx;
	int status;

	at[0] = conn_open(NULL);
	status = be_challenged(at[0]);
	check(!status, "no challenge, status %d", status);
	respond_base64(value, sizeof(value), at[0]);
	status = respond(at[0], value);
	check(!status, "the right response in base64 is refused, status %d", status);
	login(at[0], NAMED "MaxConnections=1");
	at[1] = conn_open(NULL);
	status = be_challenged(at[1]);
	check(!status, "no challenge, status %d", status);
	memset(value + 2, 'A', 120);
	value[122] = 0;
	/* A target that does not see it first finds that it has no such user. */
	text_add(&t, "CHAP_N", "nobody");
	text_add(&t, "CHAP_R", value);
	rx = login_round(at[1], login_pdu(at[1], 0, 1, &t));
	check(rx, "the connection ended without a status");
	check(login_status(rx) == 0x201, "the status is %04x", login_status(rx));
	expect_end(at[1], "the login failed");
}

/* A session of two connections that have authenticated themselves. */
static void begin_secret(void)
{
	int status;

	at[0] = conn_open(NULL);
	status = authenticate(at[0], SECRET);
	check(!status, "the right secret is refused, status %d", status);
	login(at[0], NAMED "MaxConnections=4 TaggedBufferForSolicitedDataOnly=Yes");
	if (answer_number(at[0], "MaxConnections", 1) < 2)
		skip("the target answers MaxConnections=%s", answer(at[0], "MaxConnections"));
	while (ask(at[0], test_unit_ready(at[0]), ISCSI_RESPONSE)->bhs[3])
		;
	block_size(at[0]);
	last = at[0];
	nr = 2;
	at[1] = conn_joining(at[0], 1);
	status = authenticate(at[1], SECRET);
	check(!status, "the right secret is refused, status %d", status);
	at[1]->tsih = at[0]->tsih;
	status = login_try(at[1], NAMED FURTHER);
	check(!status, "the second connection is refused, status %04x", status);
}

static void both_live(const char *what)
{
	step("both connections after %s", what);
	settle();
	command(at[0], test_unit_ready(turn(at[0])));
	command(at[1], test_unit_ready(turn(at[1])));
}

/*
 * Two logins without the secret, with the ISID, this TSIH and this CID.  That which
 * leaves out the security stage is login/no-security-stage.
 */
static void strangers(uint16_t tsih, uint16_t cid)
{
	int status, way;

	for (way = 0; way < 2; way++) {
		struct conn *c = conn_joining(at[0], cid);
		struct text t = { 0 };
		struct rx *rx;

		c->tsih = tsih;
		if (way) {
			status = authenticate(c, "secret-in-4321");
		} else {
			text_add(&t, "InitiatorName", opt.initiator);
			text_add(&t, "TargetName", opt.target);
			text_add(&t, "SessionType", "Normal");
			text_add(&t, "AuthMethod", "None");
			rx = login_round(c, login_pdu(c, 0, 1, &t));
			status = rx ? login_status(rx) : -1;
		}
		note("way %d: status %04x", way, status);
		check(status, "a login without the secret goes on");
		/* The target is not busy with it. */
		c->full = true;
		conn_close(c);
		both_live(way ? "a wrong secret" : "AuthMethod=None");
	}
}

CASE(initiator, "connections/secret-replace", "R-5.1-12 R-11-1",
     "a login with the right secret takes the place of a connection")
{
	struct conn *c;
	int status;

	begin_secret();
	c = conn_joining(turn(at[1]), at[1]->cid);
	status = authenticate(c, SECRET);
	check(!status, "the right secret is refused, status %d", status);
	both_live("the security stage alone");
	c->cmdsn = last->cmdsn;
	c->tsih = at[0]->tsih;
	status = login_try(c, NAMED FURTHER);
	check(!status, "the login is refused, status %04x", status);
	wait_end(at[1], "another one has taken its place");
	at[1] = last = c;
	both_live("one was replaced");
}

CASE(initiator, "connections/secret-none", "R-5.1-12 R-11-1",
     "logins without the secret, with the TSIH and the CID of a connection: it lives on")
{
	begin_secret();
	strangers(at[0]->tsih, at[1]->cid);
	strangers(at[0]->tsih, at[0]->cid);
}

CASE(initiator, "connections/secret-none-session", "R-11-1",
     "logins without the secret, with the name and the ISID of a session: it lives on")
{
	begin_secret();
	strangers(0, 0);
}
