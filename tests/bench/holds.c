// SPDX-License-Identifier: GPL-2.0-only
/*
 * holds - the part of counter.so that tells for how many instructions the code of
 * modules holds its spin locks. With one CPU and inside of such a section nothing
 * else runs but interrupts.
 *
 * The guest leaves the addresses of its kernel in the file "symbols", in the folder
 * of PREFIX, before it loads what is of interest. Blocks of modules that are
 * translated later and end with a call of a spin lock are the sites. A section goes from the call that
 * locks to the call that unlocks in the same way. One that is opened with a trylock,
 * or in the kernel itself, is not seen. PREFIX.N.holds is an array of struct hold.
 */
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

#define MODULES	0xffffffffc0000000ull

static const char *const ways[] = { "", "_bh", "_irq", "_irqsave", "_irqrestore" };
enum { IRQSAVE = 3, IRQRESTORE, WAYS };

struct hold {
	uint64_t pc;		/* the block that ends with the call */
	uint64_t count;		/* sections since the marker before */
	uint64_t insns;		/* executed in them */
	uint64_t longest;
};

struct site {
	struct site *next;
	struct hold h;
	unsigned int way;
};

static struct site *sites;
static uint64_t locks[WAYS], unlocks[WAYS];
static uint64_t executed;	/* instructions of modules and kernel */

/* Sections that are open, the innermost last. */
static struct {
	struct site *site;
	uint64_t since;
} open_holds[32];
static unsigned int open_count;

static char symbols_file[4096];
static int symbols_known;

void holds_prefix(const char *prefix)
{
	const char *slash = strrchr(prefix, '/');
	int length = slash ? slash + 1 - prefix : 0;

	snprintf(symbols_file, sizeof(symbols_file), "%.*ssymbols", length, prefix);
}

static void symbol_keep(uint64_t address, const char *name)
{
	char full[64];
	int i;

	for (i = 0; i < WAYS; i++) {
		snprintf(full, sizeof(full), "_raw_spin_lock%s", ways[i]);
		if (!strcmp(name, full))
			locks[i] = address;
		snprintf(full, sizeof(full), "_raw_spin_unlock%s", ways[i]);
		if (!strcmp(name, full))
			unlocks[i == IRQRESTORE ? IRQSAVE : i] = address;
	}
}

static void symbols_read(void)
{
	unsigned long long address;
	char line[512], name[256], type;
	FILE *f = fopen(symbols_file, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %c %255s", &address, &type, name) == 3)
			symbol_keep(address, name);
	fclose(f);
	symbols_known = 1;
}

static void locked(unsigned int vcpu, void *data)
{
	(void)vcpu;
	if (open_count == sizeof(open_holds) / sizeof(*open_holds))
		return;
	open_holds[open_count].site = data;
	open_holds[open_count++].since = executed;
}

static void unlocked(unsigned int vcpu, void *data)
{
	unsigned int way = (uintptr_t)data, i = open_count;
	uint64_t insns;
	struct hold *h;

	(void)vcpu;
	while (i && open_holds[i - 1].site->way != way)
		i--;
	if (!i)
		return;
	h = &open_holds[i - 1].site->h;
	insns = executed - open_holds[i - 1].since;
	memmove(open_holds + i - 1, open_holds + i, (open_count - i) * sizeof(*open_holds));
	open_count--;
	h->count++;
	h->insns += insns;
	if (insns > h->longest)
		h->longest = insns;
}

static struct site *site_get(uint64_t pc, unsigned int way)
{
	struct site *s;

	for (s = sites; s; s = s->next)
		if (s->h.pc == pc && s->way == way)
			return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->h.pc = pc;
	s->way = way;
	s->next = sites;
	sites = s;
	return s;
}

/* The block at @pc ends with a call of @target, 0: of something else. */
void holds_translated(struct qemu_plugin_tb *tb, uint64_t pc, uint64_t target,
		      uint64_t insns)
{
	uintptr_t i;

	if (!symbols_known && pc >= MODULES)
		symbols_read();
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &executed, insns);
	if (!target || pc < MODULES)
		return;
	for (i = 0; i < WAYS; i++) {
		if (target == locks[i])
			qemu_plugin_register_vcpu_tb_exec_cb(tb, locked,
					QEMU_PLUGIN_CB_NO_REGS, site_get(pc, i));
		if (target == unlocks[i])
			qemu_plugin_register_vcpu_tb_exec_cb(tb, unlocked,
					QEMU_PLUGIN_CB_NO_REGS, (void *)i);
	}
}

/* Write the counts to @f, if there is one, and set them to zero. */
void holds_take(FILE *f)
{
	struct site *s;

	for (s = sites; s; s = s->next) {
		if (f && s->h.count && fwrite(&s->h, sizeof(s->h), 1, f) != 1)
			abort();
		s->h.count = 0;
		s->h.insns = 0;
		s->h.longest = 0;
	}
	if (!f)
		open_count = 0;
}
