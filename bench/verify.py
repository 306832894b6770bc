"""Measure requests per second of one core: auth's /auth/verify, two Koa peers, and a floor.

Every contender but the floor checks a signature and reads the session from the same Valkey on each request.
The server under test has one core to itself; wrk and Valkey share the other, for every contender.
Rounds are interleaved, so other load on the machine affects all contenders; figures are medians of the rounds.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import redis
import uuid_utils
from harness import cores, results, servers, wrk

from platform_auth.keys.access_tokens import AccessTokens
from platform_auth.keys.files import init_ring
from platform_auth.keys.reloader import KeyRingReloader
from platform_auth.sessions.record import Session
from platform_auth.sessions.repository import SESSION_KEY
from platform_standalone.ports import reserve_port
from platform_testing.valkey import PLATFORM_RULES, AclUser, EphemeralValkey

BENCH = Path(__file__).parent
PEER = BENCH / "peers" / "koa-verify"
ISSUER, AUDIENCE = "https://members.bench", "member-platform"
LIFETIME = 6 * 3600
CONNECTIONS = (32, 256)
# At least so many times the peers, at least so much of the floor.
GOALS = {"koa": 8.0, "koa_tuned": 2.5, "floor": 0.78}
# auth without one of its shortcuts, or without any (verify_variant.py).
VARIANTS = ("asgi", "redis-py", "mget", "none")
OURS = "auth"
# What others may take of the server's core before the figures are not worth much.
QUIET = 0.05


@dataclass(frozen=True)
class Contender:
    """A server under test and the tokens it takes."""

    server: servers.Server
    script: str


def main() -> int:
    """Measure, print, write; return 1 when a goal is missed."""
    arguments = _arguments()
    _install_peer()
    server_core, load_core = cores.two_cores()
    with tempfile.TemporaryDirectory(prefix="bench-verify-") as name, ExitStack() as stack:
        folder = Path(name)
        valkey = stack.enter_context(_valkey(folder, load_core))
        print(f"making {arguments.tokens} tokens and sessions", file=sys.stderr, flush=True)
        eddsa, hs256, secret = _tokens(folder, valkey, arguments.tokens)
        contenders = stack.enter_context(
            _contenders(folder, valkey, server_core, secret, eddsa, hs256, shortcuts=arguments.shortcuts)
        )
        os.sched_setaffinity(0, {load_core})
        samples = _measure(contenders, valkey, load_core, arguments.rounds, arguments.seconds)
    if arguments.shortcuts:
        return _report_shortcuts(samples)
    return _report(samples, arguments, server_core, load_core)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of every contender (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="length of one run (default 5)")
    parser.add_argument("--tokens", type=int, default=10_000, help="different tokens (default 10,000)")
    parser.add_argument("--shortcuts", action="store_true", help="measure what each shortcut of auth gains instead")
    return parser.parse_args()


def _install_peer() -> None:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is missing: apt-get install nodejs npm")
    if not (PEER / "node_modules" / ".package-lock.json").exists():
        print("installing the peer's packages", file=sys.stderr, flush=True)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=PEER, check=True)


@contextmanager
def _valkey(folder: Path, core: int) -> Iterator[EphemeralValkey]:
    users = {name: AclUser(secrets.token_hex(16), rules) for name, rules in PLATFORM_RULES.items()}
    server = EphemeralValkey(folder, users)
    server.start()
    try:
        cores.pin(server.process.pid, core)
        yield server
    finally:
        server.stop()


def _tokens(folder: Path, valkey: EphemeralValkey, count: int) -> tuple[Path, Path, str]:
    """Put `count` sessions into the store; write a token of each kind for each, and return the files and the secret."""
    init_ring(folder / "keys")
    access = AccessTokens(KeyRingReloader(folder / "keys"), ISSUER, AUDIENCE, time.time)
    secret = secrets.token_hex(32)
    now = int(time.time())
    eddsa, hs256 = [], []
    with redis.Redis.from_url(valkey.url("auth", 1)) as client, client.pipeline(transaction=False) as pipeline:
        for _ in range(count):
            session = Session(
                id=str(uuid_utils.uuid7()),
                member=str(uuid_utils.uuid7()),
                roles=("member",),
                amr=("pwd",),
                auth_time=now,
                renewed_at=now,
                idle_at=now + LIFETIME,
                ends_at=now + LIFETIME,
                refresh=secrets.token_hex(32),
                salt=secrets.token_urlsafe(16),
                address="203.0.113.9",
                user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
            )
            pipeline.set(SESSION_KEY + session.id, session.encode(), ex=LIFETIME)
            token = access.issue(session.member, session.id, session.roles, now, session.amr, LIFETIME)
            claims = jwt.decode(token, options={"verify_signature": False})
            eddsa.append(token)
            hs256.append(jwt.encode(claims, secret, "HS256", headers={"typ": "at+jwt"}))
        pipeline.execute()
    files = folder / "eddsa.txt", folder / "hs256.txt"
    for file, tokens in zip(files, (eddsa, hs256), strict=True):
        file.write_text("\n".join(tokens) + "\n")
    return *files, secret


@contextmanager
def _contenders(
    folder: Path, valkey: EphemeralValkey, core: int, secret: str, eddsa: Path, hs256: Path, *, shortcuts: bool
) -> Iterator[dict[str, Contender]]:
    url = valkey.url("auth", 1)
    auth_environment = {
        "AUTH_REDIS_URL": url,
        "AUTH_MEMBER_URL": "http://127.0.0.1:9",
        "AUTH_KEY_RING_DIR": str(folder / "keys"),
        "AUTH_TOKEN_ISSUER": ISSUER,
        "AUTH_TOKEN_AUDIENCE": AUDIENCE,
        "AUTH_SERVICE_TOKEN_KEY": secrets.token_hex(32),
    }
    peer_environment = {
        "NODE_ENV": "production",
        "REDIS_URL": url,
        "JWT_SECRET": secret,
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
    }
    python = sys.executable
    plans: dict[str, tuple[list[str], dict[str, str], str, Path]] = {
        OURS: ([python, "-m", "platform_auth.main", "serve"], auth_environment, "AUTH_PORT", eddsa),
        "koa": (["node", str(PEER / "server.js")], peer_environment | {"VERIFY_KEY": "string"}, "PORT", hs256),
        "koa_tuned": (["node", str(PEER / "server.js")], peer_environment | {"VERIFY_KEY": "object"}, "PORT", hs256),
        "floor": ([python, str(BENCH / "floor.py")], {}, "PORT", eddsa),
    }
    if shortcuts:
        variant = str(BENCH / "verify_variant.py")
        plans = {OURS: plans[OURS]} | {
            name: ([python, variant, name, "serve"], auth_environment, "AUTH_PORT", eddsa) for name in VARIANTS
        }
    running: dict[str, Contender] = {}
    try:
        for name, (command, environment, variable, tokens) in plans.items():
            port = reserve_port()
            environment = environment | {variable: str(port)}
            server = servers.start(name, command, port, core, environment, folder / f"{name}.log", folder)
            running[name] = Contender(server, wrk.bearer_script(tokens, "/auth/verify"))
        yield running
    finally:
        for contender in running.values():
            contender.server.stop()


def _measure(
    contenders: dict[str, Contender], valkey: EphemeralValkey, core: int, rounds: int, seconds: int
) -> dict[str, dict[int, list[dict[str, float]]]]:
    samples: dict[str, dict[int, list[dict[str, float]]]] = {name: {c: [] for c in CONNECTIONS} for name in contenders}
    for name, contender in contenders.items():
        print(f"warming {name}", file=sys.stderr, flush=True)
        wrk.run(_url(contender), contender.script, CONNECTIONS[0], 6, core)
    names = list(contenders)
    for turn in range(rounds):
        # Each round begins with another contender, so that none always comes first.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            for connections in CONNECTIONS:
                sample = _run(contenders[name], valkey, core, connections, seconds)
                samples[name][connections].append(sample)
                said = f"round {turn + 1} {name:<10} {connections:>4}  {sample['rps']:>8.0f}/s"
                print(f"{said}  p99 {sample['p99_ms']:.2f} ms", file=sys.stderr, flush=True)
    return samples


def _run(contender: Contender, valkey: EphemeralValkey, core: int, connections: int, seconds: int) -> dict[str, float]:
    server, store = contender.server.process.pid, valkey.process.pid
    server_core = next(iter(os.sched_getaffinity(server)))
    before = cores.cpu_seconds([server]), cores.cpu_seconds([store]), cores.busy_seconds(server_core), time.monotonic()
    load = wrk.run(_url(contender), contender.script, connections, seconds, core)
    elapsed = time.monotonic() - before[3]
    server_seconds = cores.cpu_seconds([server]) - before[0]
    return {
        "rps": load.rps,
        "per_cpu_second": load.requests / server_seconds,
        "p50_ms": load.p50_ms,
        "p99_ms": load.p99_ms,
        "errors": load.errors,
        "server_cpu": server_seconds / elapsed,
        "store_cpu": (cores.cpu_seconds([store]) - before[1]) / elapsed,
        "other_cpu": max(0.0, cores.busy_seconds(server_core) - before[2] - server_seconds) / elapsed,
    }


def _url(contender: Contender) -> str:
    return f"http://127.0.0.1:{contender.server.port}/auth/verify"


def _report(samples: dict[str, Any], arguments: argparse.Namespace, server_core: int, load_core: int) -> int:
    medians = {name: {str(c): results.medians(runs) for c, runs in by.items()} for name, by in samples.items()}
    ratios = _ratios(medians, "rps")
    rows = [
        [
            name,
            str(c),
            f"{m['rps']:,.0f}",
            f"{m['per_cpu_second']:,.0f}",
            f"{m['p50_ms']:.2f}",
            f"{m['p99_ms']:.2f}",
            f"{m['errors']:.0f}",
            f"{m['server_cpu']:.0%}",
            f"{m['store_cpu']:.0%}",
            f"{m['other_cpu']:.0%}",
            "" if name == OURS else f"{ratios[name][str(c)]:.2f} x",
        ]
        for c in CONNECTIONS
        for name, m in ((name, medians[name][str(c)]) for name in medians)
    ]
    header = [
        "contender",
        "connections",
        "requests/s",
        "per CPU s",
        "p50 ms",
        "p99 ms",
        "errors",
        "CPU",
        "store CPU",
        "others",
        "auth is",
    ]
    print(results.table(header, rows))
    goals = _goals(medians, ratios)
    print()
    for goal, (value, met) in goals.items():
        print(f"{'met   ' if met else 'MISSED'}  {goal}: {value}")
    path = results.write(
        "verify",
        {
            "setting": {
                "rounds": arguments.rounds,
                "seconds": arguments.seconds,
                "tokens": arguments.tokens,
                "server_core": server_core,
                "load_and_store_core": load_core,
            },
            "medians": medians,
            # the lesser of both connection counts: what holds, holds at either
            "ratios": {name: min(by.values()) for name, by in ratios.items()},
            "ratios_by_connections": ratios,
            "ratios_per_cpu_second": _ratios(medians, "per_cpu_second"),
            "goals": {goal: {"value": value, "met": met} for goal, (value, met) in goals.items()},
        },
    )
    print(f"\nserver on core {server_core}, wrk and Valkey on core {load_core}")
    disturbed = max(figures["other_cpu"] for by in medians.values() for figures in by.values())
    if disturbed > QUIET:
        print(f"this machine was not quiet: others took up to {disturbed:.0%} of the server's core; measure again")
    print(f"written to {path.relative_to(BENCH.parent)}")
    return 0 if all(met for _, met in goals.values()) else 1


def _report_shortcuts(samples: dict[str, dict[int, list[dict[str, float]]]]) -> int:
    """Print what auth serves for a second of processor time next to each variant: medians of the rounds' ratios."""
    rows = []
    for name in VARIANTS:
        for connections in CONNECTIONS:
            pairs = zip(samples[name][connections], samples[OURS][connections], strict=True)
            ratios = sorted(theirs["per_cpu_second"] / ours["per_cpu_second"] for theirs, ours in pairs)
            spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
            rows.append([name, str(connections), f"{statistics.median(ratios):.2f} x", spread])
    print(results.table(["variant", "connections", "of auth", "rounds"], rows))
    return 0


def _ratios(medians: dict[str, Any], figure: str) -> dict[str, dict[str, float]]:
    return {
        name: {str(c): medians[OURS][str(c)][figure] / medians[name][str(c)][figure] for c in CONNECTIONS}
        for name in GOALS
    }


def _goals(medians: dict[str, Any], ratios: dict[str, dict[str, float]]) -> dict[str, tuple[str, bool]]:
    goals = {}
    for name, least in GOALS.items():
        for connections, ratio in ratios[name].items():
            goals[f"at least {least:g} times {name}, {connections} connections"] = (f"{ratio:.2f}", ratio >= least)
    for connections, ours in medians[OURS].items():
        theirs = medians["koa_tuned"][connections]["p99_ms"]
        goals[f"p99 below the tuned peer's {theirs:.2f} ms, {connections} connections"] = (
            f"{ours['p99_ms']:.2f} ms",
            ours["p99_ms"] < theirs,
        )
    errors = medians[OURS]["256"]["errors"]
    goals["no error at 256 connections"] = (f"{errors:.0f}", errors == 0)
    return goals


if __name__ == "__main__":
    sys.exit(main())
