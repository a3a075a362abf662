// SPDX-License-Identifier: GPL-2.0-only
/*
 * Login PDUs between the core and LIO.  RFC 7145, sections 5.1 and 6.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "target.h"

#define ISERT_OWN_WORDS	2048	/* bytes of a Login Response that answer no key */
#define ISERT_IDLE_REQUESTS	6

/**
 * isert_validate_params - what LIO may negotiate
 * @conn: LIO's connection, parameters copied, negotiation not begun
 *
 * ErrorRecoveryLevel is what LIO's attribute default_erl says, within the limit
 * of our parameter.  A further connection takes the session's value.
 * np thread.  Return: 0, or negative: LIO has refused the login.
 */
int isert_validate_params(struct iscsit_conn *conn)
{
	u32 level = 0;

	if (!conn->conn_login->leading_connection)
		return 0;
	if (!conn->sess->sess_ops->SessionType)
		level = min(isert_node_attrib(conn)->default_erl,
			    isert_max_level());
	return iscsi_change_param_sprintf(conn, "ErrorRecoveryLevel=%u", level);
}

/**
 * isert_refuse_login - send a Login Response that ends the login
 * @ic: connection
 * @bhs: header of the Login Request
 * @class: Status-Class
 * @detail: Status-Detail
 *
 * Sleeps.  Return: -EACCES always, for LIO to drop the connection.
 */
int isert_refuse_login(struct isert_conn *ic, const u8 *bhs, u8 class,
		       u8 detail)
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

/* What LIO notes of the first request of a login. */
static void isert_first_request(struct isert_conn *ic,
				struct iscsi_login *login)
{
	struct iscsi_login_req *req = (struct iscsi_login_req *)login->req;

	login->leading_connection = !req->tsih;
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
 * A text that LIO can take: with an end, and with room in the response for an
 * answer to each key, where older kernels do not look.
 */
static bool isert_text_fits(const char *text, u32 len)
{
	if (len == ISERT_LOGIN_TEXT && text[len - 1])
		return false;
	return iser_keys_answer_size(text, len) <=
		ISERT_LOGIN_TEXT - ISERT_OWN_WORDS;
}

/*
 * Does the login get nowhere?  LIO answers a request that leaves open what it
 * has proposed, RDMAExtensions=Yes first of all, as often as it comes, until its
 * timer ends the login without a status.
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
		   open ? "RDMAExtensions=Yes: the initiator does not know iSER" :
		   "what the target has proposed: the initiator does not negotiate");
	return true;
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
		return isert_refuse_login(ic, pdu->bhs,
					  ISCSI_STATUS_CLS_INITIATOR_ERR,
					  ISCSI_LOGIN_STATUS_INIT_ERR);
	}
	/* LIO compares beyond the end of a text: zeros, and a NUL in any case. */
	memset(login->req_buf, 0, ISERT_LOGIN_TEXT);
	iser_pdu_copy(pdu, 0, login->req_buf, len);
	if (!isert_text_fits(login->req_buf, len)) {
		isert_warn(ic, "login refused: its text of %u bytes has no end, or too many keys",
			   len);
		return isert_refuse_login(ic, pdu->bhs,
					  ISCSI_STATUS_CLS_INITIATOR_ERR,
					  ISCSI_LOGIN_STATUS_INIT_ERR);
	}

	if (login->first_request)
		isert_first_request(ic, login);
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
		return isert_refuse_login(ic, pdu->bhs,
					  ISCSI_STATUS_CLS_INITIATOR_ERR,
					  ISCSI_LOGIN_STATUS_INIT_ERR);
	}
	if (isert_login_stuck(ic, req, len))
		return isert_refuse_login(ic, pdu->bhs,
					  ISCSI_STATUS_CLS_INITIATOR_ERR,
					  ISCSI_LOGIN_STATUS_INIT_ERR);
	memset(login->req_buf + ret, 0, ISERT_LOGIN_TEXT - ret);
	hton24(req->dlength, ret);
	return 0;
}

/**
 * isert_get_login_rx - hand LIO the next Login Request
 * @conn: LIO's connection
 * @login: LIO's login; req and req_buf are filled
 *
 * np thread (first request, which is here already) or login work.  Sleeps,
 * interruptibly: LIO ends a login that takes too long by a signal.
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
 * @login: LIO's login; rsp and rsp_buf are to be sent
 * @length: text with its padding
 *
 * np thread or login work; sleeps, but for no peer.
 * conn->sess may be NULL where LIO refuses a login.
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

	/* Not login_failed: LIO's timer sets that at any time. */
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
