// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules, and what happens when one is broken: it is counted for the device
 * and for the module, and printed with the object.  The counts are exact, the
 * messages are rate limited.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include "adapter.h"

const struct adapter_rule_text adapter_rules[NR_RULES] = {
	[RULE_SEND_STATE] = { "send-state",
		"Send queues take requests in RTS, SQD, SQE and ERR." },
	[RULE_RECV_STATE] = { "recv-state",
		"Receive queues take requests in all states but RESET." },
	[RULE_SEND_OVERFLOW] = { "send-overflow",
		"A send slot is free when its completion has been polled." },
	[RULE_UNSIGNALED] = { "unsignaled",
		"One request in a full send queue at least is signaled." },
	[RULE_RECV_OVERFLOW] = { "recv-overflow",
		"A receive slot is free when its completion has been polled." },
	[RULE_SGE_COUNT] = { "sge-count",
		"A request has no more SGEs than its queue." },
	[RULE_READ_SGES] = { "read-sges",
		"A Read has no more SGEs than max_sge_rd." },
	[RULE_INLINE] = { "inline",
		"Only Sends and Writes are inline, up to max_inline_data." },
	[RULE_OPCODE] = { "opcode",
		"A request has an opcode that its queue pair offers." },
	[RULE_LENGTH] = { "length",
		"A message is no longer than max_msg_sz." },
	[RULE_ZERO_SGE] = { "zero-sge",
		"Where a length of 0 means 2 GiB, no SGE has it." },
	[RULE_RECV_TWICE] = { "recv-twice",
		"A receive buffer is posted once until a message has come." },
	[RULE_FENCE] = { "fence",
		"What a Read may still use is used after it or a fence." },
	[RULE_MPA_FIRST] = { "mpa-first",
		"On iWARP the end that has connected sends first." },
	[RULE_KEY_UNKNOWN] = { "key-unknown",
		"A key names a memory region of the device." },
	[RULE_KEY_INVALID] = { "key-invalid",
		"A key is used from registration to invalidation." },
	[RULE_KEY_PD] = { "key-pd",
		"A key and its user belong to one protection domain." },
	[RULE_KEY_RANGE] = { "key-range",
		"An access stays inside its memory region." },
	[RULE_KEY_RIGHTS] = { "key-rights",
		"An access has the rights of region and queue pair." },
	[RULE_READ_SINK] = { "read-sink",
		"On iWARP a Read writes by a key with remote write access." },
	[RULE_REG_VALID] = { "reg-valid",
		"A region is invalidated before its next registration." },
	[RULE_REG_KEY] = { "reg-key",
		"A registration changes only the last byte of the key." },
	[RULE_REG_ACCESS] = { "reg-access",
		"Who grants remote write grants local write too." },
	[RULE_REG_EMPTY] = { "reg-empty",
		"A region is mapped before its registration." },
	[RULE_MAP_POSTED] = { "map-posted",
		"A region is not mapped while its registration is posted." },
	[RULE_DMA] = { "dma",
		"The device can reach each address that it is given." },
	[RULE_SIG_QP] = { "sig-qp",
		"Integrity regions belong to queue pairs made for them." },
	[RULE_SIG_TYPE] = { "sig-type",
		"Each type of region has its own verbs and registration." },
	[RULE_SIG_UNCHECKED] = { "sig-unchecked",
		"The status is checked before the next registration." },
	[RULE_SIG_ATTRS] = { "sig-attrs",
		"The domains of an integrity region are what the device has." },
	[RULE_SIG_BLOCKS] = { "sig-blocks",
		"The data of an integrity region are whole blocks." },
	[RULE_SIG_META] = { "sig-meta",
		"Protection in memory has 8 bytes of metadata for each block." },
	[RULE_SIG_LIST] = { "sig-list",
		"No list of an integrity region is longer than allocated." },
	[RULE_SIG_LENGTH] = { "sig-length",
		"Blocks as they are on the wire are accessed in order." },
	[RULE_CQ_OVERRUN] = { "cq-overrun",
		"A completion queue holds all that is posted and may complete." },
	[RULE_CQ_LEFT] = { "cq-left",
		"Completions are polled before their queue pair goes." },
	[RULE_QP_STATE] = { "qp-state",
		"A queue pair changes its state as the verbs allow." },
	[RULE_QP_LIMIT] = { "qp-limit",
		"A queue pair keeps to the limits of the device." },
	[RULE_QP_BUSY] = { "qp-busy",
		"All requests of a queue pair complete before it goes." },
	[RULE_MR_BUSY] = { "mr-busy",
		"A region is freed while no registration of it is posted." },
	[RULE_PD_BUSY] = { "pd-busy",
		"A protection domain is freed after all in it." },
	[RULE_CQ_BUSY] = { "cq-busy",
		"A completion queue is freed after its queue pairs." },
	[RULE_SRQ_BUSY] = { "srq-busy",
		"A shared receive queue is freed after its queue pairs." },
	[RULE_READ_DEPTH] = { "read-depth",
		"The Reads in flight fit the depths of both ends." },
	[RULE_RECV_LENGTH] = { "recv-length",
		"A message fits into the receive that it meets." },
	[RULE_RECV_MISSING] = { "recv-missing",
		"On iWARP each message finds a receive." },
};

const char *adapter_rule_name(enum adapter_rule rule)
{
	return adapter_rules[rule].name;
}
EXPORT_SYMBOL_GPL(adapter_rule_name);

struct adapter_counts adapter_total;
EXPORT_SYMBOL_GPL(adapter_total);

static void count(struct adapter_counts *counts, enum adapter_rule rule,
		  bool remote)
{
	atomic_inc(remote ? &counts->remote[rule] : &counts->local[rule]);
}

void adapter_broken(struct adapter_dev *dev, enum adapter_rule rule,
		    bool remote, const char *fmt, ...)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 20);
	struct va_format text;
	va_list args;

	count(&dev->counts, rule, remote);
	count(&adapter_total, rule, remote);
	if (!__ratelimit(&limit))
		return;
	va_start(args, fmt);
	text.fmt = fmt;
	text.va = &args;
	pr_warn("%s: rule %s is broken%s: %pV\n", dev_name(&dev->ib.dev),
		adapter_rules[rule].name, remote ? " by the peer" : "", &text);
	va_end(args);
}
