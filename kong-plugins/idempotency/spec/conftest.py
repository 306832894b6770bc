"""One gateway, one service and one Valkey for all black-box specs; each spec uses paths and keys of its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

sys.path.insert(0, str(Path(__file__).parent / "support"))

from plugintests.gateway import BALANCED, KINDS, RETRIED, Gateway, make_gateway
from plugintests.old_store import OldStore
from plugintests.service import Service
from plugintests.setups import setups
from plugintests.tls import TlsFront
from plugintests.watched import Watched

from platform_standalone.ports import reserve_port
from platform_testing.valkey import AclUser, EphemeralValkey

LIMIT_SECONDS = 15.0
WITH_PLUGINS = {"test_stand_ins.py"}
KONG_ONLY = {"test_http2.py", "test_schema_in_kong.py", "test_with_other_kong_plugins.py"}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the specs that only a Kong can pass (consumers, other plugins, HTTP/2), unless the gateway is one."""
    return True if collection_path.name in KONG_ONLY and "kong" not in KINDS else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the specs of other plugins for the gateway that has none."""
    items[:] = [item for item in items if item.path.name not in WITH_PLUGINS or "standalone" not in _kind(item)]


def _kind(item: pytest.Item) -> str:
    return str(item.callspec.params.get("gateway", "")) if isinstance(item, pytest.Function) else ""


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The service behind every route."""
    server = Service()
    yield server
    server.close()


@pytest.fixture(scope="session")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EphemeralValkey]:
    """A second Valkey, which specs stop, kill and pause; they leave it running."""
    server = EphemeralValkey(tmp_path_factory.mktemp("fragile"), {"fragile": AclUser("fragile", "~* &* +@all")})
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Valkeys behind sentinels, which specs that need them start."""
    servers = Watched(tmp_path_factory.mktemp("watched"))
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory, valkey: EphemeralValkey) -> Iterator[TlsFront]:
    """The Valkey that the gateway uses, by TLS."""
    front = TlsFront(tmp_path_factory.mktemp("tls"), valkey.port)
    yield front
    front.close()


@pytest.fixture(scope="session")
def old_store(valkey: EphemeralValkey) -> Iterator[OldStore]:
    """The Valkey that the gateway uses, as if it were an old Redis."""
    front = OldStore(valkey.port)
    yield front
    front.close()


@pytest.fixture(scope="session", params=KINDS)
def gateway(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    valkey: EphemeralValkey,
    service: Service,
    fragile: EphemeralValkey,
    watched: Watched,
    tls: TlsFront,
    old_store: OldStore,
    store: redis.Redis,
) -> Iterator[Gateway]:
    """The running gateway."""
    # some specs use fixed keys, which the gateway before has stored
    store.flushdb()
    made = make_gateway(request.param, tmp_path_factory.mktemp("gw"), tls.authority)
    environment = {
        "IDEMPOTENCY_FINGERPRINT_SECRET": "a secret of the specs",
        "IDEMPOTENCY_REDIS_PASSWORD": urlsplit(valkey.url("gateway", 0)).password or "",
    }
    services = dict.fromkeys(("echo", "other", RETRIED, BALANCED), service.port) | {"refused": reserve_port()}
    configurations = setups(
        valkey.port, fragile.port, reserve_port(), tls.port, old_store.port, watched.config, service.port
    )
    made.start(configurations, services, environment)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def store(valkey: EphemeralValkey) -> Iterator[redis.Redis]:
    """A client of the Valkey that the gateway uses, as its administrator."""
    with redis.Redis.from_url(valkey.url("admin", 0)) as client:
        yield client


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> str:
    """A word that no other spec uses, for a path and for a key."""
    return f"{abs(hash(request.node.nodeid)) % 10**12}-{time.monotonic_ns()}"


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Return a function that polls until what it is given says something true, and returns that."""

    def poll(what: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + LIMIT_SECONDS
        while True:
            if result := what():
                return result
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.02)

    return poll
