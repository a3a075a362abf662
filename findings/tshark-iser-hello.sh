#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/tshark-iser-hello.sh
#
# tshark never shows an iSER Hello or HelloReply, although it has fields for both (iser.ird,
# iser.ord): it takes nothing for iSER that is shorter than the iSER header with an iSCSI
# header, 76 bytes. A Hello is only the iSER header, 28 bytes (RFC 7145, sections 9.3 and
# 9.4). It is shown as "RC Send Only" with 28 bytes of data. The PDUs before and after it
# are decoded.
#
# Seen with tshark 4.0.17-0+deb12u3 of Debian 12. A capture is made of a RoCE v2 connection
# with its set-up, a login that negotiates iSERHelloRequired=Yes, Hello, HelloReply and an
# iSCSI NOP-Out. Needs no root. Exit code 1 if tshark shows something else than was seen,
# 77 if that version is not to be had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
unpack {tshark,libwireshark16,libwiretap13,libwsutil14}=4.0.17-0+deb12u3

PYTHONPATH=$(dirname "$0")/lib python3 -B - "$work" <<'EOF'
import struct
import sys
from capture import A, B, Roce, iser, login, login_response, nop_out, write

key = b"iSERHelloRequired=Yes\0"
connection = Roce()
connection.send(A, iser(login(key)))
connection.send(B, iser(login_response(key)))
# Versions 10 to 10, and an iSER-IRD and iSER-ORD of 16.
connection.send(A, struct.pack(">BBH", 0x20, 0xAA, 16) + bytes(24))
connection.send(B, struct.pack(">BBH", 0x30, 0xAA, 16) + bytes(24))
connection.send(A, iser(nop_out(2)))
write(sys.argv[1] + "/hello.pcap", connection.frames)
EOF

# shown FRAME: prints how tshark lists a frame, without number, time and addresses
shown() {
	tshark -r "$work/hello.pcap" -Y "frame.number == $1" -T fields \
		-e _ws.col.Protocol -e _ws.col.Info -e iser.flags.opcode -e data.len 2>/dev/null
}

tshark --version 2>/dev/null | head -n 1
expect 'fields of a Hello' $'iser.ird\niser.ord' \
	"$(tshark -G fields 2>/dev/null | cut -f 3 | grep -xE 'iser\.(ird|ord)')"
expect 'Login Request' $'iSCSI\tLogin Command\t0x01\t' "$(shown 4)"
expect 'Login Response' $'iSCSI\tLogin Response (Success)\t0x01\t' "$(shown 5)"
expect 'Hello (wrong)' $'RRoCE\tRC Send Only QP=0x000012 \t\t28' "$(shown 6)"
expect 'HelloReply (wrong)' $'RRoCE\tRC Send Only QP=0x000011 \t\t28' "$(shown 7)"
expect 'NOP-Out' $'iSCSI\tNOP Out\t0x01\t' "$(shown 8)"
finish
