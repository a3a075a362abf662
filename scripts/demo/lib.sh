# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# lib.sh: functions that both machines of the demo use. Sourced.

set -Eeuo pipefail
trap 'echo "FAILED: $BASH_COMMAND (line $LINENO of ${BASH_SOURCE[0]:-$0})"' ERR
IQN=iqn.2026-01.org.example:demo
INITIATOR_IQN=iqn.2026-01.org.example:initiator
TARGET_IP=10.9.0.1
export IQN INITIATOR_IQN TARGET_IP

step() { printf '\n== %s\n' "$*"; }

# show COMMAND...: prints the command as one would type it, then its output
show() {
	printf '$ %s\n' "$*"
	"$@" 2>&1 | sed 's/^/  /' || { echo "FAILED: $*"; exit 1; }
}

# wait_for TEXT COMMAND...: waits until the command succeeds, a minute at most
wait_for() {
	local text=$1 i
	shift
	for ((i = 0; i < 300; i++)); do
		! "$@" || return 0
		sleep 0.2
	done
	echo "FAILED: waited a minute: $text"
	exit 1
}

# rdma_up ADDRESS: makes a Soft-RoCE device on the network card
rdma_up() {
	ip addr add "$1/24" dev "$ISER_NETDEV"
	# Room for the largest packet of RoCE, 4096 bytes and headers.
	ip link set "$ISER_NETDEV" mtu 4500 up
	modprobe -q crc32_generic || true
	modprobe -a rdma_rxe rdma_ucm
	show rdma link add roce0 type rxe netdev "$ISER_NETDEV"
	wait_for "roce0 has a link" grep -q ACTIVE /sys/class/infiniband/roce0/ports/1/state
}

# whose MODULE: says whether it is our build or the kernel's
whose() {
	local file
	file=$(modinfo -F filename "$1")
	case $file in
	*/updates/*) echo "$1: ours, ${file##*/}, srcversion $(modinfo -F srcversion "$1")" ;;
	*) echo "$1: the kernel's own, ${file##*/}" ;;
	esac
}
