"""Runs in a pod: asks a DNS server for a Service's address, and prints by which protocols it answered, as JSON."""

import json
import socket
import struct
import sys

NAME = "kubernetes.default.svc.cluster.local"
# Policies drop what they do not allow, so a refusal shows as silence (seconds).
SILENCE = 2
TYPE_A, CLASS_IN, RECURSION_DESIRED = 1, 1, 0x0100


def question() -> bytes:
    """Return a query for an A record (RFC 1035, section 4.1)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in NAME.split("."))
    header = struct.pack(">6H", 7, RECURSION_DESIRED, 1, 0, 0, 0)
    return header + labels + b"\0" + struct.pack(">2H", TYPE_A, CLASS_IN)


def has_an_answer(message: bytes) -> bool:
    """Tell whether the message answers with a record."""
    return len(message) > 12 and struct.unpack(">H", message[6:8])[0] > 0


def by_udp(server: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(SILENCE)
        client.sendto(question(), (server, 53))
        return has_an_answer(client.recv(4096))


def by_tcp(server: str) -> bool:
    with socket.create_connection((server, 53), timeout=SILENCE) as client:
        client.sendall(struct.pack(">H", len(question())) + question())
        return has_an_answer(client.recv(4096)[2:])


def responds(ask, server: str) -> bool:
    """Tell whether the server answers this way."""
    try:
        return ask(server)
    except OSError:
        return False


print(json.dumps({"udp": responds(by_udp, sys.argv[1]), "tcp": responds(by_tcp, sys.argv[1])}))  # noqa: T201 (its output)
