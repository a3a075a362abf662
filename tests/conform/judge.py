# SPDX-License-Identifier: GPL-2.0-only
"""The rules of the wire: what each message of the half under test must obey."""
import struct
from capture import INITIATOR, TARGET

ISER, BHS = 28, 48
COMMAND, TMF, LOGIN, TEXT, DATA_OUT, SNACK = 0x01, 0x02, 0x03, 0x04, 0x05, 0x10
NOP_IN, RESPONSE, LOGIN_RESPONSE, DATA_IN, R2T = 0x20, 0x21, 0x23, 0x25, 0x31
NONE = 0xffffffff

# name: rules, what
BOTH = {
    'length': ('R-7.2-1 R-9.1-1', 'a Send is 28 + 48 + AHS + data, one PDU, nothing behind it'),
    'reserved': ('R-9.2-8', 'reserved bits of the iSER header are zero'),
    'write-fields': ('R-9.2-3', 'WSV=0: no Write STag, no Write Base Offset'),
    'read-fields': ('R-9.2-5', 'RSV=0: no Read STag, no Read Base Offset'),
    'solicited': ('R-1.5.2-2', 'no Send with the solicited event bit'),
    'private-data': ('R-8.2-3', 'private data of the set-up: four bytes, 0x80 set, nothing reserved'),
    'decoder': ('R-9.2-1', "tshark reads the PDU's opcode where this program does"),
}
ONLY_TARGET = {
    'data-type': ('R-7.1-1', 'no Data-In and no R2T travels in a Send'),
    'invalidate': ('R-1.5.2-2 R-1.5.2-3', 'Send with Invalidate only to an initiator that takes it'),
    'invalidate-none': ('R-7.3.2-2', 'no STag advertised: the response invalidates nothing'),
    'invalidate-read': ('R-7.3.2-3', 'the STag that a response invalidates is the Read STag'),
    'invalidate-write': ('R-7.3.2-4', 'the STag that a response invalidates is the Write STag'),
    'write-place': ('R-7.3.5-3 R-7.3.1-15', 'RDMA Write: to a Read STag of a live task, inside of the buffer'),
    'write-total': ('R-7.3.5-5', 'RDMA Writes of a good read are as long as what was asked for, less the residual'),
    'read-place': ('R-7.3.6-8 R-7.3.1-15', 'RDMA Read: from a Write STag of a live task, inside of the buffer'),
    'read-length': ('R-7.3.6-7', 'RDMA Read: no longer than MaxBurstLength'),
    'read-total': ('R-7.3.6-7', 'RDMA Reads of a good write are as long as its solicited data'),
    'reads-in-flight': ('R-7.3.6-5', 'never more RDMA Reads under way than the set-up allows'),
    'reads-hello': ('R-5.1.3-4 R-8.2-1', 'after a Hello: never more RDMA Reads under way than its reply says'),
    'after-response': ('R-7.3.2-5', 'no RDMA on a STag behind the response of its task'),
    'ack-read': ('R-7.3.5-8 A-S6-1', 'a zero-length RDMA Read names the Read STag of a live task'),
    'ack-order': ('A-S3-1 A-4-2', 'a zero-length RDMA Read comes behind Writes, before the status'),
    'ack-count': ('A-1-2', 'zero-length RDMA Reads: one for MaxBurstLength bytes, no more'),
    'ack-level': ('R-7.3.5-11', 'ErrorRecoveryLevel 0: no zero-length RDMA Read'),
    'final-response': ('R-5.1.2-7 D-8.6-2', 'till the final Login Response only Login Responses are sent'),
    'hello-reply': ('R-5.1.2-8', 'after a Hello the first message is the HelloReply'),
    'segment': ('R-6.2-4 R-6.5-4', "no data segment above the initiator's limit"),
}
ONLY_INITIATOR = {
    'no-rdma': ('R-1.5.3-1', 'no RDMA Write and no RDMA Read'),
    'plain': ('R-1.5.2-2', 'no Send with Invalidate'),
    'read-flag': ('R-7.3.1-9', 'a command that reads advertises a Read STag'),
    'write-flag': ('R-7.3.1-6 R-7.3.1-4', 'a write with solicited data advertises a Write STag'),
    'write-covered': ('R-1.5.1-4 R-9.2-6', 'a write that unsolicited data cover has WSV=0'),
    'read-only': ('R-9.2-7', 'RSV=1 in commands that read only'),
    'write-only': ('R-9.2-6', 'WSV=1 in commands that write only'),
    'data-out': ('R-7.3.4-3', 'no Data-Out with a Target Transfer Tag'),
    'unsolicited': ('R-7.3.4-1', 'unsolicited Data-Out come in Sends, F on the last, no gap'),
    'responder': ('R-5.1.1-2', 'the set-up offers at least one RDMA Read'),
    'no-hello': ('R-5.1.3-2 R-6.10-3', 'no Hello where iSERHelloRequired did not become Yes'),
    'hello-first': ('R-5.1.3-1 R-6.10-2', 'iSERHelloRequired=Yes: Hello is the first message after the login'),
    'hello-depth': ('R-5.1.1-4 R-5.1.1-5', 'iSER-IRD of Hello is what the set-up offered'),
    'no-snack': ('R-3.3-8', 'no SNACK'),
    'no-login': ('R-7.3.9-2', 'no Login Request in full feature phase'),
    'declared': ('R-6.7-3', 'MaxOutstandingUnexpectedPDUs is declared in a Normal leading login'),
    'segment': ('R-6.2-3', "no data segment above the target's limit"),
}
CHECKS = {f'{half}/{name}': about
          for half, own in ((TARGET, ONLY_TARGET), (INITIATOR, ONLY_INITIATOR))
          for name, about in {**BOTH, **own}.items()}


class Task:
    """A SCSI Command on its way; each conn.tasks has it by its ITT."""

    def __init__(self, data):
        self.flags = data[ISER + 1]
        self.edtl = be32(data, ISER + 20)
        _, self.write_stag, self.write_base, self.read_stag, self.read_base = \
            struct.unpack('>IIQIQ', data[:ISER])
        self.wsv, self.rsv = data[0] & 8, data[0] & 4
        self.immediate = data_length(data)
        self.sent = self.immediate      # unsolicited data so far
        self.written = self.fetched = self.acks = 0


def be32(data, at):
    return int.from_bytes(data[at:at + 4], 'big')


def data_length(data):
    return int.from_bytes(data[ISER + 5:ISER + 8], 'big')


def text_of(data):
    start = ISER + BHS + 4 * data[ISER + 4]
    pairs = data[start:start + data_length(data)].split(b'\0')
    return dict(p.decode(errors='replace').split('=', 1) for p in pairs if b'=' in p)


class Judge:
    def __init__(self, half):
        self.half = half
        self.seen = {name: 0 for name in CHECKS}
        self.breaches = {name: [] for name in CHECKS}
        self.messages = self.connections = 0

    def check(self, event, name, good, what=''):
        name = f'{self.half}/{name}'
        self.seen[name] += 1
        if not good:
            case = (event.conn.case or '').replace('case ', '')
            self.breaches[name].append(f'frame {event.frame} ({case}): {what}')

    def take(self, event):
        conn = event.conn
        if event.kind == 'connect':
            self.connections += 1
            conn.tasks, conn.ended, conn.stags = {}, {}, {}
            conn.asked, conn.answers = {}, {}
            conn.full = conn.hello = conn.replied = False
            conn.reads, conn.hello_depth = [], None
        if event.kind in ('connect', 'accept'):
            if event.who == self.half:
                self.set_up(event)
        elif event.kind == 'answered':
            if event.last is None:
                conn.reads[:1] = []
            elif event.last in conn.reads:
                conn.reads.remove(event.last)
        elif event.kind == 'send':
            self.send(event)
        elif event.who == self.half:
            self.rdma(event)

    def set_up(self, event):
        private = event.conn.private[event.who]
        self.check(event, 'private-data', len(private) >= 4 and private[0] & 0x80 and
                   not private[0] & 0x3f and not any(private[1:4]), private[:8].hex())
        if event.who == INITIATOR and event.conn.offered is not None:
            self.check(event, 'responder', event.conn.offered >= 1, 'no responder resources')

    # Sends -------------------------------------------------------------------

    def send(self, event):
        data, conn, mine = event.data, event.conn, event.who == self.half
        opcode = data[ISER] & 0x3f if len(data) >= ISER + BHS else None
        if mine:
            self.messages += 1
            self.form(event)
        if data[:1] and data[0] >> 4 == 2 and len(data) == ISER:
            self.hello(event)
        elif data[:1] and data[0] >> 4 == 3 and len(data) == ISER:
            conn.hello_depth = int.from_bytes(data[2:4], 'big')
            if mine:
                self.check(event, 'hello-reply', conn.hello and not conn.replied, 'not expected')
            conn.replied = True
        elif opcode is not None and data[0] >> 4 == 1:
            if mine:
                getattr(self, f'{self.half}_sends')(event, opcode)
            self.follow(event, opcode)

    def form(self, event):
        data = event.data
        self.check(event, 'solicited', not event.solicited, 'SE is set')
        kind = data[0] >> 4 if data else None
        if kind in (2, 3):
            self.check(event, 'length', len(data) == ISER, f'{len(data)} bytes of Hello')
            self.check(event, 'reserved', not data[0] & (15 if kind == 2 else 14) and
                       not any(data[4:]), data.hex())
            return
        if kind != 1 or len(data) < ISER + BHS:
            self.check(event, 'length', False, f'{len(data)} bytes, type {kind}')
            return
        bare = ISER + BHS + 4 * data[ISER + 4] + data_length(data)
        self.check(event, 'length', len(data) in (bare, bare + -bare % 4),
                   f'{len(data)} bytes for {bare}')
        self.check(event, 'reserved', not data[0] & 3 and not any(data[1:4]), data[:4].hex())
        if not data[0] & 8:
            self.check(event, 'write-fields', not any(data[4:16]), data[:ISER].hex())
        if not data[0] & 4:
            self.check(event, 'read-fields', not any(data[16:28]), data[:ISER].hex())
        if event.seen_opcode:
            self.check(event, 'decoder', int(event.seen_opcode, 0) == data[ISER] & 0x3f,
                       f'tshark: {event.seen_opcode}, here {data[ISER]:02x}')

    def hello(self, event):
        conn = event.conn
        conn.hello = True
        if event.who != self.half:
            return
        wanted = conn.answers.get('iSERHelloRequired') == 'Yes'
        self.check(event, 'no-hello', wanted, 'a Hello that was not agreed')
        if wanted:
            self.check(event, 'hello-first', conn.full and not conn.first_sent, 'not the first')
        conn.first_sent = True
        if conn.offered is not None:
            self.check(event, 'hello-depth', int.from_bytes(event.data[2:4], 'big') == conn.offered,
                       f'{event.data[2:4].hex()}, offered {conn.offered}')

    def target_sends(self, event, opcode):
        conn, data = event.conn, event.data
        self.check(event, 'data-type', opcode not in (DATA_IN, R2T), f'opcode {opcode:02x}')
        if event.invalidate is not None:
            private = conn.private.get(INITIATOR) or b'\0'
            self.check(event, 'invalidate', private[0] & 0xc0 == 0x80, private[:4].hex())
        if not conn.full:
            self.check(event, 'final-response', opcode == LOGIN_RESPONSE and
                       event.invalidate is None and not data[0] & 15, f'opcode {opcode:02x}')
            return
        if conn.hello and not conn.replied:
            self.check(event, 'hello-reply', False, f'opcode {opcode:02x} comes first')
        self.check(event, 'segment', data_length(data) <=
                   self.limit(conn, 'InitiatorRecvDataSegmentLength'), f'{data_length(data)} bytes')
        task = conn.tasks.get(be32(data, ISER + 16))
        if opcode == RESPONSE and task:
            self.ends(event, task)

    def ends(self, event, task):
        """A SCSI Response to a task that was seen."""
        data, stag = event.data, event.invalidate
        if task.rsv:
            if stag is not None:
                self.check(event, 'invalidate-read', stag == task.read_stag, f'{stag:08x}')
        elif task.wsv:
            if stag is not None:
                self.check(event, 'invalidate-write', stag == task.write_stag, f'{stag:08x}')
        else:
            self.check(event, 'invalidate-none', stag is None and not data[0] & 12, 'a STag')
        if data[ISER + 2] or data[ISER + 3]:
            return      # not done, or not good
        left = be32(data, ISER + 44) if data[ISER + 1] & 2 else 0
        if task.rsv and task.flags & 0x40 and not task.flags & 0x20:
            self.check(event, 'write-total', task.written == task.edtl - left,
                       f'{task.written} bytes written of {task.edtl}, residual {left}')
        if task.wsv and task.flags & 0x20 and not task.flags & 0x40 and not left:
            self.check(event, 'read-total', task.fetched == max(0, task.edtl - task.sent),
                       f'{task.fetched} bytes read of {task.edtl}, {task.sent} came unsolicited')

    def initiator_sends(self, event, opcode):
        conn, data = event.conn, event.data
        self.check(event, 'plain', event.invalidate is None, 'Send with Invalidate')
        self.check(event, 'no-snack', opcode != SNACK, 'SNACK')
        limit = self.limit(conn, 'TargetRecvDataSegmentLength')
        if conn.full:
            if not conn.first_sent and conn.answers.get('iSERHelloRequired') == 'Yes':
                self.check(event, 'hello-first', False, f'opcode {opcode:02x} is the first')
            elif not conn.first_sent:
                self.check(event, 'no-hello', True)
            conn.first_sent = True
            self.check(event, 'no-login', opcode != LOGIN, 'Login Request')
            self.check(event, 'segment', data_length(data) <= limit, f'{data_length(data)} bytes')
        if opcode == DATA_OUT:
            self.check(event, 'data-out', be32(data, ISER + 20) == NONE, 'a Target Transfer Tag')
            task = conn.tasks.get(be32(data, ISER + 16))
            if task:
                self.check(event, 'unsolicited', be32(data, ISER + 40) == task.sent,
                           f'offset {be32(data, ISER + 40)}, sent {task.sent}')
        if opcode == COMMAND:
            self.command(event, Task(data))
        elif opcode != TMF:
            self.check(event, 'read-only', not data[0] & 4, f'opcode {opcode:02x}')
            self.check(event, 'write-only', not data[0] & 8, f'opcode {opcode:02x}')

    def command(self, event, task):
        reads, writes = task.flags & 0x40, task.flags & 0x20
        self.check(event, 'read-only', reads or not task.rsv, 'RSV in no read')
        self.check(event, 'write-only', writes or not task.wsv, 'WSV in no write')
        if reads and task.edtl:
            self.check(event, 'read-flag', task.rsv and task.read_stag, 'no Read STag')
        if not writes:
            return
        first = min(self.limit(event.conn, 'FirstBurstLength'), task.edtl)
        unsolicited = task.immediate if task.flags & 0x80 else first
        if unsolicited < task.edtl:
            self.check(event, 'write-flag', task.wsv and task.write_stag, 'no Write STag')
        else:
            self.check(event, 'write-covered', not task.wsv, 'a Write STag that is not needed')

    # What either half sends, remembered --------------------------------------

    LIMITS = {'MaxBurstLength': 262144, 'FirstBurstLength': 65536,
              'InitiatorRecvDataSegmentLength': 8192, 'TargetRecvDataSegmentLength': 8192}

    def limit(self, conn, key):
        """The lesser of what both said."""
        said = [int(v, 0) for v in (conn.asked.get(key), conn.answers.get(key))
                if v and v[0].isdigit() and all(c in '0123456789abcdefxABCDEFX' for c in v)]
        return min(said, default=self.LIMITS[key])

    def follow(self, event, opcode):
        conn, data = event.conn, event.data
        itt = be32(data, ISER + 16)
        if event.who == INITIATOR:
            if opcode == LOGIN and not conn.full:
                conn.asked.update(text_of(data))
            elif opcode == COMMAND:
                conn.tasks[itt] = task = Task(data)
                for valid, stag in ((task.rsv, task.read_stag), (task.wsv, task.write_stag)):
                    if valid:
                        conn.stags[stag] = task
            elif opcode == DATA_OUT and itt in conn.tasks:
                conn.tasks[itt].sent += data_length(data)
        elif opcode == LOGIN_RESPONSE and not conn.full:
            conn.answers.update(text_of(data))
            if data[ISER + 1] & 0x83 == 0x83 and not data[ISER + 36]:
                conn.full, conn.first_sent = True, False
                if self.half == INITIATOR and conn.asked.get('RDMAExtensions') == 'Yes':
                    self.check(event, 'declared', 'MaxOutstandingUnexpectedPDUs' in conn.asked,
                               'not in the login')
        elif opcode == RESPONSE and itt in conn.tasks:
            task = conn.tasks.pop(itt)
            for stag in (task.read_stag if task.rsv else None, task.write_stag if task.wsv else None):
                if conn.stags.get(stag) is task:
                    del conn.stags[stag]
                    conn.ended[stag] = task

    # RDMA --------------------------------------------------------------------

    def rdma(self, event):
        conn = event.conn
        if self.half == INITIATOR:
            self.check(event, 'no-rdma', False, event.kind)
            return
        task = conn.stags.get(event.stag)
        self.check(event, 'after-response', task or event.stag not in conn.ended,
                   f'{event.kind} on {event.stag:08x}')
        if event.kind == 'write':
            good = task and task.rsv and event.stag == task.read_stag and inside(
                event, task.read_base, task.edtl)
            self.check(event, 'write-place', good, place(event))
            if task:
                task.written += event.length
            return
        self.in_flight(event)
        if not event.length:
            self.ack(event, task)
            return
        self.check(event, 'read-length', event.length <= self.limit(conn, 'MaxBurstLength'),
                   f'{event.length} bytes')
        good = task and task.wsv and event.stag == task.write_stag and inside(
            event, task.write_base, task.edtl)
        self.check(event, 'read-place', good, place(event))
        if task:
            task.fetched += event.length

    def in_flight(self, event):
        conn = event.conn
        conn.reads.append(event.last)
        if conn.depth is not None:
            self.check(event, 'reads-in-flight', len(conn.reads) <= conn.depth,
                       f'{len(conn.reads)} of {conn.depth}')
        if conn.hello_depth is not None:
            self.check(event, 'reads-hello', len(conn.reads) <= conn.hello_depth,
                       f'{len(conn.reads)} of {conn.hello_depth}')

    def ack(self, event, task):
        conn = event.conn
        self.check(event, 'ack-level', conn.answers.get('ErrorRecoveryLevel', '0') != '0',
                   'at level 0')
        good = task and task.rsv and event.stag == task.read_stag
        self.check(event, 'ack-read', good and inside(event, task.read_base, task.edtl),
                   place(event))
        self.check(event, 'ack-order', good and task.written > 0, place(event))
        if task:
            task.acks += 1
            most = -(-task.edtl // self.limit(conn, 'MaxBurstLength'))
            self.check(event, 'ack-count', task.acks <= most, f'{task.acks}, at most {most}')

    def finish(self):
        """What shows only by not having been there at all."""
        if self.half == INITIATOR and self.messages:
            self.seen['initiator/no-rdma'] = max(1, self.seen['initiator/no-rdma'])


def inside(event, base, length):
    """Also where the addresses of a buffer wrap around."""
    return (event.address - base) % 2**64 + event.length <= length


def place(event):
    return f'{event.kind} of {event.length} at {event.address:x} on {event.stag:08x}'
