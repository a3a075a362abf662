// SPDX-License-Identifier: GPL-2.0-only
/*
 * Login: rewrites the text that open-iscsi sends and receives, and allocates
 * the connection's resources before full feature phase.
 * RFC 7145, sections 5.1 and 6.
 */
#include "initiator.h"

#include <linux/in.h>
#include <iser/addr.h>

/*
 * Addresses whose target may fail on the keys of RFC 7145 that open-iscsi does
 * not know.  A target must answer NotUnderstood to a key that it does not know
 * (RFC 7143, section 6.1); some end the login instead.
 */

#define CONTACTS	16

static DEFINE_SPINLOCK(contact_lock);
static struct sockaddr_storage contacts[CONTACTS];	/* family 0: free */
static unsigned int contact_next;			/* replaced when full */

static __be16 port_of(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET6 ?
		((const struct sockaddr_in6 *)addr)->sin6_port :
		((const struct sockaddr_in *)addr)->sin_port;
}

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	const struct iser_host_addr host_a = iser_host_addr(a);
	const struct iser_host_addr host_b = iser_host_addr(b);

	return port_of(a) == port_of(b) && iser_same_host(&host_a, &host_b);
}

static struct sockaddr_storage *contact_find(const struct sockaddr_storage *addr)
{
	unsigned int i;

	for (i = 0; i < CONTACTS; i++)
		if (contacts[i].ss_family && same_address(&contacts[i], addr))
			return &contacts[i];
	return NULL;
}

/**
 * contact_plain - whether a login to this address must omit the keys
 * @addr: address and port of the target
 *
 * Any context.
 * Return: true when the last login that offered them failed.
 */
static bool contact_plain(const struct sockaddr_storage *addr)
{
	bool found;

	spin_lock_bh(&contact_lock);
	found = contact_find(addr);
	spin_unlock_bh(&contact_lock);
	return found;
}

/**
 * contact_failed - a login ended before full feature phase
 * @addr: address and port of the target
 * @offered: the keys were in its text
 *
 * The next login omits the keys; if that fails as well, they were not the
 * cause, and the one after it offers them again.  Any context.
 */
static void contact_failed(const struct sockaddr_storage *addr, bool offered)
{
	struct sockaddr_storage *entry;

	spin_lock_bh(&contact_lock);
	entry = contact_find(addr);
	if (offered && !entry) {
		entry = &contacts[contact_next++ % CONTACTS];
		*entry = *addr;
	} else if (!offered && entry) {
		entry->ss_family = 0;
	}
	spin_unlock_bh(&contact_lock);

	if (offered)
		iser_log(ISER_LOG_SESSION, addr,
			 "the login failed; the next one omits the keys of RFC 7145, in case the target does not support them");
}

static const char *keys_error_text(int err)
{
	switch (err) {
	case ISER_KEYS_SPACE:
		return "it is too long";
	case ISER_KEYS_DIGEST:
		return "it has a digest or marker, which iSER does not allow";
	case ISER_KEYS_NO_RDMA:
		return "the target did not agree to RDMAExtensions=Yes; enable iSER on its portal";
	default:
		return "it is malformed";
	}
}

/**
 * iscsi_iser_login_xmit - send a Login Request that libiscsi has completed
 * @end: endpoint
 * @hdr: its header
 * @text: its text
 * @len: its length
 *
 * Under frwd_lock, atomic.
 * Return: 0; -ENOTCONN; another error after a line.
 */
int iscsi_iser_login_xmit(struct iscsi_iser_endpoint *end,
			  const struct iscsi_hdr *hdr, const char *text, u32 len)
{
	int err;

	/* The response may come before this returns. */
	WRITE_ONCE(end->login_due, true);
	err = iser_send_login(end->conn, (const u8 *)hdr, text, len, true);
	end->login_error = err;
	if (err && err != -ENOTCONN)
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "a Login Request can't be sent: error %d", err);
	return err;
}

static u8 login_stage(const struct iscsi_hdr *hdr)
{
	return ISCSI_LOGIN_CURRENT_STAGE(hdr->flags);
}

/* Whether this PDU leads, or offers to lead, to full feature phase. */
static bool login_final(const struct iscsi_hdr *hdr)
{
	return hdr->flags & ISCSI_FLAG_LOGIN_TRANSIT &&
	       ISCSI_LOGIN_NEXT_STAGE(hdr->flags) == ISCSI_FULL_FEATURE_PHASE;
}

static void login_begin(struct iscsi_iser_endpoint *end)
{
	struct iser_keys *keys = &end->keys;

	if (keys->send_dsl)
		return;		/* a later request of the same login */
	iser_keys_init(keys, iscsi_iser_recv_data, ISER_SEND_DATA);
	keys->offer = iscsi_iser_offer_keys;
	keys->first_contact = !contact_plain(&end->info->remote);
	keys->max_unexpected = iscsi_iser_unexpected;
	keys->max_ahs = end->info->recv_ahs;
	keys->want_hello = iscsi_iser_say_hello;
}

/*
 * Allocate_Connection_Resources.  The target may send full feature PDUs right
 * after its last Login Response, so this precedes the last request.  A target
 * that is not ready for it causes several, and only the first call allocates.
 *
 * There is a receive for each answer, for each unexpected PDU of the target,
 * and one more, because libiscsi may send again before the answer's is put.
 */
static int login_allocate(struct iscsi_iser_endpoint *end)
{
	struct iscsi_session *session = end->iscsi->session;
	struct iscsi_iser_host *host = iscsi_host_priv(session->host);
	bool discovery = end->keys.discovery;
	struct iser_resources res = {
		.tasks = session->cmds_max,
		.recv_data = discovery ? ISER_DISCOVERY_DATA : iscsi_iser_recv_data,
		.region_pages = host->region_pages,
		.priv_size = sizeof(struct iscsi_iser_task),
	};
	u32 tasks;
	int err;

	if (end->resources)
		return 0;
	end->hdr_max = ISER_BHS_LEN + min_t(u32, end->info->inline_max,
					    ISER_CDB_AHS);
	tasks = iscsi_iser_task_pool_plan(&end->pool, res.tasks, discovery);
	res.plain = end->pool.reserved;
	res.receives = tasks + iscsi_iser_unexpected + 1;
	err = iser_allocate_connection_resources(end->conn, &res) ?:
		iscsi_iser_task_pool_begin(end);
	if (err && err != -ENOTCONN)
		end->login_unsent = true;
	if (err)
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "no resources for %u tasks, %u receives of %u bytes, %u STags of %u pages (%d); a smaller max_sectors needs less",
			 tasks, res.receives, res.recv_data, tasks - res.plain,
			 res.region_pages, err);
	else
		end->resources = true;
	return err;
}

/**
 * iscsi_iser_login_send_pdu - send a PDU of open-iscsi
 * @cls_conn: bound connection
 * @hdr: its header; belongs to the netlink message
 * @data: data segment; likewise
 * @size: its length, with padding
 *
 * Only Login Requests are changed.  Process context, under the class's
 * ep_mutex; sleeps.
 * Return: 0 or negative errno, after a line.
 */
int iscsi_iser_login_send_pdu(struct iscsi_cls_conn *cls_conn, struct iscsi_hdr *hdr,
			      char *data, u32 size)
{
	struct iscsi_conn *conn = cls_conn->dd_data;
	struct iscsi_iser_endpoint *end = conn->dd_data;
	struct iscsi_hdr copy = *hdr;
	int len = ntoh24(hdr->dlength);
	char *text;

	if ((hdr->opcode & ISCSI_OPCODE_MASK) != ISCSI_OP_LOGIN)
		return iscsi_conn_send_pdu(cls_conn, hdr, data, size);
	if (!end)
		return -ENOTCONN;
	if (len > size || len > ISCSI_DEF_MAX_RECV_SEG_LEN)
		return -EINVAL;

	/* The session that is to be recovered may have the disk for swapping. */
	text = kvmalloc(ISCSI_DEF_MAX_RECV_SEG_LEN, GFP_NOIO);
	if (!text) {
		end->login_unsent = true;
		return -ENOMEM;
	}
	memcpy(text, data, len);

	login_begin(end);
	len = iser_keys_request_out(&end->keys, text, len,
				    ISCSI_DEF_MAX_RECV_SEG_LEN,
				    login_stage(hdr),
				    hdr->flags & ISCSI_FLAG_LOGIN_CONTINUE);
	if (len < 0) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "the text of a Login Request can't be sent: %s",
			 keys_error_text(len));
		len = -EPROTO;
		goto free;
	}
	hton24(copy.dlength, len);

	if (login_final(hdr)) {
		int err = login_allocate(end);

		if (err) {
			len = err;
			goto free;
		}
	}
	len = iscsi_conn_send_pdu(cls_conn, &copy, text, len);
	/*
	 * libiscsi refuses it after a first login that failed.  If there is no
	 * connection any more, what has ended it is the cause.
	 */
	if (len && end->login_error != -ENOTCONN)
		end->login_unsent = true;
free:
	kvfree(text);
	return len;
}

/**
 * iscsi_iser_login_response - prepare a Login Response for libiscsi
 * @end: endpoint
 * @hdr: its header; DataSegmentLength is updated
 * @text: its text, changed in place
 * @len: its length
 *
 * Enters full feature phase with the last one: calls Enable_Datamover before
 * libiscsi learns of it and sends.  If a Hello was agreed on (RFC 7145, section
 * 5.1.3), end->full stays false until hello_done().  Up-call context.
 * Return: length of the text or, after a line, negative errno.
 */
int iscsi_iser_login_response(struct iscsi_iser_endpoint *end, struct iscsi_hdr *hdr,
			      char *text, u32 len)
{
	struct iscsi_login_rsp *rsp = (struct iscsi_login_rsp *)hdr;
	struct iser_notice notice = { .recovery_level = ISER_LEVEL_UNKNOWN };
	bool partial = hdr->flags & ISCSI_FLAG_LOGIN_CONTINUE;
	int ret;

	if (rsp->status_class) {
		end->status_class = rsp->status_class;
		end->status_detail = rsp->status_detail;
		return len;
	}

	ret = iser_keys_response_in(&end->keys, text, len, login_stage(hdr),
				    partial);
	if (ret < 0)
		goto refuse;
	len = ret;
	hton24(hdr->dlength, len);

	if (!login_final(hdr))
		return len;
	if (!end->resources) {
		iser_log(ISER_LOG_SESSION, &end->info->remote,
			 "the target enters full feature phase, which the initiator has not requested");
		return -EPROTO;
	}
	ret = iser_keys_finish(&end->keys);
	if (ret < 0)
		goto refuse;
	end->unexpected.limit = end->keys.peer_unexpected;
	if (end->keys.hello)
		notice.hello = ISER_HELLO_REQUIRED;
	iser_notice_key_values(end->conn, &notice);
	ret = iser_enable_datamover(end->conn);
	if (ret)
		return ret;
	end->hello_sent = end->keys.hello;
	end->full = !end->hello_sent;
	return len;

refuse:
	iser_log(ISER_LOG_SESSION, &end->info->remote,
		 "the text of a Login Response is refused: %s",
		 keys_error_text(ret));
	return -EPROTO;
}

/*
 * Whether this end has failed, which says nothing of the target.  Only reasons that
 * follow from what the target has done, or has not answered, are named here.
 */
static bool failed_here(const struct iscsi_iser_endpoint *end)
{
	switch (end->reason) {
	case 0:			/* iscsid has closed it */
	case -ECONNRESET:
	case -EPROTO:
	case -EREMOTEIO:
	case -ETIMEDOUT:
		return end->login_unsent;
	default:
		return true;
	}
}

/* Whether the login was refused for a cause that can't be the keys. */
static bool refused_for_good(const struct iscsi_iser_endpoint *end)
{
	switch (end->status_class) {
	case ISCSI_STATUS_CLS_SUCCESS:
		return false;
	case ISCSI_STATUS_CLS_INITIATOR_ERR:
		switch (end->status_detail) {
		case ISCSI_LOGIN_STATUS_AUTH_FAILED:
		case ISCSI_LOGIN_STATUS_TGT_FORBIDDEN:
		case ISCSI_LOGIN_STATUS_TGT_NOT_FOUND:
		case ISCSI_LOGIN_STATUS_TGT_REMOVED:
			return true;
		default:
			return false;
		}
	case ISCSI_STATUS_CLS_TARGET_ERR:
		return false;
	default:
		return true;	/* redirection */
	}
}

/**
 * iscsi_iser_login_ended - note how the login of an ended connection went
 * @end: endpoint
 *
 * A login that failed after it had offered the four keys may have failed
 * because of them, unless this end is the cause.  Process context.
 */
void iscsi_iser_login_ended(struct iscsi_iser_endpoint *end)
{
	const struct iser_keys *keys = &end->keys;

	if (end->full || !keys->offer || keys->discovery || failed_here(end) ||
	    refused_for_good(end))
		return;
	if (!keys->first_contact)
		contact_failed(&end->info->remote, false);
	else if (keys->unexpected_state != ISER_KEY_UNSEEN)
		contact_failed(&end->info->remote, true);
}
