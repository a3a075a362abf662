// SPDX-License-Identifier: GPL-2.0-only
/* The login of an initiator. */
#include "conform.h"

#define LOGIN_C		0x40
#define ROUNDS		6

struct msg *login_pdu(struct conn *c, int csg, int nsg, const struct text *t)
{
	struct msg *m = pdu(c, ISCSI_LOGIN | IMMEDIATE);
	uint8_t *bhs = BHS(m);

	bhs[1] = csg << 2 | (nsg < 0 ? 0 : FINAL | nsg);
	memcpy(bhs + 8, c->isid, 6);
	put16(bhs + 14, c->tsih);
	put32(bhs + 16, 7);		/* one task for the whole login */
	put16(bhs + 20, c->cid);
	put16(bhs + 22, 0);
	if (t)
		add_data(m, t->b, t->len);
	return m;
}

struct rx *login_round(struct conn *c, struct msg *m)
{
	struct rx *rx;

	post(c, m);
	step("waiting for a Login Response");
	rx = next_rx(c, opt.wait_ms);
	if (!rx && !c->ended)
		fail("no answer to the Login Request");
	if (!rx)
		return NULL;
	check(rx->opcode == ISCSI_LOGIN_RSP, "%s came, no Login Response",
	      opcode_name(rx->opcode));
	check(itt_of(rx->bhs) == itt_of(BHS(m)), "the ITT of the Login Response is another");
	c->exp_statsn = get32(rx->bhs + 24) + 1;
	c->max_cmdsn = get32(rx->bhs + 32);
	if (!login_status(rx)) {
		c->tsih = get16(rx->bhs + 14);
		if (c->answer.len + rx->data_len < sizeof(c->answer.b)) {
			memcpy(c->answer.b + c->answer.len, rx->data, rx->data_len);
			c->answer.len += rx->data_len;
			/* A value ends with NUL also when the text does not. */
			if (c->answer.len && c->answer.b[c->answer.len - 1])
				c->answer.len++;
		}
	}
	return rx;
}

uint16_t login_status(const struct rx *rx)
{
	return get16(rx->bhs + 36);
}

const char *answer(const struct conn *c, const char *key)
{
	return text_get(&c->answer, key);
}

uint32_t answer_number(const struct conn *c, const char *key, uint32_t absent)
{
	const char *value = answer(c, key);

	return value ? strtoul(value, NULL, 0) : absent;
}

/*
 * Answers what the target asks by itself: with the value in @changes, or else the same
 * one.
 */
static void replies(struct conn *c, const struct rx *rx, const char *changes, struct text *t)
{
	const char *p = (const char *)rx->data, *end = p + rx->data_len;

	memset(t, 0, sizeof(*t));
	for (; p < end; p += strlen(p) + 1) {
		static const char declared[] = " TargetAlias TargetAddress TargetPortalGroupTag ";
		char key[128], word[160], value[256];
		const char *own;

		snprintf(key, sizeof(key), "%.*s", (int)strcspn(p, "="), p);
		snprintf(word, sizeof(word), " %s ", key);
		if (!p[strlen(key)] || text_get(&c->offer, key) || strstr(declared, word))
			continue;
		snprintf(value, sizeof(value), "%s", p + strlen(key) + 1);
		snprintf(word, sizeof(word), "~%s=", key);
		own = strstr(changes, word);
		if (own)
			snprintf(value, sizeof(value), "%.*s",
				 (int)strcspn(own + strlen(word), " "), own + strlen(word));
		else if (!strcmp(key, "AuthMethod"))
			snprintf(value, sizeof(value), "None");
		text_add(t, key, value);
		text_add(&c->offer, key, value);
	}
}

int login_try(struct conn *c, const char *changes)
{
	struct text t;
	struct rx *rx;
	int round, csg = 1;

	text_default(&t, changes);
	c->offer = t;
	c->answer.len = 0;
	if (!strcmp(opt.like->name, "esxi")) {
		struct text names = { 0 };

		text_add(&names, "InitiatorName", opt.initiator);
		text_add(&names, "TargetName", opt.target);
		text_add(&names, "SessionType", text_get(&t, "SessionType"));
		text_add(&names, "AuthMethod", "None");
		rx = login_round(c, login_pdu(c, 0, 1, &names));
		if (!rx)
			return -1;
		if (login_status(rx))
			return login_status(rx);
		text_change(&t, "-InitiatorName -TargetName -SessionType");
	}
	for (round = 0; round < ROUNDS; round++) {
		rx = login_round(c, login_pdu(c, csg, 3, &t));
		if (!rx)
			return -1;
		if (login_status(rx))
			return login_status(rx);
		if ((rx->bhs[1] & 0x83) == 0x83) {
			c->full = true;
			return 0;
		}
		t.len = 0;
		if (!(rx->bhs[1] & LOGIN_C))
			replies(c, rx, changes, &t);
	}
	fail("the login has no end after %d rounds", ROUNDS);
}

void login(struct conn *c, const char *changes)
{
	int status = login_try(c, changes);

	check(status >= 0, "the connection ended during login (%s)", c->how);
	check(!status, "the login is refused with status %04x", status);
}

struct conn *session_cm(const struct cm *cm, const char *changes)
{
	struct conn *c = conn_open(cm);
	int tries;

	login(c, changes);
	/* A unit attention may answer the first command of a nexus. */
	for (tries = 0; tries < 3; tries++)
		if (!ask(c, test_unit_ready(c), ISCSI_RESPONSE)->bhs[3])
			break;
	return c;
}

struct conn *session(const char *changes)
{
	return session_cm(NULL, changes);
}

struct conn *conn_joining(const struct conn *first, uint16_t cid)
{
	struct conn *c = conn_open(NULL);

	memcpy(c->isid, first->isid, sizeof(c->isid));
	c->tsih = first->tsih;
	c->cid = cid;
	c->cmdsn = first->cmdsn;
	/* Task tags are those of the session. */
	c->itt = first->itt + (cid + 1) * 0x10000;
	return c;
}

int join_try(struct conn *c, const struct conn *first)
{
	int status = login_try(c, FURTHER);

	/* What holds for the session was said on its first connection. */
	if (!status) {
		c->offer = first->offer;
		c->answer = first->answer;
	}
	return status;
}

void session_of(struct conn **c, unsigned int n, const char *changes)
{
	char all[512];
	unsigned int i;

	snprintf(all, sizeof(all), "MaxConnections=%u %s", n, changes);
	c[0] = session(all);
	if (answer_number(c[0], "MaxConnections", 1) < n)
		skip("the target answers MaxConnections=%s", answer(c[0], "MaxConnections"));
	for (i = 1; i < n; i++) {
		int status;

		c[i] = conn_joining(c[0], c[0]->cid + i);
		status = join_try(c[i], c[0]);
		check(!status, "connection %u is refused with status %04x", i + 1, status);
	}
}

struct conn *session_of_two(const char *changes, struct conn **other)
{
	struct conn *c[2];

	session_of(c, 2, changes);
	*other = c[1];
	return c[0];
}

void discovery(struct conn *c, const char *changes)
{
	char all[512];

	snprintf(all, sizeof(all), DISCOVERY " %s", changes);
	login(c, all);
}

const char *need_key(const struct conn *c, const char *key)
{
	const char *value = answer(c, key);

	if (!value)
		skip("the target is silent about %s", key);
	if (!strcmp(value, "NotUnderstood"))
		skip("the target does not know %s", key);
	return value;
}
