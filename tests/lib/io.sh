# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Data that is written, read back and compared.

# verify_io DEVICE [SIZE [FIO-OPTION...]]: random writes, then every byte read back
verify_io() {
	local device=$1 size=${2:-8M}
	shift 2 || shift
	need_program fio
	fio --name=verify --filename="$device" --ioengine=libaio --direct=1 \
		--rw=randwrite --bsrange=4k-256k --size="$size" --iodepth=8 \
		--verify=crc32c --do_verify=1 --verify_fatal=1 \
		--output=/tmp/iser-case/fio --minimal "$@" ||
		fail "fio: data of $device do not compare: $(tail -n 3 /tmp/iser-case/fio)"
}

# pattern FILE BYTES: other bytes each time
pattern() {
	head -c "$2" /dev/urandom >"$1"
}

# io_start DEVICE: writes and verifies in the background until io_stop
io_start() {
	need_program fio
	fio --name=load --filename="$1" --ioengine=libaio --direct=1 --rw=randrw \
		--bsrange=512-64k --size=16M --iodepth=8 --time_based --runtime=600 \
		--verify=crc32c --verify_backlog=64 --verify_fatal=1 --minimal \
		"${@:2}" >/tmp/iser-case/load 2>&1 &
	io_pid=$!
	on_exit 'kill $io_pid 2>/dev/null; wait $io_pid'
	io_before=0
	wait_for 10 'I/O runs' io_moves "$1"
}

# io_moves DEVICE: more I/O than at the last call
io_moves() {
	local now
	now=$(awk '{print $1 + $5}' "/sys/class/block/${1##*/}/stat")
	kill -0 "$io_pid" 2>/dev/null || fail "I/O ended: $(tail -n 3 /tmp/iser-case/load)"
	[ "$now" -gt $((io_before + 8)) ] || return 1
	io_before=$now
}

# io_stop: the load must have gone on without an error until now
io_stop() {
	local rc=0
	kill -0 "$io_pid" 2>/dev/null || fail "I/O ended: $(tail -n 3 /tmp/iser-case/load)"
	kill -INT "$io_pid"
	wait "$io_pid" || rc=$?
	! grep -qiE 'verify.*(failed|bad)|I/O error|err= *[1-9]' /tmp/iser-case/load ||
		fail "I/O under way: $(grep -iE 'verify|error' /tmp/iser-case/load | head -n 3)"
}
