// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines for the administrator, and the tracepoints.  All three modules share one
 * limit of lines: a peer, or a thousand of them, causes no more than a page a
 * minute.
 */
#define pr_fmt(fmt) fmt

#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <iser/addr.h>
#include <iser/log.h>
#include <iser/param.h>
#include "conn.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

#define ISER_LOG_TIME	(60 * HZ)
#define ISER_LOG_ADDRS	64	/* addresses that are told apart in a summary */
#define ISER_LOG_RING	512	/* lines of a kind that are remembered */

static unsigned int log_lines = 120;
ISER_PARAM(log_lines, log_lines, 2 * ISER_LOG_NR, ISER_LOG_NR * ISER_LOG_RING,
	   0644);
MODULE_PARM_DESC(log_lines,
		 "Lines that the three modules write in any minute, a third each about peers before login, sessions, and ends of sessions (default: 120)");

/* iser_host_addr - the host that an address and port is of.  Any context. */
struct iser_host_addr iser_host_addr(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)addr;
	struct iser_host_addr host = { };

	if (addr->ss_family == AF_INET6) {
		host.ip = sin6->sin6_addr;
		host.zone = sin6->sin6_scope_id;
	} else {
		ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &host.ip);
	}
	return host;
}
EXPORT_SYMBOL_ISER(iser_host_addr);

struct iser_log_lines {
	const char *const about;
	u32 written;			/* so many, ever */
	/* When the last of them were: a kind may be silent for longer than jiffies last. */
	u64 at[ISER_LOG_RING];
	/* Left out since the last summary. */
	u32 left_out, nr_addrs;
	struct iser_host_addr addrs[ISER_LOG_ADDRS];
};

static struct iser_log_lines iser_log_lines[ISER_LOG_NR] = {
	[ISER_LOG_STRANGER] = { "about peers that have not logged in" },
	[ISER_LOG_SESSION] = { "about sessions" },
	[ISER_LOG_END] = { "about ends of sessions" },
};

static DEFINE_SPINLOCK(iser_log_lock);	/* in hard interrupts too */
static void iser_log_sum_up(struct work_struct *work);
static DECLARE_DELAYED_WORK(iser_log_work, iser_log_sum_up);

/*
 * Take one of the lines that @lines has for this minute, if there is one.  Each
 * kind of line has a third of all, one of them for its summary.  So the end of
 * a session is logged however many strangers connect.  Under iser_log_lock.
 */
static bool iser_log_take(struct iser_log_lines *lines)
{
	u32 max = READ_ONCE(log_lines) / ISER_LOG_NR - 1;
	u64 before = lines->at[(lines->written - max) % ISER_LOG_RING];
	u64 now = get_jiffies_64();

	if (lines->written >= max && time_before64(now, before + ISER_LOG_TIME))
		return false;
	lines->at[lines->written % ISER_LOG_RING] = now;
	/* Beyond any limit it only has to stay in step with the ring. */
	if (++lines->written == 4 * ISER_LOG_RING)
		lines->written -= ISER_LOG_RING;
	return true;
}

/* Notes a line that is not written.  Under iser_log_lock. */
static void iser_log_leave_out(struct iser_log_lines *lines,
			       const struct sockaddr_storage *peer)
{
	struct iser_host_addr addr;
	u32 i;

	if (!lines->left_out++)
		lines->nr_addrs = 0;
	queue_delayed_work(iser_wq, &iser_log_work, ISER_LOG_TIME);
	if (!peer || lines->nr_addrs == ISER_LOG_ADDRS)
		return;
	addr = iser_host_addr(peer);
	for (i = 0; i < lines->nr_addrs; i++)
		if (iser_same_host(&lines->addrs[i], &addr))
			return;
	lines->addrs[lines->nr_addrs++] = addr;
}

/*
 * Once a minute at most, and only when lines were left out.  The limits leave
 * room for this one line of each kind.
 */
static void iser_log_sum_up(struct work_struct *work)
{
	int i;

	for (i = 0; i < ISER_LOG_NR; i++) {
		struct iser_log_lines *lines = &iser_log_lines[i];
		u32 left_out, addrs;

		spin_lock_irq(&iser_log_lock);
		left_out = lines->left_out;
		addrs = lines->nr_addrs;
		lines->left_out = 0;
		spin_unlock_irq(&iser_log_lock);
		if (left_out)
			pr_warn(KBUILD_MODNAME ": %u lines %s were left out in the last minute, from %s%u addresses; parameter log_lines raises the limit\n",
				left_out, lines->about,
				addrs == ISER_LOG_ADDRS ? "at least " : "",
				addrs);
	}
}

void iser_log_line(enum iser_log about, const struct sockaddr_storage *peer,
		   const char *module, const char *device, const char *fmt, ...)
{
	struct iser_log_lines *lines = &iser_log_lines[about];
	char addr[ISER_ADDR_TEXT];
	struct va_format vaf;
	unsigned long flags;
	va_list args;
	bool take;

	spin_lock_irqsave(&iser_log_lock, flags);
	take = iser_log_take(lines);
	if (!take)
		iser_log_leave_out(lines, peer);
	spin_unlock_irqrestore(&iser_log_lock, flags);
	if (!take)
		return;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	if (peer)
		pr_warn("%speer %s%s%s: %pV\n", module,
			iser_addr_text(addr, peer), device ? " on " : "",
			device ?: "", &vaf);
	else
		pr_warn("%s%pV\n", module, &vaf);
	va_end(args);
}
EXPORT_SYMBOL_ISER(iser_log_line);

/*
 * iser_conn_warn - one line about a connection, for the administrator
 *
 * A target's connection counts as a stranger's until it has been given
 * resources, which comes after authentication.  Any context.
 */
void iser_conn_warn(const struct iser_conn *conn, const char *fmt, ...)
{
	bool target = conn->role == ISER_TARGET;
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	iser_log_line(target && !READ_ONCE(conn->allocated) ?
		      ISER_LOG_STRANGER : ISER_LOG_SESSION, &conn->info.remote,
		      target ? KBUILD_MODNAME ": target, " :
			       KBUILD_MODNAME ": initiator, ",
		      conn->info.device, "%pV", &vaf);
	va_end(args);
}

/* iser_log_exit - no more lines.  Sleeps. */
void iser_log_exit(void)
{
	cancel_delayed_work_sync(&iser_log_work);
}

/*
 * Addresses of hosts: see iser/addr.h.
 */

/* iser_same_host - any context */
bool iser_same_host(const struct iser_host_addr *a,
		    const struct iser_host_addr *b)
{
	return ipv6_addr_equal(&a->ip, &b->ip) && a->zone == b->zone;
}
EXPORT_SYMBOL_ISER(iser_same_host);

const char *iser_addr_text(char *buf, const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)addr;
	const struct net_device *dev;

	if (addr->ss_family != AF_INET6 || !sin6->sin6_scope_id) {
		snprintf(buf, ISER_ADDR_TEXT, "%pISpc", addr);
		return buf;
	}
	rcu_read_lock();
	dev = dev_get_by_index_rcu(&init_net, sin6->sin6_scope_id);
	snprintf(buf, ISER_ADDR_TEXT, "[%pI6c%%%s]:%u", &sin6->sin6_addr,
		 dev ? dev->name : "?", ntohs(sin6->sin6_port));
	rcu_read_unlock();
	return buf;
}
EXPORT_SYMBOL_ISER(iser_addr_text);
