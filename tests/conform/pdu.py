# SPDX-License-Identifier: GPL-2.0-only
"""What is read of a message, and what is remembered of a SCSI Command."""
import struct

ISER, BHS = 28, 48
NOP_OUT, COMMAND, TMF, LOGIN, DATA_OUT, SNACK = 0x00, 0x01, 0x02, 0x03, 0x05, 0x10
TASK_REASSIGN = 8
RESPONSE, LOGIN_RESPONSE, DATA_IN, R2T = 0x21, 0x23, 0x25, 0x31
NONE = 0xffffffff


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
        self.shared = False     # its STag is another live task's too: no sums

    def stags(self):
        return [s for valid, s in ((self.rsv, self.read_stag), (self.wsv, self.write_stag)) if valid]

    def holds(self, event):
        """Whether an RDMA operation aims into a buffer of this task; also one that wraps."""
        valid, stag, base = ((self.rsv, self.read_stag, self.read_base)
                             if event.kind == 'write' or not event.length else
                             (self.wsv, self.write_stag, self.write_base))
        return valid and event.stag == stag and \
            (event.address - base) % 2**64 + event.length <= self.edtl


def be32(data, at):
    return int.from_bytes(data[at:at + 4], 'big')


def data_length(data):
    return int.from_bytes(data[ISER + 5:ISER + 8], 'big')


def text_of(data):
    start = ISER + BHS + 4 * data[ISER + 4]
    pairs = data[start:start + data_length(data)].split(b'\0')
    return dict(p.decode(errors='replace').split('=', 1) for p in pairs if b'=' in p)
