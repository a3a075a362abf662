/* SPDX-License-Identifier: GPL-2.0-only */
/* What iserctl doctor can find, and how the files of its checks report it. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "iserctl.h"

enum severity { ERROR, WARNING, NOTE, SEVERITIES };

#define FINDING(name, id, severity, meaning, fix) name,
enum finding {
#include "findings.h"
	FINDING_COUNT
};

#undef FINDING

/* Every name in the text has to go through quote(). */
void found(enum finding finding, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* After found(): a command that is harmless whenever it is run. */
void fix(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * After found(): words, or a command that interrupts something or in which words in
 * capitals have to be replaced. It is printed as a comment of the shell.
 */
void advice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What is as it should be and worth a line. */
void good(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What steps leave for later ones, even if a step never ends. */
struct shared {
	struct addr addr;		/* what ADDRESS is */
	bool addr_known, reachable;
	char netdev[64];		/* over which it is reached */
	bool iwarp;
	enum answer tcp, rdma;
};

extern struct shared *shared;
extern const char *asked_name;		/* ADDRESS as it was given, or NULL */
extern bool asked_initiator, asked_target;	/* by name */

/* ---- modules.c ---- */

/* The file that modprobe would load, or NULL. */
const char *module_file(const char *name);
bool module_loaded(const char *name);
/* Whether it is loaded, built in or a file. */
bool module_there(const char *name);
/* Whether module_there() can be relied on. */
bool modules_known(void);
/*
 * Commands that make a software device on a network device; NULL: the only candidate. Not
 * meant: nobody has chosen this network device for RDMA, which may be on the internet.
 */
void fix_software_device(const char *netdev, bool meant);
const char *kernel_release(void);

/* ---- steps ---- */

void check_kernel(void);
void check_devices(void);
void check_modules(void);
void check_signatures(void);
bool initiator_used(void);
void check_initiator_name(void);
void check_iscsid(void);
void check_ifaces(void);
void check_records(void);
void check_sessions(void);
bool target_used(void);
void check_targets(void);
void check_groups(void);
void check_portals(void);
void check_cluster(void);
void check_name(void);
void check_route(void);
void check_tcp(void);
void check_rdma(void);
void check_answers(void);

/* A node record of open-iscsi. */
struct record {
	const char *path, *text, *target, *address, *port, *tpgt, *iface, *transport;
	bool automatic;
};

const struct record *records(size_t *count);
/* The words after "iscsiadm -m node" that choose this record. */
const char *record_words(const struct record *record);

#endif
