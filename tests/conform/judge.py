# SPDX-License-Identifier: GPL-2.0-only
"""The rules of the wire: what each message of the half under test must obey."""
from capture import INITIATOR, TARGET
from checks import CHECKS
from pdu import (BHS, COMMAND, DATA_IN, DATA_OUT, ISER, LOGIN, LOGIN_RESPONSE, NONE, NOP_OUT,
                 R2T, RESPONSE, SNACK, TASK_REASSIGN, TMF, Task, be32, data_length, text_of)

DECLARED = 'MaxOutstandingUnexpectedPDUs'


def agreed(conn):
    """Whether the login says that there is a Hello."""
    return conn.asked.get('iSERHelloRequired') == conn.answers.get('iSERHelloRequired') == 'Yes'


class Judge:
    def __init__(self, half):
        self.half = half
        self.seen = {name: 0 for name in CHECKS}
        self.breaches = {name: [] for name in CHECKS}
        self.messages = self.connections = 0
        self.without_crc = 0    # connections
        self.before = None      # the connection before
        self.quiet = False      # a login with keys of iSER failed: the next go without

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
            if self.before and not self.before.full and DECLARED in self.before.asked:
                self.quiet = True
            self.before = conn
            conn.tasks, conn.stags = {}, {}
            conn.asked, conn.answers = {}, {}
            conn.full = conn.hello = conn.replied = False
            conn.reads, conn.hello_depth = [], None
        if event.kind == 'crc':
            if event.who == self.half:
                self.check(event, 'crc', event.right, 'a wrong CRC')
            return
        if event.kind in ('connect', 'accept'):
            self.without_crc += event.kind == 'accept' and not conn.crc
            if event.who == self.half:
                self.set_up(event)
        elif event.kind == 'answered':
            if event.last is None:
                conn.reads[:1] = []
            elif event.last in conn.reads:
                conn.reads.remove(event.last)
        elif event.kind == 'not-ready':
            if event.who == self.half and '/flow/' in (conn.case or ''):
                self.check(event, 'receives', False, 'receiver not ready')
        elif event.kind == 'send':
            if event.who != self.half and '/flow/' in (conn.case or ''):
                self.check(event, 'receives', True)
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
        wanted = agreed(conn)
        self.check(event, 'no-hello', wanted, 'a Hello that was not agreed')
        if wanted:
            self.check(event, 'hello-first', conn.full and not conn.first_sent, 'not the first')
        conn.first_sent = True
        if conn.offered is not None:
            real = conn.offered if conn.depth is None else min(conn.offered, conn.depth)
            self.check(event, 'hello-depth', int.from_bytes(event.data[2:4], 'big') == real,
                       f'{event.data[2:4].hex()}, offered {conn.offered}, taken {conn.depth}')

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
            return      # not done, or with an error status
        left = be32(data, ISER + 44) if data[ISER + 1] & 2 else 0
        if task.rsv and task.flags & 0x60 == 0x40 and not task.shared:
            self.check(event, 'write-total', task.written == task.edtl - left,
                       f'{task.written} bytes written of {task.edtl}, residual {left}')
        if task.wsv and task.flags & 0x60 == 0x20 and not left and not task.shared:
            self.check(event, 'read-total', task.fetched == max(0, task.edtl - task.sent),
                       f'{task.fetched} bytes read of {task.edtl}, {task.sent} came unsolicited')

    def initiator_sends(self, event, opcode):
        conn, data = event.conn, event.data
        self.check(event, 'plain', event.invalidate is None, 'Send with Invalidate')
        self.check(event, 'no-snack', opcode != SNACK, 'SNACK')
        limit = self.limit(conn, 'TargetRecvDataSegmentLength')
        if not conn.full:
            self.check(event, 'assisted', opcode == LOGIN, f'opcode {opcode:02x}')
        else:
            if not conn.first_sent and agreed(conn):
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
                if data[ISER + 1] & 0x80:
                    sent = task.sent + data_length(data)
                    self.check(event, 'first-burst', sent == self.first_burst(conn, task),
                               f'{sent} bytes of {task.edtl} came unsolicited')
        if opcode == COMMAND:
            self.command(event, Task(data))
        elif opcode == TMF:
            self.check(event, 'tmf-plain', data[ISER + 1] & 0x7f == TASK_REASSIGN or
                       not data[0] & 12, f'function {data[ISER + 1] & 0x7f} with an STag')
        else:
            if opcode == NOP_OUT and be32(data, ISER + 16) != NONE:
                self.check(event, 'ping-length', data_length(data) <=
                           self.limit(conn, 'InitiatorRecvDataSegmentLength'),
                           f'{data_length(data)} bytes')
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
        first = self.first_burst(event.conn, task)
        if task.immediate:
            self.check(event, 'immediate', task.immediate <= first,
                       f'{task.immediate} bytes, the first burst has {first}')
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

    def first_burst(self, conn, task):
        return min(self.limit(conn, 'FirstBurstLength'), task.edtl)

    def follow(self, event, opcode):
        conn, data = event.conn, event.data
        itt = be32(data, ISER + 16)
        if event.who == INITIATOR:
            if opcode == LOGIN and not conn.full:
                conn.asked.update(text_of(data))
            elif opcode == COMMAND:
                conn.tasks[itt] = task = Task(data)
                for stag in task.stags():
                    live = conn.stags.setdefault(stag, [])
                    live.append(task)
                    for one in live:
                        one.shared |= len(live) > 1
            elif opcode == DATA_OUT and itt in conn.tasks and be32(data, ISER + 20) == NONE:
                conn.tasks[itt].sent += data_length(data)
        elif opcode == LOGIN_RESPONSE and not conn.full:
            conn.answers.update(text_of(data))
            if data[ISER + 1] & 0x83 == 0x83 and not data[ISER + 36]:
                conn.full, conn.first_sent = True, False
                if self.half == INITIATOR and conn.asked.get('RDMAExtensions') == 'Yes':
                    self.quiet &= DECLARED not in conn.asked
                    if not self.quiet:
                        self.check(event, 'declared', DECLARED in conn.asked, 'not in the login')
        elif opcode == RESPONSE and itt in conn.tasks:
            task = conn.tasks.pop(itt)
            for stag in task.stags():
                if task in conn.stags.get(stag, []):
                    conn.stags[stag].remove(task)

    # RDMA --------------------------------------------------------------------

    def rdma(self, event):
        conn = event.conn
        if self.half == INITIATOR:
            self.check(event, 'no-rdma', False, event.kind)
            return
        self.check(event, 'assisted', conn.full, f'{event.kind} during login')
        live = conn.stags.get(event.stag)
        self.check(event, 'after-response', live != [], f'{event.kind} on {event.stag:08x}')
        task = next((t for t in live or [] if t.holds(event)), None)
        if event.kind == 'write':
            self.check(event, 'write-place', task, place(event))
            if task:
                task.written += event.length
            return
        self.in_flight(event)
        if not event.length:
            self.ack(event, task)
            return
        self.check(event, 'read-length', event.length <= self.limit(conn, 'MaxBurstLength'),
                   f'{event.length} bytes')
        self.check(event, 'read-place', task, place(event))
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
        self.check(event, 'ack-read', task, place(event))
        self.check(event, 'ack-order', task and task.written > 0, place(event))
        if task:
            task.acks += 1
            most = -(-task.edtl // self.limit(conn, 'MaxBurstLength'))
            self.check(event, 'ack-count', task.acks <= most, f'{task.acks}, at most {most}')

    def finish(self):
        """What shows only by not having been there at all."""
        if self.half == INITIATOR and self.messages:
            self.seen['initiator/no-rdma'] = max(1, self.seen['initiator/no-rdma'])


def place(event):
    return f'{event.kind} of {event.length} at {event.address:x} on {event.stag:08x}'
