/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of protection information share. */
#ifndef RDMA_ADAPTER_PI_TEST_H
#define RDMA_ADAPTER_PI_TEST_H

#include <linux/bitops.h>
#include <linux/crc-t10dif.h>
#include <net/checksum.h>
#include "test.h"

#define REF		0xfffffffd	/* so that it wraps */
#define APP		0x1234
#define ALL		(IB_SIG_CHECK_GUARD | IB_SIG_CHECK_APPTAG | \
			 IB_SIG_CHECK_REFTAG)

#define BLOCKS		8
#define ENTRIES		3	/* of a list */

/* An integrity region of an end, and its memory. */
struct region {
	struct end		*end;
	struct ib_mr		*mr;
	u32			interval;
	u8			*data;
	struct t10_pi_tuple	*meta;
	u64			data_dma;
	u64			meta_dma;
};

struct pi_pair {
	struct pair		pair;
	struct region		region[2];
};

static inline struct ib_sig_domain t10(u32 interval,
				       enum ib_t10_dif_bg_type guard)
{
	return (struct ib_sig_domain){
		.sig_type = IB_SIG_TYPE_T10_DIF,
		.sig.dif.bg_type = guard,
		.sig.dif.pi_interval = interval,
		.sig.dif.app_tag = APP,
		.sig.dif.ref_tag = REF,
		.sig.dif.ref_remap = true,
		.sig.dif.apptag_check_mask = 0xffff,
	};
}

/* What a tuple should be, computed as the block layer does it. */
static inline struct t10_pi_tuple tuple_of(const u8 *data, u32 interval,
					   enum ib_t10_dif_bg_type guard,
					   u32 number)
{
	return (struct t10_pi_tuple){
		.guard_tag = guard == IB_T10DIF_CRC ?
			cpu_to_be16(crc_t10dif(data, interval)) :
			(__force __be16)ip_compute_csum(data, interval),
		.app_tag = cpu_to_be16(APP),
		.ref_tag = cpu_to_be32(REF + number),
	};
}

static inline void fill_data(u8 *data, u32 length)
{
	u32 i;

	for (i = 0; i < length; i++)
		data[i] = i % 253 + i / 512;
}

/* The rows: the data of a block, and the guard on the wire and in memory */

struct format {
	u32			interval;
	enum ib_t10_dif_bg_type	wire;
	enum ib_t10_dif_bg_type	mem;
};

static const struct format formats[] __maybe_unused = {
	{ 512, IB_T10DIF_CRC, IB_T10DIF_CRC },
	{ 512, IB_T10DIF_CRC, IB_T10DIF_CSUM },
	{ 512, IB_T10DIF_CSUM, IB_T10DIF_CRC },
	{ 512, IB_T10DIF_CSUM, IB_T10DIF_CSUM },
	{ 4096, IB_T10DIF_CRC, IB_T10DIF_CRC },
	{ 4096, IB_T10DIF_CRC, IB_T10DIF_CSUM },
	{ 4096, IB_T10DIF_CSUM, IB_T10DIF_CRC },
	{ 4096, IB_T10DIF_CSUM, IB_T10DIF_CSUM },
};

static inline void name_format(const struct format *row, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u-wire-%s-memory-%s",
		 row->interval, row->wire == IB_T10DIF_CRC ? "crc" : "ip",
		 row->mem == IB_T10DIF_CRC ? "crc" : "ip");
}

/* pi_test.c */
int map_region(struct region *region, bool meta);
int post_region(struct region *region);
void unreg(struct pair *pair, struct region *region);
void pi_up(struct kunit *test, u32 interval);
int pi_init(struct kunit *test);
void pi_exit(struct kunit *test);

#endif
