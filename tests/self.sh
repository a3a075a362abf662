#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/self.sh
#
# Tests the tests themselves, without a virtual machine: what reads the kernel log and
# stacks runs on made-up ones, and what ends cases and machines runs on processes that
# ignore signals. Results as KTAP.

set -eu
cd "$(dirname "$0")"
# shellcheck source=tests/lib/kernel-log.sh
. lib/kernel-log.sh
# shellcheck source=tests/lib/hang.sh
. lib/hang.sh
# shellcheck source=tests/vm/ends.sh
. vm/ends.sh
# shellcheck source=tests/lib/ktap.sh
. lib/ktap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plan

# same WHAT GOT WANTED
same() {
	if [ "$2" = "$3" ]; then
		result ok "$1"
	else
		echo "# '$2' instead of '$3'"
		result 'not ok' "$1"
	fi
}

mark='[    1.000000] iser-test: begin group/case'
warning='[    2.000000] WARNING: CPU: 0 PID: 7 at drivers/target/iscsi/iscsi_target_util.c:1 iscsit_release_cmd+0x1/0x2'

dmesg() { printf '%s\n' "${log[@]}"; }

# expect WHAT LINES: log_splats must print so many lines
expect() {
	same "$1" "$(log_splats group/case | wc -l)" "$2"
}

log=("$mark" '[    2.000000] scsi host0: iSCSI Initiator over iSER')
expect 'a quiet kernel' 0
log=("$mark" "$warning" '[    3.000000] BUG: KASAN: slab-use-after-free in f+0x1/0x2')
expect 'a warning and a report' 2
log=("$warning" "$mark")
expect 'a warning before the case' 0
log=("$mark" "$warning")
ISER_TARGET=kernel expect 'a known warning of the kernel target' 0
log=("$mark" '[    2.000000] WARNING: possible circular locking dependency detected')
ISER_TARGET=kernel expect 'an unknown one of the kernel target' 1
flush='[    2.000000] WARNING: CPU: 1 PID: 612 at kernel/workqueue.c:3767 check_flush_dependency.part.0+0x106/0x130'
log=("$mark" '[    2.000000] workqueue: WQ_MEM_RECLAIM iscsi_ctrl_0:32:__iscsi_unbind_session [scsi_transport_iscsi] is flushing !WQ_MEM_RECLAIM pm:pm_runtime_work' "$flush")
expect 'a known warning of scsi_transport_iscsi' 0
log=("$mark" '[    2.000000] workqueue: WQ_MEM_RECLAIM iser:iser_end_work [iser_core] is flushing !WQ_MEM_RECLAIM events:other' "$flush" "$warning")
expect 'the same of another queue, and one behind it' 2

completer='[    2.000000] WARNING: CPU: 0 PID: 15612 at drivers/infiniband/sw/rxe/rxe_comp.c:827 rxe_completer+0xbd7/0xe30 [rdma_rxe]'
log=("$mark" "$completer")
expect 'a known warning of Soft-RoCE' 0
log=("$mark" "${completer//rxe_comp/rxe_resp}" "$warning")
expect 'another one of it' 2

inversion=('[    2.000000] WARNING: possible irq lock inversion dependency detected' '[    2.000000] 6.12 #1'
	'[    2.000000] ------' '[    2.000000] swapper/0 just changed the state of lock:')
log=("$mark" "${inversion[@]}" '[    2.000000] 0123 (&a){+.-.}-{2:2}, at: iscsit_handle_time2retain_timeout+0x5b/0x1ca [iscsi_target_mod]')
expect "a known report of LIO's timer" 0
log=("$mark" "${inversion[@]}" '[    2.000000] 0123 (&a){+.-.}-{2:2}, at: iser_send_done+0x5b/0x1ca [iser_core]')
expect 'the same of another place' 1

# A ring of 100 lines which, like the kernel's, drops the oldest ones.
ring() {
	printf '%s\n' "$@" | tail -n 100
}
report=("$mark" '[    2.000000] BUG: KASAN: slab-use-after-free in f+0x1/0x2')
for ((i = 0; i < 120; i++)); do report+=("[    2.000000]  frame$i+0x1/0x2 [iser_core]"); done
mapfile -t log < <(ring "${report[@]}")
expect 'a report that is longer than the ring' 1
same 'what is left of it' "$(log_of group/case | grep -c frame)" 100
mapfile -t log < <(ring "${report[@]}" "${mark/case/next}" "${report[@]:1:50}" "${mark/case/last}")
same 'the mark of a later case is not taken for it' "$(log_of group/case | head -n 1 | cut -c1-4)" BUG:
expect 'a report that a later case has pushed the mark out of' 2

# hang WHAT OWNER LINE...: hang_owner must print OWNER for these stacks
hang() {
	same "$1" "$(printf '%s\n' "${@:3}" | hang_owner)" "$2"
}

isert=('iscsi_np (81) D' '  __schedule+0x1/0x2' '  isert_wait_conn+0x4d/0x90 [ib_isert]' '  iscsit_close_connection+0x1/0x2 [iscsi_target_mod]')
same 'where it hangs' "$(printf '%s\n' "${isert[@]}" 'x (1) D' | hang_place)" \
	'iscsi_np (81) hangs in isert_wait_conn+0x4d/0x90 [ib_isert]'
bash=('bash (70) S' '  do_wait+0x60/0x110')
ISER_TARGET=kernel hang 'the kernel target hangs' "the kernel's target" "${bash[@]}" "${isert[@]}"
ISER_TARGET=ours hang 'ours does' '' "${bash[@]}" "${isert[@]}"
ISER_TARGET=kernel hang 'both do' '' "${isert[@]}" 'kworker/0:1 (9) D' '  iser_end_work+0x1/0x2 [iser_core]'
ISER_INITIATOR=kernel hang 'the kernel initiator hangs' "the kernel's initiator" \
	'iscsid (50) D' '  iser_conn_release+0x1/0x2 [ib_iser]'
ISER_TARGET=kernel hang 'a disk waits' '' 'dd (90) D' '  blk_io_schedule+0x1/0x2'
hang 'libiscsi waits for an answer' '' 'iscsi-test-cu (90) S' '  do_sys_poll+0x1/0x2'
hang 'libiscsi spins' libiscsi 'iscsi-test-cu (90) R'
hang 'tgt waits for itself' tgt 'tgtd (90) S' '  futex_wait_queue+0x1/0x2'

export ISER_GRACE=1 ISER_END_SECONDS=1
bounded 20 "$work/log" bash -c 'exit 3'
same 'the exit code of a case' "$rc" 3
bounded 1 "$work/log" sleep 100
same 'a case that takes too long' "$rc" 124
bounded 1 "$work/log" bash -c 'trap "" TERM; while :; do sleep 1; done'
same 'one that ignores its end' "$rc" 124
same 'and what it was at' "$(grep -c '^bash ([0-9]*) ' <<<"$stuck")" 1
kill() { :; }
bounded 1 "$work/log" sleep 15
same 'one that cannot be ended' "$rc" hangs
unset -f kill

# A machine that does nothing and ignores SIGTERM.
mkdir "$work/kernel" "$work/out"
printf '#!/bin/bash\ntrap "" TERM\nwhile :; do sleep 1; done\n' >"$work/kernel/linux"
chmod +x "$work/kernel/linux"
# machine SECONDS: its exit code, with "late" if it took too long and "left" if one of its
# processes remains
machine() {
	local code=0 start=$SECONDS tries=50
	vm/uml/boot "$work/kernel" "$work" "$work/out" "$1" 2>/dev/null || code=$?
	[ $((SECONDS - start)) -lt 15 ] || code+=' late'
	# On a busy host it takes a moment until the last killed process is gone.
	while pgrep -f "$work/kernel/linux" >/dev/null && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
	[ $tries -gt 0 ] || code+=' left'
	echo "$code"
}
# once_up COMMAND...: when the next machine has begun, at the latest after 30 s. It removes
# what was in its folder first.
once_up() {
	local tries=300
	until [ -e "$work/out/console" ] && pgrep -f "$work/kernel/linux" >/dev/null; do
		[ $((tries -= 1)) -gt 0 ] || break
		sleep 0.1
	done
	"$@"
}
same 'a machine whose time is over' "$(machine 2)" 124
rm "$work/out/console"
once_up touch "$work/out/end" &
same 'a machine that is given up' "$(machine 1000)" 124
wait
rm "$work/out/console"
once_up pkill -KILL -f "$work/kernel/linux" &
same 'a machine that dies' "$(machine 1000)" 125
wait
echo 0 >"$work/out/status"
sleep 1000 &
same 'one that has reported goes at once' "$(SECONDS=0; machine_wait $! "$work/out" 1000; echo $((SECONDS < 15)))" 1
{ kill -KILL $! && wait $!; } 2>/dev/null || true

# The runner of machines, with a kernel that plays one line of "plays" in each machine: a
# command that gets the cases of the job as its arguments.
mkdir -p "$work/uml/include/config" "$work/uml/root/lib/modules/none"
echo none >"$work/uml/include/config/kernel.release"
cat >"$work/uml/linux" <<'EOF'
#!/bin/bash
for word; do
	case $word in
	ISER_OUT=*) out=${word#*=} ;;
	con1=*) exec >&"${word##*:}" ;;
	esac
done
read -ra cases < <(sed -n 's,^exec tests/run --results [^ ]* ,,p' "$out/job")
set -- "${cases[@]}"
play=$(head -n 1 "${0%/*}/plays")
sed -i 1d "${0%/*}/plays"
eval "$play"
EOF
chmod +x "$work/uml/linux"
run_vm=(env "ISER_RESULTS=$PWD/results/self" "ISER_UML_KERNEL=$work/uml" vm/run
	--machine uml-plain --initiator kernel --target kernel)
results=results/self/uml-plain-rxe-kernel-kernel
cat >"$work/uml/plays" <<'EOF'
echo "ok 1 $1"; echo "ok 2 $2"; echo "Kernel panic - not syncing" >&2; kill -KILL $$
echo "Bail out! once more $1: tgt hangs"; trap "" TERM; while :; do sleep 1; done
echo "# $(grep -o "ISER_AGAIN=.*" "$out/job")"; echo "ok 1 $1"; echo "Bail out! after $1"; sleep 1000
echo "Bail out! after nothing"; sleep 1000
echo "not ok 1 $1"; echo "ok 2 kernel/leaks"; echo 1 >"$out/status"
EOF
cases=(smoke/login smoke/again io/sizes io/read-only tmf/abort tmf/lun-reset)
code=0
said=$("${run_vm[@]}" "${cases[@]}" 2>"$work/log") || code=$?
same 'each case has its result, whatever becomes of its machine' \
	"$(grep -E '^(not )?ok' <<<"$said")" \
"ok 1 ${cases[0]}
ok 2 ${cases[1]}
not ok 3 ${cases[2]} # the machine died
ok 4 ${cases[3]}
not ok 5 ${cases[4]} # the machine gave no result
not ok 6 ${cases[5]}
ok 7 kernel/leaks"
same 'what a dead machine said last' "$(grep -c '^#   Kernel panic' <<<"$said")" 1
same 'a case is tried once more' \
	"$(grep -c "^# ISER_AGAIN='- ${cases[3]}'" <<<"$said")" 1
same 'the counts' "$(tail -n 1 <<<"$said")" '4 passed, 3 failed, 0 skipped'
same 'its exit code' "$code" 1
same 'all of it is kept' "$(cat "$results/ktap.txt")" "$said"
echo 'sleep 1000' >"$work/uml/plays"
same 'a case whose machine hangs' \
	"$("${run_vm[@]}" --timeout 2 smoke/login 2>"$work/log" | grep '^not ok')" \
	'not ok 1 smoke/login # the machine hung until its 2 s were over'
# shellcheck disable=SC2016 # the machine expands it
echo 'echo "ok 1 $1"; echo 1 >"$out/status"' >"$work/uml/plays"
same 'one that stops before it has looked for leaks' \
	"$("${run_vm[@]}" smoke/login 2>"$work/log" | grep '^not ok')" \
	'not ok 2 kernel/leaks # the machine did not look for leaks'
# shellcheck disable=SC2016 # the machine expands it
echo 'touch "$out/begun"; sleep 1000' >"$work/uml/plays"
"${run_vm[@]}" smoke/login >/dev/null 2>&1 &
runner=$!
tries=300
until [ -e $results/machine1/begun ] || [ $((tries -= 1)) = 0 ]; do sleep 0.1; done
same 'a run alone has its results' "$("${run_vm[@]}" smoke/login 2>&1)" \
	"run: another run of ${results##*/} is going on"
kill $runner
wait $runner 2>/dev/null || true
tries=50
while pgrep -f "$work/uml/linux" >/dev/null && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
same 'a run that is ended ends its machine' $((tries > 0)) 1
rm -rf results/self

# The demo must say what has failed, wherever it ends.
demo() {
	bash -c ". ../scripts/demo/lib.sh; $1" 2>&1 | tail -n 1
}
same 'a command of the demo that fails' "$(demo 'show false')" 'FAILED: false'
same 'a pipeline of the demo that finds nothing' \
	"$(demo 'disk=$(find /no/disk 2>/dev/null | head -n 1); echo' | cut -c1-12)" 'FAILED: disk'

# scripts/check.sh itself, with a list made here.
mkdir -p "$work/tree/scripts"
cp ../scripts/check.sh "$work/tree/scripts"
printf '#!/bin/sh\n' >"$work/tree/scripts/packages.sh"
chmod +x "$work/tree/scripts/packages.sh"
check() {
	ISER_CHECK_TIMEOUT=${limit:-60} "$work/tree/scripts/check.sh" "$@" 2>&1 || true
}
# says TEXT PATTERN: how many lines of TEXT match
says() {
	grep -cE "$2" <<<"$1" || true
}

cat >"$work/tree/scripts/check.list" <<EOF
# PLACE TURN NAME MINUTES COMMAND
one - +before 1 touch $work/before
one - first 1 test -e $work/before
two - second 0 mkdir $work/alone
two - third 1 rmdir $work/alone
one turn odd 1 true
one turn even 1 false
EOF
said=$(check --turn 0)
same 'all steps but those of another turn' "$(tail -n 1 <<<"$said")" '0 passed, 0 failed, 0 skipped'
same 'the turn is printed' "$(says "$said" 'turn 0: left to other commits: even ')" 1
same 'the minutes of each step are printed' "$(says "$said" '^# +0:[0-5][0-9] +[01] +(before|first|second|third|odd)')" 5
same 'by another turn another step' "$(check --turn 1 | tail -n 1)" '0 passed, 1 failed, 0 skipped'
same 'by no turn all of them' "$(says "$(check --all)" '^(not )?ok ')" 5
cat >"$work/tree/scripts/check.list" <<EOF
two - slow 0 sleep 1000
two - slower 1 sleep 1000
one - quick 1 sleep 2
EOF
said=$(limit=10 check)
same 'what is not done in time has failed' "$(tail -n 1 <<<"$said")" '0 passed, 2 failed, 0 skipped'
same 'what was not begun too' "$(says "$said" '^not ok . slower$')" 1
same 'a step over its share is named' "$(says "$said" 'slow  over its share$')" 1

# waits WHAT STATUS: the exit code of scripts/waits.sh for the source and the table
waits() {
	local code=0
	../scripts/waits.sh "$work/table" "$work/a.c" >/dev/null || code=$?
	same "$1" "$code" "$2"
}
# shellcheck disable=SC2016 # the backticks are the table's
printf '| `f` | `wait_event` | a peer | 1 s |\n' >"$work/table"
printf 'int f(void)\n{\n\twait_event(a, b);\n}\n' >"$work/a.c"
waits 'a wait that is in the table' 0
printf 'void g(void)\n{\n\tif (wait_event_timeout(a, b, c))\n\t\treturn;\n}\n' >>"$work/a.c"
waits 'one that is not' 1
printf 'void h(void)\n{\n\tc = iscsit_allocate_cmd(a, b);\n}\n' >"$work/a.c"
waits 'one inside of LIO' 1

# lines WHAT STATUS: the exit code of scripts/lines.py for the source and the table
lines() {
	local code=0
	../scripts/lines.py "$work/table" "$work/a.c" >/dev/null || code=$?
	same "$1" "$code" "$2"
}
# The script expects the strings that it leaves out to be in a source.
printf 'const char *s[] = { "(no device)", "iSCSI Initiator over iSER", "no error", "unknown error" };\n' >"$work/a.c"
# shellcheck disable=SC2016 # C
printf 'void f(int n)\n{\n\tpr_debug("not a line");\n\tpr_warn("the port is %%s: error %%d\\n",\n\t\tn ? "in use" : "far away", n);\n}\n' \
	>>"$work/a.c"
printf '| line | meaning |\n|---|---|\n| the port is in use / far away: error N | x |\n' >"$work/table"
lines 'a line that is in the table' 0
printf '| the port is closed: error N | x |\n' >>"$work/table"
lines 'a line of the table that no source has' 1
printf '| line | meaning |\n|---|---|\n| the port is in use: error N | x |\n' >"$work/table"
lines 'a reason that is not in the table' 1

# interface WHAT STATUS [FILE SCRIPT-OF-SED]: the exit code of scripts/interface.py for a
# copy of the tree in which this file has been edited
interface() {
	local code=0 copy=$work/interface
	rm -rf "$copy"
	mkdir "$copy"
	(cd .. && cp -r --parents -t "$copy" Documentation/i*.md Kbuild Makefile core debian include \
		initiator packaging proto target tests/cases/module/parameters.sh tools/Makefile)
	if [ $# -gt 2 ]; then
		sed -i "$4" "$copy/$3"
		! cmp -s "$copy/$3" "../$3" || code=unedited
	fi
	[ $code != 0 ] || ../scripts/interface.py "$copy" >/dev/null || code=$?
	same "$1" "$code" "$2"
}
# what the documents say of a release: version.sh --set, then --release
mkdir "$work/release"
(cd .. && cp --parents -t "$work/release" CHANGELOG.md README.md dkms.conf include/iser/version.h \
	packaging/iser.spec scripts/version.sh debian/changelog debian/control)
unreleased() { cat "$work"/release/{CHANGELOG,README}.md | grep -cE "^(## |\*\*Status:\*\* version )$1, not released" || true; }
version=$(../scripts/version.sh)
"$work/release/scripts/version.sh" --release
same 'version.sh --release takes "not released" out' "$(unreleased "$version")" 0
same 'and leaves the version' "$("$work/release/scripts/version.sh" --check)" ''
"$work/release/scripts/version.sh" --set 98.7
same 'version.sh --set puts it in again' "$(unreleased 98.7)" 2
"$work/release/scripts/version.sh" --release
same 'and --release takes it out once more' "$(unreleased 98.7)" 0
same 'version.sh has the new version everywhere' "$("$work/release/scripts/version.sh" --check)" ''
page=Documentation/interface.md
interface 'a workqueue that is not in it' 1 core/main.c 's/alloc_workqueue("iser_end"/alloc_workqueue("iser_last"/'
interface 'one that is in it only' 1 $page 's/`iser_early_end`/`iser_early_end`, `iser_none`/'
interface 'a document that debian/rules installs' 1 debian/rules '/CHANGELOG.md debian.iser-utils/d'
interface 'what scripts may rely on is in the document' 0
interface 'a parameter that is not in it' 1 $page '/^| `recv_depth`/d'
interface 'one that is in it only' 1 target/main.c '/^ISER_PARAM(recv_depth/d'
interface 'one that is not in the other document' 1 Documentation/install.md '/^| `recv_depth`/d'
interface 'a new one' 1 initiator/main.c '$a module_param(other, uint, 0644);'
interface 'one with another default' 1 target/main.c 's/recv_depth = 250/recv_depth = 251/'
interface 'with another mode' 1 target/main.c 's/32, 8192, 0644/32, 8192, 0444/'
interface 'with other limits' 1 target/main.c 's/recv_depth, 32, 8192/recv_depth, 33, 8192/'
interface 'a tracepoint that is not in it' 1 $page '/^| `iser_invalidate`/d'
interface 'one with another field' 1 core/trace.h 's/__field(u32, data_sn)/__field(u32, sn)/'
interface 'a file of the transport class' 1 initiator/main.c '/case ISCSI_PARAM_ERL:/d'
interface 'another beginning of log lines' 1 core/log.c 's/": target, "/": as target, "/'
interface 'a file that is installed' 1 debian/iser-dkms.docs '$a Documentation/other.md'
interface 'a document of one package only' 1 packaging/iser.spec '/^%doc/s/ SECURITY.md//'
interface 'one of iser-utils' 1 packaging/iser.spec '/^%doc/s, Documentation/iserctl.md,,'
interface 'a manual that is not in it' 1 tools/Makefile '/install.*ib_iser\.4/d'

# workflow WHAT STATUS [SCRIPT-OF-SED [FILE]]: the exit code of scripts/workflow.py for a
# copy of the tree in which the workflow, or this file, has been edited
workflow() {
	local code=0 copy=$work/workflow file=${4:-.github/workflows/check.yml}
	rm -rf "$copy"
	mkdir "$copy"
	(cd .. && cp -r --parents -t "$copy" .github Makefile scripts tests/{packages,headers}.sh \
		tests/lib/ktap.sh tests/vm)
	if [ $# -gt 2 ]; then
		sed -i "$3" "$copy/$file"
		! cmp -s "$copy/$file" "../$file" || code=unedited
	fi
	[ $code != 0 ] || "$copy/scripts/workflow.py" >/dev/null 2>&1 || code=$?
	same "$1" "$code" "$2"
}
workflow 'the workflow runs what is in the tree' 0
workflow 'one that is not YAML' 1 's/^jobs:/jobs: :/'
workflow 'a job with an unknown key' 1 's/runs-on:/run-on:/'
workflow 'a key that is there twice' 1 's/^  demo:/  weekly:/'
workflow 'a script that is not there' 1 's,scripts/check.sh,scripts/checks.sh,'
workflow 'a script without that option' 1 's/packages.sh --long/packages.sh --longer/'
workflow 'a target that make lacks' 1 's/make demo/make demos/'
workflow 'a step that the list lacks' 1 's/- kunit/- kunits/'
workflow 'a step of the list that no job runs' 1 '/- kunit/d'
workflow 'a new step of the list' 1 '$a one - other 1 true' scripts/check.list
workflow 'a static check that is not there' 1 's/also: sparse-newest/also: sparse-6.1/'
workflow 'a kernel that is not there' 1 's/, newest,/, new,/'
workflow 'a value that the matrix lacks' 1 's/matrix.step }}$/matrix.steps }}/'
workflow 'an action from elsewhere' 1 's,actions/checkout@v4,other/checkout@v4,'
workflow 'a host' 1 's,image: debian:12,image: images.example.com/debian:12,'

# too_old VERSION: whether the build stops on that kernel, as dkms.conf has it
mkdir -p "$work/version/linux"
too_old() {
	local code a b c
	IFS=. read -r a b c <<<"$1"
	printf '#define LINUX_VERSION_CODE %d\n#define KERNEL_VERSION(a, b, c) %s\n' \
		$(((a << 16) + (b << 8) + c)) '(((a) << 16) + ((b) << 8) + (c))' \
		>"$work/version/linux/version.h"
	gcc -E -nostdinc -I "$work/version" ../include/iser/compat.h 2>&1 >/dev/null |
		grep "this kernel is too old" >/dev/null && code=yes || code=no
	echo $code
}
# The table of the oldest kernels: | SERIES | VERSION | ...
oldest=$(sed -nE 's/^\| (6\.[0-9]+) \| (\1\.[0-9]+) \|.*/\2/p' ../Documentation/install.md)
same 'install.md names the oldest kernel of two series' "$(wc -w <<<"$oldest")" 2
for version in $oldest; do
	same "the build takes $version" "$(too_old "$version")" no
	same 'but not the one before' "$(too_old "${version%.*}.$((${version##*.} - 1))")" yes
done
same 'nor one before all of them' "$(too_old 6.0.19)" yes

# item KEY: the folder of an item of a cache of this test, which is made if there is none
# shellcheck disable=SC2016 # the inner shell expands it
item() {
	ISER_CACHE=$work/cache bash -c '. vm/lib.sh; fill() { touch "$1/file"; }; cached name "$0" "" fill' "$1"
}
kept=$(item 1 2>/dev/null)
item 2 >/dev/null 2>&1
item 3 >/dev/null 2>&1
same 'an item of the cache that a run may use stays' "$(ls "$kept")" file
touch -d '6 hours ago' "$kept/.complete"
item 4 >/dev/null 2>&1
same 'one that nobody has used for hours goes' "$(ls "$kept" 2>/dev/null)" ''
echo "1..$number"
tally
