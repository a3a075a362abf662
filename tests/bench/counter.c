// SPDX-License-Identifier: GPL-2.0-only
/*
 * counter - a plugin of QEMU's emulator: how often each basic block of the guest
 * is executed. For machines with one CPU.
 *
 *	cc -O2 -fPIC -shared -o counter.so counter.c holds.c
 *	qemu-system-x86_64 ... -plugin file=counter.so,out=PREFIX
 *
 * The guest executes a marker, an instruction that does nothing (see load.c).
 * One begins to count. The other writes PREFIX.N, with N from 1, and sets the counts
 * to zero. The file is an array of struct record, in no order.
 *
 * A rep-prefixed instruction counts once for each repetition: that is how the
 * emulator runs it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

extern int qemu_plugin_version;
int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
			int argc, char **argv);

struct record {
	uint64_t pc;
	uint64_t target;	/* where a call or jump at its end goes, 0: elsewhere */
	uint64_t insns;
	uint64_t count;		/* executions since the marker before */
};

/* Blocks are never given back: the same code is translated many times. */
struct block {
	struct block *next;
	struct record r;
	uint64_t before;	/* r.count at the last marker */
};

#define HASH_BITS	18
static struct block *blocks[1 << HASH_BITS];
static const char *prefix = "counts";
static unsigned int taken;

static struct block *block_get(uint64_t pc, uint64_t target, uint64_t insns)
{
	uint64_t key = (pc ^ insns << 48 ^ target << 7) * 0x9e3779b97f4a7c15ull;
	struct block **slot = &blocks[key >> (64 - HASH_BITS)], *b;

	for (b = *slot; b; b = b->next)
		if (b->r.pc == pc && b->r.target == target && b->r.insns == insns)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->r = (struct record){ .pc = pc, .target = target, .insns = insns };
	b->next = *slot;
	*slot = b;
	return b;
}

/* Write the counts to @f, if there is one, and set them to zero. */
static void blocks_take(FILE *f)
{
	struct record r;
	struct block *b;
	size_t i;

	for (i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		for (b = blocks[i]; b; b = b->next) {
			if (b->r.count == b->before)
				continue;
			r = b->r;
			r.count -= b->before;
			b->before = b->r.count;
			if (f && fwrite(&r, sizeof(r), 1, f) != 1)
				abort();
		}
	}
}

static void start(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	blocks_take(NULL);
	holds_take(NULL);
}

static void take_to(const char *suffix, void (*write)(FILE *f))
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof(name), "%s.%u%s", prefix, taken, suffix);
	f = fopen(name, "w");
	if (!f) {
		perror(name);
		abort();
	}
	write(f);
	if (fclose(f)) {
		perror(name);
		abort();
	}
}

static void take(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	taken++;
	take_to("", blocks_take);
	take_to(".holds", holds_take);
}

/* call or jmp to a distance of 32 bits: the only forms that leave a function. */
static uint64_t branch_target(const struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);
	int32_t distance;

	if (qemu_plugin_insn_size(insn) != 5 || (code[0] != 0xe8 && code[0] != 0xe9))
		return 0;
	memcpy(&distance, code + 1, sizeof(distance));
	return qemu_plugin_insn_vaddr(insn) + 5 + distance;
}

/* nopl of load.c; its last byte but three says which. */
static int marker(const struct qemu_plugin_insn *insn)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x84, 0x00 };
	const uint8_t *code = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != 8 || memcmp(code, nop, sizeof(nop)) ||
	    code[5] != 0x15 || code[6] != 0x5e || code[7] != 0x12)
		return 0;
	return code[4];
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;
	struct qemu_plugin_insn *insn;
	struct block *b;

	(void)id;
	insn = qemu_plugin_tb_get_insn(tb, n - 1);
	b = block_get(qemu_plugin_tb_vaddr(tb), branch_target(insn), n);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &b->r.count, 1);
	holds_translated(tb, b->r.pc, b->r.target, n);
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		switch (marker(insn)) {
		case 1:
			qemu_plugin_register_vcpu_insn_exec_cb(insn, start,
					QEMU_PLUGIN_CB_NO_REGS, NULL);
			break;
		case 2:
			qemu_plugin_register_vcpu_insn_exec_cb(insn, take,
					QEMU_PLUGIN_CB_NO_REGS, NULL);
			break;
		}
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
			int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fputs("counter: wants out=PREFIX\n", stderr);
		return -1;
	}
	prefix = strdup(argv[0] + 4);
	holds_prefix(prefix);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
