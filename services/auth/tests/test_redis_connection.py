"""The connection of the session look-up, to every kind of URL that redis-py knows."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from redis.exceptions import AuthenticationError, RedisError

from platform_auth.store import lookup_pool
from platform_auth.verify.lookup import NO_REPLY, SessionLookup, get_command
from platform_auth.verify.redis_connection import PipelinedConnection

KEY = "auth:session:1"
GET = get_command(KEY)


class Listener:
    """What a test learns of a connection."""

    def __init__(self):
        self.replies: asyncio.Queue[list[object]] = asyncio.Queue()
        self.lost = asyncio.Event()

    def on_replies(self, replies):
        self.replies.put_nowait(replies)

    def on_connection_lost(self):
        self.lost.set()


@pytest.fixture
def parts(clean_valkey):
    """User and password, and host, port and database of the tests' Valkey."""
    credentials, _, place = clean_valkey.url("auth", 1).removeprefix("redis://").rpartition("@")
    return credentials, place


@pytest.fixture
async def stored(store):
    await store.set(KEY, "a session")
    return b"a session"


@asynccontextmanager
async def proxy(parts, listen):
    """Pass connections that `listen` accepts on to Valkey."""
    host, port = parts[1].partition("/")[0].split(":")

    async def pump(reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()

    async def accept(reader, writer):
        store_reader, store_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pump(reader, store_writer), pump(store_reader, writer))

    async with await listen(accept) as server:
        yield server


def write_certificate(folder, host):
    """Write a key and a self-signed certificate for `host`; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    encodings = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(*encodings))
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


async def look_up(url):
    """Return the reply to one look-up at `url`."""
    lookup = SessionLookup(lookup_pool(SecretStr(url)), timeout=10)
    try:
        return await lookup.get(GET)
    finally:
        await lookup.close()


async def test_a_unix_socket(parts, stored, tmp_path):
    path = str(tmp_path / "store")
    async with proxy(parts, lambda accept: asyncio.start_unix_server(accept, path)):
        assert await look_up(f"unix://{parts[0]}@{path}?db=1") == stored


async def test_tls_with_the_certificate_authority_of_the_url(parts, stored, tmp_path):
    key, certificate = write_certificate(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with proxy(parts, lambda accept: asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)) as server:
        port = server.sockets[0].getsockname()[1]
        trusted = f"rediss://{parts[0]}@localhost:{port}/1?ssl_ca_certs={quote(str(certificate))}"

        assert await look_up(trusted) == stored
        assert await look_up(f"rediss://{parts[0]}@localhost:{port}/1") is NO_REPLY, "an unknown authority"
        assert await look_up(trusted.replace("localhost", "127.0.0.1")) is NO_REPLY, "a certificate of another host"


async def test_the_connection_has_a_name_and_the_database_of_the_url(clean_valkey, store):
    listener = Listener()
    connection = await PipelinedConnection.open(lookup_pool(SecretStr(clean_valkey.url("auth", 1))), listener)

    clients = await store.client_list()

    assert [client["db"] for client in clients if client["name"] == "auth-verify"] == ["1"]
    connection.abort()
    assert listener.lost.is_set()


async def test_a_wrong_password_is_an_authentication_error(parts):
    url = f"redis://auth:wrong@{parts[1]}"

    with pytest.raises(AuthenticationError):
        await PipelinedConnection.open(lookup_pool(SecretStr(url)), Listener())


async def test_a_user_without_the_database_is_no_connection(parts):
    url = f"redis://{parts[0]}@{parts[1].partition('/')[0]}/99"

    with pytest.raises(RedisError):
        await PipelinedConnection.open(lookup_pool(SecretStr(url)), Listener())


@pytest.mark.parametrize("replies", [b"", b"+OK\r\n", b"+OK\r\n" * 9, b"\x00"])
async def test_a_server_that_breaks_the_handshake_is_no_connection(replies):
    async def accept(reader, writer):
        await reader.read(4096)
        writer.write(replies)
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises((RedisError, OSError)):
            await PipelinedConnection.open(lookup_pool(SecretStr(f"redis://auth:x@127.0.0.1:{port}/1")), Listener())
