"""Real nginx processes between a raw client and small upstreams that record what they get."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from platform_standalone.nginx.gateway import PLUGIN_FOLDER
from platform_standalone.ports import reserve_port

PROBE_PLUGINS = Path(__file__).parent / "plugins"
KONG_HOST = PLUGIN_FOLDER / "spec" / "support" / "host"
WAIT_SECONDS = 10


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Poll `condition` until it holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s: {what}"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def wait() -> Callable[..., None]:
    return wait_until


@dataclass
class Seen:
    """One request as an upstream got it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


def read_request(stream) -> Seen | None:
    """Read one request from a socket's file; None at its end."""
    line = stream.readline()
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = []
    while line := stream.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    lower = {name.lower(): value for name, value in headers}
    body = b""
    if "chunked" in lower.get("transfer-encoding", ""):
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(lower.get("content-length", 0)))
    return Seen(method, target, headers, body)


def answer(status: int = 200, body: bytes = b"ok", **headers: str) -> bytes:
    """Return an HTTP/1.1 answer; keyword names become header names."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if not any(name.lower() in {"content_length", "transfer_encoding"} for name in headers) and status not in {
        204,
        304,
    }:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Upstream:
    """A raw HTTP/1.1 server; `reply` makes the bytes of each response, or None to close without one."""

    def __init__(self, reply: Callable[[Seen], bytes | None]) -> None:
        self.reply = reply
        self.seen: list[Seen] = []
        self.connections = 0
        self.closes = False  # whether each response is the connection's last
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def forget(self) -> None:
        """Be as new: back, if it was stopped, and without memory."""
        if self._listener is None:
            self.start()
        self.seen.clear()
        self.closes = False
        self.connections = 0

    def stop(self) -> None:
        """Close the listener and every connection, as a crash would."""
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as stream:
            while seen := read_request(stream):
                self.seen.append(seen)
                sent = self.reply(seen)
                if sent is None:
                    return
                connection.sendall(sent)
                if b"101 Switching" in sent:
                    while data := stream.read1(65536):
                        connection.sendall(data)
                if self.closes:
                    return


@contextlib.contextmanager
def upstreams() -> Iterator[Callable[..., Upstream]]:
    """Give a maker of upstreams; each is stopped in the end."""
    made: list[Upstream] = []

    def make(reply: Callable[[Seen], bytes | None] = lambda _seen: answer()) -> Upstream:
        made.append(Upstream(reply))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def upstream() -> Iterator[Callable[..., Upstream]]:
    with upstreams() as make:
        yield make


@pytest.fixture(scope="module")
def lasting_upstream() -> Iterator[Callable[..., Upstream]]:
    with upstreams() as make:
        yield make


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    reason: str = ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def problem(self) -> dict[str, object]:
        assert self.get("Content-Type") == "application/problem+json"
        document = json.loads(self.body)
        assert document["status"] == self.status
        assert document["type"] == f"/problems/{document['code']}"
        assert document["request_id"] == self.get("X-Request-ID")
        return document


@dataclass
class Client:
    """Requests to one port, on one connection or on a fresh one."""

    port: int
    _open: list[HTTPConnection] = field(default_factory=list)

    def request(
        self, method: str, target: str, headers: list[tuple[str, str]] | None = None, body: bytes = b""
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        with contextlib.closing(connection):
            return self.on(connection, method, target, headers, body)

    @staticmethod
    def on(
        connection: HTTPConnection,
        method: str,
        target: str,
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
    ) -> Answer:
        own_host = any(name.lower() == "host" for name, _ in headers or [])
        connection.putrequest(method, target, skip_host=own_host, skip_accept_encoding=True)
        for name, value in headers or []:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response: HTTPResponse = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read(), response.reason)

    def get(self, target: str, headers: list[tuple[str, str]] | None = None) -> Answer:
        return self.request("GET", target, headers)

    def raw(self, data: bytes, *, until_closed: bool = True) -> bytes:
        """Send `data` as it is and return what comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_SECONDS) as connection:
            connection.sendall(data)
            if not until_closed:
                return connection.recv(65536)
            received = b""
            with contextlib.suppress(ConnectionResetError):
                while chunk := connection.recv(65536):
                    received += chunk
            return received


@dataclass
class Running:
    """An nginx process that is ready, and what belongs to it."""

    process: subprocess.Popen[bytes]
    client: Client
    logs: Path
    name: str
    status_port: int = 0

    _skip: dict[str, int] = field(default_factory=dict)

    @property
    def error_log(self) -> str:
        return self._read("error")

    @property
    def access_log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._read("access").splitlines()]

    def forget(self) -> None:
        """Leave what is in the logs out from now on, once the requests so far are in them."""
        last = f"sentinel-{uuid.uuid4()}"
        self.client.get("/no-such-path", [("X-Request-ID", last)])
        wait_until(lambda: last in self._path("access").read_text(), "the last log line")
        self._skip = {kind: self._path(kind).stat().st_size for kind in ("error", "access")}

    def _read(self, kind: str) -> str:
        return self._path(kind).read_bytes()[self._skip.get(kind, 0) :].decode()

    def _path(self, kind: str) -> Path:
        return self.logs / f"{self.name}.{kind}.log"

    def status(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.status_port}{path}", timeout=WAIT_SECONDS) as response:
            return response.read().decode()


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    return lambda count: [reserve_port() for _ in range(count)]


@contextlib.contextmanager
def programs() -> Iterator[Callable[..., Running]]:
    """Give a starter of programs; each is stopped in the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program, port: int, status_port: int = 0, environment: dict[str, str] | None = None) -> Running:
        program.write()
        process = subprocess.Popen(program.argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
        with process.stderr:
            said = process.stderr.read().decode()
        started.append(process)
        wait_until(lambda: is_open(status_port or port) or process.poll() is not None, f"{program.name} listens")
        assert process.poll() is None, said
        return Running(process, Client(port), program.folder.parent / "logs", program.name, status_port)

    yield start
    for process in started:
        process.terminate()
        process.wait(WAIT_SECONDS)


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    with programs() as start:
        yield start


@pytest.fixture(scope="module")
def lasting_run() -> Iterator[Callable[..., Running]]:
    with programs() as start:
        yield start


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture(scope="session", autouse=True)
def _nginx_is_there() -> None:
    assert shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin"), "these tests need nginx"


@pytest.fixture(scope="session")
def probe_plugins() -> tuple[Path, ...]:
    """Plugins of the tests, and the host of Kong's plugins that runs them."""
    return KONG_HOST, PROBE_PLUGINS


@pytest.fixture(scope="session")
def phrase() -> Callable[[str], str]:
    """The reason phrase of a status that nginx does not name: empty where the Lua module cannot set one (Debian 12)."""
    can_name = "set_status" in Path("/usr/share/lua/5.1/ngx/resp.lua").read_text()
    return lambda name: name if can_name else ""


@pytest.fixture(scope="session")
def make_answer() -> Callable[..., bytes]:
    return answer
