// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes Login PDUs between the core and LIO.  RFC 7145, sections 5.1 and 6.
 * The first request of a connection comes with it, from iser_accept().
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "command.h"
#include "login.h"
#include "order.h"
#include "pi.h"
#include "session.h"
#include "target.h"

#include <linux/module.h>
#include <linux/slab.h>
#include <iser/param.h>

/*
 * The threads that work on a login.
 *
 * LIO's np thread handles the first Login Request, and LIO's login_work the
 * others.  Only the transport queues that work, and it must not run while the
 * np thread still uses the login buffers, which the np thread does for a while
 * after it has sent its response.  The np thread has left for certain when it
 * accepts the next connection.
 *
 * The work may be queued while it runs, from the moment when it has sent a
 * response: it is not reentrant, and runs once more.  If it fails instead, LIO
 * cancels it and frees the connection; isert_login_over() cancels what was
 * queued in between.
 */

/* Queues the work if a Login Request or the end of the connection waits. */
static void isert_login_kick(struct isert_conn *ic)
{
	spin_lock_bh(&ic->login_lock);
	if (ic->login_owner == ISERT_LOGIN_OPEN && !ic->login_queued &&
	    iser_login_pending(ic->dm)) {
		ic->login_queued = true;
		schedule_delayed_work(&ic->conn->login_work, 0);
	}
	spin_unlock_bh(&ic->login_lock);
}

/**
 * isert_login_notify - note a Login Request, or the end of the connection
 * @dm: connection
 *
 * Any context; the core calls it.  A waiting login ends at once with its
 * connection, so that the portal group, which LIO keeps locked during a login,
 * is free for the next one.
 */
void isert_login_notify(struct iser_conn *dm)
{
	isert_login_kick(iser_conn_upper(dm));
}

/**
 * isert_login_np_left - the np thread no longer uses the login buffers
 * @ic: connection, which may have ended already
 */
void isert_login_np_left(struct isert_conn *ic)
{
	bool kick;

	spin_lock_bh(&ic->login_lock);
	kick = ic->login_owner == ISERT_LOGIN_NP;
	if (kick)
		ic->login_owner = ISERT_LOGIN_OPEN;
	spin_unlock_bh(&ic->login_lock);
	if (kick)
		isert_login_kick(ic);
}

/* isert_login_taken - let the work be queued for the next request */
static void isert_login_taken(struct isert_conn *ic)
{
	spin_lock_bh(&ic->login_lock);
	ic->login_queued = false;
	spin_unlock_bh(&ic->login_lock);
}

/**
 * isert_login_over - stop the work: full feature phase, failure, or close
 * @ic: connection
 *
 * May be called more than once, and by the work itself.
 */
void isert_login_over(struct isert_conn *ic)
{
	bool cancel;

	spin_lock_bh(&ic->login_lock);
	/* LIO initializes the work before the np thread leaves. */
	cancel = ic->login_owner == ISERT_LOGIN_OPEN;
	ic->login_owner = ISERT_LOGIN_OVER;
	spin_unlock_bh(&ic->login_lock);
	if (cancel)
		cancel_delayed_work(&ic->conn->login_work);
}

/*
 * Login Responses, and the transition to full feature phase.
 *
 * The final response is held back until LIO's RX thread runs: only then has
 * LIO set the session's parameters, so that commands may arrive.  The resources
 * are allocated before, so that the login can still be refused.
 */

#define ISERT_STATUS_TARGET	ISCSI_STATUS_CLS_TARGET_ERR
#define ISERT_STATUS_INITIATOR	ISCSI_STATUS_CLS_INITIATOR_ERR

static void isert_note_number(const char *text, u32 len, const char *key,
			      u32 *to)
{
	const char *value = iser_keys_find(text, len, key, NULL);

	/* Refusing a value that is not a number is up to LIO. */
	if (value && kstrtou32(value, 0, to))
		pr_debug("%s=%s is no number\n", key, value);
}

static void isert_note_bool(const char *text, u32 len, const char *key,
			    bool *to)
{
	const char *value = iser_keys_find(text, len, key, NULL);

	/* Any other answer changes nothing: the key has been agreed on before. */
	if (value && !strcmp(value, "Yes"))
		*to = true;
	else if (value && !strcmp(value, "No"))
		*to = false;
}

/*
 * LIO's text bounds what the initiator may send, whether it is an answer or an
 * offer: FirstBurstLength becomes the lesser value, and InitialR2T is an OR.
 */
static void isert_note_limits(struct isert_conn *ic, const char *text, u32 len)
{
	isert_note_number(text, len, "FirstBurstLength", &ic->first_burst);
	isert_note_bool(text, len, "InitialR2T", &ic->initial_r2t);
	isert_note_bool(text, len, "ImmediateData", &ic->immediate);
	isert_note_number(text, len, "MaxConnections", &ic->connections);
	isert_note_number(text, len, "MaxBurstLength", &ic->max_burst);
	isert_note_number(text, len, "MaxOutstandingR2T", &ic->max_r2t);
	isert_note_number(text, len, "ErrorRecoveryLevel", &ic->level);
	isert_note_bool(text, len, "DataPDUInOrder", &ic->pdus_in_order);
	isert_note_bool(text, len, "DataSequenceInOrder", &ic->sequences_in_order);
}

/*
 * Whether LIO has agreed to more than it has named.  It takes any answer to what it
 * proposes itself, because the initiator has left a key out.
 */
static bool isert_exceeds(const struct isert_conn *ic,
			  const struct iscsi_sess_ops *ops)
{
	return ops->FirstBurstLength > ic->first_burst ||
		ops->MaxBurstLength > ic->max_burst ||
		ops->MaxBurstLength < ISER_RECV_DSL_MIN ||
		(!ops->DataPDUInOrder && ic->pdus_in_order) ||
		(!ops->DataSequenceInOrder && ic->sequences_in_order) ||
		ops->MaxOutstandingR2T > ic->max_r2t ||
		ops->MaxConnections > ic->connections ||
		ops->ErrorRecoveryLevel > ic->level ||
		(ops->ImmediateData && !ic->immediate) ||
		(!ops->InitialR2T && ic->initial_r2t && !ic->keys.force_initial_r2t);
}

/* Returns how many commands LIO lets a session have outstanding. */
static u32 isert_window(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;

	if (sess->sess_ops->SessionType)
		return 1;
	/* It may yet become as large as the leading connection has planned. */
	if (!ic->keys.leading)
		return max_t(u32, sess->cmdsn_window,
			     READ_ONCE(ic->session->window_most));
	return sess->se_sess->se_node_acl->queue_depth;
}

/*
 * Finds another iSER connection of the session, copies the session's keys from
 * it, and keeps the session until this connection is in it.
 */
static int isert_session_keys(struct isert_conn *ic)
{
	struct iscsit_session *sess = ic->conn->sess;
	struct iscsit_conn *other;
	int ret = -ENOENT;

	spin_lock_bh(&sess->conn_lock);
	list_for_each_entry(other, &sess->sess_conn_list, conn_list) {
		struct isert_conn *o = isert_conn_of(other);

		if (!o || !isert_join(ic, o))
			continue;
		isert_session_join(ic, o);
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
		.priv_size = sizeof(struct isert_cmd),
		.recv_data = ISERT_RECV_DSL,
	};
	struct iser_rx_plan plan;
	int ret;

	ic->pi = isert_pi_agreed(ic->conn);
	if (ic->pi && !iser_conn_info(ic->dm)->pi) {
		isert_warn(ic, "login refused: the session has protection information, which this connection can't carry");
		return -EOPNOTSUPP;
	}
	res.pi = ic->pi;
	isert_plan(ic, &plan);
	/* The window of an existing session can't be reduced. */
	if (!plan.granted || plan.need_initial_r2t ||
	    (!ic->keys.leading && plan.granted < plan.window)) {
		isert_warn(ic, "login refused: a window of %u commands needs more receives than the %u of the queue pair; lower cmdsn_depth or raise recv_depth",
			   plan.window, plan.depth);
		return -ENOSPC;
	}
	/*
	 * One connection can't raise the window of a session that has several.
	 * If receives are shared, starting with the whole window costs nothing,
	 * and some initiators (libiscsi) ignore MaxCmdSN.
	 */
	if (ic->keys.leading && ic->connections == 1 &&
	    !iser_conn_info(ic->dm)->shared)
		res.receives = iser_window_start(&ic->window, &plan,
						 isert_initial_window());
	else
		res.receives = iser_window_start(&ic->window, &plan,
						 plan.granted);
	ic->cmds = kvcalloc(res.tasks, sizeof(*ic->cmds), GFP_KERNEL);
	ret = -ENOMEM;
	if (ic->cmds)
		ret = iser_allocate_connection_resources(ic->dm, &res);
	ic->allocated = !ret;
	if (ret)
		isert_warn(ic, "login refused: no resources for %u tasks and %u receives, error %d",
			   res.tasks, res.receives, ret);
	return ret;
}

/**
 * isert_refuse_login - send a Login Response that ends the login
 * @ic: connection
 * @bhs: header of the Login Request
 * @class: Status-Class
 * @detail: Status-Detail
 *
 * Sleeps.
 * Return: -EACCES always, for LIO to drop the connection.
 */
static int isert_refuse_login(struct isert_conn *ic, const u8 *bhs, u8 class, u8 detail)
{
	const struct iscsi_login_req *req = (const struct iscsi_login_req *)bhs;
	struct iscsi_login_rsp rsp = {
		.opcode = ISCSI_OP_LOGIN_RSP,
		.itt = req->itt,
		.status_class = class,
		.status_detail = detail,
	};

	memcpy(rsp.isid, req->isid, sizeof(rsp.isid));
	isert_login_over(ic);
	iser_send_login(ic->dm, (u8 *)&rsp, NULL, 0, false);
	return -EACCES;
}

/* The same, for what the initiator should not have sent, or not have left out. */
static int isert_refuse_initiator(struct isert_conn *ic, const u8 *bhs)
{
	return isert_refuse_login(ic, bhs, ISERT_STATUS_INITIATOR,
				  ISCSI_LOGIN_STATUS_INIT_ERR);
}

/*
 * Discovery sessions: they need no credentials, as a rule, and no longer count as logins
 * that are under way, so they are counted here.  A new one may end the oldest, since
 * nobody needs one for long, and those who open many must not keep others out.
 */
#define ISERT_DISCOVERIES	64U

static DEFINE_SPINLOCK(isert_discovery_lock);
static LIST_HEAD(isert_discoveries);	/* oldest first */
static u32 isert_nr_discoveries;

/* The login leads to such a session.  Sleeps. */
static void isert_discovery_enter(struct isert_conn *ic)
{
	struct iser_conn *oldest = NULL;
	struct isert_conn *o;

	spin_lock_bh(&isert_discovery_lock);
	list_add_tail(&ic->discovery_node, &isert_discoveries);
	if (isert_nr_discoveries == ISERT_DISCOVERIES) {
		o = list_first_entry(&isert_discoveries, struct isert_conn,
				     discovery_node);
		list_del_init(&o->discovery_node);
		/* isert_free_conn() drops its reference after isert_discovery_leave(). */
		oldest = o->dm;
		iser_conn_get(oldest);
	} else {
		isert_nr_discoveries++;
	}
	spin_unlock_bh(&isert_discovery_lock);
	if (!oldest)
		return;
	isert_warn(ic, "there are more than %u Discovery sessions, ending the oldest",
		   ISERT_DISCOVERIES);
	iser_connection_fail(oldest, -ETIMEDOUT);
	iser_conn_put(oldest);
}

/* isert_discovery_leave - the connection is freed */
void isert_discovery_leave(struct isert_conn *ic)
{
	spin_lock_bh(&isert_discovery_lock);
	if (!list_empty(&ic->discovery_node)) {
		list_del_init(&ic->discovery_node);
		isert_nr_discoveries--;
	}
	spin_unlock_bh(&isert_discovery_lock);
}

/* Keeps the response that ends the login for isert_login_finish(). */
static int isert_hold_final(struct isert_conn *ic, struct iscsi_login *login,
			    char *text, u32 len)
{
	u8 *bhs = (u8 *)login->req;

	if (!ic->keys.leading && isert_session_keys(ic)) {
		isert_warn(ic, "login refused: the session that it wants to join does not use iSER, or is ending");
		return isert_refuse_initiator(ic, bhs);
	}
	if (!ic->keys.leading && isert_session_full(ic)) {
		isert_warn(ic, "login refused: the session has as many connections as MaxConnections allows");
		return isert_refuse_login(ic, bhs, ISERT_STATUS_INITIATOR,
					  ISCSI_LOGIN_STATUS_ISID_ERROR);
	}
	if (ic->keys.leading && iser_keys_finish(&ic->keys)) {
		isert_warn(ic, "login refused: the initiator has not requested iSER by RDMAExtensions=Yes");
		return isert_refuse_initiator(ic, bhs);
	}
	if (ic->conn->sess->sess_ops->SessionType)
		isert_discovery_enter(ic);
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
 * Sleeps.
 * Return: 0 or negative errno; the initiator has been told.
 */
static int isert_login_respond(struct isert_conn *ic, struct iscsi_login *login,
			       char *text, u32 len)
{
	struct iscsi_login_rsp *rsp = (struct iscsi_login_rsp *)login->rsp;
	u8 stage = ISCSI_LOGIN_CURRENT_STAGE(rsp->flags);
	struct iser_rx_plan plan;
	int ret;

	if (!stage)
		isert_note_number(text, len, "CHAP_A", &ic->chap);
	if (stage == 1 && ic->keys.leading) {
		isert_note_limits(ic, text, len);
		/* InitialR2T is an OR: a target may answer Yes to a No. */
		isert_plan(ic, &plan);
		if (plan.need_initial_r2t) {
			isert_warn(ic, "InitialR2T is set to Yes: %u commands with a first burst of %u bytes need more receives than the %u of the queue pair",
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

static bool name_stags;
module_param(name_stags, bool, 0644);
MODULE_PARM_DESC(name_stags,
		 "Also name the STag that a response invalidates in its iSER header; no deployed initiator evaluates it (default: N)");

static bool isert_name_stags(void)
{
	return READ_ONCE(name_stags);
}

/* Notice_Key_Values: RFC 7145, sections 5.1.3 and 7.3.5. */
static void isert_notice(struct isert_conn *ic)
{
	struct iser_notice notice = {
		.hello = ISER_HELLO_NONE,
		.recovery_level = ic->conn->sess->sess_ops->ErrorRecoveryLevel,
		.name_stags = isert_name_stags(),
		.discovery = ic->conn->sess->sess_ops->SessionType,
		/* The fence of task management on other connections: order.c. */
		.tell_delivery = ic->conn->sess->sess_ops->MaxConnections > 1,
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
 * RX thread; sleeps.
 * Return: 0, or negative errno if the connection has ended.
 */
int isert_login_finish(struct isert_conn *ic)
{
	struct iscsi_login_rsp *rsp = (struct iscsi_login_rsp *)ic->final_bhs;
	struct iscsi_sess_ops *ops = ic->conn->sess->sess_ops;
	struct iscsi_conn_ops *conn_ops = ic->conn->conn_ops;
	u32 *dsl = &conn_ops->MaxRecvDataSegmentLength;
	int ret;

	if (!ic->final_ready)
		return -ENOTCONN;
	if (!ops->SessionType &&
	    (conn_ops->MaxXmitDataSegmentLength < ISER_RECV_DSL_MIN ||
	     (ic->keys.leading && isert_exceeds(ic, ops)))) {
		isert_warn(ic, "login refused: the initiator has answered a proposal with more than was proposed");
		/* LIO closes the session, and must not take it for one that can go on. */
		ops->ErrorRecoveryLevel = 0;
		ic->refused = true;
		rsp->flags = 0;
		rsp->status_class = ISERT_STATUS_INITIATOR;
		rsp->status_detail = ISCSI_LOGIN_STATUS_INIT_ERR;
		iser_send_login(ic->dm, ic->final_bhs, NULL, 0, false);
		return -EPROTO;
	}
	isert_window_begin(ic);
	if (ic->keys.force_initial_r2t)
		ops->InitialR2T = 1;
	/* If 0, LIO would look for a socket; discovery never sets the key. */
	ops->RDMAExtensions = 1;
	/* Nor does LIO know the default of what is not named, or RFC 7145, section 6.4. */
	if (!*dsl)
		*dsl = ISER_RECV_DSL_DEFAULT;
	if (!ops->SessionType)
		*dsl = min(*dsl, ic->keys.initiator_dsl);

	ic->limits = (struct iser_limits){
		.initial_r2t = ops->InitialR2T,
		.first_burst = ops->FirstBurstLength,
		.max_burst = ops->MaxBurstLength,
		.max_r2t = ops->MaxOutstandingR2T,
	};
	/* An initiator without the key gets the default; 0 means no limit. */
	ic->session->limit = ISER_UNEXPECTED_DEFAULT;
	if (ic->keys.unexpected_state == ISER_KEY_OFFERED ||
	    ic->keys.unexpected_state == ISER_KEY_AGREED)
		ic->session->limit = ic->keys.peer_unexpected;
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

#define ISERT_OWN_WORDS	2048	/* bytes of a Login Response that answer no key */
#define ISERT_IDLE_REQUESTS	6

/* Whether this target wants credentials for the session: LIO's rule. */
static bool isert_auth_required(const struct iscsit_conn *conn)
{
	const struct iscsi_tpg_attrib *tpg = &conn->tpg->tpg_attrib;
	const struct se_node_acl *acl;
	s32 own;

	if (conn->sess->sess_ops->SessionType)
		return tpg->authentication;
	acl = conn->sess->se_sess->se_node_acl;
	if (!acl)
		return true;
	own = isert_node_attrib(conn)->authentication;
	if (acl->dynamic_node_acl || own == NA_AUTHENTICATION_INHERITED)
		return tpg->authentication;
	return own;
}

/* Whether a target that knows CHAP and None takes None from a list: the first it knows. */
static bool isert_picks_none(const char *list, u32 len)
{
	u32 n;

	for (; len; list += n, len -= n) {
		const char *comma = memchr(list, ',', len);

		n = comma ? comma - list : len;
		if (n == 4 && !memcmp(list, "None", 4))
			return true;
		if (n == 4 && !memcmp(list, "CHAP", 4))
			return false;
		n += !!comma;
	}
	return false;
}

/*
 * Whether a Login Request tries to do without authentication: its first request leaves
 * out the security stage, or any request of that stage has LIO agree on None.
 */
static bool isert_evades_auth(const struct iscsi_login *login, bool first)
{
	const struct iscsi_login_req *req = (const void *)login->req;
	const char *text = login->req_buf, *value;
	u32 len = ntoh24(req->dlength), n;

	if (ISCSI_LOGIN_CURRENT_STAGE(req->flags))
		return first;
	while ((value = iser_keys_find(text, len, "AuthMethod", &n))) {
		if (isert_picks_none(value, n))
			return true;
		len -= value + n - text;
		text = value + n;
	}
	return false;
}

/*
 * Refuses a login that LIO would refuse, or should, before LIO acts on what it names.
 * @first: this is its first request
 * Return: 0 or -EACCES.
 */
static int isert_check_auth(struct isert_conn *ic, const struct iscsi_login *login,
			    bool first)
{
	if (!isert_auth_required(ic->conn) || !isert_evades_auth(login, first))
		return 0;
	isert_warn(ic, "login refused: it offers no credentials, but the target requires them");
	return isert_refuse_login(ic, (u8 *)login->req, ISERT_STATUS_INITIATOR,
				  ISCSI_LOGIN_STATUS_AUTH_FAILED);
}

/*
 * Level 2 is not supported: there a task moves from a failed connection to
 * another, with new STags (TASK REASSIGN, RFC 7145, section 7.3.3).  At level
 * 1, LIO would recover lost Data-Out, but an RDMA connection loses none: only
 * the acknowledgment of the initiator's data remains.
 */
#define ISERT_MAX_LEVEL	1

static unsigned int max_recovery_level;
ISER_PARAM(max_recovery_level, max_recovery_level, 0, ISERT_MAX_LEVEL, 0644);
MODULE_PARM_DESC(max_recovery_level,
		 "Highest ErrorRecoveryLevel that the target agrees to, 0 or 1, if LIO's default_erl allows it (default: 0)");

static u32 isert_max_level(void)
{
	return READ_ONCE(max_recovery_level);
}

/**
 * isert_validate_params - check a login, and limit what LIO may negotiate
 * @conn: LIO's connection, parameters copied, negotiation not begun
 *
 * Here it is known for the first time whether credentials are required.
 *
 * ErrorRecoveryLevel is the value of LIO's attribute default_erl, limited by
 * max_recovery_level.  A further connection takes the session's value.
 * np thread.
 * Return: 0, or negative if the login has been refused.
 */
int isert_validate_params(struct iscsit_conn *conn)
{
	u32 level = 0;
	int ret;

	ret = isert_check_auth(conn->context, conn->conn_login, true);
	if (ret || !conn->conn_login->leading_connection)
		return ret;
	if (!conn->sess->sess_ops->SessionType)
		level = min(isert_node_attrib(conn)->default_erl,
			    isert_max_level());
	return iscsi_change_param_sprintf(conn, "ErrorRecoveryLevel=%u", level);
}

/* Stores what LIO needs from the first request of a login. */
static void isert_first_request(struct isert_conn *ic,
				struct iscsi_login *login)
{
	struct iscsi_login_req *req = (struct iscsi_login_req *)login->req;

	login->leading_connection = !req->tsih;
	/*
	 * LIO would look for a connection with this CID, perhaps before it knows
	 * the initiator, and end it together with its session.  In place of that
	 * there are isert_session_full() and isert_session_enter().
	 */
	login->checked_for_existing = req->tsih != 0;
	login->current_stage = ISCSI_LOGIN_CURRENT_STAGE(req->flags);
	login->version_min = req->min_version;
	login->version_max = req->max_version;
	memcpy(login->isid, req->isid, sizeof(login->isid));
	login->cmd_sn = be32_to_cpu(req->cmdsn);
	login->init_task_tag = req->itt;
	login->initial_exp_statsn = be32_to_cpu(req->exp_statsn);
	login->cid = be16_to_cpu(req->cid);
	login->tsih = be16_to_cpu(req->tsih);

	ic->keys.leading = login->leading_connection;
}

/*
 * Returns true if LIO can take a text: it must be terminated, and the response
 * must have room for an answer to each key, which older kernels do not check.
 */
static bool isert_text_fits(const char *text, u32 len)
{
	if (len == ISERT_LOGIN_TEXT && text[len - 1])
		return false;
	return iser_keys_answer_size(text, len) <=
		ISERT_LOGIN_TEXT - ISERT_OWN_WORDS;
}

/*
 * Returns true if the login makes no progress.  LIO answers each request that
 * leaves its proposals open, above all RDMAExtensions=Yes, until its timer ends
 * the login without a status.
 */
static bool isert_login_stuck(struct isert_conn *ic,
			      const struct iscsi_login_req *req, u32 len)
{
	bool open = ic->keys.rdma_ours &&
		    ic->keys.rdma_state == ISER_KEY_OFFERED;

	if (ISCSI_LOGIN_CURRENT_STAGE(req->flags) != 1 ||
	    req->flags & ISCSI_FLAG_LOGIN_CONTINUE || (len && !open))
		return false;
	if (++ic->idle_requests < ISERT_IDLE_REQUESTS)
		return false;
	isert_warn(ic, "login refused: %u Login Requests without an answer to %s",
		   ic->idle_requests,
		   open ? "RDMAExtensions=Yes: the initiator does not support iSER" :
		   "the keys that the target has proposed: the initiator does not negotiate");
	return true;
}

/* Returns the bytes of a digest of the algorithm, which IANA lists as one of PPP. */
static u32 isert_digest_size(u32 chap)
{
	switch (chap) {
	case 5:		/* MD5 */
		return 16;
	case 6:		/* SHA-1 */
		return 20;
	case 7:		/* SHA-256 */
	case 8:		/* SHA3-256 */
		return 32;
	default:
		return 0;
	}
}

/*
 * Returns true if a CHAP response in base64 decodes to more than a digest, for which LIO
 * of older kernels of 6.1 may have no room.  The response is where LIO looks for it.
 */
static bool isert_chap_too_long(const struct isert_conn *ic, const char *text, u32 len)
{
	const char *end = text + len, *value = strnstr(text, "CHAP_R", len);
	u32 n = 0;

	value = value ? memchr(value, '=', end - value) : NULL;
	if (!value || end - value < 3 || value[1] != '0' || (value[2] | 0x20) != 'b')
		return false;
	for (value += 3; value + n < end && value[n] && !strchr(";=", value[n]); n++)
		;
	return n * 3 / 4 > isert_digest_size(ic->chap);
}

static int isert_take_login(struct isert_conn *ic, struct iscsi_login *login,
			    const struct iser_pdu *pdu)
{
	struct iscsi_login_req *req = (struct iscsi_login_req *)login->req;
	u32 len = pdu->msg.data_len;
	int ret;

	memcpy(login->req, pdu->bhs, ISER_BHS_LEN);
	if (pdu->msg.ahs_len || len > ISERT_LOGIN_TEXT) {
		isert_warn(ic, "Login Request with %u bytes of AHS and %u of text refused",
			   pdu->msg.ahs_len, len);
		return isert_refuse_initiator(ic, pdu->bhs);
	}
	/* LIO compares beyond the end of a text: zero it, which adds a NUL. */
	memset(login->req_buf, 0, ISERT_LOGIN_TEXT);
	iser_pdu_copy(pdu, 0, login->req_buf, len);
	if (!isert_text_fits(login->req_buf, len)) {
		isert_warn(ic, "login refused: its text of %u bytes is not terminated, or has too many keys",
			   len);
		return isert_refuse_initiator(ic, pdu->bhs);
	}

	if (login->first_request) {
		if (!iser_keys_named_once(login->req_buf, len)) {
			isert_warn(ic, "login refused: its first request names its session twice, or has keys that do not belong there");
			return isert_refuse_initiator(ic, pdu->bhs);
		}
		isert_first_request(ic, login);
	}
	ret = iscsi_target_check_login_request(ic->conn, login);
	if (ret < 0)
		return ret;

	ret = iser_keys_request_in(&ic->keys, login->req_buf, len,
				   ISERT_LOGIN_TEXT,
				   ISCSI_LOGIN_CURRENT_STAGE(req->flags),
				   req->flags & ISCSI_FLAG_LOGIN_CONTINUE);
	if (ret < 0) {
		isert_warn(ic, "login refused: %s",
			   ret == ISER_KEYS_DIGEST ?
			   "iSER forbids the digest or marker it asks for" :
			   "its text is malformed");
		return isert_refuse_initiator(ic, pdu->bhs);
	}
	if (isert_login_stuck(ic, req, len))
		return isert_refuse_initiator(ic, pdu->bhs);
	if (isert_chap_too_long(ic, login->req_buf, ret)) {
		isert_warn(ic, "login refused: its CHAP_R is longer than a digest");
		return isert_refuse_login(ic, pdu->bhs, ISERT_STATUS_INITIATOR,
					  ISCSI_LOGIN_STATUS_AUTH_FAILED);
	}
	memset(login->req_buf + ret, 0, ISERT_LOGIN_TEXT - ret);
	hton24(req->dlength, ret);
	/* Before the first request LIO knows neither target nor initiator. */
	return ic->conn->sess ? isert_check_auth(ic, login, false) : 0;
}

/**
 * isert_get_login_rx - hand LIO the next Login Request
 * @conn: LIO's connection
 * @login: LIO's login; req and req_buf are filled
 *
 * np thread (for the first request, which has arrived already) or login work.
 * Sleeps, interruptibly: LIO ends a login that takes too long by a signal.
 * Return: 0 or negative errno.
 */
int isert_get_login_rx(struct iscsit_conn *conn, struct iscsi_login *login)
{
	struct isert_conn *ic = conn->context;
	struct iser_pdu *pdu;
	int ret;

	pdu = iser_wait_login(ic->dm);
	isert_login_taken(ic);
	if (IS_ERR(pdu)) {
		pr_debug("peer %pISpc: login ended, error %ld\n",
			 &conn->login_sockaddr, PTR_ERR(pdu));
		return PTR_ERR(pdu);
	}
	ret = isert_take_login(ic, login, pdu);
	iser_pdu_put(pdu);
	return ret;
}

/**
 * isert_put_login_tx - send LIO's Login Response
 * @conn: LIO's connection
 * @login: LIO's login; rsp and rsp_buf are sent
 * @length: text with its padding
 *
 * np thread or login work; sleeps, but never waits for a peer.
 * conn->sess may be NULL if LIO refuses a login.
 * Return: 0 or negative errno.
 */
int isert_put_login_tx(struct iscsit_conn *conn, struct iscsi_login *login,
		       u32 length)
{
	struct iscsi_login_rsp *rsp = (struct iscsi_login_rsp *)login->rsp;
	u32 len = min_t(u32, ntoh24(rsp->dlength), length);
	struct isert_conn *ic = conn->context;
	char *text;
	int ret;

	/* Do not test login_failed: LIO's timer may set it at any time. */
	if (rsp->status_class) {
		isert_login_over(ic);
		pr_debug("peer %pISpc: LIO refuses the login, status %#04x\n",
			 &conn->login_sockaddr,
			 rsp->status_class << 8 | rsp->status_detail);
		return iser_send_login(ic->dm, (u8 *)login->rsp, NULL, 0,
				       false);
	}
	if (len > ISERT_LOGIN_TEXT)
		return -EMSGSIZE;
	text = kvzalloc(ISERT_LOGIN_TEXT, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	memcpy(text, login->rsp_buf, len);
	ret = isert_login_respond(ic, login, text, len);
	if (ic->final_text != text)
		kvfree(text);
	return ret;
}
