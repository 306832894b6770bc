"""TLS before a Valkey, by a certificate that an authority of our own signed."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SERVER_NAME = "redis.internal"
DAY = timedelta(days=1)


class TlsFront:
    """What stands before a Valkey and speaks TLS in its place; `authority` is the file that makes it trusted."""

    def __init__(self, folder: Path, target: int) -> None:
        self.authority = folder / "authority.pem"
        self._folder = folder
        self._target = target
        self._write_certificates()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            secured = self._context.wrap_socket(client, server_side=True)
            with secured, socket.create_connection(("127.0.0.1", self._target)) as server:
                threading.Thread(target=_pass_on, args=(server, secured), daemon=True).start()
                _pass_on(secured, server)

    def _write_certificates(self) -> None:
        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        authority, server = _name("authority of the specs"), _name(SERVER_NAME)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        root = _certificate(authority, authority, authority_key.public_key(), constraints, authority_key)
        names = x509.SubjectAlternativeName([x509.DNSName(SERVER_NAME)])
        leaf = _certificate(server, authority, key.public_key(), names, authority_key)
        self.authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        (self._folder / "server.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self._folder / "server.key").write_bytes(private)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    extension: x509.ExtensionType,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(extension, critical=False)
        .sign(signer, hashes.SHA256())
    )
