// SPDX-License-Identifier: GPL-2.0-only
/*
 * Login Responses, and the step into full feature phase.
 *
 * The final response is held back until LIO's RX thread runs: only then has
 * LIO set the session's parameters, and commands may come.  The resources are
 * allocated before, so that the login can still be refused.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "target.h"

#define ISERT_STATUS_TARGET	ISCSI_STATUS_CLS_TARGET_ERR
#define ISERT_STATUS_INITIATOR	ISCSI_STATUS_CLS_INITIATOR_ERR

static void isert_note_number(const char *text, u32 len, const char *key,
			      u32 *to)
{
	const char *value = iser_keys_find(text, len, key, NULL);

	/* Whatever is no number was LIO's to refuse. */
	if (value && kstrtou32(value, 0, to))
		pr_debug("%s=%s is no number\n", key, value);
}

static void isert_note_bool(const char *text, u32 len, const char *key,
			    bool *to)
{
	const char *value = iser_keys_find(text, len, key, NULL);

	if (value)
		*to = !strcmp(value, "Yes");
}

/*
 * LIO's text bounds what the initiator may send, whether it is the answer or
 * an offer: FirstBurstLength ends as the lesser value, InitialR2T is an OR.
 */
static void isert_note_limits(struct isert_conn *ic, const char *text, u32 len)
{
	isert_note_number(text, len, "FirstBurstLength", &ic->first_burst);
	isert_note_bool(text, len, "InitialR2T", &ic->initial_r2t);
	isert_note_number(text, len, "MaxConnections", &ic->connections);
}

/* Commands that LIO lets a session have outstanding. */
static u32 isert_window(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;

	if (sess->sess_ops->SessionType)
		return 1;
	if (!ic->keys.leading)
		return sess->cmdsn_window;
	return sess->se_sess->se_node_acl->queue_depth;
}

/*
 * Another connection over iSER of the session, to copy the session's keys, and to
 * keep the session until this one is in it.
 */
static int isert_session_keys(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct iscsit_conn *other;
	int ret = -ENOENT;

	spin_lock_bh(&sess->conn_lock);
	list_for_each_entry(other, &sess->sess_conn_list, conn_list) {
		struct isert_conn *o = other->context;

		if (other->conn_transport != ic->conn->conn_transport || !o ||
		    !isert_join(ic, o))
			continue;
		ic->keys.tagged_solicited_only = o->keys.tagged_solicited_only;
		ic->keys.peer_unexpected = o->keys.peer_unexpected;
		ic->keys.unexpected_state = o->keys.unexpected_state;
		ic->keys.peer_ahs = o->keys.peer_ahs;
		ic->keys.hello = o->keys.hello;
		ic->keys.hello_state = o->keys.hello_state;
		ic->keys.rdma_extensions = sess->sess_ops->RDMAExtensions;
		ret = 0;
		break;
	}
	spin_unlock_bh(&sess->conn_lock);
	if (!ret && !ic->keys.rdma_extensions)
		ret = -ENOENT;
	ic->first_burst = sess->sess_ops->FirstBurstLength;
	ic->initial_r2t = sess->sess_ops->InitialR2T;
	return ret;
}

static void isert_plan(struct isert_conn *ic, struct iser_rx_plan *plan)
{
	*plan = (struct iser_rx_plan){
		.window = isert_window(ic),
		.unexpected = ic->keys.max_unexpected,
		.first_burst = ic->first_burst,
		.segment = ic->keys.target_dsl ?: ISERT_RECV_DSL,
		.initial_r2t = ic->initial_r2t || ic->keys.discovery,
		.depth = iser_conn_info(ic->dm)->recv_depth,
	};
	iser_plan_receives(plan);
}

/* Allocate_Connection_Resources, after authentication. */
static int isert_allocate(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct iser_resources res = {
		.tasks = sess->se_sess->sess_tag_pool.sb.depth,
		.recv_data = ISERT_RECV_DSL,
	};
	struct iser_rx_plan plan;
	int ret;

	isert_plan(ic, &plan);
	/* The window of an existing session can't be made smaller. */
	if (!plan.granted || plan.need_initial_r2t ||
	    (!ic->keys.leading && plan.granted < plan.window)) {
		isert_warn(ic, "login refused: a window of %u commands needs more receives than the %u of the queue pair",
			   plan.window, plan.depth);
		return -ENOSPC;
	}
	/*
	 * That of a session of several connections can't be raised on one.
	 * Where receives are shared it costs nothing to begin with all of it,
	 * and some initiators (libiscsi) do not look at MaxCmdSN.
	 */
	if (ic->keys.leading && ic->connections == 1 &&
	    !iser_conn_info(ic->dm)->shared)
		res.receives = iser_window_start(&ic->window, &plan,
						 isert_initial_window());
	else
		res.receives = iser_window_start(&ic->window, &plan,
						 plan.granted);
	ret = iser_allocate_connection_resources(ic->dm, &res);
	if (!ret)
		ret = isert_alloc_tasks(ic, res.tasks);
	if (ret)
		isert_warn(ic, "login refused: no resources for %u tasks and %u receives, error %d",
			   res.tasks, res.receives, ret);
	return ret;
}

/* The response that ends the login: keep it for isert_login_finish(). */
static int isert_hold_final(struct isert_conn *ic, struct iscsi_login *login,
			    char *text, u32 len)
{
	u8 *bhs = (u8 *)login->req;

	if (!ic->keys.leading && isert_session_keys(ic)) {
		isert_warn(ic, "login refused: the session it wants to join is not over iSER, or ends");
		return isert_refuse_login(ic, bhs, ISERT_STATUS_INITIATOR,
					  ISCSI_LOGIN_STATUS_INIT_ERR);
	}
	if (ic->keys.leading && iser_keys_finish(&ic->keys)) {
		isert_warn(ic, "login refused: it ends without RDMAExtensions=Yes");
		return isert_refuse_login(ic, bhs, ISERT_STATUS_INITIATOR,
					  ISCSI_LOGIN_STATUS_INIT_ERR);
	}
	if (isert_allocate(ic))
		return isert_refuse_login(ic, bhs, ISERT_STATUS_TARGET,
					  ISCSI_LOGIN_STATUS_NO_RESOURCES);
	isert_login_over(ic);
	memcpy(ic->final_bhs, login->rsp, ISER_BHS_LEN);
	ic->final_text = text;
	ic->final_len = len;
	ic->final_ready = true;
	return 0;
}

/**
 * isert_login_respond - complete and send a Login Response
 * @ic: connection
 * @login: LIO's login
 * @text: ISERT_LOGIN_TEXT bytes; kept as ic->final_text if it is the last
 * @len: bytes of text
 *
 * Sleeps.  Return: 0 or negative errno; the initiator has been told.
 */
int isert_login_respond(struct isert_conn *ic, struct iscsi_login *login,
			char *text, u32 len)
{
	struct iscsi_login_rsp *rsp = (struct iscsi_login_rsp *)login->rsp;
	u8 stage = ISCSI_LOGIN_CURRENT_STAGE(rsp->flags);
	struct iser_rx_plan plan;
	int ret;

	if (stage == 1 && ic->keys.leading) {
		isert_note_limits(ic, text, len);
		/* It is an OR: a target may say Yes to a No. */
		isert_plan(ic, &plan);
		if (plan.need_initial_r2t) {
			isert_warn(ic, "InitialR2T is made Yes: %u commands with a first burst of %u bytes need more receives than the %u of the queue pair",
				   plan.window, plan.first_burst, plan.depth);
			ic->keys.force_initial_r2t = true;
			ic->initial_r2t = true;
		}
	}
	ret = iser_keys_response_out(&ic->keys, text, len, ISERT_LOGIN_TEXT,
				     stage,
				     rsp->flags & ISCSI_FLAG_LOGIN_CONTINUE);
	if (ret < 0) {
		isert_warn(ic, "login refused: can't build the response's text");
		return isert_refuse_login(ic, (u8 *)login->req,
					  ISERT_STATUS_TARGET,
					  ISCSI_LOGIN_STATUS_NO_RESOURCES);
	}
	len = ret;
	if (login->login_complete)
		return isert_hold_final(ic, login, text, len);
	return iser_send_login(ic->dm, (u8 *)login->rsp, text, len, true);
}

/* Notice_Key_Values: RFC 7145, sections 5.1.3 and 7.3.5. */
static void isert_notice(struct isert_conn *ic)
{
	struct iser_notice notice = {
		.hello = ISER_HELLO_NONE,
		.recovery_level = ic->conn->sess->sess_ops->ErrorRecoveryLevel,
		.ack_by_read = isert_ack_by_read(),
		.name_stags = isert_name_stags(),
	};

	if (ic->keys.hello)
		notice.hello = ISER_HELLO_REQUIRED;
	else if (ic->keys.hello_state == ISER_KEY_UNSEEN &&
		 !ic->keys.discovery)
		notice.hello = ISER_HELLO_ALLOWED;
	iser_notice_key_values(ic->dm, &notice);
}

/**
 * isert_login_finish - Enable_Datamover, and the final Login Response
 * @ic: connection; LIO has set the parameters of session and connection
 *
 * RX thread; sleeps.  Return: 0, or negative errno: the connection has ended.
 */
int isert_login_finish(struct isert_conn *ic)
{
	struct iscsi_sess_ops *ops = ic->conn->sess->sess_ops;
	int ret;

	if (!ic->final_ready)
		return -ENOTCONN;
	isert_window_begin(ic);
	if (ic->keys.force_initial_r2t)
		ops->InitialR2T = 1;
	/* Else LIO would look for a socket; the key is not for discovery. */
	ops->RDMAExtensions = 1;

	ic->limits = (struct iser_limits){
		.initial_r2t = ops->InitialR2T,
		.first_burst = ops->FirstBurstLength,
		.max_burst = ops->MaxBurstLength,
		.max_r2t = ops->MaxOutstandingR2T,
	};
	/* An initiator that does not name the key has a limit; 0 means none. */
	ic->unexpected.limit = ISER_UNEXPECTED_DEFAULT;
	if (ic->keys.unexpected_state == ISER_KEY_OFFERED ||
	    ic->keys.unexpected_state == ISER_KEY_AGREED)
		ic->unexpected.limit = ic->keys.peer_unexpected;
	isert_notice(ic);
	ret = iser_enable_datamover(ic->dm);
	if (!ret)
		ret = iser_send_login(ic->dm, ic->final_bhs, ic->final_text,
				      ic->final_len, false);
	kvfree(ic->final_text);
	ic->final_text = NULL;
	isert_replaced_check(ic);
	return ret;
}
