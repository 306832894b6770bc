"""Measure the PostgreSQL cost of the shop's lists and searches with 100,000 products, and list latency under load.

The benchmark creates its own database, sends the shop's own statements, and prints milliseconds and buffers for each
list and search. Then 16 connections search for a frequent word while one reads a list.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx2
from harness.products import fill
from harness.results import table, write
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from platform_shop.app import make_app
from platform_shop.catalogue.cursors import Filters, Sort
from platform_shop.config import MigrationSettings, ShopSettings
from platform_shop.container import Services
from platform_shop.languages import Language
from platform_shop.schema import SCHEMA
from platform_testing.database import ServiceDatabases, explain, recorded_statements
from platform_testing.postgres import EphemeralPostgres

PRODUCTS = 100_000
GOAL_MS = 50.0
VISITORS = 16

LISTS: dict[str, tuple[Filters, Sort]] = {
    "newest": (Filters(), Sort.NEWEST),
    "price": (Filters(), Sort.PRICE_ASCENDING),
    "price, descending": (Filters(), Sort.PRICE_DESCENDING),
    "a category": (Filters(category="tableware"), Sort.NEWEST),
    "a category by price": (Filters(category="tableware"), Sort.PRICE_ASCENDING),
    "in stock": (Filters(in_stock=True), Sort.NEWEST),
    "a narrow price, newest": (Filters(min_price=50_000, max_price=50_010), Sort.NEWEST),
    "a price that nothing has": (Filters(min_price=10**9), Sort.NEWEST),
    "a category, in stock, a price, by price": (
        Filters(category="tableware", in_stock=True, min_price=20_000, max_price=60_000),
        Sort.PRICE_ASCENDING,
    ),
}
TEXTS = (
    "머그", "머그컵", "머그잔을", "ajrm", "푸른 전주", "ㅁ", "ㅁㄱ", "머", "a", "e", "ㄱ ㄴ ㄷ ㄹ ㅁ ㅂ", "a b c d e f",
    "mug", "blu", "tea", "tea cup mug", "푸른", "뷁쉙", "basukorite", "asdfghjk", "the", "쿠숀", "celadno mug",
    "-" * 100, "차 " * 33, "mug xylophone", "cup coffee tea ceramic pottery mug", "100", "0 1 2 3 4 5",
)  # fmt: skip


@asynccontextmanager
async def shop_with(number: int) -> AsyncIterator[tuple[Services, httpx2.AsyncClient]]:
    """Start a shop of so many products."""
    with _server() as server:
        app, _ = make_app(_database(server, number))
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                yield app.state.services, client


@contextmanager
def _server() -> Iterator[EphemeralPostgres]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The server runs as another user where this program is root's.
        folder.chmod(0o755)
        server = EphemeralPostgres(folder, shared_buffers="512MB")
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _database(server: EphemeralPostgres, number: int) -> ShopSettings:
    database = ServiceDatabases(server).migrated(SCHEMA, MigrationSettings)
    fill(database.owner_url, number)
    keys = ("service_token_key", "fingerprint_key", "cart_key", "payment_webhook_secret")
    secrets_of_shop: Any = {key: secrets.token_hex(32) for key in keys}
    return ShopSettings(
        database_url=database.app_url, auth_url="http://auth.invalid", token_issuer="bench", token_audience="bench",
        port=0, outbox_poll_interval_seconds=600, payment_sweep_interval_seconds=600, log_level="error",
        _env_file=None, **secrets_of_shop,
    )  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What a statement costs: processor time of its server process, time by the clock, pages read."""

    cpu_ms: float
    ms: float
    buffers: int

    def document(self) -> dict[str, float]:
        """Return it for the record."""
        return {"cpu_ms": round(self.cpu_ms, 2), "ms": round(self.ms, 2), "buffers": self.buffers}


async def measure(services: Services, filters: Filters, sort: Sort) -> list[Cost]:
    """Return what a list's first page and its following one cost: every statement that the shop sends for them."""
    costs: list[Cost] = []
    cursor = None
    for _ in range(2):
        async with services.sessions() as session:
            with recorded_statements(services.engine) as sent:
                page = await services.catalogue.list_products(
                    session, filters, sort, Language.KOREAN, cursor=cursor, limit=24
                )
            costs += [await _best(session, *one) for one in sent if "set_config" not in one[0]]
        cursor = page.next
        if cursor is None:
            break
    return costs


async def _best(session: AsyncSession, statement: str, parameters: Any) -> Cost:
    backend = (await session.execute(select(func.pg_backend_pid()))).scalar_one()
    runs = []
    for _ in range(5):
        before = _cpu_ms(backend)
        plan = await explain(session, statement, parameters)
        runs.append(Cost(_cpu_ms(backend) - before, plan.milliseconds, plan.buffers))
    return min(runs, key=lambda cost: cost.cpu_ms)


def _cpu_ms(process: int) -> float:
    """Return how long a process has run: on a busy machine the only figure that means something."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6


async def measure_all(services: Services) -> dict[str, list[Cost]]:
    """Return what every list and search costs."""
    cases = LISTS | {f"q={text}": (Filters(q=text), Sort.RELEVANCE) for text in TEXTS}
    cases |= {
        "q=머그, in stock": (Filters(q="머그", in_stock=True), Sort.RELEVANCE),
        "q=머그, a category, by price": (Filters(q="머그", category="light-and-scent"), Sort.PRICE_ASCENDING),
        "q=머그, a price that nothing has": (Filters(q="머그", min_price=10**9), Sort.RELEVANCE),
    }
    return {name: await measure(services, *case) for name, case in cases.items()}


async def under_load(client: httpx2.AsyncClient, seconds: float) -> dict[str, Any]:
    """Search on many connections while one reads the front page; return what came of both."""
    until = time.monotonic() + seconds
    searches: list[int] = []
    waits: list[float] = []

    async def search() -> None:
        while time.monotonic() < until:
            searches.append((await client.get("/api/shop/products", params={"q": "머그"})).status_code)

    async def read() -> None:
        while time.monotonic() < until:
            begin = time.monotonic()
            response = await client.get("/api/shop/products", params={"limit": 8})
            response.raise_for_status()
            waits.append((time.monotonic() - begin) * 1000)
            await asyncio.sleep(0.02)

    await asyncio.gather(*(search() for _ in range(VISITORS)), read())
    return {
        "searches": len(searches),
        "searches_failed": len([status for status in searches if status != 200]),
        "lists": len(waits),
        "list_p99_ms": round(quantiles(waits, n=100)[98], 1),
    }


async def main(number: int, seconds: float) -> bool:
    """Measure, print, write down; return whether every goal is met."""
    async with shop_with(number) as (services, client):
        costs = await measure_all(services)
        load = await under_load(client, seconds)
    sys.stdout.write(table(("list", "CPU ms of all", "CPU ms of the dearest", "buffers"), _rows(costs)) + "\n")
    sys.stdout.write(f"under load: {load}\n")
    goals = {
        "every statement": max(one.cpu_ms for cost in costs.values() for one in cost) < GOAL_MS,
        "no search fails": load["searches_failed"] == 0,
    }
    documents = {name: [one.document() for one in cost] for name, cost in costs.items()}
    path = write("catalogue", {"products": number, "goals": goals, "statements": documents, "under_load": load})
    sys.stdout.write(f"{goals}\n{path}\n")
    return all(goals.values())


def _rows(costs: dict[str, list[Cost]]) -> list[tuple[str, ...]]:
    return [
        (
            name if len(name) < 40 else f"{name[:37]}...",
            f"{sum(one.cpu_ms for one in cost):.2f}",
            f"{max(one.cpu_ms for one in cost):.2f}",
            str(max(one.buffers for one in cost)),
        )
        for name, cost in costs.items()
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--seconds", type=float, default=12)
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(main(options.products, options.seconds)) else 1)
