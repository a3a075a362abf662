// SPDX-License-Identifier: GPL-2.0-only
/* Operations of a random initiator that break a rule. */
#include "play.h"

bool op_gap(void)
{
	struct conn *c = any_conn(false);

	if (!c || !room(c) || play.nr_missing == sizeof(play.missing) / sizeof(play.missing[0]))
		return false;
	did("CmdSN %u is left out", play.cmdsn);
	play.missing[play.nr_missing++] = play.cmdsn++;
	return true;
}

/* A command with that CmdSN, which leaves the next CmdSN as it is. */
static struct task *put_at(struct conn *c, uint32_t cmdsn, const char *what)
{
	uint32_t next = c->cmdsn;
	struct msg *m;

	c->cmdsn = cmdsn;
	m = play.discovery ? nop_out(c, false) : test_unit_ready(c);
	c->cmdsn = next;
	return put(c, m, what);
}

bool op_fill_gap(void)
{
	struct conn *c = any_conn(false);
	unsigned int i;

	if (!c || !play.nr_missing)
		return false;
	i = roll(play.nr_missing);
	put_at(c, play.missing[i], "what fills a gap");
	play.missing[i] = play.missing[--play.nr_missing];
	return done(c);
}

bool op_old_cmdsn(void)
{
	struct conn *c = any_conn(false);
	uint32_t cmdsn = play.cmdsn - 1 - roll(20);
	unsigned int i;

	if (!c)
		return false;
	for (i = 0; i < play.nr_missing; i++)
		if (play.missing[i] == cmdsn)
			return false;
	/*
	 * The command with that CmdSN on another connection may still be under way, and
	 * after a gap LIO keeps both and takes the later one: the target may take
	 * either.
	 */
	if ((conns() > 1 || play.nr_missing) && (int32_t)(cmdsn - c->exp_cmdsn) >= 0)
		return false;
	put_at(c, cmdsn, "a CmdSN that was taken")->excused = true;
	/* If a Reject has left the CmdSN free, the command fills a gap. */
	return done(c);
}

bool op_far_cmdsn(void)
{
	struct conn *c = any_conn(false);

	if (!c)
		return false;
	put_at(c, play.cmdsn + 600 + roll(1000), "a CmdSN outside the window")->excused = true;
	return done(c);
}

bool op_lun(void)
{
	struct conn *c = any_conn(true);
	struct mem *mem;
	struct msg *m;

	if (!c || !room(c))
		return false;
	if (one_in(2)) {
		m = test_unit_ready(c);
		mem = NULL;
	} else {
		mem = mem_new(c, 4096, one_in(2) ? READ_SINK : WRITE_SOURCE);
		m = one_in(2) ? write_blocks(c, free_block(c) + 4000, mem, 0) :
		    read_blocks(c, free_block(c), mem);
	}
	BHS(m)[8] = one_in(2) ? 0 : roll(256);
	BHS(m)[9] = 1 + roll(255);
	put(c, m, "a LUN that is not there");
	return done(c);
}

/*
 * Whether the operation changes nothing that the rest of the round or the next round
 * needs.
 */
static bool harmless(uint8_t operation)
{
	static const uint8_t not[] = { 0x0a, 0x16, 0x17, 0x42, 0x56, 0x57, 0x5f, 0xa4 };

	return !memchr(not, operation, sizeof(not));
}

static void random_bytes(uint8_t *p, unsigned int n)
{
	while (n--)
		*p++ = roll(256);
}

bool op_cdb(void)
{
	static const uint8_t directions[] = { 0, SCSI_READ, SCSI_WRITE };
	struct conn *c = any_conn(true);
	uint8_t cdb[16], direction = directions[roll(3)];
	struct mem *mem;
	struct msg *m;

	if (!c || !room(c))
		return false;
	do
		random_bytes(cdb, sizeof(cdb));
	while (!harmless(cdb[0]));
	/* If the CDB has an LBA, it is beyond the end of the disk. */
	cdb[2] = 0xff;
	mem = mem_new(c, 512 * (1 + roll(16)), direction == SCSI_WRITE ? WRITE_SOURCE : READ_SINK);
	m = scsi(c, cdb, sizeof(cdb), direction ? mem->len : 0, direction);
	if (direction == SCSI_READ)
		name_read(m, mem->stag, mem->base);
	if (direction == SCSI_WRITE)
		name_write(m, mem->stag, mem->base);
	put(c, m, "a random CDB");
	return done(c);
}

bool op_long_cdb(void)
{
	struct conn *c = any_conn(true);
	uint8_t cdb[260];

	if (!c || !room(c))
		return false;
	random_bytes(cdb, sizeof(cdb));
	cdb[0] = 0x7f;
	cdb[12] = 0xff;
	put(c, scsi(c, cdb, 17 + roll(244), 0, 0), "a long random CDB");
	return done(c);
}

/* Sends an Expected Data Transfer Length that is not what the CDB asks for. */
bool op_length(void)
{
	static const uint32_t lengths[] = { 0, 4, 511, 512, 4096, 8192, 65536 };
	struct conn *c = any_conn(true);
	struct slot *slot = slot_free(false);
	bool write = one_in(2);
	struct mem *mem;
	struct msg *m;
	struct task *t;

	if (!c || !room(c) || !slot)
		return false;
	mem = mem_new(c, 8192, write ? WRITE_SOURCE : READ_SINK);
	m = write ? write_blocks(c, slot_lba(c, slot), mem, 0) :
	    read_blocks(c, slot_lba(c, slot), mem);
	/* The connection ends when the length is more than the buffer. */
	put32(BHS(m) + 20, lengths[roll(7)]);
	t = put(c, m, write ? "a WRITE of another length" : "a READ of another length");
	t->excused = get32(BHS(m) + 20) > mem->len;
	t->write = write;
	t->slot = write ? slot : NULL;
	slot->users += write;
	slot->known &= !write;
	return done(c);
}

bool op_stag(void)
{
	struct conn *c = any_conn(true);
	bool write = one_in(2);
	struct mem *mem;
	struct msg *m;

	if (!c || !room(c))
		return false;
	mem = mem_exact(c, 4096, write ? WRITE_SOURCE : READ_SINK, 0);
	m = write ? write_blocks(c, free_block(c) + 4000, mem, 0) :
	    read_blocks(c, free_block(c), mem);
	switch (roll(3)) {
	case 0:
		m->b[0] = ISER_CONTROL;
		memset(m->b + 4, 0, ISER_LEN - 4);
		break;
	case 1:
		/* An STag of no buffer. */
		m->b[write ? 4 : 16] ^= 1 + roll(255);
		break;
	default:
		/* An address outside of the buffer. */
		m->b[(write ? 8 : 20) + 4] ^= 1 + roll(255);
	}
	put(c, m, "a wrong STag")->excused = true;
	return done(c);
}

bool op_burst(void)
{
	struct task *t = task_at_random(sends_data);
	struct conn *c = t ? t->c : any_conn(true);
	uint32_t len = 4 * roll(2048), offset, datasn, ttt = NO_TAG;
	bool final = one_in(2);

	if (!c)
		return false;
	offset = t ? t->next : 0;
	datasn = t ? t->datasn : 0;
	switch (roll(4)) {
	case 0: offset += 4 * (1 + roll(20000)); break;
	case 1: datasn += 1 + roll(10); break;
	case 2: ttt = roll(1000); break;
	default: len += 8192; break;
	}
	did("Data-Out for task %x: offset %u, DataSN %u, TTT %x, %u bytes%s", t ? t->itt : 0x7777,
	    offset, datasn, ttt, len, final ? ", the last" : "");
	put_plain(c, data_out(c, t ? t->itt : 0x7777, ttt, datasn, offset, NULL, len, final));
	if (t) {
		t->excused = true;
		/* The rest of the data follows, or nothing more. */
		if (one_in(2))
			t->next = t->end;
	}
	return done(c);
}

bool op_short(void)
{
	struct conn *c = any_conn(false);
	struct msg *m;

	if (!c)
		return false;
	m = nop_out(c, true);
	add_data(m, NULL, 100);
	m->len = one_in(2) ? roll(m->len - 4) : m->len + 4 * (1 + roll(100));
	did("a message of %u bytes, its lengths say %u", m->len, MSG_MIN + 100);
	put_plain(c, m);
	return done(c);
}

/* Flips some bits of a good message. */
bool op_spoilt(void)
{
	struct conn *c = any_conn(true);
	unsigned int bits = 1 + roll(3);
	struct mem *mem;
	struct msg *m;

	if (!c || !room(c))
		return false;
	muddle();
	mem = mem_exact(c, 4096, READ_SINK, 0);
	m = one_in(2) ? nop_out(c, one_in(2)) : one_in(2) ? test_unit_ready(c) :
	    read_blocks(c, free_block(c), mem);
	while (bits--) {
		unsigned int bit = roll(8 * MSG_MIN);

		/*
		 * Keep the CDB, so that a READ cannot become a command that changes
		 * something.
		 */
		if (bit / 8 < ISER_LEN + 32)
			m->b[bit / 8] ^= 1 << bit % 8;
	}
	put(c, m, "a spoilt message");
	return done(c);
}

bool op_opcode(void)
{
	struct conn *c = any_conn(false);
	struct msg *m;

	if (!c)
		return false;
	m = nop_out(c, true);
	BHS(m)[0] = IMMEDIATE | (7 + roll(9));
	put(c, m, "an unknown opcode");
	return done(c);
}

bool op_snack(void)
{
	struct conn *c = any_conn(true);
	struct task *t = task_at_random(any_task);
	struct msg *m;

	if (!c)
		return false;
	m = snack(c, roll(5));
	if (t && one_in(2))
		put32(BHS(m) + 16, t->itt);
	put32(BHS(m) + 40, roll(3));
	put32(BHS(m) + 44, roll(3));
	did("SNACK of type %u for task %x", BHS(m)[1] & 15, itt_of(BHS(m)));
	put_plain(c, m);
	return done(c);
}
