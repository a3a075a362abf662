// SPDX-License-Identifier: GPL-2.0-only
/* Memory that the other end may read or write, and what it looks like afterwards. */
#include <sys/mman.h>
#include "conform.h"
#include "setup.h"

#define PAGE		4096
#define GUARD		0xa5
#define SIW_VENDOR	0x626d74

static struct mem *mem_alloc(uint32_t len, uint32_t skew)
{
	struct mem *m = calloc(1, sizeof(*m));

	if (!m)
		fail("no memory");
	m->len = len;
	m->all_len = ((skew + len + PAGE - 1) & ~(PAGE - 1)) + 2 * PAGE;
	m->all = mmap(NULL, m->all_len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->all == MAP_FAILED)
		fail("no memory");
	memset(m->all, GUARD, m->all_len);
	m->p = m->all + PAGE + skew;
	return m;
}

/*
 * The other end may send a Send with Invalidate for it.  Some devices invalidate only a
 * window of type 2, not a region that user space has registered.
 */
static bool window(struct conn *c, struct mem *m, uint64_t base, uint32_t len, int access)
{
	struct ibv_send_wr wr = {
		.wr_id = SETUP_ID, .opcode = IBV_WR_BIND_MW, .send_flags = IBV_SEND_SIGNALED,
	}, *bad;
	struct ibv_mw *mw = ibv_alloc_mw(c->id->pd, IBV_MW_TYPE_2);
	long end;

	if (!mw)
		return false;
	if (c->nr_windows < sizeof(c->windows) / sizeof(c->windows[0]))
		c->windows[c->nr_windows++] = mw;
	m->mr = ibv_reg_mr(c->id->pd, m->all, m->all_len,
			   IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND);
	if (!m->mr)
		return false;
	wr.bind_mw.mw = mw;
	wr.bind_mw.rkey = ibv_inc_rkey(mw->rkey);
	wr.bind_mw.bind_info = (struct ibv_mw_bind_info){
		.mr = m->mr, .addr = base, .length = len,
		.mw_access_flags = access & ~IBV_ACCESS_LOCAL_WRITE,
	};
	c->rdma_done = false;
	if (ibv_post_send(c->id->qp, &wr, &bad))
		return false;
	step("binding a window");
	end = now_ms() + (long)opt.wait_ms * opt.slow;
	while (!c->rdma_done && !c->ended) {
		check(now_ms() < end, "a window is not bound within %d ms", opt.wait_ms * opt.slow);
		pump(c);
		usleep(50);
	}
	m->stag = wr.bind_mw.rkey;
	return c->rdma_status == IBV_WC_SUCCESS;
}

static bool may_be_invalidated(const struct conn *c)
{
	return c->cm.data_len && !(*(const uint8_t *)c->cm.data & 0x40) && !conn_iwarp(c);
}

static void register_mem(struct conn *c, struct mem *m, void *p, uint32_t len, int access)
{
	m->base = (uintptr_t)m->p;
	if (may_be_invalidated(c) &&
	    window(c, m, (uintptr_t)p, len, access))
		return;
	m->mr = ibv_reg_mr(c->id->pd, p, len, access);
	if (!m->mr)
		fail("memory region of %u bytes: %s", m->len, strerror(errno));
	m->stag = m->mr->rkey;
}

struct mem *mem_new(struct conn *c, uint32_t len, int access)
{
	struct mem *m = mem_alloc(len, 0);

	register_mem(c, m, m->all, m->all_len, access);
	return m;
}

struct mem *mem_exact(struct conn *c, uint32_t len, int access, uint32_t skew)
{
	struct mem *m = mem_alloc(len, skew);

	register_mem(c, m, m->p, len, access);
	return m;
}

struct mem *mem_at(struct conn *c, uint32_t len, int access, uint64_t base)
{
	struct mem *m = mem_alloc(len, 0);
	struct ibv_device_attr attr;

	/* siw accepts the call and ignores the offset. */
	if (!ibv_query_device(c->id->verbs, &attr) && attr.vendor_id == SIW_VENDOR)
		skip("siw has no Tagged Offsets but addresses");
	if (may_be_invalidated(c))
		skip("a window has no Tagged Offsets of its own");
	m->mr = ibv_reg_mr_iova(c->id->pd, m->p, len, base, access);
	if (!m->mr)
		skip("%s gives no region the Tagged Offset %llx", conn_device(c),
		     (unsigned long long)base);
	m->stag = m->mr->rkey;
	m->base = base;
	return m;
}

void fill(void *p, uint32_t len, uint32_t seed)
{
	uint8_t *b = p;
	uint32_t i;

	/* Each byte depends on its place, so that a shift by any amount shows. */
	for (i = 0; i < len; i++)
		b[i] = (seed * 7 + i / 512 * 31 + i * 13 + (i >> 8)) & 0xff;
}

void expect_fill(const void *p, uint32_t len, uint32_t seed, uint32_t skip_len, const char *what)
{
	const uint8_t *b = p;
	uint8_t *want = malloc(skip_len + len + 1);
	uint32_t i;

	if (!want)
		fail("no memory");
	fill(want, skip_len + len, seed);
	for (i = 0; i < len; i++)
		check(b[i] == want[skip_len + i], "%s: byte %u of %u is %02x, not %02x",
		      what, i, len, b[i], want[skip_len + i]);
	free(want);
}

void expect_untouched(struct mem *m, uint32_t from)
{
	uint8_t *p;

	for (p = m->p + from; p < m->all + m->all_len; p++)
		check(*p == GUARD, "byte %ld of the buffer (%u long) was written to",
		      (long)(p - m->p), m->len);
	for (p = m->all; p < m->p; p++)
		check(*p == GUARD, "a byte %ld before the buffer was written to",
		      (long)(m->p - p));
}

void expect_guards(struct mem *m)
{
	expect_untouched(m, m->len);
}
