# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The stock targetcli, as an administrator uses it.

# cli COMMAND...: one command of targetcli
cli() {
	cli_lines <<<"$*"
}

# cli_lines: runs the commands on stdin in one call, because each call takes seconds.
# targetcli returns 0 on failure; only its output shows one.
cli_lines() {
	need_program targetcli
	[ -e /run/dbus/system_bus_socket ] || {
		mkdir -p /run/dbus
		dbus-daemon --system --fork --nopidfile || skip 'targetcli needs the system bus'
	}
	export TARGETCLI_HOME=/tmp/iser-case/targetcli
	mkdir -p /etc/target/backup "$TARGETCLI_HOME" /etc/rtslib-fb-target
	target_modules
	targetcli >/tmp/iser-case/cli 2>&1 || fail "targetcli: $(cat /tmp/iser-case/cli)"
	cat /tmp/iser-case/cli
	! grep -qiE 'cannot|error|exception|traceback|no such|not found|invalid' /tmp/iser-case/cli ||
		fail 'targetcli refuses a command'
}

# cli_target NAME: a target with one ramdisk for any initiator, without a portal
cli_target() {
	local t
	t=/iscsi/$(iqn "$1")
	cli_lines <<-EOF
		/backstores/ramdisk create iser-$1 16M
		/iscsi create $(iqn "$1")
		$t/tpg1/luns create /backstores/ramdisk/iser-$1
		$t/tpg1 set attribute authentication=0 generate_node_acls=1 demo_mode_write_protect=0 cache_dynamic_acls=1
	EOF
	# Newer versions of targetcli also make a portal on 0.0.0.0.
	rmdir "$(tpg "$1")"/np/* 2>/dev/null || true
}

# cli_iser NAME ADDRESS: makes a portal with enable_iser true
cli_iser() {
	local t
	t=/iscsi/$(iqn "$1")/tpg1/portals
	cli_lines <<-EOF
		$t create $2 $PORT
		$t/$(portal "$2") enable_iser true
	EOF
}

# On siw LIO's own TCP listener occupies the address. Our target accepts the portal all
# the same and logs which listener to close; this closes it.
cli_iser_by_recipe() {
	mark_log
	cli_iser "$@"
	[ "$PROVIDER" != siw ] || listener_down "$2"
}

# listener_down ADDRESS: closes the listener as the log line says
listener_down() {
	soon 5 log_has 'ss -K' || fail 'no line says what to do about the TCP listener'
	ss -K state listening src "$1" sport = ":$PORT"
	wait_for 20 'the portal listens' log_has "portal $(portal "$1"): listening"
}
