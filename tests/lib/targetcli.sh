# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The stock targetcli, as an administrator uses it.

# targetcli returns 0 on failure; what it prints tells.
cli() {
	need_program targetcli
	[ -e /run/dbus/system_bus_socket ] || {
		mkdir -p /run/dbus
		dbus-daemon --system --fork --nopidfile || skip 'targetcli needs the system bus'
	}
	export TARGETCLI_HOME=/tmp/iser-case/targetcli
	mkdir -p /etc/target/backup "$TARGETCLI_HOME" /etc/rtslib-fb-target
	target_modules
	targetcli "$@" >/tmp/iser-case/cli 2>&1 || fail "targetcli $*: $(cat /tmp/iser-case/cli)"
	cat /tmp/iser-case/cli
	! grep -qiE 'cannot|error|exception|traceback|no such|not found|invalid' /tmp/iser-case/cli ||
		fail "targetcli $*"
}

# cli_target NAME: a target with one ramdisk that anybody may use, no portal
cli_target() {
	local t
	t=/iscsi/$(iqn "$1")
	cli /backstores/ramdisk create "iser-$1" 16M
	cli /iscsi create "$(iqn "$1")"
	cli "$t/tpg1/luns" create "/backstores/ramdisk/iser-$1"
	cli "$t/tpg1" set attribute authentication=0 generate_node_acls=1 \
		demo_mode_write_protect=0 cache_dynamic_acls=1
	# Newer ones make a portal on 0.0.0.0 unasked.
	rmdir "$(tpg "$1")"/np/* 2>/dev/null || true
}

# cli_iser NAME ADDRESS: a portal with enable_iser true
cli_iser() {
	local t
	t=/iscsi/$(iqn "$1")/tpg1/portals
	cli "$t" create "$2" "$PORT"
	cli "$t/$(portal "$2")" enable_iser true
}

# LIO's own TCP listener holds the address that siw wants. Ours deals with it
# or says what to do; the case goes on only in the first way.
cli_iser_or_recipe() {
	mark_log
	if (cli_iser "$@"); then
		return
	fi
	if [ "$PROVIDER" = siw ]; then
		log_has 'isert?.*(listen|address|port).*' ||
			fail 'enable_iser failed and no line in the kernel log says why'
		skip 'siw: the portal shares its address with TCP; the kernel log has the recipe'
	fi
	fail "enable_iser: $(tail -n 3 /tmp/iser-case/cli)"
}
