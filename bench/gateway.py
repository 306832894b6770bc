"""Measure the cost of the idempotency plugin: requests per second compared with plain proxying, Redis commands, memory.

The gateway has one core to itself; wrk, the service behind it and Valkey share the other, for every case.
Rounds are interleaved, so other load on the machine affects all cases. The gateway restarts after every few rounds,
because LuaJIT compiles differently in each worker. Figures are medians of the rounds; ratios are medians of the ratio
of each round.

`GATEWAY_KIND` chooses the gateway: `standalone` (the default) or `kong`, whose program `KONG_COMMAND` names.
`--at URL` measures one that runs already. It needs one worker and three routes to one
service: `/bare` without plugins, `/empty` with the plugin of bench/gateway, `/keyed` with the idempotency plugin
(`ttl: 600`); `--store URL` names its Redis (an administrator's URL; the database is emptied).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import redis
from harness import cores, kong, nginx, results, servers, wrk

from platform_standalone.nginx.gateway import PLUGIN_FOLDER
from platform_standalone.ports import reserve_port
from platform_testing.valkey import AclUser, EphemeralValkey

BENCH = Path(__file__).parent
KIND = os.environ.get("GATEWAY_KIND", "standalone")
SETTINGS = {"standalone": "standalone host", "kong": "kong"}
RESULTS = {"standalone": "gateway", "kong": "gateway-kong"}
CONNECTIONS = (1, 32, 256)
# which functions LuaJIT compiles differs from worker to worker: after so many rounds the gateway is started again
ROUNDS_A_GATEWAY = 3
STORED_ANSWERS = 5_000
ANSWER = json.dumps(
    {
        "id": "0198c0de-1c5e-7b3a-9f55-0123456789ab",
        "email": "someone@example.org",
        "display_name": "Someone",
        "locale": "en",
        "roles": ["member"],
        "status": "active",
        "version": 1,
        "created_at": "2026-01-01T12:00:00.000000Z",
        "updated_at": "2026-01-01T12:00:00.000000Z",
    }
)
REQUEST = '{"display_name":"Someone","locale":"en"}'

# case: path, and how its requests are keyed
CASES = {
    "bare": ("/bare", "none"),
    "empty": ("/empty", "none"),
    "no key": ("/keyed", "none"),
    "first": ("/keyed", "unique"),
    "repeat": ("/keyed", "one"),
}
# ratio: the case, what it is compared with, how much of that it must reach
GOALS = {
    "no_key_of_empty": ("no key", "empty", 0.95),
    "first_of_bare": ("first", "bare", 0.40),
    "repeat_of_bare": ("repeat", "bare", 0.90),
}
# the most Redis commands a request may take, and bytes that Redis may take beyond the response's body
MOST_COMMANDS = {"no key": 0.0, "first": 2.0, "repeat": 1.0}
MOST_BYTES = 300

# commands that a gateway sends for a request; what a script calls inside Redis is no round trip
SCRIPTS = {"evalsha", "eval", "fcall"}
OF_CLIENTS = SCRIPTS | {"auth", "select", "hello"}
# of these a script calls each once at most
ALSO_IN_SCRIPTS = {"get", "set", "del"}

Samples = dict[str, dict[int, list[dict[str, float]]]]


@dataclass(frozen=True)
class UnderTest:
    """A gateway, its store, and its worker where it is ours to look at."""

    url: str
    store: redis.Redis | None
    workers: list[int]


def main() -> int:
    """Measure, print, write; return 1 when a goal is missed."""
    options = _options()
    assert KIND in RESULTS, f"GATEWAY_KIND is standalone or kong, not {KIND}"
    server_core, load_core = cores.two_cores()
    samples: Samples = {case: {connections: [] for connections in options.connections} for case in CASES}
    memory = None
    # one that runs already is not ours to start
    step = options.rounds if options.at else ROUNDS_A_GATEWAY
    for first in range(0, options.rounds, step):
        with tempfile.TemporaryDirectory(prefix="bench-gateway-") as name, ExitStack() as stack:
            if options.at:
                store = redis.Redis.from_url(options.store) if options.store else None
                gateway = UnderTest(options.at.rstrip("/"), store, [])
            else:
                gateway = stack.enter_context(_gateway(Path(name), server_core, load_core, options.plugin))
            os.sched_setaffinity(0, {load_core})
            _measure(gateway, load_core, options, samples, range(first, min(first + step, options.rounds)))
            if memory is None and gateway.store is not None:
                memory = _memory(gateway)
    return _report(samples, memory, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of every case (default 15)")
    parser.add_argument("--seconds", type=int, default=1, help="length of one run (default 1)")
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--at", help="base URL of a gateway that runs already")
    parser.add_argument("--store", help="URL of that gateway's Redis")
    parser.add_argument("--plugin", type=Path, default=PLUGIN_FOLDER, help="folder of another version of the plugin")
    parser.add_argument("--result", help="name of the file in bench/results (default gateway, of a Kong gateway-kong)")
    return parser.parse_args()


@contextmanager
def _gateway(folder: Path, core: int, load_core: int, plugin: Path) -> Iterator[UnderTest]:
    with ExitStack() as stack:
        service = nginx.start(folder, load_core, f"location / {{ return 201 '{ANSWER}'; }}")
        stack.callback(service.stop)
        valkey = EphemeralValkey(folder, {"gateway": AclUser("bench", "~* &* +@all")})
        valkey.start()
        stack.callback(valkey.stop)
        assert valkey.process is not None
        cores.pin(valkey.process.pid, load_core)

        store = stack.enter_context(redis.Redis.from_url(valkey.url("gateway", 0)))
        start = _kong if KIND == "kong" else _standalone
        port, workers = stack.enter_context(start(folder, core, service.port, valkey.port, plugin))
        yield UnderTest(f"http://127.0.0.1:{port}", store, workers)


@contextmanager
def _standalone(folder: Path, core: int, service: int, store: int, plugin: Path) -> Iterator[tuple[int, list[int]]]:
    routes = folder / "routes.json"
    routes.write_text(json.dumps(_routes(service, store)))
    port = reserve_port()
    command = [sys.executable, "-m", "platform_standalone.nginx.host", "--routes", str(routes), "--port", str(port)]
    command += ["--state", str(folder / "gateway"), "--workers", "1", "--log-level", "warn"]
    command += ["--plugins", str(plugin), "--plugins", str(BENCH / "gateway"), "--plugin-host", "bench_host"]
    host = servers.start("gateway", command, port, core, {}, folder / "gateway.log", folder)
    try:
        yield port, [nginx.worker(host.process.pid)]
    finally:
        host.stop()


@contextmanager
def _kong(folder: Path, core: int, service: int, store: int, plugin: Path) -> Iterator[tuple[int, list[int]]]:
    own = {"idempotency": plugin, "empty": BENCH / "gateway"}
    with kong.running(folder, core, service, _plugins(store), own) as gateway:
        yield gateway.port, [nginx.worker(gateway.master)]


def _plugins(store: int) -> dict[str, list[dict[str, Any]]]:
    """Return the plugins of each route."""
    redis_config = {"host": "127.0.0.1", "port": store, "username": "gateway", "password": "bench"}
    return {
        "bare": [],
        "empty": [{"name": "empty", "config": {}}],
        "keyed": [
            {
                "name": "idempotency",
                "config": {"ttl": 600, "fingerprint_secret": "of the benchmark", "redis": redis_config},
            }
        ],
    }


def _routes(service: int, store: int) -> dict[str, Any]:
    return {
        "version": 1,
        "services": {"service": {"upstreams": [f"127.0.0.1:{service}"]}},
        "routes": [
            {
                "name": name,
                "paths": [{"path": f"/{name}", "type": "Prefix"}],
                "methods": ["POST"],
                "service": "service",
                "auth": "optional",
                "plugins": chain,
            }
            for name, chain in _plugins(store).items()
        ],
    }


def _script(keyed: str, run: str) -> str:
    """Return wrk's script: POSTs without a key, each with a key of its own, or all with one."""
    script = f"""
wrk.method = "POST"
wrk.body = '{REQUEST}'
wrk.headers["Content-Type"] = "application/json"
"""
    if keyed == "one":
        return script + 'wrk.headers["X-Idempotency-Key"] = "the one"\n'
    if keyed == "none":
        return script
    return (
        script
        + f"""
local number, format = 0, wrk.format
function request()
  number = number + 1
  wrk.headers["X-Idempotency-Key"] = "{run}-" .. number
  return format()
end
"""
    )


def _measure(gateway: UnderTest, core: int, options: argparse.Namespace, samples: Samples, turns: range) -> None:
    names = list(CASES)
    for case in names:
        _run(gateway, case, "warm", max(options.connections), 1, core)
    for turn in turns:
        # Each round begins with another case, so that none always comes first.
        for connections in options.connections:
            for case in names[turn % len(names) :] + names[: turn % len(names)]:
                sample = _run(gateway, case, f"{turn}-{connections}", connections, options.seconds, core)
                samples[case][connections].append(sample)
                said = f"round {turn + 1} {case:<7} {connections:>4}  {sample['rps']:>8.0f}/s"
                print(f"{said}  p99 {sample['p99_ms']:.2f} ms", file=sys.stderr, flush=True)


def _run(gateway: UnderTest, case: str, name: str, connections: int, seconds: int, core: int) -> dict[str, float]:
    path, keyed = CASES[case]
    if gateway.store is not None:
        gateway.store.flushdb()
    if keyed == "one":
        headers = {"Content-Type": "application/json", "X-Idempotency-Key": "the one"}
        httpx2.post(gateway.url + path, content=REQUEST, headers=headers).raise_for_status()
    commands = _commands(gateway.store) if gateway.store is not None else 0
    used = cores.cpu_seconds(gateway.workers)
    load = wrk.run(gateway.url + path, _script(keyed, name), connections, seconds, core)
    sample = {"rps": load.rps, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms, "errors": float(load.errors)}
    if gateway.workers:
        sample["cpu_us"] = (cores.cpu_seconds(gateway.workers) - used) / load.requests * 1e6
    if gateway.store is not None:
        # wrk stops in the middle of requests that it does not count: up to one a connection
        sample["commands"] = (_settled(gateway.store) - commands) / load.requests
    return sample


def _settled(store: redis.Redis) -> float:
    """Wait until the gateway is through with what wrk left behind; return how many commands were sent so far."""
    before, deadline = -1.0, time.monotonic() + 10
    while (now := _commands(store)) != before:
        assert time.monotonic() < deadline, "the gateway goes on sending commands"
        before = now
        time.sleep(0.1)
    return now


def _commands(store: redis.Redis) -> float:
    """Return how many commands clients have sent so far, those that scripts call left out."""
    calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in store.info("commandstats").items()}
    scripts = sum(calls.get(name, 0) for name in SCRIPTS)
    own = sum(max(0, calls.get(name, 0) - scripts) for name in ALSO_IN_SCRIPTS)
    return float(own + sum(calls.get(name, 0) for name in OF_CLIENTS))


def _memory(gateway: UnderTest) -> float:
    """Return the bytes that Redis takes for a stored response, key and expiry included, beyond the response's body."""
    assert gateway.store is not None
    gateway.store.flushdb()
    with httpx2.Client(base_url=gateway.url) as client:
        headers = {"Content-Type": "application/json"}
        before = int(gateway.store.info("memory")["used_memory_dataset"])
        for number in range(STORED_ANSWERS):
            response = client.post("/keyed", content=REQUEST, headers=headers | {"X-Idempotency-Key": f"m{number}"})
            response.raise_for_status()
    stored = int(gateway.store.dbsize())
    assert stored == STORED_ANSWERS, f"{stored} keys for {STORED_ANSWERS} answers"
    info = gateway.store.info("memory")
    return (int(info["used_memory_dataset"]) - before) / stored - len(ANSWER)


def _report(samples: Samples, memory: float | None, options: argparse.Namespace) -> int:
    medians = {case: {c: results.medians(runs) for c, runs in by.items()} for case, by in samples.items()}
    rows = [
        [
            case,
            str(connections),
            f"{figures['rps']:,.0f}",
            f"{_ratio(samples[case][connections], samples['bare'][connections]):.2f}",
            f"{figures['p50_ms']:.2f}",
            f"{figures['p99_ms']:.2f}",
            f"{figures['cpu_us']:.1f}" if "cpu_us" in figures else "-",
            f"{figures['commands']:.2f}" if "commands" in figures else "-",
            f"{figures['errors']:.0f}",
        ]
        for connections in options.connections
        for case, figures in ((case, medians[case][connections]) for case in CASES)
    ]
    header = ["case", "connections", "requests/s", "of bare", "p50 ms", "p99 ms", "CPU µs", "Redis commands", "errors"]
    print(results.table(header, rows))
    print()

    ratios = {
        name: {str(c): round(_ratio(samples[case][c], samples[base][c]), 3) for c in options.connections}
        for name, (case, base, _) in GOALS.items()
    }
    goals = _goals(medians, ratios, memory, options.connections)
    for goal, (value, met) in goals.items():
        print(f"{'met   ' if met else 'MISSED'}  {goal}: {value}")
    path = results.write(
        options.result or RESULTS[KIND],
        {
            "setting": {"rounds": options.rounds, "seconds": options.seconds, "at": options.at or SETTINGS[KIND]},
            "medians": {case: {str(c): figures for c, figures in by.items()} for case, by in medians.items()},
            "ratios": ratios,
            "bytes_beyond_the_answer": memory,
            "goals": {goal: {"value": value, "met": met} for goal, (value, met) in goals.items()},
        },
    )
    print(f"\n{path}")
    return 0 if all(met for _, met in goals.values()) else 1


def _ratio(case: list[dict[str, float]], base: list[dict[str, float]]) -> float:
    """Return the median of the rounds' own ratios: what slows a whole round down is in both of its runs."""
    return median(one["rps"] / other["rps"] for one, other in zip(case, base, strict=True))


def _goals(
    medians: Mapping[str, Mapping[int, Mapping[str, float]]],
    ratios: Mapping[str, Mapping[str, float]],
    memory: float | None,
    connections: list[int],
) -> dict[str, tuple[str, bool]]:
    goals: dict[str, tuple[str, bool]] = {}
    for name, (case, base, least) in GOALS.items():
        for count, ratio in ratios[name].items():
            goals[f"{case} at least {least:.2f} of {base}, {count} connections"] = (f"{ratio:.2f}", ratio >= least)
    for case, most in MOST_COMMANDS.items():
        found = [medians[case][c]["commands"] for c in connections if "commands" in medians[case][c]]
        if found:
            # what wrk did not wait for is more with more connections, and is no command too many
            goals[f"{case}: Redis commands a request"] = (f"{min(found):.2f}", min(found) <= most + 0.02)
    if memory is not None:
        goals[f"at most {MOST_BYTES} bytes stored beyond the answer"] = (f"{memory:.0f}", memory <= MOST_BYTES)
    errors = sum(figures["errors"] for by in medians.values() for figures in by.values())
    goals["no error"] = (f"{errors:.0f}", errors == 0)
    return goals


if __name__ == "__main__":
    sys.exit(main())
