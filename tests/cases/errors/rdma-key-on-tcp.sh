#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="RDMAExtensions=Yes offered on a TCP portal does not harm it, nor the iSER portal beside"
. "$(dirname "$0")/../../lib.sh"

need_program python3
target_up
target_portal t1 "$IP" tcp 3261
# Sends one Login Request of the operational stage and prints the status and the keys.
offer() {
	python3 - "$IP" 3261 "$(iqn t1)" "$iqn_prefix:offer" <<'PYTHON'
import socket, struct, sys
host, port, target, me = sys.argv[1:]
text = b''.join(k + b'\0' for k in (
    b'InitiatorName=' + me.encode(), b'TargetName=' + target.encode(),
    b'SessionType=Normal', b'RDMAExtensions=Yes', b'InitiatorRecvDataSegmentLength=8192',
    b'TargetRecvDataSegmentLength=8192', b'HeaderDigest=None', b'DataDigest=None'))
bhs = struct.pack('>BBBBI6sHIH2xII16x', 0x43, 0x87, 0, 0, len(text),
                  b'\x80\0\0\0\0\x07', 0, 1, 0, 1, 0)
s = socket.create_connection((host, int(port)), 20)
s.sendall(bhs + text + b'\0' * (-len(text) % 4))
got = b''
while len(got) < 48 or len(got) < 48 + (struct.unpack('>I', got[4:8])[0] & 0xffffff):
    more = s.recv(65536)
    if not more:
        sys.exit('closed')
    got += more
print('opcode %#x status %02x%02x' % (got[0] & 0x3f, got[36], got[37]))
print(got[48:].replace(b'\0', b'\n').decode())
PYTHON
}
offer >/tmp/iser-case/said || fail "no answer: $(cat /tmp/iser-case/said)"
cat /tmp/iser-case/said
grep -q '^opcode 0x23 ' /tmp/iser-case/said || fail 'no Login Response'
! grep -q '^RDMAExtensions=Yes' /tmp/iser-case/said || fail 'iSER was agreed on over TCP'
session_up
sweep "$DEVICE" '4096 65536'
logout
