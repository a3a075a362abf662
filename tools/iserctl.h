/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of iserctl share: reading a host without blocking on it, printing
 * names that others have chosen, and what the network knows.
 */
#ifndef ISERCTL_H
#define ISERCTL_H

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ISER_PORT	3260

/* Exit codes. */
#define EXIT_FOUND	1
#define EXIT_USAGE	2
#define EXIT_UNSEEN	3

/* ---- text.c ---- */

/*
 * Names come from peers, from records and from sysfs. quote() makes each of them one
 * word of a shell that is harmless on a terminal too. The memory is never freed: a run
 * is short.
 */
const char *quote(const char *name);
/* Whether text is not empty and has only letters and digits of ASCII and those of more. */
bool made_of(const char *text, const char *more);
/* Whether a byte is printable ASCII. */
bool printable(unsigned char c);
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *vformat(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));
char *trim(char *text);
void *take(size_t size);
/* Room for one more than count elements; what the array has moves there. */
void *room(void *array, size_t count, size_t size);
/* The number from 1 to most that a text is, or 0. */
long number_of(const char *text, long most);
/* A number for a text, another one for nearly each text. */
uint64_t hash(const char *text);
/* JSON: a string with its quotation marks. */
const char *json(const char *text);

/* ---- files.c ---- */

/* Folder that stands for / (ISERCTL_ROOT), for tests. Empty on a real host. */
extern const char *root;
/* Where a path of the host is below it. */
const char *host_path(const char *path);

/*
 * The text of a regular file, or NULL with errno. Never waits for a writer of a fifo or a
 * device, and reads no more than most bytes.
 */
char *file_read(const char *path, size_t most, size_t *length);
/* The same without blanks at its ends. Anything but an absent file is reported as unseen. */
char *file_text(const char *path);
/* One attribute of sysfs or configfs below a folder. */
char *attribute(const char *folder, const char *name);
bool attribute_is(const char *folder, const char *name, const char *value);
/* exists() is false also for what may not be looked at, which it reports as unseen. */
bool exists(const char *path);
/* The names in a folder in order, ended by NULL; none if the folder does not exist. */
char **names_in(const char *path);
/* The last part of what a symbolic link leads to, or NULL. */
char *link_name(const char *path);
char *real_path(const char *path);
/* The value of the line "key = value" of a record, or NULL; text stays as it is. */
char *record_value(const char *text, const char *key);
/* Output of a program of this machine, or NULL if it fails or takes too long. */
char *output_of(char *const argv[]);

/* A clock that nobody sets. */
double seconds(void);
long milliseconds(void);

/* ---- doctor.c ---- */

/* Says once for each path what could not be looked at. */
void unseen(const char *what, const char *why);
/* Whether that has happened outside of the doctor, so that an answer is not the whole truth. */
extern bool incomplete;

/* ---- net.c ---- */

struct addr {
	int family;			/* AF_INET or AF_INET6, 0 if there is none */
	uint16_t port;
	uint8_t bytes[16];
	char zone[32];
};

/* ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT, with a zone or not. Looks up no name. */
bool addr_parse(const char *text, struct addr *addr);
bool addr_same(const struct addr *a, const struct addr *b);
bool addr_any(const struct addr *addr);
/* Whether a listener on the first address has the second one. */
bool addr_serves(const struct addr *listener, const struct addr *addr);
bool addr_local_link(const struct addr *addr);
const char *addr_text(const struct addr *addr);
const char *portal_text(const struct addr *addr);

/* A port of an RDMA device. */
struct rdma_port {
	const char *device, *netdev;	/* netdev: NULL if the kernel names none */
	unsigned int number;
	bool active, iwarp, infiniband;
	const char *state;
};

struct own_addr {
	const char *netdev;
	struct addr addr;
};

/* A connection identifier of the RDMA connection manager. */
struct rdma_id {
	const char *device, *owner;	/* owner: the kernel module, or NULL */
	struct addr from, to;		/* to.family is 0 for a listener */
};

/* What the kernel has made on an RDMA device, for all that use it. */
struct rdma_use {
	const char *device;
	uint64_t queue_pairs, completion_queues, memory_regions;
};

struct route {
	const char *netdev;
	bool local;
	unsigned int mtu;		/* 0: that of the network device */
};

enum answer { ANSWER_UNSEEN, ANSWER_OPEN, ANSWER_REFUSED, ANSWER_NONE, ANSWER_NO_DEVICE };

/* These ask once and remember the answer. */
const struct rdma_port *rdma_ports(size_t *count);
const struct own_addr *own_addrs(size_t *count);
const struct rdma_id *rdma_ids(size_t *count);
const struct rdma_use *rdma_uses(size_t *count);
/* False if the kernel did not answer all of the connections. */
bool rdma_ids_known(void);
/* Whether the queue pair of the connection manager of this device has failed. */
bool gsi_failed(const char *device);
/* The RDMA port by which this network device can be reached, or NULL. */
const struct rdma_port *port_of_netdev(const char *netdev);
/* The network device that has this address, or NULL. */
const char *netdev_of(const struct addr *addr);
/* 0, or an errno: ENETUNREACH if there is no route. */
int route_to(const struct addr *addr, struct route *route);
bool tcp_listens(const struct addr *addr);
enum answer tcp_answer(const struct addr *addr, const char **why);
enum answer rdma_answer(const struct addr *addr, const char **why);

/* ---- sessions.c ---- */

struct session {
	unsigned int number;
	const char *folder, *host;	/* its folder in sysfs; host3 */
	bool iser;
	const char *target, *state, *tpgt, *iface, *initiator;
	const char *connection;		/* folder of its connection, or NULL */
	const char *address, *port;	/* of its portal, or NULL */
	const char *peer_address, *peer_port;	/* to which it is connected, or NULL */
	char **disks;
};

const struct session *sessions(size_t *count);
/* A portal of a target and its portal group. */
struct portal {
	const char *target, *group;	/* group: the number of tpgt_N */
	const char *tpg, *folder;	/* paths */
	struct addr addr;
	const char *name;
	bool parsed, iser;
};

const struct portal *portals(size_t *count);

/* A session of a target, over iSER or TCP. */
struct target_session {
	const struct portal *group;	/* a portal of its portal group */
	const char *initiator;
	const char *acl;		/* path, or NULL: it has none of its own */
	const char *state, *info;	/* LIO's word, and all that it says; NULL without an ACL */
};

const struct target_session *target_sessions(size_t *count);
/* What follows these words in the last line of info that begins with them, or NULL. */
const char *info_line(const char *info, const char *words);
/* The RDMA device of the session's connection, or NULL. */
const char *session_device(const struct session *session);
/* Whether a connection, or with peer false a listener, belongs to the portal. */
bool portal_has(const struct portal *portal, const struct rdma_id *id, bool peer);
/* How many do. */
unsigned int portal_ids(const struct portal *portal, bool peer);

/* ---- commands ---- */

/* Says what is wrong with the arguments of a command. Returns EXIT_USAGE. */
int usage(const char *command, const char *why);

int doctor(int argc, char **argv);
int status(int argc, char **argv);
int top(int argc, char **argv);
int latency(int argc, char **argv);
int bench(int argc, char **argv);
/* The modules of iSER, in the order in which they are loaded. */
#define MODULES	3
extern const char *const loadable[MODULES];

/* ---- prometheus.c ---- */

/* Prints all metrics. */
void prometheus_show(void);

#endif
