# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# Every case sources this. It brings up the RDMA device, provides functions for
# targets, sessions and checks, and cleans up however the case ends.
set -eu

tests=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
export LANG=C.UTF-8

PROVIDER=${ISER_PROVIDER:-rxe}
# adapter:PROFILE,DMA; empty if not given
PROFILE=${PROVIDER#"${PROVIDER%%:*}"} PROFILE=${PROFILE#:}
DMA=${PROFILE#"${PROFILE%%,*}"} DMA=${DMA#,} PROFILE=${PROFILE%%,*}
PROVIDER=${PROVIDER%%:*}
INITIATOR=${ISER_INITIATOR:-ours}
TARGET=${ISER_TARGET:-ours}
SLOW=${ISER_SLOW:-1}
PORT=3260

for part in kernel-log check doctor provider target targetcli initiator chap io modules pi libiscsi bad-target faults places trace acks conform half-made; do
	# shellcheck source=/dev/null
	. "$tests/lib/$part.sh"
done

# on_exit WORDS: clean_up runs them before anything else, the last added first
on_exit() {
	exit_words=("$1" "${exit_words[@]}")
}
exit_words=()

clean_up() {
	local rc=$? word
	trap - EXIT
	set +e
	for word in "${exit_words[@]}"; do
		eval "$word"
	done
	if ! case_down; then
		echo 'FAILED: clean-up'
		[ $rc != 0 ] || rc=1
	fi
	if rules_broken | grep .; then
		echo 'FAILED: rules of the verbs are broken'
		rc=1
	fi
	if ! soon 10 maps_even; then
		echo "FAILED: of DMA mappings ${maps_before:-0} were there, these are left:"
		maps_alive
		rc=1
	fi
	# A case that tests/run did not start leaves nothing on the machine.
	[ -n "${ISER_RUNNER:-}" ] || machine_down
	exit $rc
}

# Removes everything that cases make, also what an earlier case left.
case_down() {
	local rc=0
	sessions_down || rc=1
	targets_down || rc=1
	backstores_down || rc=1
	return $rc
}

# Removes also what cases share and leave for the next one.
machine_down() {
	case_down
	iscsid_down
	provider_down
}

# tests/run sources this for machine_down only.
if [ "${0##*/}" != run ]; then
	trap clean_up EXIT
	trap 'exit 143' TERM INT HUP
	mkdir -p /tmp/iser-case
	provider_up
	case_down >/dev/null 2>&1 || true
fi
