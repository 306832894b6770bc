"""Runs on the node's own network: gives it an address for a while, where the cluster's DNS server answers.

Arguments: the address, the cluster's DNS server.
"""

import contextlib
import errno
import os
import signal
import socket
import socketserver
import struct
import sys
import threading

ADDRESS, CLUSTER_DNS = sys.argv[1:3]
LOOPBACK = socket.if_nametoindex("lo")

# The numbers are those of rtnetlink (its manual page, section 7).
RTM_NEWADDR, RTM_DELADDR = 20, 21
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL = 0x1, 0x4, 0x400, 0x200
IFA_ADDRESS, IFA_LOCAL = 1, 2
HOST_PREFIX, SCOPE_HOST = 32, 254


def change_address(kind: int, flags: int) -> None:
    """Add the address to the loopback device, or take it away."""
    address = socket.inet_aton(ADDRESS)
    attributes = b"".join(struct.pack("=HH", 8, name) + address for name in (IFA_LOCAL, IFA_ADDRESS))
    body = struct.pack("=BBBBI", socket.AF_INET, HOST_PREFIX, 0, SCOPE_HOST, LOOPBACK) + attributes
    header = struct.pack("=IHHII", 16 + len(body), kind, NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.send(header + body)
        (error,) = struct.unpack("=i", kernel.recv(4096)[16:20])
    if error and -error != errno.EEXIST:
        raise OSError(-error, os.strerror(-error))


class Datagrams(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        query, answering = self.request
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
            upstream.settimeout(2)
            upstream.sendto(query, (CLUSTER_DNS, 53))
            answering.sendto(upstream.recv(4096), self.client_address)


class Streams(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with socket.create_connection((CLUSTER_DNS, 53), timeout=2) as upstream:
            upstream.sendall(self.request.recv(4096))
            self.request.sendall(upstream.recv(4096))


def main() -> None:
    """Serve until SIGTERM."""
    change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    servers = (
        socketserver.ThreadingUDPServer((ADDRESS, 53), Datagrams),
        socketserver.ThreadingTCPServer((ADDRESS, 53), Streams),
    )
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening", flush=True)  # noqa: T201 (its log)
    stop.wait()
    with contextlib.suppress(OSError):
        change_address(RTM_DELADDR, 0)


if __name__ == "__main__":
    main()
