"""The command `shop`, as processes: how they start and end, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest
import uuid_utils.compat

from platform_shop.config import MigrationSettings, ShopSettings
from platform_shop.main import main
from platform_standalone.ports import reserve_port
from platform_testing.tokens import AUDIENCE, ISSUER, jwk

SECRET = "hunter2-" * 5
BUYERS = 200
# How long anything may take on a busy machine (seconds).
PATIENCE = 90


def environment(**variables):
    """Nothing of the caller's but what a program needs to start."""
    return {"PATH": os.environ["PATH"]} | {f"SHOP_{name.upper()}": str(value) for name, value in variables.items()}


def run(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "platform_shop.main", *arguments],
        env=environment(**variables), capture_output=True, text=True, timeout=60, check=False, cwd="/",
    )  # fmt: skip


class PublishedKeys(BaseHTTPRequestHandler):
    """auth's JWKS."""

    def __init__(self, document: bytes, *arguments) -> None:
        self.document = document
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.document)

    def log_message(self, *_arguments) -> None:
        """Say nothing."""


@pytest.fixture
def auth_url(signing_key):
    """Where a server publishes the signing key."""
    document = json.dumps({"keys": [jwk(signing_key, "k1")]}).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(PublishedKeys, document))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def served(database, auth_url):
    """The settings of a service that can start."""
    return {
        "database_url": database.app_url,
        "auth_url": auth_url,
        "token_issuer": ISSUER,
        "token_audience": AUDIENCE,
        "service_token_key": SECRET,
        "fingerprint_key": SECRET,
        "cart_key": SECRET,
        "payment_webhook_secret": SECRET,
        "port": reserve_port(),
        "payment_poll_interval_seconds": 0.5,
        "payment_sweep_interval_seconds": 0.2,
    }


@pytest.mark.parametrize(
    ("command", "change", "variable"),
    [
        ("serve", {"database_url": None}, "SHOP_DATABASE_URL"),
        ("serve", {"auth_url": "nonsense"}, "SHOP_AUTH_URL"),
        ("serve", {"cart_key": "short"}, "SHOP_CART_KEY"),
        ("serve", {"payment_webhook_secret": None}, "SHOP_PAYMENT_WEBHOOK_SECRET"),
        ("serve", {"currency": "won"}, "SHOP_CURRENCY"),
        ("migrate", {}, "SHOP_MIGRATION_DATABASE_URL"),
        ("demo-data", {"database_url": None}, "SHOP_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_the_variable(
    served, monkeypatch, capsys, tmp_path, command, change, variable
):
    monkeypatch.chdir(tmp_path)
    for name, value in (served | change).items():
        if value is not None:
            monkeypatch.setenv(f"SHOP_{name.upper()}", str(value))

    with pytest.raises(SystemExit) as ended:
        main([command])

    output = capsys.readouterr()
    assert ended.value.code == 2
    (sentence,) = output.err.splitlines()
    assert variable in sentence
    assert "hunter2" not in output.err + output.out


def test_commands_print_what_they_did(empty_database):
    migrated = run("migrate", migration_database_url=empty_database.owner_url)
    filled = run("demo-data", database_url=empty_database.app_url)

    assert (migrated.returncode, json.loads(migrated.stdout)["before"]) == (0, None), migrated.stderr
    assert json.loads(filled.stdout)["products"] == 30, filled.stderr


def test_a_database_out_of_reach_is_one_sentence():
    result = run("demo-data", database_url=f"postgresql://x:{SECRET}@127.0.0.1:1/shop")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "The database of SHOP_DATABASE_URL cannot be reached.\n"


def test_the_example_of_settings_is_complete():
    """Every variable without a default stands in `.env.example`, and nothing in there is unknown."""
    example = Path(__file__).parents[1].joinpath(".env.example").read_text()
    named = {line.lstrip("# ").split("=")[0] for line in example.splitlines() if "SHOP_" in line and "=" in line}
    fields = {
        f"SHOP_{name.upper()}": field
        for settings in (ShopSettings, MigrationSettings)
        for name, field in settings.model_fields.items()
    }

    assert named <= set(fields)
    assert {name for name, field in fields.items() if field.is_required()} <= named
    readme = Path(__file__).parents[1].joinpath("README.md").read_text()
    assert [name for name in fields if f"`{name}`" not in readme] == []


class Served:
    """`shop serve` as a process, and a buyer's way to it."""

    def __init__(self, settings, log: Path) -> None:
        self.url = f"http://127.0.0.1:{settings['port']}"
        self.log = log
        # One for all, without TLS: reading certification authorities takes longer than a whole order.
        limits = httpx2.Limits(max_connections=BUYERS, max_keepalive_connections=BUYERS)
        self.http = httpx2.Client(base_url=self.url, timeout=60, trust_env=False, verify=False, limits=limits)
        with log.open("ab") as output:
            command = [sys.executable, "-m", "platform_shop.main", "serve"]
            self.process = subprocess.Popen(command, env=environment(**settings), stdout=output, stderr=output, cwd="/")

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(10)

    def send(self, method, path, token, key=None, **content):
        """Send a member's request."""
        headers = {"Authorization": f"Bearer {token}"} | ({"X-Idempotency-Key": key} if key else {})
        return self.http.request(method, path, headers=headers, **content)

    def wait_ready(self) -> None:
        """Wait until it serves, however slow the machine."""
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            try:
                if self.http.get("/readyz").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.05)


@pytest.fixture
def serve(served, tmp_path):
    """Return a function that starts the service; what runs at the end is killed."""
    started: list[Served] = []

    def start() -> Served:
        started.append(Served(served, tmp_path / "shop.log"))
        started[-1].wait_ready()
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.http.close()


@pytest.fixture
def member(make_token):
    """Return a maker of members' tokens."""
    return lambda: make_token(sub=str(uuid_utils.compat.uuid7()))


def order_body(service, token, address, payment="ok"):
    """Return the order of a member's cart."""
    cart = service.send("GET", "/api/shop/cart", token).json()
    return {
        "address": address,
        "payment": {"method": "test", "token": payment},
        "expected_total": cart["total"],
        "cart_version": cart["version"],
    }


def eventually(ask, what):
    deadline = time.monotonic() + PATIENCE
    while not ask():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_an_order_is_paid_by_the_providers_event_and_a_service_ends_in_order(serve, member, mug, address):
    service, token = serve(), member()
    service.send("POST", "/api/shop/cart/items", token, json={"variant_id": mug.variant_id})
    placed = service.send("POST", "/api/shop/orders", token, "k", json=order_body(service, token, address))
    assert placed.status_code == 201, placed.text
    path = placed.headers["location"]

    eventually(lambda: service.send("GET", path, token).json()["state"] == "paid", "the order is paid")
    service.process.send_signal(signal.SIGTERM)

    assert service.process.wait(20) in {0, -signal.SIGTERM}
    log = service.log.read_text()
    assert all(json.loads(line)["service"] == "shop" for line in log.splitlines())
    assert SECRET not in log
    assert address["recipient"] not in log


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_killed_amid_buyers_of_the_last_piece_it_sells_it_once(serve, member, make_product, address, database):
    """Two hundred ask under their keys until they know, over three deaths: one order, no stock lost, none made up."""
    last = make_product("last", stock=1)
    service = serve()
    buyers = [(member(), secrets.token_hex(8)) for _ in range(BUYERS)]

    def choose(token):
        service.send("POST", "/api/shop/cart/items", token, json={"variant_id": last.variant_id})
        return token, order_body(service, token, address)

    with ThreadPoolExecutor(8) as pool:
        bodies = dict(pool.map(choose, [token for token, _ in buyers]))
    responses: dict[str, list[httpx2.Response]] = {token: [] for token, _ in buyers}

    def buy(token, key):
        responses[token].append(service.send("POST", "/api/shop/orders", token, key, json=bodies[token]))
        return responses[token][-1].status_code

    def buy_in_the_end(token, key):
        eventually(lambda: buy(token, key) != 503, "the buyer knows")

    for _ in range(3):
        with ThreadPoolExecutor(BUYERS) as pool:
            asked = [pool.submit(buy, *buyer) for buyer in buyers]
            next(as_completed(asked))
            service.kill()
        service = serve()
    with ThreadPoolExecutor(8) as pool:
        for asked_again in [pool.submit(buy_in_the_end, *buyer) for buyer in buyers]:
            asked_again.result()

    made = {token for token, given in responses.items() if any(response.status_code == 201 for response in given)}
    assert len(made) == 1
    (winner,) = made
    assert len({response.content for response in responses[winner] if response.status_code == 201}) == 1
    for token, given in responses.items():
        assert (given[-1].status_code == 201) is (token == winner)
        assert {response.status_code for response in given} <= {201, 409, 503}
    assert database.one("SELECT stock FROM variants") == 0
    assert database.one("SELECT count(*) FROM orders") == 1
    assert database.one("SELECT sum(quantity) FROM order_lines") == 1


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_killed_between_order_and_payment_it_pays_when_it_is_back(serve, member, mug, address, database):
    """The provider is asked through the outbox, and asked after where its word was lost."""
    for _ in range(3):
        service, token = serve(), member()
        service.send("POST", "/api/shop/cart/items", token, json={"variant_id": mug.variant_id})
        placed = service.send("POST", "/api/shop/orders", token, "k", json=order_body(service, token, address, "twice"))
        service.kill()
        assert placed.status_code == 201

        service = serve()
        path = placed.headers["location"]
        eventually(lambda: service.send("GET", path, token).json()["state"] == "paid", "the order is paid")  # noqa: B023 (called at once)
        service.kill()

    assert database.one("SELECT stock FROM variants") == 7
    assert database.one("SELECT count(*) FROM order_steps") == 6
