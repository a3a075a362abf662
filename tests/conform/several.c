// SPDX-License-Identifier: GPL-2.0-only
/* A session of several connections, for cases of the initiator's side: several.h. */
#include "several.h"

struct conn *at[MOST], *last;
unsigned int nr;

void begin(unsigned int n, const char *changes)
{
	char all[512];

	snprintf(all, sizeof(all), "TaggedBufferForSolicitedDataOnly=Yes %s", changes);
	session_of(at, n, all);
	nr = n;
	last = at[0];
	/* It sends a command the first time. */
	block_size(at[0]);
}

void begin_unsolicited(unsigned int n)
{
	begin(n, NO_R2T);
	if (strcmp(answer(at[0], "InitialR2T") ?: "Yes", "No"))
		skip("the target answers InitialR2T=%s", answer(at[0], "InitialR2T"));
}

struct conn *turn(struct conn *c)
{
	c->cmdsn = last->cmdsn;
	last = c;
	return c;
}

uint32_t lba_of(unsigned int i)
{
	return free_block(at[0]) + i * BLOCKS(at[0], 65536);
}

struct mem *filled(struct conn *c, uint32_t len, uint32_t seed)
{
	struct mem *m = mem_new(c, len, WRITE_SOURCE);

	fill(m->p, len, seed);
	return m;
}

void is_good(struct conn *c, const struct msg *m)
{
	expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(m))));
}

void reads(struct conn *c, uint32_t lba, uint32_t len, uint32_t seed)
{
	verify(turn(c), lba, len, seed);
}

void settle(void)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (at[i])
			ping(at[i]);
}

void parts(struct conn *c, const struct msg *m, struct mem *mem, uint32_t from,
	   uint32_t to, uint32_t first)
{
	uint32_t at_byte;

	for (at_byte = from; at_byte < to; at_byte += PART)
		post(c, data_out(c, itt_of(BHS(m)), NO_TAG, (at_byte - first) / PART, at_byte,
				 mem->p + at_byte, PART, at_byte + PART == 16384));
}

void nothing_yet(void)
{
	unsigned int i, k;

	for (k = 0; k < 10; k++)
		for (i = 0; i < nr; i++) {
			nothing_else(at[i]);
			pause_ms(1);
		}
}

struct msg *gap(void)
{
	return test_unit_ready(turn(at[0]));
}

void load(struct conn *c, struct msg **m, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		m[i] = i & 1 ? write_blocks(turn(c), lba_of(8 + i % 8), filled(c, 65536, i), 0) :
		       read_blocks(turn(c), lba_of(i % 8), mem_new(c, 65536, READ_SINK));
	post_many(c, m, n);
}

void window_is(struct conn *c, uint32_t size, const char *what)
{
	uint32_t now = 0;
	int i;

	for (i = 0; i < 100; i++) {
		ping(c);
		now = c->max_cmdsn - c->exp_cmdsn;
		if (now == size)
			return;
		pause_ms(10);
	}
	fail("the window was %u and is %u: %s", size, now, what);
}

struct msg *again(struct conn *c, struct msg *m, const struct msg *before)
{
	c->cmdsn--;
	put32(BHS(m) + 24, get32(BHS(before) + 24));
	return m;
}
