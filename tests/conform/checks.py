# SPDX-License-Identifier: GPL-2.0-only
"""What is judged of the captures: for each check its rules and what it says."""
from capture import INITIATOR, TARGET

# name: rules, what
BOTH = {
    'length': ('R-7.2-1 R-9.1-1', 'a Send is 28 + 48 + AHS + data, one PDU, nothing behind it'),
    'reserved': ('R-9.2-8', 'reserved bits of the iSER header are zero'),
    'write-fields': ('R-9.2-3', 'WSV=0: no Write STag, no Write Base Offset'),
    'read-fields': ('R-9.2-5', 'RSV=0: no Read STag, no Read Base Offset'),
    'solicited': ('R-1.5.2-2', 'no Send with the solicited event bit'),
    'private-data': ('R-8.2-3', 'private data of the set-up: four bytes, 0x80 set, nothing reserved'),
    'crc': ('D-6-7', 'each packet has a right CRC, on iWARP where the set-up agrees on one'),
    'receives': ('R-8.1-1', 'a receive is there for all that the other end may send (RNR NAK, flow/*)'),
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
    'ack-read': ('R-7.3.5-8 R-7.3.5-10 A-S6-1 A-S7-1', 'a zero-length RDMA Read names the Read STag of a live task'),
    'ack-order': ('A-S3-1 A-4-2', 'a zero-length RDMA Read comes behind Writes, before the status'),
    'ack-count': ('A-1-2', 'zero-length RDMA Reads: one for MaxBurstLength bytes, no more'),
    'ack-level': ('R-7.3.5-11', 'ErrorRecoveryLevel 0: no zero-length RDMA Read'),
    'final-response': ('R-5.1.2-7 D-8.6-2 D-8.1-1',
                       'till the final Login Response only Login Responses are sent'),
    'assisted': ('D-8.2-1 D-8.3-1', 'no RDMA before the final Login Response'),
    'hello-reply': ('R-5.1.2-8', 'after a Hello the first message is the HelloReply'),
    'segment': ('R-6.2-4 R-6.5-4', "no data segment above the initiator's limit"),
}
ONLY_INITIATOR = {
    'assisted': ('D-8.1-1', 'till the final Login Response only Login Requests are sent'),
    'no-rdma': ('R-1.5.3-1 D-8.2-1 D-8.3-1', 'no RDMA Write and no RDMA Read'),
    'plain': ('R-1.5.2-2', 'no Send with Invalidate'),
    'read-flag': ('R-7.3.1-9', 'a command that reads advertises a Read STag'),
    'write-flag': ('R-7.3.1-6 R-7.3.1-4 R-7.3.1-3', 'a write with solicited data advertises a Write STag'),
    'write-covered': ('R-1.5.1-4 R-9.2-6 R-7.3.1-3', 'a write that unsolicited data cover has WSV=0'),
    'immediate': ('R-7.3.1-2', 'immediate data are part of the write and of its first burst'),
    'first-burst': ('R-7.3.1-13', 'unsolicited data are as long as the write or FirstBurstLength'),
    'read-only': ('R-9.2-7', 'RSV=1 in commands that read only'),
    'write-only': ('R-9.2-6', 'WSV=1 in commands that write only'),
    'tmf-plain': ('D-10.3.3-1', 'no STag in task management but TASK REASSIGN'),
    'ping-length': ('R-6.2-5', 'ping data: no more than the initiator takes back'),
    'data-out': ('R-7.3.4-3', 'no Data-Out with a Target Transfer Tag'),
    'unsolicited': ('R-7.3.4-1', 'unsolicited Data-Out come in Sends, F on the last, no gap'),
    'responder': ('R-5.1.1-2', 'the set-up offers at least one RDMA Read'),
    'no-hello': ('R-5.1.3-2 R-6.10-3', 'no Hello where iSERHelloRequired did not become Yes'),
    'hello-first': ('R-5.1.3-1 R-6.10-2', 'iSERHelloRequired=Yes: Hello is the first message after the login'),
    'hello-depth': ('R-5.1.1-4 R-5.1.1-5', 'iSER-IRD of Hello is what the set-up came to'),
    'no-snack': ('R-3.3-8', 'no SNACK'),
    'no-login': ('R-7.3.9-2', 'no Login Request in full feature phase'),
    'declared': ('R-6.7-3', 'MaxOutstandingUnexpectedPDUs is declared in a Normal leading login'),
    'segment': ('R-6.2-3', "no data segment above the target's limit"),
}
CHECKS = {f'{half}/{name}': about
          for half, own in ((TARGET, ONLY_TARGET), (INITIATOR, ONLY_INITIATOR))
          for name, about in {**BOTH, **own}.items()}
