"""Black box: nothing here imports the platform; it is started by its command and spoken to by its port."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from threading import Event, Thread

import pytest

from blackbox.client import Account, Addresses, Client, Session, new_account
from blackbox.own_platform import OwnPlatform
from blackbox.raw_http import connection

NOT_OWN = "needs the platform's processes; the suite did not start this one (--base-url)"
NO_ADMIN = "needs an administrator: --admin-email and E2E_ADMIN_PASSWORD"
ONE_ADDRESS = "needs clients of several addresses; off loopback there is one"

# Enough to fill a server that gives each client a thread, too few to run out of anything else.
DRIBBLERS = 200


def pytest_addoption(parser: pytest.Parser) -> None:
    options = parser.getgroup("end-to-end")
    options.addoption("--base-url", help="where a platform runs; by default the suite starts one itself")
    options.addoption("--fuzz-examples", type=int, help="how many requests to make up for each operation, at random")
    options.addoption("--admin-email", help="an administrator there; its password is E2E_ADMIN_PASSWORD")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the end what waits for a time-out, and to the very end what kills components."""
    items.sort(key=lambda item: (item.get_closest_marker("chaos") is not None, "dribblers" in _fixtures(item)))


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", []))


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPlatform | None]:
    """The platform that the suite started, or None when it runs against another."""
    if request.config.getoption("--base-url"):
        yield None
        return
    own = OwnPlatform(tmp_path_factory.mktemp("platform") / "state")
    try:
        own.start()
        yield own
    finally:
        own.stop()


@pytest.fixture(scope="session")
def own_platform(platform: OwnPlatform | None) -> OwnPlatform:
    """The platform that the suite started; skips where it did not."""
    if platform is None:
        pytest.skip(NOT_OWN)
    return platform


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest, platform: OwnPlatform | None) -> str:
    """Where the edge listens."""
    return platform.base_url if platform else str(request.config.getoption("--base-url")).rstrip("/")


@pytest.fixture(scope="session")
def addresses(base_url: str) -> Addresses:
    """Where clients send from."""
    return Addresses(base_url)


@pytest.fixture(scope="session")
def several_addresses(addresses: Addresses) -> Addresses:
    """Where clients send from, if each can have an address of its own; skips otherwise."""
    if not addresses.several:
        pytest.skip(ONE_ADDRESS)
    return addresses


@pytest.fixture(scope="session")
def lasting_client(base_url: str, addresses: Addresses) -> Iterator[Callable[[], Client]]:
    """Make a client that stays until the end of the run, as `new_client` does for one test."""
    yield from _clients(base_url, addresses)


@pytest.fixture
def new_client(base_url: str, addresses: Addresses) -> Iterator[Callable[[], Client]]:
    """Make a client that has an address of its own where there are several: throttling is by address."""
    yield from _clients(base_url, addresses)


def _clients(base_url: str, addresses: Addresses) -> Iterator[Callable[[], Client]]:
    with ExitStack() as stack:

        def make() -> Client:
            client = Client(base_url, addresses.next())
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def client(new_client: Callable[[], Client]) -> Client:
    """A client that no one else uses."""
    return new_client()


@pytest.fixture(scope="session")
def administrator(request: pytest.FixtureRequest, platform: OwnPlatform | None) -> Account:
    """The administrator's account; skips when there is none to be had."""
    if platform is not None:
        return platform.administrator()
    email, password = request.config.getoption("--admin-email"), os.environ.get("E2E_ADMIN_PASSWORD")
    if not email or not password:
        pytest.skip(NO_ADMIN)
    return Account(email, password, "")


@pytest.fixture(scope="session")
def admin(administrator: Account, lasting_client: Callable[[], Client]) -> Session:
    """An administrator who is logged in; the session is for all tests, so none ends it."""
    return lasting_client().log_in(administrator)


@pytest.fixture(scope="session")
def new_member(base_url: str, addresses: Addresses) -> Callable[[], Account]:
    """Make a member."""

    def make() -> Account:
        with closing(Client(base_url, addresses.next())) as client:
            return client.register(new_account())

    return make


@pytest.fixture
def account(new_member: Callable[[], Account]) -> Account:
    """A member that no other test knows."""
    return new_member()


@pytest.fixture
def member(account: Account, new_client: Callable[[], Client]) -> Session:
    """That member, logged in."""
    return new_client().log_in(account)


@pytest.fixture
def other(new_member: Callable[[], Account], new_client: Callable[[], Client]) -> Session:
    """Another member, logged in, at another address."""
    return new_client().log_in(new_member())


@pytest.fixture(scope="session")
def reader(new_member: Callable[[], Account], lasting_client: Callable[[], Client]) -> Session:
    """A member, logged in, for the tests that change nothing about it."""
    return lasting_client().log_in(new_member())


@pytest.fixture(scope="session")
def jwks(lasting_client: Callable[[], Client]) -> dict[str, list[dict[str, str]]]:
    """The published keys."""
    response = lasting_client().get("/.well-known/jwks.json")
    assert response.status_code == 200, response.text
    return dict(json.loads(response.content))


@pytest.fixture(scope="session")
def dribblers(base_url: str) -> Iterator[list[socket.socket]]:
    """Clients that send a byte of a header now and then, and never all of it."""
    finished = Event()
    with ExitStack() as stack:
        streams = [stack.enter_context(connection(base_url)) for _ in range(DRIBBLERS)]
        for stream in streams:
            stream.sendall(b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            stream.setblocking(False)

        def dribble() -> None:
            while not finished.wait(1):
                for stream in streams:
                    with suppress(OSError):
                        stream.send(b"x")

        thread = Thread(target=dribble, daemon=True)
        thread.start()
        yield streams
        finished.set()
        thread.join()


@pytest.fixture(scope="session", autouse=True)
def begin_early(request: pytest.FixtureRequest) -> None:
    """Let the slow clients begin with the run, so that no one has to wait for them at its end."""
    if any("dribblers" in _fixtures(item) for item in request.session.items):
        request.getfixturevalue("dribblers")
