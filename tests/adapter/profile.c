// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles.  The parameter "profile" names the one of the next device.
 *
 * Those with the name of a driver have its figures as of Linux 6.12, from the
 * macros that are named.  Where firmware decides, a usual figure is taken.
 */
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include "profile.h"

static const struct adapter_profile profiles[] = {
	{
		.name = "ample",
		.max_qp_wr = 16384,
		.max_cqe = 4194303,
		.max_send_sge = 30,
		.max_recv_sge = 32,
		.max_sge_rd = 16,
		.max_inline = 512,
		.max_pages = 512,
		.max_pi_entries = 256,
		.max_srq_wr = 32767,
		.max_srq_sge = 31,
		.max_rd_atomic = 16,
		.max_init_rd_atomic = 16,
		.max_seg_size = SZ_2G,
		.context = ADAPTER_HARD,
	},
	{
		/* The least of each that some driver has */
		.name = "few",
		.max_qp_wr = 895,
		.max_cqe = 65518,
		.max_send_sge = 3,
		.max_recv_sge = 3,
		.max_sge_rd = 1,
		.max_pages = 32,
		.max_rd_atomic = 16,
		.max_init_rd_atomic = 16,
		.max_seg_size = SZ_64K,
		.local_dma_lkey = true,
		.no_vectors = true,
		.context = ADAPTER_SOFT,
	},
	{
		/*
		 * MLX5_MAX_SGE_RD; main.c: protection information has half of
		 * the page list; qp.c: each of its requests takes
		 * MLX5_SIG_WQE_SIZE of 32768 units of 64 bytes; mr.c:
		 * mlx5_ib_sg_to_klms().  Firmware: depths, receives, page list
		 */
		.name = "mlx5",
		.max_qp_wr = 8192,
		.max_cqe = 4194303,
		.max_send_sge = 30,
		.max_recv_sge = 32,
		.max_sge_rd = 30,
		.max_inline = 64,
		.max_pages = 65536,
		.max_pi_entries = 32768,
		.max_pi_qp_wr = 4096,
		.max_srq_wr = 32767,
		.max_srq_sge = 31,
		.max_rd_atomic = 16,
		.max_init_rd_atomic = 16,
		.max_seg_size = SZ_2G,
		.sg_gaps = true,
		.context = ADAPTER_HARD,
		.arm = ADAPTER_ARM_SILENT,
	},
	{
		/*
		 * MLX4_MAX_SGE_RD, MLX4_MAX_FAST_REG_PAGES,
		 * MLX4_IB_SQ_MAX_SPARE
		 */
		.name = "mlx4",
		.max_qp_wr = 16351,
		.max_cqe = 4194303,
		.max_send_sge = 32,
		.max_recv_sge = 32,
		.max_sge_rd = 30,
		.max_inline = 64,
		.max_pages = 511,
		.max_srq_wr = 16383,
		.max_srq_sge = 31,
		.max_rd_atomic = 16,
		.max_init_rd_atomic = 16,
		.max_seg_size = SZ_1G,
		.local_dma_lkey = true,
		.context = ADAPTER_HARD,
		.arm = ADAPTER_ARM_SILENT,
	},
	{
		/*
		 * BNXT_STATIC_MAX_SGE, MAX_PBL_LVL_1_PGS,
		 * BNXT_QPLIB_MAX_OUT_RD_ATOM; a notification of firmware that
		 * gives no reason becomes QP_FATAL
		 */
		.name = "bnxt_re",
		.max_qp_wr = 65407,
		.max_cqe = 1048575,
		.max_send_sge = 6,
		.max_recv_sge = 6,
		.max_sge_rd = 6,
		.max_inline = 64,
		.max_pages = 512,
		.max_srq_wr = 65535,
		.max_srq_sge = 6,
		.max_rd_atomic = 126,
		.max_init_rd_atomic = 126,
		.max_seg_size = UINT_MAX,
		.local_dma_lkey = true,
		.context = ADAPTER_SOFT,
		.fatal_on_error = true,
		.arm = ADAPTER_ARM_REFUSED,
	},
	{
		/*
		 * E810: IRDMA_MAX_WQ_FRAGMENT_COUNT, IRDMA_MAX_QP_WRS,
		 * ICRDMA_MAX_ORD_SIZE; a longer list than one page of the
		 * driver's holds has two levels, of which its REG_MR names one
		 */
		.name = "irdma",
		.max_qp_wr = 4063,
		.max_cqe = 1048574,
		.max_send_sge = 13,
		.max_recv_sge = 13,
		.max_sge_rd = 13,
		.max_inline = 64,
		.max_pages = 262144,
		.max_table = 512,
		.max_rd_atomic = 127,
		.max_init_rd_atomic = 255,
		.max_seg_size = UINT_MAX,
		.local_dma_lkey = true,
		.context = ADAPTER_SOFT,
	},
	{
		/* RDMA_MAX_SGE_PER_SQ_WQE, QED_RDMA_MAX_WQE, QEDR_MAX_CQES */
		.name = "qedr",
		.max_qp_wr = 32767,
		.max_cqe = 8388480,
		.max_send_sge = 4,
		.max_recv_sge = 4,
		.max_sge_rd = 4,
		.max_inline = 64,
		.max_pages = 16384,
		.max_srq_wr = 32767,
		.max_srq_sge = 4,
		.max_rd_atomic = 32,
		.max_init_rd_atomic = 32,
		.max_seg_size = UINT_MAX,
		.local_dma_lkey = true,
		.no_srq_sge = true,
		.context = ADAPTER_HARD,
		.arm = ADAPTER_ARM_SILENT,
	},
	{
		/*
		 * HNS_ROCE_FRMR_MAX_PA; no LOCAL_INV in set_rc_opcode();
		 * get_cqe_status() has the queue pair flushed;
		 * hns_roce_map_mr_sg() allocates memory and may wait for it
		 */
		.name = "hns",
		.driver_id = RDMA_DRIVER_HNS,
		.max_qp_wr = 32768,
		.max_cqe = 4194304,
		.max_send_sge = 32,
		.max_recv_sge = 32,
		.max_sge_rd = 32,
		.max_inline = 64,
		.max_pages = 512,
		.max_srq_wr = 32768,
		.max_srq_sge = 32,
		.max_rd_atomic = 128,
		.max_init_rd_atomic = 128,
		.max_seg_size = SZ_2G,
		.no_local_inv = true,
		.map_sleeps = true,
		.polled_flush = true,
		.context = ADAPTER_SOFT,
		.arm = ADAPTER_ARM_SILENT,
	},
	{
		/*
		 * ERDMA_MAX_SEND_SGE, ERDMA_MAX_RECV_SGE, ERDMA_MAX_SGE_RD,
		 * ERDMA_MAX_FRMR_PA
		 */
		.name = "erdma",
		.max_qp_wr = 8192,
		.max_cqe = 1048576,
		.max_send_sge = 6,
		.max_recv_sge = 1,
		.max_sge_rd = 1,
		.max_inline = 64,
		.max_pages = 512,
		.max_rd_atomic = 128,
		.max_init_rd_atomic = 128,
		.max_seg_size = UINT_MAX,
		.local_dma_lkey = true,
		.context = ADAPTER_SOFT,
	},
	{
		/*
		 * 7.3: IONIC_SPEC_HIGH, IONIC_MAX_DEPTH, IONIC_CQ_GRACE,
		 * IONIC_MAX_RD_ATOMIC
		 */
		.name = "ionic",
		.max_qp_wr = 65535,
		.max_cqe = 65435,
		.max_send_sge = 8,
		.max_recv_sge = 8,
		.max_sge_rd = 8,
		.max_inline = 64,
		.max_pages = 512,
		.max_rd_atomic = 16,
		.max_init_rd_atomic = 16,
		.max_seg_size = SZ_64K,
		.zero_is_2g = true,
		.context = ADAPTER_HARD,
	},
	{
		/*
		 * cxgb4: T4_MAX_SEND_SGE, T4_MAX_RECV_SGE, T4_MAX_FR_DSGL_DEPTH,
		 * c4iw_max_read_depth; connect_reply_upcall(), established_upcall()
		 */
		.name = "iwarp",
		.iwarp = true,
		.depths_swapped = true,
		.max_qp_wr = 8189,
		.max_cqe = 65518,
		.max_send_sge = 17,
		.max_recv_sge = 4,
		.max_sge_rd = 1,
		.max_inline = 64,
		.max_pages = 128,
		.max_rd_atomic = 32,
		.max_init_rd_atomic = 32,
		.max_seg_size = UINT_MAX,
		.local_dma_lkey = true,
		.context = ADAPTER_SOFT,
	},
};

static const struct adapter_profile *chosen = &profiles[0];

const struct adapter_profile *adapter_profile_chosen(void)
{
	return READ_ONCE(chosen);
}

static int profile_set(const char *value, const struct kernel_param *param)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(profiles); i++) {
		if (sysfs_streq(value, profiles[i].name)) {
			WRITE_ONCE(chosen, &profiles[i]);
			return 0;
		}
	}
	return -EINVAL;
}

static int profile_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", adapter_profile_chosen()->name);
}

static const struct kernel_param_ops profile_ops = {
	.set = profile_set,
	.get = profile_get,
};

module_param_cb(profile, &profile_ops, NULL, 0644);
__MODULE_PARM_TYPE(profile, "charp");
MODULE_PARM_DESC(profile, "what the next device can do");
