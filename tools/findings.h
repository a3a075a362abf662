/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What iserctl doctor can find: a name for the sources, an id, how bad it is, what it means,
 * and what the commands do that are printed with it. Ids and severities are for scripts, and
 * never change. Whoever includes this defines FINDING().
 */

FINDING(KERNEL_NO_RDMA, "kernel-no-rdma", ERROR,
	"The running kernel has no RDMA modules, as Debian's kernels with cloud in their "
	"names, some of which have a part of them.",
	"installs the distribution's kernel with all modules")

FINDING(KERNEL_NO_ISCSI, "kernel-no-iscsi", ERROR,
	"The running kernel lacks a module that the initiator (libiscsi, "
	"scsi_transport_iscsi) or the target (iscsi_target_mod) needs.",
	"installs the distribution's kernel with all modules")

FINDING(RDMA_NONE, "rdma-none", ERROR,
	"There is no RDMA device.",
	"loads the RDMA driver of an adapter, or makes a Soft-RoCE or software iWARP device")

FINDING(RDMA_PORT_DOWN, "rdma-port-down", ERROR,
	"No port of any RDMA device is active.",
	"sets the network device up, if that is what it lacks")

FINDING(RDMA_PORT_OTHER, "rdma-port-other", NOTE,
	"A port is not active, but another one is.",
	"none: it may be unused")

FINDING(RDMA_CM_FAILED, "rdma-cm-failed", ERROR,
	"The queue pair of the connection manager (GSI) of a Soft-RoCE device has failed: no "
	"program can make an RDMA connection over the device.",
	"makes the device again")

FINDING(RDMA_NO_ADDRESS, "rdma-no-address", ERROR,
	"No RDMA device with an active port has an IP address.",
	"gives its network device one; for InfiniBand, loads IPoIB")

FINDING(RDMA_UNSUITABLE, "rdma-unsuitable", WARNING,
	"The driver of this RDMA device lacks what iSER needs.",
	"none: use another device")

FINDING(MODULE_MISSING, "module-missing", ERROR,
	"No ib_iser (initiator) or ib_isert (target) is installed for the running kernel.",
	"installs the headers with which the modules are built")

FINDING(MODULE_KERNELS_OWN, "module-kernels-own", NOTE,
	"The kernel's own module is installed, not that of this project.",
	"none: see install.md")

FINDING(MODULE_OTHER_LOADED, "module-other-loaded", WARNING,
	"The loaded module is not the file that modprobe would load.",
	"replaces the modules, if nothing uses them and their files are installed")

FINDING(MODULE_TWO_FILES, "module-two-files", WARNING,
	"updates/ and updates/dkms/ have different modules of one name. The order of the "
	"directory decides which of them depmod takes.",
	"removes those that modprobe does not take now")

FINDING(MODULE_INDEX, "module-index", WARNING,
	"A module in updates/ is not in modules.dep, so that modprobe does not find it.",
	"writes the index again")

FINDING(MODULE_BLACKLISTED, "module-blacklisted", ERROR,
	"modprobe.d blacklists ib_iser. iscsid heeds that and cannot log in over iSER.",
	"removes the line, if it is not meant")

FINDING(MODULE_UNSIGNED, "module-unsigned", ERROR,
	"The kernel loads signed modules only (Secure Boot, lockdown or module.sig_enforce), "
	"and the installed module is not signed.",
	"signs it with the key of DKMS, unless it is compressed or of a package")

FINDING(OPEN_ISCSI_MISSING, "open-iscsi-missing", ERROR,
	"open-iscsi (iscsid, iscsiadm) is not installed.",
	"installs it")

FINDING(INITIATOR_NAME_MISSING, "initiator-name-missing", ERROR,
	"/etc/iscsi/initiatorname.iscsi is missing or has no InitiatorName, and does not have "
	"iscsid make one (GenerateName=yes).",
	"makes a name, if there still is none")

FINDING(INITIATOR_NAME_FORM, "initiator-name-form", WARNING,
	"The InitiatorName is no iqn., eui. or naa. name, and targets refuse it.",
	"none: choose a name, and enter it in the ACLs of the targets")

FINDING(ISCSID_NOT_RUNNING, "iscsid-not-running", WARNING,
	"Neither iscsid nor its socket unit listens. No session is restored, and a login "
	"works only if iscsiadm can start iscsid.",
	"starts it")

FINDING(IFACE_TRANSPORT, "iface-transport", WARNING,
	"An iface has a transport that open-iscsi does not know. iscsiadm accepts any word.",
	"sets it to iser, if that is meant")

FINDING(IFACE_BINDING, "iface-binding", WARNING,
	"An iface of iSER has a hwaddress, net_ifacename or ipaddress. They have no effect: "
	"the route determines the device.",
	"removes the lines")

FINDING(RECORD_TCP, "record-tcp", WARNING,
	"A node record says tcp, although its iface is called iser or a session of it uses "
	"iSER. A later discovery sets a record back to tcp without a message.",
	"sets it to iser")

FINDING(RECORD_BOTH, "record-both", WARNING,
	"The same portal has a record of tcp and one of iser, and both log in by themselves.",
	"has the record of tcp no longer log in by itself, if nothing needs it")

FINDING(RECORD_TCP_ONLY, "record-tcp-only", NOTE,
	"A node record says tcp, although the route to its portal goes over an RDMA device.",
	"sets it to iser")

FINDING(RECORD_TRANSPORT, "record-transport", WARNING,
	"A node record has a transport that open-iscsi does not know.",
	"sets it to iser, if that is meant")

FINDING(RECORD_BINDING, "record-binding", WARNING,
	"A node record of iSER has a hwaddress, net_ifacename or ipaddress. They have no "
	"effect: the route determines the device.",
	"empties the setting")

FINDING(RECORD_DIGEST, "record-digest", NOTE,
	"A node record of iSER asks for a digest. iSER has none, and iscsid sends None.",
	"sets it to None")

FINDING(RECORD_COMMANDS_FEW, "record-commands-few", ERROR,
	"node.session.cmds_max is less than 16, and the login fails.",
	"sets it to 128")

FINDING(RECORD_NUMBER, "record-number", WARNING,
	"cmds_max or queue_depth is more than 65535, and counts modulo 65536.",
	"sets it to a number that fits")

FINDING(RECORD_COMMANDS_MANY, "record-commands-many", NOTE,
	"node.session.cmds_max is more than the parameter max_cmds of ib_iser, which is used "
	"instead.",
	"raises the parameter for later logins")

FINDING(RECORD_PORT, "record-port", ERROR,
	"The port of a node record is 0 or more than 65535. iscsiadm accepts that.",
	"deletes the record, which forgets its settings, and makes it again")

FINDING(RECORD_TWICE, "record-twice", WARNING,
	"Two node records of a target name the same IPv6 address in two spellings, and so "
	"make two sessions.",
	"has the second one no longer log in by itself")

FINDING(RECORD_CHAP, "record-chap", WARNING,
	"A node record wants CHAP and has no user name or no password.",
	"sets the user name; names the file that lacks the password")

FINDING(RECORD_ROUTE, "record-route", WARNING,
	"The route to the portal of an iSER record goes over no RDMA device.",
	"makes a software device on the network device of the route, if that is meant")

FINDING(CHAP_FIPS, "chap-fips", ERROR,
	"The kernel runs in FIPS mode, which has no MD5, and a node record allows CHAP with "
	"MD5 only.",
	"allows SHA-256 as well")

FINDING(SESSION_FAILED, "session-failed", WARNING,
	"A session over iSER is not logged in.",
	"looks for the reason")

FINDING(SESSION_TCP, "session-tcp", WARNING,
	"A session uses TCP, although its record says iser: the record was changed later.",
	"none that could be run at any time: the session has to log out and in")

FINDING(DEVICE_LIMIT, "device-limit", NOTE,
	"The disks of a session take smaller commands than the parameter max_sectors of "
	"ib_iser allows, because the device or the target limits them.",
	"none: harmless")

FINDING(TARGET_NOT_RESTORED, "target-not-restored", WARNING,
	"The saved configuration has targets, but none is set up.",
	"restores the targets")

FINDING(TARGET_NOT_SAVED, "target-not-saved", NOTE,
	"A target is not in the saved configuration, and is gone after a reboot, unless a "
	"cluster sets it up.",
	"saves the configuration")

FINDING(TARGET_NO_ISER, "target-no-iser", WARNING,
	"No portal has iSER enabled.",
	"enables it on the portals that it names, and saves that")

FINDING(PORTAL_TCP, "portal-tcp", NOTE,
	"None of the portals of this target has iSER enabled, but those of another target "
	"have.",
	"enables it, if that is meant, and saves that")

FINDING(PORTAL_NO_ADDRESS, "portal-no-address", WARNING,
	"No network device has the address of a portal with iSER.",
	"none: add the address")

FINDING(PORTAL_NO_DEVICE, "portal-no-device", ERROR,
	"The address of a portal with iSER is on a network device without RDMA, or there is "
	"no RDMA device for a portal on all addresses.",
	"makes a software device on it")

FINDING(PORTAL_PORT_TAKEN, "portal-port-taken", ERROR,
	"On software iWARP, LIO's own TCP listener has the port of a portal, so that iSER "
	"cannot listen there.",
	"closes that listener; sessions over TCP that exist stay")

FINDING(PORTAL_NOT_LISTENING, "portal-not-listening", ERROR,
	"iSER is enabled on a portal, but it does not listen on the RDMA device.",
	"looks for the reason")

FINDING(PORTAL_IPV6_ONLY, "portal-ipv6-only", NOTE,
	"Over iSER a portal on [::] serves IPv6 only, and there is none on 0.0.0.0.",
	"none: a portal on 0.0.0.0 serves IPv4")

FINDING(GROUP_DISABLED, "group-disabled", WARNING,
	"A portal group is disabled.",
	"enables it")

FINDING(GROUP_NO_LUN, "group-no-lun", WARNING,
	"A portal group has no LUN.",
	"none: make one from a backstore")

FINDING(GROUP_NO_ACL, "group-no-acl", ERROR,
	"An enabled portal group with iSER has no ACL and generates none, so that no initiator "
	"can log in.",
	"lists what is needed: the ACL has the name of the initiator")

FINDING(GROUP_READ_ONLY, "group-read-only", NOTE,
	"Initiators without an ACL of their own may only read (demo_mode_write_protect).",
	"lets later initiators write")

FINDING(GROUP_T10_PI, "group-t10-pi", NOTE,
	"t10_pi of a portal group has no effect over iSER with pi_enable=N of ib_isert.",
	"sets it to 0")

FINDING(ACL_NO_LUN, "acl-no-lun", WARNING,
	"An ACL has no LUN, so that its initiator sees no disk.",
	"gives it the first LUN of the group")

FINDING(CHAP_NO_SECRET, "chap-no-secret", WARNING,
	"A portal group wants CHAP, and an ACL has no user name, so that its initiator cannot "
	"log in.",
	"none: set the user name and the password in targetcli")

FINDING(CLUSTER_PORTAL, "cluster-portal", WARNING,
	"iser_portals of a resource of ocf:heartbeat:iSCSITarget has a port. The resource "
	"starts, but the portal is plain TCP.",
	"sets it to the addresses alone, which restarts the resource")

FINDING(ADDRESS_ZONE, "address-zone", ERROR,
	"A link-local address needs its zone.",
	"asks again with each zone that there is")

FINDING(ROUTE_NONE, "route-none", ERROR,
	"There is no route to the address.",
	"shows the routes")

FINDING(ROUTE_NO_RDMA, "route-no-rdma", ERROR,
	"The route to the address goes over a network device without RDMA.",
	"makes a software device on that network device, if that is meant")

FINDING(ROUTE_PORT_DOWN, "route-port-down", ERROR,
	"The port of the RDMA device on the route is not active.",
	"sets its network device up")

FINDING(ROUTE_MTU, "route-mtu", WARNING,
	"The path to the address has a smaller MTU than the network device. RoCE does not "
	"know of it, and large messages are lost.",
	"sets the MTU of the network device")

FINDING(ANSWER_TCP_ONLY, "answer-tcp-only", ERROR,
	"The address serves TCP, but not iSER.",
	"has the target enable iSER on the portal")

FINDING(ANSWER_NOTHING, "answer-none", ERROR,
	"Neither iSER nor TCP answers at the address and port.",
	"shows what the target listens on")

FINDING(ANSWER_ISER_ONLY, "answer-iser-only", NOTE,
	"iSER answers, but TCP does not. Discovery has to use iSER.",
	"discovers over iSER")
