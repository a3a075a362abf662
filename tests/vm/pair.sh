#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/vm/pair.sh --out DIR [--kernel 6.1|6.12|newest] [--provider rxe|siw]
#            [--initiator ours|kernel] [--target ours|kernel] [--smp N]
#            [--timeout SECONDS] [--dump FILE] TARGET-JOB INITIATOR-JOB
#
# Boots two machines whose network cards are joined, and runs one script in each. Their
# output has "target" or "initiator" before each line. The initiator's script starts when
# the target's has made /host/out/ready; when it has ended, /host/out/stop appears, which
# the target's may wait for. --dump records all packets between them. A script pulls the
# cable of its card by writing "off" to /host/out/carrier, and "on" puts it back; the file
# goes when that is done. Exit code: the initiator's, or the target's if only that failed.

. "$(dirname "$0")/lib.sh"

kernel=6.12 provider=rxe initiator=ours target=ours smp=1 timeout=600 out='' dump=''
while [ $# -gt 2 ]; do
	case $1 in
	--out | --kernel | --provider | --initiator | --target | --smp | --timeout | --dump)
		declare "${1#--}=$2"; shift 2 ;;
	*) die "unknown option '$1', see --help" ;;
	esac
done
case ${1:-} in -h | --help) usage ;; esac
{ [ $# = 2 ] && [ -n "$out" ]; } || usage 1 >&2

need socat=socat
modules=$("$VM_DIR/overlay.sh" "$kernel" "$initiator" "$target")
sockets=$(mktemp -d)
pids=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
	rm -rf "$sockets"
}
trap finish EXIT

# machine ROLE PEER MAC: boots one of the two.
machine() {
	local role=$1 dir=$out/$1 options=()
	local net=dgram,local.type=unix,local.path=$sockets/$role
	net+=,remote.type=unix,remote.path=$sockets/$2
	[ "$role" != target ] || [ -z "$dump" ] || options=(--dump "$dump")
	rm -rf "$dir"
	mkdir -p "$dir"
	cat >"$dir/job" <<-EOF
		until [ "\$ISER_ROLE" = target ] || [ -e /host/out/ready ]; do sleep 0.2; done
		exec bash /host/out/script 2>&1
	EOF
	cp "$3" "$dir/script"
	exec "$VM_DIR/boot.sh" --out "$dir" --kernel "$kernel" --modules "$modules" --smp "$smp" \
		--mem 1G --timeout "$timeout" --net "$net" --mac "$4" "${options[@]}" \
		--monitor "$sockets/$role.monitor" \
		--set role="$role" --set host="$role" --set provider="$provider"
}

# cables: pulls the cables and puts them back, as the two machines ask
# shellcheck disable=SC2317 # it runs in the background
cables() {
	local role
	while sleep 0.1; do
		for role in target initiator; do
			[ -e "$out/$role/carrier" ] || continue
			echo "set_link n0 $(cat "$out/$role/carrier")" |
				socat - "UNIX-CONNECT:$sockets/$role.monitor" >/dev/null
			rm "$out/$role/carrier"
		done
	done
}

# This makes what both machines need before they start at the same time.
"$VM_DIR/boot.sh" --accel >/dev/null
"$VM_DIR/root.sh" >/dev/null
mkdir -p "$out/target" "$out/initiator"
rm -f "$out"/*/ready "$out"/*/stop "$out"/*/carrier
cables &
pids=($!)
exec {show}> >(sed -u 's/^/target    | /')
show_target=$!
(machine target initiator "$1" 01) >&"$show" {show}>&- &
vm_target=$!
exec {show}>&-
exec {show}> >(sed -u 's/^/initiator | /')
show_initiator=$!
(machine initiator target "$2" 02) >&"$show" {show}>&- &
vm_initiator=$!
exec {show}>&-
pids+=("$vm_target" "$vm_initiator")

until [ -e "$out/target/ready" ] || ! kill -0 $vm_target 2>/dev/null; do sleep 0.2; done
if [ -e "$out/target/ready" ]; then
	touch "$out/initiator/ready"
else
	say "the target has ended before it was ready: no use for the initiator"
	kill $vm_initiator 2>/dev/null || true
fi
code=0 target_code=0
wait $vm_initiator || code=$?
touch "$out/target/stop"
wait $vm_target || target_code=$?
wait $show_target $show_initiator || true
pids=("${pids[0]}")
for role in target initiator; do
	[ -s "$out/$role/status" ] || {
		say "the $role did not come to its end; last lines of its console:"
		tail -n 20 "$out/$role/console" | tr -d '\r' | sed 's/^/#   /' >&2
	}
done
[ $code != 0 ] || code=$target_code
exit "$code"
