# SPDX-License-Identifier: GPL-2.0-only
"""A stand-in for iscsid, which tells iscsiadm what iscsid does of its settings.

It listens where iscsid does, in the network namespace in which it runs, and says "ready"
when it does.
"""

import socket
import struct

# The name of the initiator, its alias, and the configuration file, by the number of the
# request. The answer repeats the number, 0 for success follows, and the text.
ANSWERS = {8: b"iqn.2024-01.org.example:host", 9: b"", 10: b"/etc/iscsi/iscsid.conf"}

with socket.socket(socket.AF_UNIX) as listener:
    listener.bind("\0ISCSIADM_ABSTRACT_NAMESPACE")
    listener.listen()
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            request, = struct.unpack("I", connection.recv(65536)[:4])
            text = ANSWERS[request].ljust(8192, b"\0")
            connection.sendall(struct.pack("II", request, 0) + text)
