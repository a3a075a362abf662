#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/tshark-iwarp.sh
#
# tshark drops what iWARP Sends carry, except for the first one in a TCP segment. Of the
# others it shows the headers and a note, "Reassembled PDU in frame", that names the frame
# itself; the payload is nowhere, and no filter finds it. With iSER these are PDUs, for
# example commands sent in quick succession. Each of the Sends is whole: the length field
# of MPA (RFC 5044) ends its FPDU, whatever the TCP segments, and DDP's Last flag (RFC 5041)
# ends its message. With iwarp_ddp_rdmap.reassemble_iwarp_rdma_send off, all is there.
#
# Seen with tshark 4.0.17-0+deb12u3 of Debian 12. Two captures are made that differ in the
# cut of the TCP segments only: a connection over which three iSCSI NOP-Outs go, 76 bytes
# each with the header of iSER. Needs no root. Exit code 1 if tshark shows something else
# than was seen, 77 if that version is not to be had.

set -eu
# shellcheck source=findings/lib/tools.sh
. "$(dirname "$0")/lib/tools.sh"
unpack {tshark,libwireshark16,libwiretap13,libwsutil14}=4.0.17-0+deb12u3

PYTHONPATH=$(dirname "$0")/lib python3 -B - "$work" <<'EOF'
import sys
from capture import A, B, Iwarp, iser, login, login_response, nop_out, send, write

sends = [send(msn, iser(nop_out(msn))) for msn in (2, 3, 4)]
for name, segments in ("apart", sends), ("together", [b"".join(sends)]):
    connection = Iwarp()
    connection.segment(A, send(1, iser(login(b""))))
    connection.segment(B, send(1, iser(login_response(b""))))
    for segment in segments:
        connection.segment(A, segment)
    write("%s/%s.pcap" % (sys.argv[1], name), connection.frames)
EOF

# sends CAPTURE OPTION...: prints the numbers of the Sends from MSN 2 on, the lengths of
# their payloads, and the frames in which tshark says that these are
sends() {
	tshark -r "$work/$1.pcap" -Y 'iwarp_ddp.msn > 1' -T fields -e iwarp_ddp.msn \
		-e data.len -e iwarp_rdma.send.reassembled_in "${@:2}" 2>/dev/null |
		awk -F '\t' '{ m = m "," $1; if ($2) l = l "," $2; if ($3) f = f "," $3 }
			END { print "Sends " substr(m, 2) ", payloads " substr(l, 2) \
				(f ? ", the others in frame " substr(f, 2) : "") }'
}

tshark --version 2>/dev/null | head -n 1
expect 'three segments' 'Sends 2,3,4, payloads 76,76,76' "$(sends apart)"
expect 'one segment (wrong)' 'Sends 2,3,4, payloads 76, the others in frame 8,8' \
	"$(sends together)"
expect 'one segment, not reassembled' 'Sends 2,3,4, payloads 76,76,76' \
	"$(sends together -o iwarp_ddp_rdmap.reassemble_iwarp_rdma_send:FALSE)"
finish
