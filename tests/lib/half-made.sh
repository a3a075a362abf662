# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Peers of a portal on siw that leave their handshake half done. They complete it at the
# end, because siw does not take every other end of it.

# half_made COUNT: so many connections whose initiator has asked for a peer-to-peer
# handshake (RFC 6581), and does not send the message that ends it; sets made and refused
half_made() {
	local out=/tmp/iser-case/half-out
	need_program python3
	[ ! -e /proc/lockdep ] ||
		skip 'lockdep reports how siw takes the lock of a socket in this handshake'
	python3 - "$IP" "$PORT" "$1" >"$out" <<'PYTHON' &
import signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
host, port, count = sys.argv[1:]
request = b'MPA ID Req Frame' + bytes.fromhex('10020008 80018001 c0000000')
# An RDMA Write of no bytes to no STag: the message that is due.
last = bytes.fromhex('000ec140') + bytes(12 + 4)
def take(s, n):
    got = b''
    while len(got) < n:
        more = s.recv(n - len(got))
        if not more:
            return b''
        got += more
    return got
made = []
for i in range(int(count)):
    s = socket.create_connection((host, int(port)), 20)
    s.sendall(request)
    reply = take(s, 20)
    if reply and not reply[16] & 0x20:
        take(s, reply[18] << 8 | reply[19])
        made.append(s)
print('made', len(made), 'refused', int(count) - len(made), flush=True)
signal.sigwait({signal.SIGTERM})
for s in made:
    s.sendall(last)
for s in made:
    s.settimeout(20)
    take(s, 1)
PYTHON
	half_made_pid=$!
	on_exit half_made_end
	wait_for 60 "$1 handshakes" grep -q made "$out"
	read -r _ made _ refused <"$out"
}

# half_made_end: completes the handshakes, and waits until the target has ended them all
half_made_end() {
	[ "$half_made_pid" ] || return 0
	kill "$half_made_pid"
	wait "$half_made_pid" || echo 'the peer of half_made failed'
	half_made_pid=
}
