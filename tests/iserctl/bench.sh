# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# bench, on files that stand for disks.
# shellcheck source=tests/iserctl/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

new initiator
mkdir "$host/dev"
head -c 4M /dev/urandom >"$host/dev/sd1"
put /sys/class/block/sd1/device/wwid naa.60014051
if ! dd if="$host/dev/sd1" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; then
	result ok iserctl/bench 'SKIP no direct I/O here: choose another TMPDIR'
	return 0
fi
before=$(sha256sum "$host/dev/sd1")
results=/var/lib/iser/bench
unset XDG_STATE_HOME
[ "$(id -u)" = 0 ] || results=$HOME/.local/state/iser/bench

run bench --time 2 1
title="/dev/sd1, session 1 to $target at 192.0.2.2 port 3260: random reads, 2 s"
grep -qx 'reading 128k, 32 at a time, for 0.5 s' "$work/err" || good=no
[ "$(sha256sum "$host/dev/sd1")" = "$before" ] || good=no
expect 'bench of a session' 0 "$title" "no earlier result of it in $results"

# table FILE: what both the output and the file of results must say of the same measurement
cat >"$work/table.py" <<'EOS'
import sys
rows = {}
for line in open(sys.argv[1]):
    words = line.split()
    if len(words) == 7 and words[0] in ("4k", "128k"):
        rows.setdefault((words[0], int(words[1])), [float(w.rstrip("%")) for w in words[2:]])
if list(rows) != [("4k", 1), ("4k", 32), ("128k", 1), ("128k", 32)]:
    sys.exit(f"rows {list(rows)}")
at_once = {}
for (block, depth), (iops, mbytes, p50, p99, most) in rows.items():
    size = {"4k": 4096, "128k": 131072}[block]
    if not abs(mbytes - iops * size / 1e6) <= 0.06 + size / 1e6:
        sys.exit(f"{iops} reads of {size} bytes each second are not {mbytes} MB")
    if not 0 < p50 <= p99 <= most or most > 30e6:
        sys.exit(f"latencies {p50} {p99} {most}")
    # Little's law, for the middle instead of the mean. Other work on the machine makes a few
    # reads long, and the mean with them, so that only a little is left of 32.
    at_once.setdefault(depth, []).append(iops * p50 / 1e6)
if not (max(at_once[1]) < 1.3 and max(at_once[32]) > 1.6):
    sys.exit(f"reads at a time: {at_once}")
stored = [line.rstrip("\n").split("\t") for line in open(sys.argv[2]) if line[0] != "#"]
stored = {(line[2], int(line[3])): [float(word) for word in line[4:]] for line in stored
          if line[0] == sys.argv[3]}
for step, (iops, _, p50, p99, most) in rows.items():
    if any(abs(a - b) > 0.5 for a, b in zip(stored[step], (iops, p50, p99, most))):
        sys.exit(f"{step}: stored {stored[step]}, printed {iops} {p50} {p99} {most}")
EOS
key="'naa.60014051 $target at 192.0.2.2 port 3260'"
python3 "$work/table.py" "$work/out" "$host$results" "$key" 2>>"$work/err" || good=no
verdict 'rates and latencies fit, and are stored'

# Half as many, and twice as slow, in the file before.
python3 - "$host$results" <<'EOS'
import sys
lines = open(sys.argv[1]).read().split("\n")
for i, line in enumerate(lines):
    words = line.split("\t")
    if len(words) > 4:
        words[1], words[4:] = "86400", ["1000.0", "2000.0", "4000.0", "8000.0"]
        lines[i] = "\t".join(words)
lines.insert(1, "another disk\t1\t4k\t1\t1.0\t2.0\t3.0\t4.0")
open(sys.argv[1], "w").write("\n".join(lines))
EOS
export TZ=UTC
run bench --time 2 sd1
python3 - "$work/out" <<'EOS' 2>>"$work/err" || good=no
import sys
new, changes = open(sys.argv[1]).read().split("change since 1970-01-02 00:00:00\n")
rows = [[line.split() for line in text.split("\n") if line.startswith(("4k", "128k"))] for text in (new, changes)]
for now, change in zip(rows[0], rows[1]):
    for value, moved, old in zip(now[2:3] + now[4:], change[2:], (1000, 2000, 4000, 8000)):
        if abs((float(value) / old - 1) * 100 - float(moved.rstrip("%"))) > 0.2:
            sys.exit(f"{value} after {old} is no change of {moved}")
if len(rows[1]) != 4:
    sys.exit("not four changes")
EOS
grep -q '^another disk' "$host$results" || good=no
expect 'bench compares with the last result of the same path' 0 "$title"
unset TZ
python3 "$work/table.py" "$work/out" "$host$results" "$key" 2>>"$work/err" || good=no
verdict 'and replaces it'

# The same disk by another path has its own results.
name=$target session 2 host2 iscsi_iser 192.0.2.3
put /sys/class/block/sd2/device/wwid naa.60014051
ln "$host/dev/sd1" "$host/dev/sd2"
run bench --time 2 --file /some/folder/results /dev/sd2
expect 'another file of results' 0 'no earlier result of it in /some/folder/results'
cp "$host$results" "$host/some/folder/results"
run bench --time 2 --file /some/folder/results 2
expect 'another path to the same disk' 0 'no earlier result of it in /some/folder/results'

# Two at once keep both results: the other one ends while the first one reads.
bench_other() {
	ISERCTL_ROOT=$host "$work/iserctl" bench --time 2 --file /both /dev/sd2 >"$work/other" 2>&1
}
: >"$work/out"
ISERCTL_ROOT=$host timeout 60 "$work/iserctl" bench --time 4 --file /both sd1 >"$work/out" 2>"$work/err" &
tries=0 rc=0
while [ ! -s "$work/out" ] && [ $((tries += 1)) -lt 500 ]; do sleep 0.1; done
bench_other || good=no
wait $! || rc=$?
[ "$(cut -f 1 "$host/both" | grep -c '^.naa')" = 8 ] || good=no
[ "$(cut -f 1 "$host/both" | grep '^.naa' | sort -u | wc -l)" = 2 ] || good=no
expect 'two at once keep both results' 0
# Somebody else holds the folder of the file.
exec {lock}<"$host"
flock "$lock"
run bench --time 2 --file /both sd1
grep -q "can't store the result in /both: another program keeps the folder locked" "$work/err" || good=no
expect 'a folder that stays locked' 3
exec {lock}<&-
# A link of the name that the new file has at first leads nowhere else.
put /victim precious
rc=0
# shellcheck disable=SC2016 # the number of the process is that of the inner shell
ISERCTL_ROOT=$host bash -c 'ln -s "$ISERCTL_ROOT/victim" "$ISERCTL_ROOT/both.$$"; exec "$@"' bash \
	"$work/iserctl" bench --time 2 --file /both sd1 >"$work/out" 2>"$work/err" || rc=$?
[ "$(cat "$host/victim")" = precious ] || good=no
[ -f "$host/both" ] && [ ! -L "$host/both" ] || good=no
expect 'a link in place of the new file is not followed' 0

# background COMMAND...: runs bench for long, and the command once it reads
background() {
	local tries=0
	rc=0
	: >"$work/out"
	ISERCTL_ROOT=$host timeout --foreground 60 "$work/iserctl" bench --time 40 --file /none sd1 >"$work/out" 2>"$work/err" &
	while [ ! -s "$work/out" ] && [ $((tries += 1)) -lt 500 ]; do sleep 0.1; done
	"$@" $!
	wait $! || rc=$?
}
interrupt() {
	# That of timeout, which hands it on: without --foreground to its process group too, so
	# that a second one may end iserctl after it has taken the first.
	kill -INT "$1"
}
background interrupt
[ ! -e "$host/none" ] || good=no
grep -q 'interrupted, nothing is stored' "$work/err" || good=no
expect 'bench interrupted' 3
shorten() {
	truncate -s 0 "$host/dev/sd1"
}
background shorten
grep -q 'a read of /dev/sd1 at [0-9]* has failed: too short' "$work/err" || good=no
[ ! -e "$host/none" ] || good=no
expect 'a read that fails' 1
run bench --time 1 sd1
grep -q 'less than 128 KiB' "$work/err" || good=no
expect 'a disk that is too small' 2

head -c 1M /dev/zero >"$host/dev/sd1"
put /etc/passwd root
run bench --time 1 --file /etc/passwd sd1
grep -q '/etc/passwd is another file; name a new one by --file' "$work/err" || good=no
[ "$(cat "$host/etc/passwd")" = root ] || good=no
expect 'a file that is not one of results' 2
run bench --time 2 --file /proc/sys/kernel/osrelease/results sd1
grep -q "can't store the result in /proc/sys/kernel/osrelease/results" "$work/err" || good=no
expect 'results that cannot be stored' 3
run bench 7
grep -q 'no session 7; see iserctl status' "$work/err" || good=no
expect 'a session that is not there' 2
run bench sd7
expect 'a disk that is not there' 2
mkfifo "$host/dev/fifo"
run bench fifo
expect 'bench of a fifo' 2
rm -r "$host/sys/class/iscsi_host/host2/device/session2/target2:0:0"
run bench 2
grep -q 'session 2 has no disk' "$work/err" || good=no
expect 'a session without a disk' 3
