# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# status, as text, as JSON and as metrics.
# shellcheck source=tests/iserctl/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# keep NAME: the last output is one to compare with the schema
mkdir "$work/json"
keep() {
	cp "$work/out" "$work/json/$1"
}

new
run status --json
keep nothing
run status
expect 'status of a host with devices only' 0 'port 1 of RDMA device rxe0 on net0: active'
rm -r "$host/sys/class/infiniband" "$host/sys/module"
run status
expect 'status of a bare host' 0 'no RDMA device, no session, no portal'

# ---- what can't be seen ----
new target
mkdir -p "$host/proc/self/ns"
ln -s 'pid:[1]' "$host/proc/self/ns/pid"
sed -i /listener/d "$host/facts"
run status
expect 'status of a container' 3 \
	"portal 192.0.2.1:3260 of $target, portal group 1: iSER, unknown whether it listens, unknown connections"
run status --json
good=yes
keep container
grep -q '"listening":null,"connections":null' "$work/out" || good=no
verdict 'status --json of a container'
run status --prometheus
good=yes
grep -q 'iser_portal' "$work/out" && good=no
expect 'status --prometheus of a container' 3 'iser_status_complete 0'

# ---- a host with both halves ----
new initiator target
fact connection rxe0 iser_core 192.0.2.1:40000 192.0.2.2:3260
fact connection rxe0 iser_core 192.0.2.1:3260 192.0.2.9:50000
put "$group/acls/$initiator/info" "InitiatorName: $initiator
LIO Session ID: 2   ISID: 0x000000000000  TSIH: 1  SessionType: Normal
Session State: TARG_SESS_STATE_LOGGED_IN"
printf 'iqn.dynamic\0' >"$host$group/dynamic_sessions"
run status
expect 'status' 0 "session 1: LOGGED_IN to $target at 192.0.2.2 port 3260, rxe0, disks sd1" \
	"portal 192.0.2.1:3260 of $target, portal group 1: iSER, listening, 1 connections" \
	"session of $initiator at $target, portal group 1: LOGGED_IN" \
	"session of iqn.dynamic at $target, portal group 1: unknown" \
	'connection from 192.0.2.9:50000 to 192.0.2.1:3260, rxe0'
put /sys/class/iscsi_host/host1/device/session1/connection1:0/iscsi_connection/connection1:0/address 192.0.2.5
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/initiatorname '(null)'
fact connection rxe5 iser_core 192.0.2.1:40001 192.0.2.5:3260
put "$group/acls/$initiator/info" 'Session State: TARG_SESS_FAILED'
run status
expect 'status after a redirection' 0 \
	"session 1: LOGGED_IN to $target at 192.0.2.2 port 3260, rxe5, disks sd1" \
	"session of $initiator at $target, portal group 1: FAILED"
run status --json
good=yes
keep null
grep -q '"initiator":null' "$work/out" || good=no
verdict 'a value that the kernel has not'
# The initiator chooses its alias, which LIO shows before the state.
put "$group/acls/$initiator/info" "InitiatorName: $initiator
InitiatorAlias: Session State: TARG_SESS_STATE_FREE
Session State: TARG_SESS_STATE_FREE
LIO Session ID: 2   ISID: 0x000000000000  TSIH: 1  SessionType: Normal
Session State: TARG_SESS_STATE_LOGGED_IN"
run status
expect 'an alias that looks like a state' 0 "session of $initiator at $target, portal group 1: LOGGED_IN"

# ---- errors that the kernel gives ----
# Of a session that reconnects, over iSER or TCP, the kernel does not say the peer.
at=connection1:0/iscsi_connection/connection1:0
for file in address port; do
	put "/sys/class/iscsi_host/host1/device/session1/$at/$file" x
	shimmed SHIM_READ="/$at/$file:107" -- status
	expect "the $file of a session that reconnects" 0
	shimmed SHIM_READ="/$at/$file:13" -- status
	expect "the $file of a session that may not be read" 3
done
rm "$host/sys/class/iscsi_host/host1/device/session1/$at/port"
put "/sys/class/iscsi_host/host1/device/session1/$at/address" 192.0.2.5
shimmed SHIM_LIST="$group/np:5" -- status
expect 'a list that ends by an error' 3
cp "$host$group/dynamic_sessions" "$work/dynamic"
for ((i = 0; i < 400; i++)); do printf 'iqn.dynamic\0'; done >"$host$group/dynamic_sessions"
run status
expect 'a page of sessions' 3
cp "$work/dynamic" "$host$group/dynamic_sessions"
# Each metric that the document describes is there with its labels, and no other.
cat >"$work/metrics.py" <<'EOS'
import re, sys
name, value = r"[a-z_]+", r'"(?:[ !#-\[\]-~]|\\["\\n])*"'
found, told = {}, {}
for line in open(sys.argv[1], encoding="ascii"):
    if line.startswith("# "):
        match = re.fullmatch(rf"# (HELP ({name}) .+|TYPE ({name}) gauge)\n", line)
        found.setdefault(match[2] or match[3], None)
        continue
    match = re.fullmatch(rf"({name})(?:\{{({name}={value}(?:,{name}={value})*)\}})? (\d+)\n", line)
    if not match:
        sys.exit(f"not a metric: {line}")
    found[match[1]] = re.findall(rf"({name})={value}", match[2] or "")
for line in open(sys.argv[2]):
    match = re.match(r"\| `(iser_\w+)` \| ([`\w, ]*) ?\| ", line)
    if match:
        told[match[1]] = re.findall(r"`(\w+)`", match[2])
if found != told:
    sys.exit(f"printed {found}, documented {told}")
EOS
run status --prometheus
expect 'status --prometheus' 0 \
	'iser_port_active{device="rxe0",port="1",netdev="net0"} 1' \
	"iser_session_logged_in{session=\"1\",target=\"$target\",address=\"192.0.2.2\",port=\"3260\",device=\"rxe5\"} 1" \
	"iser_portal_listening{target=\"$target\",group=\"1\",portal=\"192.0.2.1:3260\"} 1" \
	"iser_portal_connections{target=\"$target\",group=\"1\",portal=\"192.0.2.1:3260\"} 1" \
	'iser_status_complete 1'
good=yes
python3 "$work/metrics.py" "$work/out" "$tree/Documentation/iserctl.md" 2>"$work/err" || good=no
verdict 'metrics as documented'
run status --json
keep both
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/targetname "$hostile"
run status --json
good=yes
put /sys/class/iscsi_host/host1/device/session1/iscsi_session/session1/ifacename $'\u00e9\U1f600'
run status --json
keep hostile
python3 -c 'import json, sys
status = json.load(open(sys.argv[1], encoding="ascii"))
assert status["initiator"]["sessions"][0]["iface"] == "\u00e9\U0001f600"' "$work/out" 2>"$work/err" || good=no
LC_ALL=C grep -q '[^ -~]' "$work/out" && good=no
run status
LC_ALL=C grep -q '[^ -~]' "$work/out" && good=no
verdict 'status with hostile names'
run status --prometheus
good=yes
python3 "$work/metrics.py" "$work/out" "$tree/Documentation/iserctl.md" 2>"$work/err" || good=no
verdict 'metrics with hostile names'

many_sessions
time_of status --json
keep many
echo "# 1,000 connections: $took ms"
good=yes
if [ "$took" -ge 1000 ] || [ $rc != 0 ]; then good=no; fi
: >"$work/out"
verdict '1,000 connections in a second'
run doctor
expect 'the doctor of as many' 0
program=
: >"$work/out"
"$tree/tests/iserctl/schema.py" "$tree/Documentation/status.schema.json" \
	"$tree/Documentation/iserctl.md" "$work/json"/* 2>"$work/err" || good=no
verdict 'status --json as in its schema and in the table'
