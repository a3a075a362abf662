# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# top: rates of counters that change meanwhile, as text and on a terminal.
# shellcheck source=tests/iserctl/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# disk_counts NUMBER READS SECTORS WRITES SECTORS QUEUED: those of a session's disk
disk_counts() {
	put "/sys/class/block/sd$1/stat" "  $2 0 $3 0 $4 0 $5 0 $6 0 0 0 0 0 0"
}

# target_counts EXP_CMD_SN READ WRITTEN [SESSION]: those of the initiator's session, which uses
# 3 of its 16 credits
target_counts() {
	local counts=$group/acls/$initiator/fabric_statistics/iscsi_sess_stats
	put "$group/acls/$initiator/info" "InitiatorName: $initiator
InitiatorAlias: LIO Session ID: 9 CmdSN/WR
LIO Session ID: ${4:-2}   ISID: 0x000000000000  TSIH: 1  SessionType: Normal
Session State: TARG_SESS_STATE_LOGGED_IN
---------------------[iSCSI Session Values]-----------------------
  CmdSN/WR  :  CmdSN/WC  :  ExpCmdSN  :  MaxCmdSN  :     ITT    :     TTT
 0x00000010   0x0000000d   $1   0x00000000   0x00000000   0x00000000"
	put "$counts/txdata_octs" "$2"
	put "$counts/rxdata_octs" "$3"
}

# busy_host: both halves, a disk, a session of each, and what the device has
busy_host() {
	new initiator target
	put /sys/class/scsi_host/host1/host_busy 5
	put /sys/class/scsi_host/host1/can_queue 128
	disk_counts 1 1000 8000 500 4000 7
	fact connection rxe0 iser_core 192.0.2.1:40000 192.0.2.2:3260
	fact connection rxe0 other_module 192.0.2.1:40000 192.0.2.3:3260
	fact resources rxe0 4 3 515
	target_counts 0xfffffff0 7000 9000
}

# between COMMAND...: runs top for one view, and the command after its first snapshot. The
# command must be over before the second one, also where other work delays it.
between() {
	local tries=0
	rc=0
	# The file is that of this run, before it is looked at.
	: >"$work/out"
	ISERCTL_ROOT=$host timeout 60 "$work/iserctl" top --interval 3 -n 1 >"$work/out" 2>"$work/err" &
	while [ ! -s "$work/out" ] && [ $((tries += 1)) -lt 500 ]; do sleep 0.1; done
	"$@"
	wait $! || rc=$?
}

# moved HEAD FIELD... -- VALUE...: these fields of the line below this head, first the rates as
# what was added; a rate may be off by 3 %, as the clock goes on while files are read
moved() {
	python3 - "$work/out" "$@" 2>>"$work/err" <<'EOS' || good=no
import re, sys
path, head, *words = sys.argv[1:]
names, expected = words[:words.index("--")], words[words.index("--") + 1:]
lines = open(path).read().split("\n")
seconds = float(re.search(r"over ([\d.]+) s", "\n".join(lines))[1])
at = next(i for i, line in enumerate(lines) if line.split()[:1] == [head])
row = dict(zip(lines[at].split(), lines[at + 1].split()))
for name, value in zip(names, expected):
    if "/s" in name and value != "-":
        moved = float(row[name]) * seconds * (1e6 if "MB" in name else 1)
        if not abs(moved - float(value)) <= 0.03 * float(value) + seconds * (5e4 if "MB" in name else 0.05):
            sys.exit(f"{name} is {row[name]} in {seconds} s, which is {moved}, not {value}")
    elif row[name] != value:
        sys.exit(f"{name} is {row[name]}, not {value}")
EOS
}

later() {
	disk_counts 1 5000 1608000 2500 404000 9
	target_counts 0x00000fa0 800007000 200009000
}

busy_host
between later
[ $rc = 0 ] || good=no
moved reads/s reads/s writes/s read-MB/s write-MB/s queued credits state device disks session target -- \
	4000 2000 819200000 204800000 9 5/128 LOGGED_IN rxe0 sd1 1 "$target"
verdict 'rates of a session'
moved commands/s commands/s read-MB/s write-MB/s credits state initiator target -- \
	4016 800000000 200000000 3/16 LOGGED_IN "$initiator" "$target,1"
verdict 'rates of a session of the target, whose ExpCmdSN begins again at 0'
moved connections connections queue-pairs completion-queues stags device -- 1 4 3 515 rxe0
verdict 'what a device has'

# A session that has logged in again, and a disk that is another one now.
again() {
	disk_counts 1 10 80 5 40 0
	target_counts 0x00000fa0 800007000 200009000 3
}
busy_host
between again
moved reads/s reads/s writes/s read-MB/s queued -- - - - 0
moved commands/s commands/s read-MB/s credits -- - - 3/16
verdict 'counters that begin again have no rate'

busy_host
rm -r "$host/sys/class/block/sd1" "$host/sys/class/scsi_host/host1/can_queue"
rm -r "$host$group/acls/$initiator/info"
printf 'iqn.dynamic\0' >"$host$group/dynamic_sessions"
between true
moved reads/s reads/s writes/s queued credits -- - - - 5/-
moved commands/s commands/s read-MB/s credits state initiator -- - - -/- unknown iqn.dynamic
grep -q '^The kernel does not show: STags of one connection' "$work/out" || good=no
verdict 'what the kernel does not count is not invented'

# The busiest session comes first, after the sum.
busy_host
name=iqn.second session 2 host2 iscsi_iser 192.0.2.3
disk_counts 2 0 0 0 0 1
many() {
	disk_counts 1 1100 8800 500 4000 7
	disk_counts 2 2000 800000 0 0 2
}
between many
moved reads/s reads/s read-MB/s queued credits session -- 2100 410009600 9 5/128 all
grep -A 3 '^ *reads/s' "$work/out" | tail -n 2 | awk '{print $10}' >"$work/order"
[ "$(tr '\n' ' ' <"$work/order")" = '2 1 ' ] || good=no
verdict 'the busiest session comes first'

busy_host
run top --interval 0.2 -n 3
[ "$(grep -c '^iserctl top ' "$work/out")" = 3 ] || good=no
expect 'three views' 0

# What can't be seen is told once, and by the exit code.
mkdir -p "$host/proc/self/ns"
ln -s 'pid:[1]' "$host/proc/self/ns/pid"
run top --interval 0.1 -n 3
[ "$(grep -c 'see' "$work/err")" = 1 ] || good=no
[ "$(grep -c 'not all could be seen$' "$work/out")" = 3 ] || good=no
[ "$rc" = 3 ] || good=no
moved connections connections queue-pairs -- - 4
verdict 'top of a container'

busy_host
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/targetname "$hostile"
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/state $'\e[2J'
run top --interval 0.1 -n 1
LC_ALL=C grep -q '[^ -~]' "$work/out" && good=no
grep -q "touch pwned" "$work/out" || good=no
verdict 'top with hostile names'

# ---- on a terminal ----
# terminal END: shows it on a terminal of 24 lines and 200 columns, then of 10 lines and 40
# columns, and ends it by a key, a signal or the lack of memory. Prints both pictures.
terminal() {
	rc=0
	rm -f "$work/memory"
	ISERCTL_ROOT=$host TERM=xterm SHIM_MEMORY=$work/memory timeout 60 python3 - "${program:-$work/iserctl}" "$1" >"$work/out" 2>"$work/err" <<'EOS' || rc=$?
import fcntl, os, pty, re, select, signal, struct, sys, termios, time
program, how = sys.argv[1:]
def resize(lines, columns):
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
main, side = pty.openpty()
resize(24, 200)
before = termios.tcgetattr(side)
child = os.fork()
if not child:
    os.setsid()
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)
    for fd in 0, 1, 2:
        os.dup2(side, fd)
    if how == "memory":
        os.environ["LD_PRELOAD"] = os.path.dirname(program) + "/../shim.so"
    os.execv(program, [program, "top", "--interval", "0.5" if how == "memory" else "3600"])
def until(text):
    got, end = b"", time.monotonic() + 30
    while not re.search(text, got):
        if not select.select([main], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"no {text} in {got}")
        got += os.read(main, 65536)
    return got
picture = rb"q: end[^\x1b]*\x1b\[K"
large = until(picture)
if not large.startswith(b"\x1b[?1049h") or b"session target" not in large:
    sys.exit(f"not a picture: {large}")
if termios.tcgetattr(side)[3] & (termios.ECHO | termios.ICANON):
    sys.exit("keys wait for a line, and are shown")
# No snapshot is due, so that only the new size draws it again (with "memory", the next one).
resize(10, 40)
small = until(picture)
plain = [re.sub(rb"\x1b\[[?\d;]*[A-Za-z]", b"", text) for text in (large, small)]
lines = plain[1].split(b"\r\n")
if len(lines) > 10 or max(map(len, lines)) > 40:
    sys.exit(f"does not fit: {lines}")
os.write(main, b"x")
if how == "gone":
    os.close(side)
    os.close(main)
    end = time.monotonic() + 20
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            sys.exit("it goes on without its terminal")
        time.sleep(0.1)
    sys.exit(0)
if how == "q":
    os.write(main, b"q")
elif how == "stop":
    os.kill(child, signal.SIGTSTP)
    until(rb"\x1b\[\?1049l")
    os.waitpid(child, os.WUNTRACED)
    if termios.tcgetattr(side)[3] != before[3]:
        sys.exit("stopped, it has left the terminal as it was not")
    os.kill(child, signal.SIGCONT)
    until(rb"\x1b\[\?1049h")
    os.kill(child, signal.SIGTERM)
elif how == "quit":
    os.write(main, b"\x1c")
elif how == "memory":
    open(os.environ["SHIM_MEMORY"], "w").close()
else:
    os.write(main, b"\x03")
until(rb"\x1b\[\?1049l")
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if termios.tcgetattr(side) != before:
    sys.exit("the terminal is not as it was")
print(b"\n".join(plain).replace(b"\r", b"").decode())
sys.exit(code)
EOS
}
busy_host
for how in q interrupt quit stop; do
	terminal $how
	[ "$(grep -c '^ *- .* 5/128 LOGGED_IN' "$work/out")" = 1 ] || good=no
	expect "a terminal that gets smaller, ended by $how" 0
done
plain_build
program=$work/fast/iserctl
terminal memory
program=
expect 'a terminal that gets smaller, ended without memory' 3
terminal gone
expect 'a terminal that is gone ends it' 0

# So many sessions do not fit, and both halves are still there.
many_sessions
program=
terminal q
grep -q 'sessions: 1[0-9] of 501; ' "$work/out" || good=no
grep -q '^  reads/s' "$work/out" || good=no
verdict 'a picture of 500 sessions fits'

# One snapshot for each view, and no more than status takes.
program=$work/fast/iserctl
time_of top --interval 0.1 -n 4
echo "# 1,000 connections, five snapshots: $took ms"
if [ "$took" -ge 2500 ] || [ $rc != 0 ]; then good=no; fi
[ "$(grep -c '1 iqn\|sd[0-9]' "$work/out")" -ge 2000 ] || good=no
: >"$work/out"
verdict 'top of 1,000 connections'
program=
