/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests share: two ends, each with a queue pair and a memory region. */
#ifndef RDMA_ADAPTER_TEST_H
#define RDMA_ADAPTER_TEST_H

#include <kunit/test.h>
#include <rdma/iw_cm.h>
#include "adapter.h"

#define DEPTH		8
#define SGES		2
#define SIZE		PAGE_SIZE
#define PSN		100
#define RIGHTS		(IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE | \
			 IB_ACCESS_REMOTE_READ)

struct end {
	struct ib_device	*dev;
	struct ib_pd		*pd;
	struct ib_cq		*cq;
	struct ib_qp		*qp;
	int			create_flags;	/* of the next queue pair */
	struct ib_mr		*mr;
	u8			*buf;
	u64			dma;
	atomic_t		events;	/* calls of the completion handler */
	unsigned long		async;	/* asynchronous events, a bit each */
	struct ib_event_handler	handler; /* of those of the device */
	const struct adapter_profile *profile;
	struct adapter_profile	changed;

	/* iWARP: the end of the connection, and its events in their order */
	struct iw_cm_id		*id;
	int			nr_told;
	struct iw_cm_event	told[8];
	char			private[16];	/* of the last one that had any */
};

struct pair {
	struct kunit		*test;
	struct end		end[2];
	int			before[2][NR_RULES];	/* of adapter_total */
	struct iw_cm_id		*listener;	/* of the second end */
	unsigned int		connect_timeout;
};

struct rule_test {
	enum adapter_rule	rule;
	bool			remote;
	void			(*breaks)(struct pair *pair);
};

bool wait_wc(struct end *end, struct ib_wc *wc);
void expect_wc(struct pair *pair, struct end *end, int status);
void note_event(struct ib_event *event, void *context);
int create_qp(struct end *end, u32 depth, u32 sges);
void create_cq(struct end *end, u32 size);
struct adapter_profile *own_profile(struct end *end);
void destroy_qp(struct end *end);
int modify(struct end *end, struct end *peer, enum ib_qp_state state,
	   u8 reads);
void connect_reads(struct pair *pair, u8 reads);
void connect(struct pair *pair);
int post_recv(struct end *end, u64 addr, u32 length, u32 key);
int post(struct end *end, enum ib_wr_opcode opcode, int flags, u32 length,
	 u32 lkey, u64 remote, u32 rkey);
int post_send(struct end *end, u32 length);
void post_nothing(struct pair *pair, struct end *end);
int settled(struct end *end);
void post_read(struct pair *pair, u32 at, int flags);
void post_write(struct pair *pair, u32 from, u32 to, int flags);
int post_sges(struct end *end, enum ib_wr_opcode opcode, int n, u32 length);
bool told(struct end *end, enum ib_event_type type);
int map(struct end *end);
int post_reg(struct end *end, int access, u32 key);
void reg(struct pair *pair, struct end *end, int access);
void expect_broken(struct pair *pair, int rule, bool remote);
void rules(struct kunit *test);
int pair_up_on(struct kunit *test, size_t size, const char *first,
	       const char *second);
int pair_up(struct kunit *test);
void pair_down(struct kunit *test);
int injected(enum adapter_fault fault);
const void *next_row(const struct rule_test *rows, int n,
		     const struct rule_test *last, char *name);
bool has_row(const struct rule_test *rows, int n, enum adapter_rule rule);

/* Whether the rule has a test in queue_test.c, mr_test.c and so on. */
bool queue_tests_rule(enum adapter_rule rule);
bool mr_tests_rule(enum adapter_rule rule);
bool iwarp_tests_rule(enum adapter_rule rule);
bool pi_tests_rule(enum adapter_rule rule);

#endif
