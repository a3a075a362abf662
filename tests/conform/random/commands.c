// SPDX-License-Identifier: GPL-2.0-only
/* Operations of a random initiator that break no rule. */
#include "play.h"

static uint32_t next_seed;

/*
 * Whether one of both ends said No: a key that takes a Yes of both needs no answer
 * then.
 */
static bool said_no(struct conn *c, const char *key)
{
	return !strcmp(text_get(&c->offer, key) ?: "", "No") || !strcmp(answer(c, key) ?: "", "No");
}

bool op_ping(void)
{
	struct conn *c = any_conn(false);
	bool immediate = one_in(2);
	struct msg *m;

	if (!c || (!immediate && !room(c)))
		return false;
	m = nop_out(c, immediate);
	if (one_in(2))
		add_data(m, NULL, 1 + roll(200));
	put(c, m, "NOP-Out");
	return done(c);
}

bool op_text(void)
{
	struct conn *c = any_conn(false);

	if (!c || !room(c))
		return false;
	put(c, send_targets(c), "Text Request");
	return done(c);
}

bool op_ready(void)
{
	struct conn *c = any_conn(true);

	if (!c || !room(c))
		return false;
	put(c, test_unit_ready(c), "TEST UNIT READY");
	return done(c);
}

bool op_inquiry(void)
{
	struct conn *c = any_conn(true);
	struct mem *mem;

	if (!c || !room(c))
		return false;
	mem = mem_exact(c, 36, READ_SINK, roll(4096));
	put(c, inquiry(c, mem, 36), "INQUIRY")->mem = mem;
	return done(c);
}

bool op_read(void)
{
	struct conn *c = any_conn(true);
	struct slot *slot = slot_free(true);
	struct task *t;

	if (!c || !room(c) || !slot)
		return false;
	slot->users++;
	t = &play.tasks[play.nr_tasks];
	{
		struct mem *mem = mem_new(c, slot->len, READ_SINK);

		t = put(c, read_blocks(c, slot_lba(c, slot), mem), "READ");
		t->mem = mem;
	}
	t->slot = slot;
	t->seed = slot->seed;
	t->len = slot->len;
	return done(c);
}

/* A write to a place that no other task uses, or NULL if that is not possible now. */
static struct task *write_task(bool parts)
{
	struct conn *c = any_conn(true);
	struct slot *slot = slot_free(false);
	uint32_t len, immediate = 0, first, most;
	struct mem *mem;
	struct task *t;

	if (!c || !room(c) || !slot || (parts && strcmp(answer(c, "InitialR2T") ?: "Yes", "No")))
		return NULL;
	len = block_size(c) * (1 + roll(SLOT / block_size(c)));
	first = answer_number(c, "FirstBurstLength", 65536);
	most = len < first ? len : first;
	if (most > 8192)
		most = 8192;
	if (!opt.like->no_immediate && !said_no(c, "ImmediateData") && !one_in(3))
		immediate = one_in(2) ? most : 4 * roll(most / 4);
	mem = mem_new(c, len, WRITE_SOURCE);
	fill(mem->p, len, ++next_seed);
	/* A write whose data are all immediate has no parts. */
	parts &= immediate < first && immediate < len;
	t = put(c, parts ? write_in_parts(c, slot_lba(c, slot), mem, immediate) :
		write_blocks(c, slot_lba(c, slot), mem, immediate),
		parts ? "WRITE in parts" : "WRITE");
	t->mem = mem;
	t->write = true;
	t->slot = slot;
	t->seed = next_seed;
	t->len = len;
	t->next = immediate;
	t->end = !parts ? immediate : len < first ? len : first;
	slot->users++;
	slot->known = false;
	return t;
}

bool op_write(void)
{
	struct task *t = write_task(false);

	return t && done(t->c);
}

bool op_write_in_parts(void)
{
	struct task *t = write_task(true);
	bool all = !one_in(3);

	if (!t)
		return false;
	while (all && sends_data(t))
		data_piece(t);
	return done(t->c);
}

bool op_data_out(void)
{
	struct task *t = task_at_random(sends_data);

	if (!t)
		return false;
	data_piece(t);
	return done(t->c);
}

/* Sends as many commands as the window allows. */
bool op_many(void)
{
	struct conn *c = any_conn(true);
	unsigned int n;

	if (!c || !room(c))
		return false;
	for (n = 8 + roll(64); n && room(c); n--)
		put(c, test_unit_ready(c), "TEST UNIT READY");
	return done(c);
}

bool op_look(void)
{
	struct conn *c = any_conn(false);

	if (!c)
		return false;
	ring(c);
	look(roll(4));
	return true;
}

/* From here on PDUs do not acknowledge anything new, or do so again. */
bool op_freeze(void)
{
	struct conn *c = any_conn(false);

	if (!c)
		return false;
	c->frozen = !c->frozen;
	did("ExpStatSN %s", c->frozen ? "stays" : "goes on");
	return true;
}
