# SPDX-License-Identifier: GPL-2.0-only
"""Frames of RoCE v2 and of iWARP between two hosts, written as a capture.

Only what a dissector needs is there, but all of it is valid, checksums and CRCs too.
"""

import socket
import struct
import zlib

A, B = "192.0.2.1", "192.0.2.2"  # the initiator and the target
PORT = 3260


def write(path, frames):
    """Write the Ethernet frames as a pcap file, one a second."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for second, frame in enumerate(frames):
            size = len(frame)
            file.write(struct.pack("<IIII", second, 0, size, size) + frame)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", total ^ 0xFFFF)


def ipv4(source, target, protocol, payload):
    """An IPv4 packet."""
    size = 20 + len(payload)
    head = struct.pack(">BBHHHBB", 0x45, 0, size, 0, 0x4000, 64, protocol)
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    return head + checksum(head + bytes(2) + ends) + ends + payload


def ethernet(source, packet):
    """A frame; the addresses of the two hosts follow from the source."""
    hosts = b"\x02\0\0\0\0\x02", b"\x02\0\0\0\0\x01"
    return b"".join(hosts if source == A else hosts[::-1]) + b"\x08\0" + packet


def login(key):
    """A Login Request that asks for full feature phase, with one key more."""
    text = b"InitiatorName=iqn.2024-01.org.example:initiator\0SessionType=Normal\0"
    text += b"TargetName=iqn.2024-01.org.example:disk\0RDMAExtensions=Yes\0" + key
    head = struct.pack(">BBHI", 0x43, 0x87, 0, len(text)) + b"\x00\x02\x3d\0\0\1\0\0"
    return head + struct.pack(">IIIIQQ", 1, 0, 1, 0, 0, 0) + text + bytes(-len(text) % 4)


def login_response(key):
    """The answer, with the same key."""
    text = b"TargetPortalGroupTag=1\0RDMAExtensions=Yes\0" + key
    head = struct.pack(">BBHI", 0x23, 0x87, 0, len(text)) + b"\x00\x02\x3d\0\0\1\0\1"
    return head + struct.pack(">IIIIIIQ", 1, 0, 1, 1, 2, 0, 0) + text + bytes(-len(text) % 4)


def nop_out(tag):
    """An iSCSI NOP-Out that wants an answer."""
    head = struct.pack(">BBHIQ", 0x40, 0x80, 0, 0, 0)
    return head + struct.pack(">IIIIQQ", tag, 0xFFFFFFFF, 1, 1, 0, 0)


def iser(pdu):
    """The iSER header of a control-type PDU without STags (RFC 7145, 9.2), and the PDU."""
    return b"\x10" + bytes(27) + pdu


class Iwarp:
    """A TCP connection, with MPA of revision 1, CRCs and no markers (RFC 5044)."""

    def __init__(self):
        self.frames = []
        self.sent = {A: 1000, B: 5000}
        self.segment(A, b"", 0x02)
        self.segment(B, b"", 0x12)
        self.segment(A, b"", 0x10)
        self.segment(A, b"MPA ID Req Frame" + struct.pack(">BBH", 0x40, 1, 0))
        self.segment(B, b"MPA ID Rep Frame" + struct.pack(">BBH", 0x40, 1, 0))

    def segment(self, source, payload, flags=0x18):
        """Send one TCP segment."""
        target = B if source == A else A
        ports = (49152, PORT) if source == A else (PORT, 49152)
        head = struct.pack(">HHII", *ports, self.sent[source],
                           self.sent[target] if flags & 0x10 else 0)
        head += struct.pack(">BBH", 0x50, flags, 65535)
        pseudo = socket.inet_aton(source) + socket.inet_aton(target)
        pseudo += struct.pack(">BBH", 0, 6, 20 + len(payload))
        check = checksum(pseudo + head + bytes(4) + payload)
        packet = ipv4(source, target, 6, head + check + bytes(2) + payload)
        self.frames.append(ethernet(source, packet))
        self.sent[source] += len(payload) + (flags >> 1 & 1)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def send(msn, message):
    """The FPDU of a Send that fits into it: MPA, DDP on queue 0, and RDMAP."""
    ulpdu = struct.pack(">BBIIII", 0x41, 0x43, 0, 0, msn, 0) + message
    fpdu = struct.pack(">H", len(ulpdu)) + ulpdu
    fpdu += bytes(-len(fpdu) % 4)
    return fpdu + struct.pack("<I", crc32c(fpdu))


class Roce:
    """A reliable connection that is set up with the RDMA IP CM service."""

    QUEUES = {A: 0x11, B: 0x12}

    def __init__(self):
        self.frames = []
        self.sent = {A: 100, B: 200}
        private = struct.pack(">BBH", 0, 0x40, 49152) + bytes(12) + socket.inet_aton(A)
        private += bytes(12) + socket.inet_aton(B) + b"\x30\0\0\0"
        gids = b"".join(bytes(10) + b"\xff\xff" + socket.inet_aton(host) for host in (A, B))
        request = struct.pack(">IIQQQ", 1, 0, 0x1060000 | PORT, 0x0200000000000001, 0)
        request += struct.pack(">IIII", 0x11 << 8 | 16, 16, 0xA0, 100 << 8 | 0xA7)
        request += struct.pack(">HBBHH", 0xFFFF, 0x57, 0xF0, 0xFFFF, 0xFFFF) + gids
        request += struct.pack(">IBBBB", 0, 0, 64, 0, 0x80) + bytes(44) + private
        reply = struct.pack(">IIIIII", 2, 1, 0, 0x12 << 8, 0, 200 << 8)
        reply += struct.pack(">BBBBQ", 16, 16, 0, 0xE0, 0x0200000000000002) + b"\x30\0\0\0"
        self.management(A, 0x10, request)
        self.management(B, 0x13, reply)
        self.management(A, 0x14, struct.pack(">II", 1, 2))

    def management(self, source, attribute, data):
        """Send a message of the connection manager to queue pair 1."""
        head = struct.pack(">BBBBHHQHHI", 1, 7, 2, 3, 0, 0, 1, attribute, 0, 0)
        self.packet(source, 100, 1, 0, struct.pack(">II", 0x80010000, 1) + head
                    + data.ljust(232, b"\0"))

    def send(self, source, message):
        """Send a message that fits into one packet."""
        target = B if source == A else A
        self.packet(source, 4, self.QUEUES[target], 0x80000000 | self.sent[source], message)
        self.sent[source] += 1

    def packet(self, source, opcode, queue, psn, payload):
        target = B if source == A else A
        base = struct.pack(">BBHII", opcode, 0x40, 0xFFFF, queue, psn)
        size = 8 + len(base) + len(payload) + 4
        udp = struct.pack(">HHHH", 49152, 4791, size, 0) + base + payload
        head = bytearray(ipv4(source, target, 17, udp + bytes(4))[:20])
        whole = bytes(head) + udp
        # The invariant CRC takes what a router may change as ones.
        for at in 1, 8, 10, 11, 26, 27, 32:
            head += whole[len(head):at + 1]
            head[at] = 0xFF
        crc = zlib.crc32(b"\xff" * 8 + head + whole[len(head):])
        self.frames.append(ethernet(source, whole + struct.pack("<I", crc)))
