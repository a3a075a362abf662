/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands with protection information.
 */
#ifndef ISERT_PI_H
#define ISERT_PI_H

#include <iser/pi.h>

#include "target.h"

/*
 * Whether a command of LIO has protection information that the adapter handles.  Without
 * isert_pi_agreed() the target core does, of a backend's.
 */
static inline bool isert_has_pi(const struct isert_conn *ic, const struct se_cmd *se_cmd)
{
	return iser_pi_used() && ic->pi && se_cmd->prot_op != TARGET_PROT_NORMAL;
}

enum target_prot_op isert_get_sup_prot_ops(struct iscsit_conn *conn);
bool isert_pi_agreed(const struct iscsit_conn *conn);
void isert_pi_correct(struct isert_conn *ic, struct iscsit_cmd *cmd, u32 edtl);
bool isert_pi_begin(struct isert_cmd *c, u32 *wire);
sense_reason_t isert_pi_sense(struct isert_cmd *c);

#endif
