# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Writes data, reads it back and compares it.

# verify_io DEVICE [SIZE [FIO-OPTION...]]: random writes, then fio verifies every byte
verify_io() {
	local device=$1 size=${2:-8M}
	shift 2 || shift
	need_program fio
	fio --name=verify --filename="$device" --ioengine=libaio --direct=1 \
		--rw=randwrite --bsrange=4k-256k --size="$size" --iodepth=8 \
		--verify=crc32c --do_verify=1 --verify_fatal=1 --verify_state_save=0 \
		--output=/tmp/iser-case/fio --minimal "$@" ||
		fail "fio: data of $device do not compare: $(tail -n 3 /tmp/iser-case/fio)"
}

# pattern FILE BYTES: fills FILE with random bytes
pattern() {
	head -c "$2" /dev/urandom >"$1"
}

# io_start DEVICE: writes and verifies in the background until io_stop
io_start() {
	need_program fio
	# The kernel has already read the disk to identify it.
	io_before=$(io_count "$1")
	fio --name=load --filename="$1" --ioengine=libaio --direct=1 --rw=randrw \
		--bsrange=512-64k --size=16M --iodepth=8 --time_based --runtime=3600 \
		--verify=crc32c --verify_backlog=64 --verify_fatal=1 --verify_state_save=0 --minimal \
		"${@:2}" >/tmp/iser-case/load 2>&1 &
	io_pid=$!
	on_exit 'kill $io_pid 2>/dev/null; wait $io_pid'
	wait_for 10 'I/O runs' io_moves "$1"
}

# io_count DEVICE: the number of I/Os so far
io_count() {
	awk '{print $1 + $5}' "/sys/class/block/${1##*/}/stat"
}

# io_moves DEVICE: whether there was more I/O since it last succeeded
io_moves() {
	local now
	now=$(io_count "$1")
	kill -0 "$io_pid" 2>/dev/null || fail "I/O ended: $(tail -n 3 /tmp/iser-case/load)"
	[ "$now" -gt $((io_before + 8)) ] || return 1
	io_before=$now
}

# io_stop: ends the load, which must have run without an error so far
io_stop() {
	local rc=0
	kill -0 "$io_pid" 2>/dev/null || fail "I/O ended: $(tail -n 3 /tmp/iser-case/load)"
	kill -INT "$io_pid"
	wait "$io_pid" || rc=$?
	! grep -qiE 'verify.*(failed|bad)|I/O error|err= *[1-9]' /tmp/iser-case/load ||
		fail "I/O under way: $(grep -iE 'verify|error' /tmp/iser-case/load | head -n 3)"
}

# sweep DEVICE [OPTION...] SIZES: tests/tools/iosweep, which compares every byte
sweep() {
	need_tool iosweep
	# The last argument is a list of sizes.
	# shellcheck disable=SC2086
	"$ISER_TOOLS/iosweep" "${@:2:$#-2}" "$1" ${!#} || fail "iosweep ${*:2}"
}

# around BYTES...: these sizes, and each with one sector less and one more
around() {
	local n
	for n; do
		[ "$n" = 512 ] || echo $((n - 512))
		echo "$n" $((n + 512))
	done
}

# scsi n|r|w LENGTH CDB-BYTE...: sends one command; sets ANSWER to its result, as words
scsi() {
	need_tool sgio
	# shellcheck disable=SC2153 # find_device sets it
	ANSWER=$("$ISER_TOOLS/sgio" "$DEVICE" "$@") || fail "sgio $*"
	echo "sgio $*: $ANSWER"
}

# answered WORD...: fails unless each NAME=VALUE is in ANSWER
answered() {
	local word
	for word; do
		case " $ANSWER " in
		*" $word "*) ;;
		*) fail "wanted $word, got: $ANSWER" ;;
		esac
	done
}

# keys NAME IMMEDIATE INITIALR2T FIRSTBURST MAXBURST: sets what the target negotiates
keys() {
	target_set "$1" param ImmediateData "$2"
	target_set "$1" param InitialR2T "$3"
	target_set "$1" param FirstBurstLength "$4"
	target_set "$1" param MaxBurstLength "$5"
}

# keys_node NAME IMMEDIATE INITIALR2T FIRSTBURST MAXBURST: and what the initiator does
keys_node() {
	node_set "$1" node.session.iscsi.ImmediateData "$2"
	node_set "$1" node.session.iscsi.InitialR2T "$3"
	node_set "$1" node.session.iscsi.FirstBurstLength "$4"
	node_set "$1" node.session.iscsi.MaxBurstLength "$5"
}

# key_sweep IMMEDIATE INITIALR2T FIRSTBURST MAXBURST: logs in with these keys at both
# ends, then sweeps sizes around every boundary that they set, once in plain buffers and
# once in scattered ones
key_sweep() {
	local sizes
	target_receives 640 # Data-Out of 64 KiB for each command
	target_up t1
	keys t1 "$@"
	node_new
	keys_node t1 "$@"
	login
	device
	sizes="512 1024 $(around 4096 8192 "$3" "$4" $((2 * $4)) $((3 * $4)))"
	sweep "$DEVICE" "$sizes"
	sweep "$DEVICE" -o 512 -g 1536 "$(echo "$sizes" | tr ' ' '\n' | awk '$1 <= 400000')"
	logout
}

# slow_read_fails: a read of DEVICE, which needs longer, gets one attempt of one second
slow_read_fails() {
	local disk=/sys/class/block/${DEVICE##*/}/device
	echo 0 >"$(echo "$disk"/scsi_disk/*/max_retries)"
	echo 1 >"$disk/timeout"
	must_fail 'a read that is too slow succeeded' \
		dd if="$DEVICE" of=/dev/null bs=4k count=1 iflag=direct status=none
	echo 30 >"$disk/timeout"
}
