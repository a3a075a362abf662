/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules that a consumer of the verbs has to keep. The table is in rules.c.
 */
#ifndef RDMA_ADAPTER_RULES_H
#define RDMA_ADAPTER_RULES_H

#include <linux/atomic.h>
#include <linux/compiler_attributes.h>
#include <linux/types.h>

enum adapter_rule {
	/* posting */
	RULE_SEND_STATE,
	RULE_RECV_STATE,
	RULE_SEND_OVERFLOW,
	RULE_UNSIGNALED,
	RULE_RECV_OVERFLOW,
	RULE_SGE_COUNT,
	RULE_READ_SGES,
	RULE_INLINE,
	RULE_OPCODE,
	RULE_LENGTH,
	RULE_ZERO_SGE,
	RULE_RECV_TWICE,
	RULE_FENCE,
	RULE_MPA_FIRST,
	/* memory */
	RULE_KEY_UNKNOWN,
	RULE_KEY_INVALID,
	RULE_KEY_PD,
	RULE_KEY_RANGE,
	RULE_KEY_RIGHTS,
	RULE_READ_SINK,
	RULE_REG_VALID,
	RULE_REG_KEY,
	RULE_REG_ACCESS,
	RULE_REG_EMPTY,
	RULE_MAP_POSTED,
	RULE_DMA,
	/* protection information */
	RULE_SIG_QP,
	RULE_SIG_TYPE,
	RULE_SIG_UNCHECKED,
	RULE_SIG_ATTRS,
	RULE_SIG_BLOCKS,
	RULE_SIG_META,
	RULE_SIG_LIST,
	RULE_SIG_LENGTH,
	/* completions */
	RULE_CQ_OVERRUN,
	RULE_CQ_LEFT,
	/* objects */
	RULE_QP_STATE,
	RULE_QP_LIMIT,
	RULE_QP_BUSY,
	RULE_MR_BUSY,
	RULE_PD_BUSY,
	RULE_CQ_BUSY,
	RULE_SRQ_BUSY,
	/* connections */
	RULE_READ_DEPTH,
	RULE_RECV_LENGTH,
	RULE_RECV_MISSING,
	NR_RULES
};

/*
 * How often each was broken: by the owner of a device, and by a peer of it.
 */
struct adapter_counts {
	atomic_t		local[NR_RULES];
	atomic_t		remote[NR_RULES];
};

struct adapter_rule_text {
	const char		*name;
	const char		*text;
};

extern const struct adapter_rule_text adapter_rules[NR_RULES];

/* Of all devices, also of those that are gone. */
extern struct adapter_counts adapter_total;

/* For the tests. */
const char *adapter_rule_name(enum adapter_rule rule);

struct adapter_dev;

__printf(4, 5)
void adapter_broken(struct adapter_dev *dev, enum adapter_rule rule,
		    bool remote, const char *fmt, ...);

#endif
