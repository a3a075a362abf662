/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections and their sessions.
 */
#ifndef ISERT_SESSION_H
#define ISERT_SESSION_H

#include "target.h"

/* What the connections of a session share: session.c, order.c. */
struct isert_session {
	struct kref ref;		/* each connection has one */
	spinlock_t lock;		/* conns, fenced */
	struct list_head conns;
	struct list_head fenced;	/* task management that must wait */
	spinlock_t count_lock;		/* unexpected of each of conns */
	u32 limit;			/* MaxOutstandingUnexpectedPDUs; 0: none */
	struct isert_cmd *leaver;	/* the Logout that closes other connections */
	bool several;			/* there have been two connections */
	u32 window_most;		/* of the leading connection; 0: not yet */
};

/* The attributes of the initiator's ACL, or of the one that LIO made for it. */
static inline const struct iscsi_node_attrib *
isert_node_attrib(const struct iscsit_conn *conn)
{
	struct se_node_acl *acl = conn->sess->se_sess->se_node_acl;

	return &container_of(acl, struct iscsi_node_acl,
			     se_node_acl)->node_attrib;
}

__printf(2, 3) void isert_warn(struct isert_conn *ic, const char *fmt, ...);
__printf(2, 3) void isert_protocol_error(struct isert_conn *ic,
					 const char *fmt, ...);
void isert_end_late(struct isert_conn *ic);
u32 isert_owed_time(const struct iscsi_node_attrib *attrib);
void isert_add_reject(struct isert_conn *ic, void *hdr, u8 reason);
void isert_conn_put(struct isert_conn *ic);
int isert_session_alloc(struct isert_conn *ic);
void isert_session_join(struct isert_conn *ic, struct isert_conn *other);
void isert_session_leave(struct isert_conn *ic);
bool isert_join(struct isert_conn *ic, struct isert_conn *other);
void isert_join_end(struct isert_conn *ic);
void isert_join_wait(struct isert_conn *ic);
bool isert_session_full(struct isert_conn *ic);
bool isert_session_enter(struct isert_conn *ic);
bool isert_others_left(struct isert_conn *ic, int cid);
u32 isert_close_others(struct iscsit_session *sess, const struct iscsit_conn *own,
		       int cid, bool replaced);
void isert_replaced_note(struct isert_conn *ic);
void isert_replaced_check(struct isert_conn *ic);

#endif
