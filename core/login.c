// SPDX-License-Identifier: GPL-2.0-only
/*
 * The login phase: one PDU each way at a time.  A target holds one receive
 * buffer and one send buffer, and nothing else, before it has authenticated
 * the peer (RFC 7145, section 5.1.2).
 *
 * An initiator has two receive buffers: what a target sends right after its last
 * Login Response finds the second one, while the receives are being posted
 * (section 5.1.1).
 *
 * Notice_Key_Values and Enable_Datamover, which end the phase, are in conn.c.
 */
#include <linux/slab.h>
#include <iser/task.h>
#include "conn.h"
#include "cq.h"
#include "recv.h"
#include "login.h"
#include "target/pending.h"

#define ISER_LOGIN_SLOT	512
#define ISER_STATUS_TARGET	3	/* Status-Class: not the initiator's fault */

static int iser_login_buffers(const struct iser_conn *conn)
{
	if (conn->rx.pool)
		return 0;
	return conn->role == ISER_INITIATOR ? ISER_LOGIN_RX : 1;
}

/*
 * iser_login_init - allocate the receive buffers
 *
 * The pages for what is sent are allocated with the first Login PDU.  Sleeps.
 */
int iser_login_init(struct iser_conn *conn)
{
	const struct iser_rx_shape shape = {
		.dev = conn->dev, .lkey = conn->pd->local_dma_lkey,
		.data = ISER_LOGIN_TEXT, .whole = iser_rx_whole(conn),
		.done = iser_recv_handler(conn),
	};
	struct iser_login *login = &conn->login;
	int i, ret;
	u64 dma;

	ret = iser_hdr_pages_init(&login->heads, conn->dev, ISER_LOGIN_SLOT,
				  ISER_LOGIN_HEADS, DMA_BIDIRECTIONAL);
	for (i = 0; !ret && i < iser_login_buffers(conn); i++) {
		u8 *head = iser_hdr_slot(&login->heads, i, &dma);

		login->rx[i].login = true;
		ret = iser_rx_init(&shape, &login->rx[i], head, dma);
	}
	return ret;
}

/* iser_login_post_recv - expect Login PDUs.  Any context. */
int iser_login_post_recv(struct iser_conn *conn)
{
	int i, ret = 0;

	WRITE_ONCE(conn->login.expected, true);
	for (i = 0; !ret && i < iser_login_buffers(conn); i++) {
		struct iser_rx *rx = &conn->login.rx[i];

		if (rx->posted)
			continue;
		rx->posted = true;
		ret = iser_rx_post(conn, rx);
	}
	return ret;
}

void iser_login_unmap(struct iser_conn *conn)
{
	struct iser_login *login = &conn->login;
	int i;

	for (i = 0; i < ISER_LOGIN_RX; i++)
		iser_rx_unmap(conn->dev, &login->rx[i]);
	for (i = 0; i < ISER_RX_PAGES; i++) {
		if (login->text_mapped & BIT(i))
			ib_dma_unmap_page(conn->dev, login->text_dma[i],
					  PAGE_SIZE, DMA_TO_DEVICE);
	}
	login->text_mapped = 0;
	iser_hdr_pages_unmap(&login->heads);
}

void iser_login_free(struct iser_conn *conn)
{
	int i;

	for (i = 0; i < ISER_LOGIN_RX; i++)
		iser_rx_free(&conn->login.rx[i]);
	for (i = 0; i < ISER_RX_PAGES; i++)
		if (conn->login.text[i])
			__free_page(conn->login.text[i]);
	iser_hdr_pages_free(&conn->login.heads);
}

/*
 * Pages for @len bytes of text, kept until the connection ends: text_dma[i] is
 * valid where text_mapped has bit i.
 */
static int iser_login_text_pages(struct iser_conn *conn, u32 len)
{
	/* A target calls this under setup_lock, which end_work takes. */
	gfp_t gfp = conn->role == ISER_TARGET ? GFP_NOIO : GFP_ATOMIC;
	struct iser_login *login = &conn->login;
	u32 i;

	for (i = 0; i < DIV_ROUND_UP(len, PAGE_SIZE); i++) {
		u64 dma;

		if (login->text_mapped & BIT(i))
			continue;
		if (!login->text[i])
			login->text[i] = alloc_page(gfp);
		if (!login->text[i])
			return -ENOMEM;
		dma = ib_dma_map_page(conn->dev, login->text[i], 0, PAGE_SIZE,
				      DMA_TO_DEVICE);
		if (ib_dma_mapping_error(conn->dev, dma))
			return -ENOMEM;
		login->text_dma[i] = dma;
		login->text_mapped |= BIT(i);
	}
	return 0;
}

/* A Login PDU is here, and the one that was sent before has arrived. */
static void iser_login_deliver(struct iser_conn *conn)
{
	struct iser_pdu *pdu = conn->login.pdu;

	if (conn->role == ISER_TARGET) {
		wake_up_all(&conn->wait);
		iser_conn_login_notify(conn);
		return;
	}
	conn->login.pdu = NULL;
	conn->ops->control_notify(conn, pdu);
}

static void iser_login_send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct iser_login *login = container_of(wc->wr_cqe, struct iser_login,
						cqe);
	struct iser_conn *conn = container_of(login, struct iser_conn, login);
	bool ok = iser_wc_ok(conn, wc, "Send of a Login PDU");

	spin_lock_bh(&conn->send_lock);
	login->sending = false;
	spin_unlock_bh(&conn->send_lock);
	iser_send_cq_disarm(conn);
	wake_up_all(&conn->wait);
	if (!ok)
		return;
	if (conn->role == ISER_TARGET)
		iser_pending_sent(conn, READ_ONCE(conn->state) == ISER_FULL);
	if (READ_ONCE(login->pdu))
		iser_login_deliver(conn);
}

int iser_send_login(struct iser_conn *conn, const u8 *bhs, const void *text,
		    u32 len, bool expect)
{
	struct iser_login *login = &conn->login;
	struct ib_sge sge[1 + ISER_RX_PAGES];
	struct iser_header none = { };
	struct ib_send_wr wr = { };
	u32 padded = ALIGN(len, 4), i;
	int ret;
	u64 dma;
	u8 *head;

	if (padded > ISER_LOGIN_TEXT)
		return -EMSGSIZE;
	if (conn->role == ISER_TARGET && bhs[36] == ISER_STATUS_TARGET)
		iser_pending_excuse(conn);

	/* end_work takes the mappings away under this lock. */
	if (conn->role == ISER_TARGET) {
		mutex_lock(&conn->setup_lock);
		ret = -ENOTCONN;
		if (iser_state_live(READ_ONCE(conn->state)))
			ret = iser_login_text_pages(conn, padded);
		mutex_unlock(&conn->setup_lock);
		if (ret)
			return ret;
		iser_pending_asked(conn);
	}
	if (expect) {
		ret = iser_login_post_recv(conn);
		if (ret)
			return ret;
	}

	spin_lock_bh(&conn->send_lock);
	ret = -ENOTCONN;
	if (!iser_state_live(conn->state))
		goto unlock;
	/* A request is handed up only when the response before has arrived. */
	ret = -EBUSY;
	if (login->sending)
		goto unlock;
	if (conn->role == ISER_INITIATOR) {
		ret = iser_login_text_pages(conn, padded);
		if (ret)
			goto unlock;
	}
	head = iser_hdr_slot(&login->heads, ISER_LOGIN_TX_HEAD, &dma);
	iser_encode_control(head, &none);
	memcpy(iser_bhs(head), bhs, ISER_BHS_LEN);
	iser_put24(iser_bhs(head) + 5, len);
	sge[0] = (struct ib_sge){ .addr = dma, .length = ISER_MSG_MIN,
				  .lkey = conn->pd->local_dma_lkey };
	ib_dma_sync_single_for_device(conn->dev, dma, ISER_MSG_MIN,
				      DMA_BIDIRECTIONAL);
	for (i = 0; i * PAGE_SIZE < padded; i++) {
		u32 n = min_t(u32, padded - i * PAGE_SIZE, PAGE_SIZE);
		u32 real = len > i * PAGE_SIZE ?
			min_t(u32, len - i * PAGE_SIZE, PAGE_SIZE) : 0;
		u8 *page = page_address(login->text[i]);

		memcpy(page, text + i * PAGE_SIZE, real);
		memset(page + real, 0, n - real);
		ib_dma_sync_single_for_device(conn->dev, login->text_dma[i], n,
					      DMA_TO_DEVICE);
		sge[i + 1] = (struct ib_sge){ .addr = login->text_dma[i],
					      .length = n,
					      .lkey = conn->pd->local_dma_lkey };
	}
	login->cqe.done = iser_login_send_done;
	wr.wr_cqe = &login->cqe;
	wr.opcode = IB_WR_SEND;
	wr.send_flags = IB_SEND_SIGNALED;
	wr.sg_list = sge;
	wr.num_sge = 1 + i;
	login->sending = true;
	iser_send_cq_arm(conn);
	ret = ib_post_send(conn->qp, &wr, NULL);
	if (ret) {
		login->sending = false;
		iser_send_cq_disarm(conn);
	}
unlock:
	spin_unlock_bh(&conn->send_lock);
	return ret;
}
EXPORT_SYMBOL_ISER(iser_send_login);

/*
 * iser_login_received - a whole message has arrived before full feature phase
 * From the completion queue.  It is kept, or given back.
 */
void iser_login_received(struct iser_conn *conn, struct iser_rx *rx)
{
	struct iser_login *login = &conn->login;

	if (conn->role == ISER_INITIATOR) {
		login->pdu = &rx->pdu;
		/* No lock for sending: its completion is polled here too. */
		if (!login->sending)
			iser_login_deliver(conn);
		return;
	}

	/* The RTU may be late or lost: a message shows that we are connected. */
	iser_conn_event(conn, ISER_EV_ESTABLISHED);
	if ((rx->pdu.bhs[0] & 0x3f) != 0x03 || !READ_ONCE(login->expected)) {
		iser_conn_warn(conn, login->expected ?
			       "opcode %#x where a Login Request is due, ending the connection" :
			       "opcode %#x before the Login Response, ending the connection",
			       rx->pdu.bhs[0] & 0x3f);
		iser_connection_fail(conn, -EPROTO);
		iser_pdu_put(&rx->pdu);
		return;
	}
	WRITE_ONCE(login->expected, false);
	WRITE_ONCE(login->pdu, &rx->pdu);
	if (!READ_ONCE(conn->accepted))
		iser_pending_ready(conn);
	else if (!READ_ONCE(login->sending))
		iser_login_deliver(conn);
}

/*
 * A peer that sends its next request without taking the previous response must
 * not hold up LIO's thread, so the request waits instead.
 */
bool iser_login_pending(struct iser_conn *conn)
{
	return (READ_ONCE(conn->login.pdu) && !READ_ONCE(conn->login.sending)) ||
		READ_ONCE(conn->state) >= ISER_ENDING;
}
EXPORT_SYMBOL_ISER(iser_login_pending);

struct iser_pdu *iser_wait_login(struct iser_conn *conn)
{
	struct iser_pdu *pdu;
	int ret;

	ret = wait_event_interruptible(conn->wait, iser_login_pending(conn));
	if (ret)
		return ERR_PTR(ret);
	if (READ_ONCE(conn->state) >= ISER_ENDING)
		return ERR_PTR(-ENOTCONN);
	pdu = xchg(&conn->login.pdu, NULL);
	return pdu ?: ERR_PTR(-ENOTCONN);
}
EXPORT_SYMBOL_ISER(iser_wait_login);
