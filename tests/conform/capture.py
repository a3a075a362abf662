# SPDX-License-Identifier: GPL-2.0-only
"""Captures of RoCE v2 and of iWARP as a list of events, read by tshark.

On RoCE tshark's reading of the transport is used as it is. On iWARP several
messages share a segment, so that the streams are put together here. The
connection manager's (or MPA's) messages name the ends of a connection: the end
that asked for it is the initiator.
"""
import struct
import subprocess
import sys
import zlib

INITIATOR, TARGET = 'initiator', 'target'

COLUMNS = '''frame.number frame.time_relative ip.src ip.dst ip.len ip.id ip.flags.df
udp.srcport udp.dstport udp.length
infiniband.bth.opcode infiniband.bth.se infiniband.bth.destqp infiniband.bth.psn
infiniband.reth.va infiniband.reth.r_key infiniband.reth.dmalen infiniband.ieth
infiniband.aeth.syndrome.opcode
infiniband.cm.req infiniband.cm.req.localqpn infiniband.cm.req.responderres
infiniband.cm.req.pppmtu infiniband.cm.req.ip_cm.private
infiniband.cm.rep infiniband.cm.rep.remotecommid infiniband.cm.rep.localqpn
infiniband.cm.rep.initdepth infiniband.cm.rep.private
udp.payload tcp.stream tcp.seq_raw tcp.flags.syn tcp.payload
iser.flags.opcode iscsi.opcode _ws.malformed'''.split()

PREFERENCES = ['-o', 'iser.target_ports:3260,3270', '--disable-heuristic', 'rpcrdma_infiniband']


class Connection:
    """What the ends said when they connected, and a place for who judges."""

    def __init__(self, number):
        self.number = number
        self.case = None
        self.private = {}       # of each end: bytes, or None
        self.depth = None       # RDMA Reads that the target may have outstanding
        self.mtu = 1024
        self.crc = True         # whether there is one
        self.next_psn = {}


class Event:
    """kind: connect, accept, send, write, read, answered (a Read), not-ready (RNR NAK), crc."""

    def __init__(self, kind, frame, conn=None, who=None, **more):
        self.kind, self.frame, self.conn, self.who = kind, frame, conn, who
        self.data = b''
        self.solicited = False
        self.invalidate = None  # STag
        self.stag = self.address = self.length = self.last = None
        self.seen_opcode = None  # tshark's reading of a Send that is one packet
        self.__dict__.update(more)


def rows(name, text):
    """Each frame as a dict; tshark's whole line goes to text, if given."""
    command = ['tshark', '-n', '-r', name, '-T', 'fields', '-E', 'occurrence=f']
    command += PREFERENCES + [w for c in COLUMNS for w in ('-e', c)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as tshark:
        for line in tshark.stdout:
            yield dict(zip(COLUMNS, line.rstrip('\n').split('\t')))
    if text:
        subprocess.run(['tshark', '-n', '-r', name] + PREFERENCES, stdout=text,
                       stderr=subprocess.DEVNULL, check=False)


def number(word):
    return int(word, 0) if word else None


def octets(word):
    return bytes.fromhex(word.replace(':', '')) if word else b''


def invariant_crc(row):
    """The ICRC of a packet: what routers change counts as ones."""
    payload = octets(row['udp.payload'])
    df = row['ip.flags.df'] in ('1', 'True')
    head = struct.pack('>BBHHHBBH', 0x45, 0xff, int(row['ip.len']), int(row['ip.id'], 0),
                       0x4000 if df else 0, 0xff, 17, 0xffff)
    for end in ('ip.src', 'ip.dst'):
        head += bytes(int(n) for n in row[end].split('.'))
    head += struct.pack('>HHHH', *(int(row[f'udp.{w}']) for w in ('srcport', 'dstport', 'length')),
                        0xffff)
    transport = payload[:4] + b'\xff' + payload[5:-4]
    return zlib.crc32(b'\xff' * 8 + head + transport).to_bytes(4, 'little'), payload[-4:]


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Roce:
    """Packets of reliable connections, and MADs of the connection manager."""

    SEND = {0x00: 'first', 0x01: 'middle', 0x02: 'last', 0x03: 'last', 0x04: 'only',
            0x05: 'only', 0x16: 'last', 0x17: 'only'}
    WRITE = {0x06, 0x0a, 0x0b}
    READ, ANSWER_LAST = 0x0c, {0x0f, 0x10}

    def __init__(self):
        self.asked = {}         # communication id and address -> connection, its QP
        self.ends = {}          # address, QP that receives -> connection, who sends
        self.partial = {}
        self.count = 0

    def frame(self, row, case):
        frame = int(row['frame.number'])
        opcode = number(row['infiniband.bth.opcode'])
        if row['infiniband.cm.req']:
            return self.request(row, frame, case)
        if row['infiniband.cm.rep']:
            return self.reply(row, frame)
        if opcode is None or opcode >= 0x20:
            return []
        end = self.ends.get((row['ip.dst'], number(row['infiniband.bth.destqp'])))
        if not end:
            return []
        wanted, have = invariant_crc(row)
        return [Event('crc', frame, *end, right=wanted == have)] + \
            self.packet(row, frame, opcode, *end)

    def request(self, row, frame, case):
        key = (row['ip.src'], row['infiniband.cm.req'])
        if key in self.asked and self.asked[key][0].case == case:
            return []           # a retransmission
        conn = Connection(self.count)
        self.count += 1
        conn.case = case
        conn.private[INITIATOR] = octets(row['infiniband.cm.req.ip_cm.private'])
        conn.offered = number(row['infiniband.cm.req.responderres'])
        conn.mtu = 128 << (number(row['infiniband.cm.req.pppmtu']) or 3)
        self.asked[key] = conn, number(row['infiniband.cm.req.localqpn'])
        return [Event('connect', frame, conn, INITIATOR)]

    def reply(self, row, frame):
        asked = self.asked.get((row['ip.dst'], row['infiniband.cm.rep.remotecommid']))
        if not asked or TARGET in asked[0].private:
            return []
        conn, qp = asked
        conn.private[TARGET] = octets(row['infiniband.cm.rep.private'])
        conn.depth = number(row['infiniband.cm.rep.initdepth'])
        self.ends[row['ip.dst'], qp] = conn, TARGET
        self.ends[row['ip.src'], number(row['infiniband.cm.rep.localqpn'])] = conn, INITIATOR
        return [Event('accept', frame, conn, TARGET)]

    def repeated(self, conn, who, psn, count):
        """Whether a request was seen before; a gap is taken as it comes."""
        ahead = (psn - conn.next_psn.get(who, psn)) & 0xffffff
        if ahead >= 0x800000:
            return True
        conn.next_psn[who] = (psn + count) & 0xffffff
        return False

    def packet(self, row, frame, opcode, conn, who):
        psn = number(row['infiniband.bth.psn'])
        if opcode in self.ANSWER_LAST:
            return [Event('answered', frame, conn, who, last=psn)]
        if 0x0d <= opcode <= 0x12:
            if opcode == 0x11 and number(row['infiniband.aeth.syndrome.opcode']) == 1:
                return [Event('not-ready', frame, conn, who)]
            return []
        count = 1
        length = number(row['infiniband.reth.dmalen'])
        if opcode == self.READ:
            count = max(1, -(-length // conn.mtu))
        if self.repeated(conn, who, psn, count):
            return []
        place = {'stag': number(row['infiniband.reth.r_key']),
                 'address': number(row['infiniband.reth.va']), 'length': length}
        if opcode == self.READ:
            return [Event('read', frame, conn, who, last=(psn + count - 1) & 0xffffff, **place)]
        if opcode in self.WRITE:
            return [Event('write', frame, conn, who, **place)]
        if opcode in self.SEND:
            return self.send(row, frame, opcode, conn, who)
        return []

    def send(self, row, frame, opcode, conn, who):
        part = self.SEND[opcode]
        whole = octets(row['udp.payload'])
        skip = 12 + (4 if opcode in (0x03, 0x05, 0x16, 0x17) else 0)
        data = whole[skip:len(whole) - 4 - (whole[1] >> 4 & 3)]
        key = conn.number, who
        if part in ('first', 'only'):
            self.partial[key] = b''
        data = self.partial.get(key, b'') + data
        self.partial[key] = data
        if part not in ('last', 'only'):
            return []
        invalidate = octets(row['infiniband.ieth']) if opcode in (0x16, 0x17) else None
        return [Event('send', frame, conn, who, data=data,
                      solicited=row['infiniband.bth.se'] in ('1', 'True'),
                      invalidate=int.from_bytes(invalidate, 'big') if invalidate else None,
                      seen_opcode=row['iscsi.opcode'] if part == 'only' else '')]


class Iwarp:
    """TCP streams of MPA, DDP and RDMAP."""

    KEYS = {b'MPA ID Req Frame': INITIATOR, b'MPA ID Rep Frame': TARGET}

    def __init__(self):
        self.streams = {}       # of tshark -> connection
        self.flows = {}
        self.count = 0

    def frame(self, row, case):
        if not row['tcp.stream']:
            return []
        frame, key = int(row['frame.number']), (row['tcp.stream'], row['ip.src'])
        flow = self.flows.setdefault(key, {'bytes': b'', 'next': None, 'later': {}, 'who': None,
                                           'sends': {}})
        seq, data = int(row['tcp.seq_raw']), octets(row['tcp.payload'])
        if row['tcp.flags.syn'] in ('1', 'True'):
            flow['next'] = seq + 1 & 0xffffffff
            return []
        if data:
            flow['later'][seq] = max(data, flow['later'].get(seq, b''), key=len)
        if flow['next'] is None:
            return []
        while True:
            for at, piece in sorted(flow['later'].items()):
                old = flow['next'] - at & 0xffffffff
                if old < len(piece):
                    flow['bytes'] += piece[old:]
                    flow['next'] = at + len(piece) & 0xffffffff
                elif old >= 0x80000000:
                    continue
                del flow['later'][at]
                break
            else:
                break
        return self.take(row['tcp.stream'], flow, frame, case)

    def take(self, stream, flow, frame, case):
        events = []
        while True:
            have = flow['bytes']
            if not flow['who']:
                if len(have) < 20:
                    break
                length = 20 + int.from_bytes(have[18:20], 'big')
                if have[:16] not in self.KEYS or len(have) < length:
                    break
                events += self.handshake(stream, flow, have[:length], frame, case)
            else:
                if len(have) < 2:
                    break
                unit = int.from_bytes(have[:2], 'big')
                length = 2 + unit + -(2 + unit) % 4 + 4
                if len(have) < length:
                    break
                conn = self.streams[stream]
                if conn.crc:
                    # As it is stored, both in iSCSI and here.
                    right = crc32c(have[:length - 4]).to_bytes(4, 'little') == have[length - 4:length]
                    events.append(Event('crc', frame, conn, flow['who'], right=right))
                events += self.unit(conn, flow, have[2:2 + unit], frame)
            flow['bytes'] = have[length:]
        return events

    def handshake(self, stream, flow, have, frame, case):
        flow['who'] = who = self.KEYS[have[:16]]
        private = have[20:]
        if who == INITIATOR:
            conn = self.streams[stream] = Connection(self.count)
            self.count += 1
            conn.case, conn.offered = case, None
            conn.crc = False
        elif stream not in self.streams:
            return []
        conn = self.streams[stream]
        # One end that wants it is enough.
        conn.crc |= bool(have[16] & 0x40)
        # Revision 2 begins with the depths of both directions.
        if have[17] == 2 and have[16] & 0x10:
            depths = struct.unpack('>HH', private[:4])
            if who == INITIATOR:
                conn.offered = depths[0] & 0x3fff
            else:
                conn.depth = depths[1] & 0x3fff
            private = private[4:]
        conn.private[who] = private
        return [Event('connect' if who == INITIATOR else 'accept', frame, conn, who)]

    def unit(self, conn, flow, unit, frame):
        who = flow['who']
        # Shorter than its header, which a case may send.
        if len(unit) < 14 or len(unit) < 18 and not unit[0] & 0x80:
            return []
        kind, last = unit[1] & 15, unit[0] & 0x40
        if unit[0] & 0x80:
            stag, address = struct.unpack('>IQ', unit[2:14])
            if kind == 0:
                return [Event('write', frame, conn, who, stag=stag, address=address,
                              length=len(unit) - 14)]
            return [Event('answered', frame, conn, who)] if kind == 2 and last else []
        if kind == 1 and len(unit) >= 46:
            _, _, size, stag, address = struct.unpack('>IQIIQ', unit[18:46])
            return [Event('read', frame, conn, who, stag=stag, address=address, length=size)]
        if kind not in (3, 4, 5, 6):
            return []
        invalid, queue, message = struct.unpack('>III', unit[2:14])
        if queue:
            return []
        data = flow['sends'].get(message, b'') + unit[18:]
        flow['sends'][message] = data
        if not last:
            return []
        del flow['sends'][message]
        return [Event('send', frame, conn, who, data=data, solicited=kind in (5, 6),
                      invalidate=invalid if kind in (4, 6) else None)]


def events(files, provider, text=None):
    """All events of the captures in order; marks say which case runs."""
    for name in files:
        # Each file is from another machine, with its own streams and queue pairs.
        reader, case = (Roce if provider == 'rxe' else Iwarp)(), None
        for row in rows(name, text):
            if len(row) != len(COLUMNS):
                print('# a line of tshark that cannot be read', file=sys.stderr)
            elif row['udp.dstport'] == '9':
                case = octets(row['udp.payload']).decode(errors='replace')
            else:
                yield from reader.frame(row, case)
