# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# CHAP at both ends. Initiators require secrets of at least 12 bytes.

# chap_acl NAME INITIATOR: the group wants credentials; makes the ACL of this initiator with
# a secret
chap_acl() {
	target_set "$1" attrib authentication 1
	target_set "$1" attrib generate_node_acls 0
	acl_new "$1" "$2"
	printf %s user-in >"$ACL/auth/userid"
	printf %s secret-in-1234 >"$ACL/auth/password"
}

# chap_target NAME [mutual]: makes the initiator's ACL with a secret
chap_target() {
	chap_acl "$1" "$(initiator_name)"
	[ "${2:-}" = mutual ] || return 0
	printf %s user-out >"$ACL/auth/userid_mutual"
	printf %s secret-out-567 >"$ACL/auth/password_mutual"
}

# chap_node NAME [SECRET [MUTUAL-SECRET]]
chap_node() {
	node_set "$1" node.session.auth.authmethod CHAP
	node_set "$1" node.session.auth.username user-in
	node_set "$1" node.session.auth.password "${2:-secret-in-1234}"
	[ -n "${3:-}" ] || return 0
	node_set "$1" node.session.auth.username_in user-out
	node_set "$1" node.session.auth.password_in "$3"
}

# login_refused NAME: the login must end with exit code 24 of iscsiadm, "login failed -
# authorization"
login_refused() {
	local rc=0
	node "$1" --login >/tmp/iser-case/refused 2>&1 || rc=$?
	cat /tmp/iser-case/refused
	same 'exit status of iscsiadm (24: authorization failure)' $rc 24
	same 'sessions' "$(session_ids "$1")" ''
}
