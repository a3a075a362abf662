// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks an address whether something answers there, over TCP and over RDMA. Each connection
 * ends as soon as it stands: nothing is sent over it, and no login begins.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "facts.h"
#include "iserctl.h"

/* For each step of an attempt, and for all of one over RDMA. */
#define ANSWER_MS 3000
#define RDMA_MS 9500

static socklen_t sockaddr_of(const struct addr *addr, struct sockaddr_storage *storage)
{
	struct sockaddr_in6 *six = (void *)storage;
	struct sockaddr_in *four = (void *)storage;

	memset(storage, 0, sizeof(*storage));
	if (addr->family == AF_INET) {
		four->sin_family = AF_INET;
		four->sin_port = htons(addr->port);
		memcpy(&four->sin_addr, addr->bytes, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(addr->port);
	memcpy(&six->sin6_addr, addr->bytes, 16);
	six->sin6_scope_id = *addr->zone ? if_nametoindex(addr->zone) : 0;
	return sizeof(*six);
}

enum answer tcp_answer(const struct addr *addr, const char **why)
{
	struct sockaddr_storage storage;
	socklen_t length = sockaddr_of(addr, &storage), size = sizeof(int);
	struct pollfd ready = { .events = POLLOUT };
	int error = 0;

	*why = "";
	if (*root)
		return facts_answer("tcp", addr);
	ready.fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ready.fd < 0) {
		*why = strerror(errno);
		return ANSWER_UNSEEN;
	}
	if (connect(ready.fd, (void *)&storage, length) && errno != EINPROGRESS)
		error = errno;
	else if (poll(&ready, 1, ANSWER_MS) != 1)
		error = ETIMEDOUT;
	else
		getsockopt(ready.fd, SOL_SOCKET, SO_ERROR, &error, &size);
	close(ready.fd);
	*why = error ? strerror(error) : "";
	return !error ? ANSWER_OPEN : error == ECONNREFUSED ? ANSWER_REFUSED : ANSWER_NONE;
}

/* Of InfiniBand and RoCE: nobody listens. */
#define NO_SUCH_SERVICE 8

/*
 * Waits for the event of a step. 0, or minus an errno: -ECONNREFUSED if nobody listens. Another
 * reason for a rejection is returned as it is, and comes from somebody who listens.
 */
static int step(struct rdma_event_channel *channel, enum rdma_cm_event_type wanted, int posted)
{
	struct pollfd ready = { .fd = channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;
	enum rdma_cm_event_type got;
	int status;

	if (posted)
		return -errno;
	if (poll(&ready, 1, ANSWER_MS) != 1)
		return -ETIMEDOUT;
	if (rdma_get_cm_event(channel, &event))
		return -errno;
	got = event->event;
	status = event->status;
	rdma_ack_cm_event(event);
	if (got == wanted)
		return 0;
	/* The status is a reason, or an errno if it is of iWARP. */
	if (got == RDMA_CM_EVENT_REJECTED)
		return status > 0 && status != NO_SUCH_SERVICE ? status : -ECONNREFUSED;
	return status < 0 ? status : -ETIMEDOUT;
}

/* What the process that connects hands to the one that waits for it. */
struct result {
	enum answer answer;
	char why[120];
};

/* It has to be out before anything is taken down, because that may take long. */
static void tell(int fd, enum answer answer, const char *why)
{
	struct result result = { .answer = answer };

	snprintf(result.why, sizeof(result.why), "%s", why);
	if (write(fd, &result, sizeof(result)) < 0)
		_exit(1);
}

static void rdma_connect_to(struct rdma_event_channel *channel, struct rdma_cm_id *id,
			    const struct addr *addr, int fd)
{
	/* As an initiator says it: it takes no zero-based addresses, and no invalidation. */
	static const uint8_t private[4] = { 0xc0 };
	struct ibv_qp_init_attr init = {
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC,
	};
	struct rdma_conn_param param = {
		.private_data = private,
		.private_data_len = sizeof(private),
		.responder_resources = 1,
		.initiator_depth = 1,
		.retry_count = 3,
		.rnr_retry_count = 3,
	};
	struct sockaddr_storage storage;
	int error;

	sockaddr_of(addr, &storage);
	error = step(channel, RDMA_CM_EVENT_ADDR_RESOLVED,
		     rdma_resolve_addr(id, NULL, (void *)&storage, ANSWER_MS));
	if (error) {
		tell(fd, error == -ENODEV ? ANSWER_NO_DEVICE : ANSWER_NONE, strerror(-error));
		return;
	}
	if (!id->verbs) {
		tell(fd, ANSWER_UNSEEN, strerror(EOPNOTSUPP));
		return;
	}
	error = step(channel, RDMA_CM_EVENT_ROUTE_RESOLVED, rdma_resolve_route(id, ANSWER_MS));
	if (error) {
		tell(fd, ANSWER_NONE, strerror(-error));
		return;
	}
	if (rdma_create_qp(id, NULL, &init)) {
		tell(fd, ANSWER_UNSEEN, strerror(errno));
		return;
	}
	error = step(channel, RDMA_CM_EVENT_ESTABLISHED, rdma_connect(id, &param));
	if (error > 0)
		tell(fd, ANSWER_UNSEEN, format("it listens, and rejects with reason %d", error));
	else if (error)
		tell(fd, error == -ECONNREFUSED ? ANSWER_REFUSED : ANSWER_NONE, strerror(-error));
	else
		tell(fd, ANSWER_OPEN, "");
	if (!error)
		rdma_disconnect(id);
	rdma_destroy_qp(id);
}

static void rdma_try(const struct addr *addr, int fd)
{
	struct rdma_event_channel *channel = rdma_create_event_channel();
	struct rdma_cm_id *id;

	if (!channel || rdma_create_id(channel, &id, NULL, RDMA_PS_TCP)) {
		tell(fd, ANSWER_UNSEEN, strerror(errno));
		return;
	}
	rdma_connect_to(channel, id, addr, fd);
	rdma_destroy_id(id);
	rdma_destroy_event_channel(channel);
}

/*
 * A provider may keep rdma_connect() and rdma_destroy_id() in the kernel for minutes. So
 * another process connects, and is left to itself when it has taken long enough.
 */
enum answer rdma_answer(const struct addr *addr, const char **why)
{
	/* A peer that does not answer ends each step; if no step ends, that is the provider's. */
	struct result result = { ANSWER_UNSEEN, "the RDMA driver of this host does not answer" };
	struct pollfd ready = { .events = POLLIN };
	pid_t child;
	int fds[2];

	*why = "";
	if (*root)
		return facts_answer("rdma", addr);
	if (pipe2(fds, O_CLOEXEC)) {
		*why = strerror(errno);
		return ANSWER_UNSEEN;
	}
	child = fork();
	if (child < 0) {
		*why = strerror(errno);
		return ANSWER_UNSEEN;
	}
	if (!child) {
		int null = open("/dev/null", O_RDWR);

		/* Nobody shall wait for the end of what it would keep open. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		dup2(fds[1], 3);
		close_range(4, ~0U, 0);
		rdma_try(addr, 3);
		_exit(0);
	}
	close(fds[1]);
	ready.fd = fds[0];
	if (poll(&ready, 1, RDMA_MS) == 1 &&
	    read(fds[0], &result, sizeof(result)) != sizeof(result))
		result = (struct result){ ANSWER_UNSEEN, "the attempt itself has failed" };
	close(fds[0]);
	*why = format("%s", result.why);
	return result.answer;
}
