"""Measure pages per second of one core: web, a Next.js page with the same content and calls, and a floor.

web and Next.js send the same calls to the same shop for each page: the products and the visitor's cart. The server
under test has one core to itself; wrk and the shop (nginx with constant responses) share the other, for every
contender. Rounds are interleaved; figures are medians of the rounds, ratios medians of the ratio of each round.
At the end, Chromium loads pages of the whole platform: largest contentful paint, layout shift, bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx2
import psutil
import web_content
import web_vitals
from harness import cores, nginx, results, servers, wrk

from platform_standalone.ports import reserve_port
from platform_web.assets.bundle import FOLDER, STYLES

BENCH = Path(__file__).parent
PEER = BENCH / "peers" / "next"
OLDEST_NODE = (20, 9)

PAGES = {"home": "/", "product": "/products/celadon-mug"}
CONNECTIONS = (1, 16)
# Node compiles what is often run, and wants many requests to find out.
WARM_SECONDS = 10
OURS, PEERS = "web", ("next", "floor")
# At least so many times the peer's requests a second.
LEAST = {"next": 1.5}
MOST = {"lcp_ms": 1000.0, "cls": 0.05, "bytes": 100_000.0}
# What others may take of the server's core before the figures are not worth much.
QUIET = 0.05

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Accept": "text/html,application/xhtml+xml",
    "Accept-Language": "en-GB,en;q=0.8,ko;q=0.5",
    "Cookie": f"cart={'c' * 80}; form={secrets.token_urlsafe(18)}; theme=light",
}

Key = tuple[str, str, int]
Samples = dict[Key, list[dict[str, float]]]


def main() -> int:
    """Measure, print, write; return 1 when a goal is missed."""
    arguments = _arguments()
    _build_peer()
    server_core, load_core = cores.two_cores()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as name:
        folder = Path(name)
        with _contenders(folder, server_core, load_core) as contenders:
            _check_content(contenders)
            everywhere = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {load_core})
            samples = _measure(contenders, server_core, load_core, arguments)
            os.sched_setaffinity(0, everywhere)
        vitals = web_vitals.measure(folder / "platform", arguments.looks)
    return _report(samples, vitals, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of every contender (default 7)")
    parser.add_argument("--seconds", type=int, default=4, help="length of one run (default 4)")
    parser.add_argument("--looks", type=int, default=5, help="how often the browser looks at each page (default 5)")
    return parser.parse_args()


def _build_peer() -> None:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is missing: apt-get install nodejs npm")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in said.lstrip("v").split(".")[:2]) < OLDEST_NODE:
        raise SystemExit(f"Next.js needs Node {'.'.join(map(str, OLDEST_NODE))} or newer; this is {said}.")
    if not (PEER / "node_modules" / ".package-lock.json").exists():
        print("installing the peer's packages", file=sys.stderr, flush=True)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=PEER, check=True)
    print("building the peer", file=sys.stderr, flush=True)
    styles = "".join((FOLDER / "css" / f"{name}.css").read_text() for name in STYLES)
    (PEER / "app" / "site.css").write_text(styles)
    environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1"}
    built = subprocess.run(
        ["npm", "run", "build"], cwd=PEER, env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode != 0:
        raise SystemExit(f"next build failed: {built.stdout[-2000:]}{built.stderr[-2000:]}")


@contextmanager
def _contenders(folder: Path, core: int, load_core: int) -> Iterator[dict[str, servers.Server]]:
    running: list[servers.Server] = []
    try:
        shop = nginx.start(folder, load_core, _shop(folder))
        running.append(shop)
        url = f"http://127.0.0.1:{shop.port}"
        python, next_program = sys.executable, str(PEER / "node_modules" / "next" / "dist" / "bin" / "next")
        web_environment = {
            "WEB_MEMBER_URL": url,
            "WEB_AUTH_URL": url,
            "WEB_SHOP_URL": url,
            "WEB_TOKEN_ISSUER": "https://members.bench",
            "WEB_TOKEN_AUDIENCE": "member-platform",
            "WEB_INSECURE_COOKIES_FOR_LOCAL_DEVELOPMENT": "true",
            "WEB_METRICS_PORT": str(reserve_port()),
        }
        plans = {
            OURS: ([python, "-m", "platform_web.main", "serve"], web_environment, "WEB_PORT", folder),
            "floor": ([python, str(BENCH / "web_floor.py")], {}, "PORT", folder),
            "next": (
                ["node", next_program, "start", "--hostname", "127.0.0.1"],
                {"SHOP_URL": url, "NODE_ENV": "production", "NEXT_TELEMETRY_DISABLED": "1"},
                "PORT",
                PEER,
            ),
        }
        found: dict[str, servers.Server] = {}
        for name, (command, environment, variable, home) in plans.items():
            port = reserve_port()
            environment = environment | {variable: str(port)}
            found[name] = servers.start(name, command, port, core, environment, folder / f"{name}.log", home)
            running.append(found[name])
        yield found
    finally:
        for server in reversed(running):
            server.stop()


def _shop(folder: Path) -> str:
    locations = []
    for number, (path, response) in enumerate(web_content.responses().items()):
        file = folder / f"{number}.json"
        file.write_text(json.dumps(response, separators=(",", ":")))
        locations.append(f"location = {path} {{ alias {file}; }}")
    return " ".join(locations)


def _check_content(contenders: dict[str, servers.Server]) -> None:
    """Raise AssertionError unless every contender shows the same things."""
    responses = web_content.responses()
    product = responses["/api/shop/products/celadon-mug"]
    words = {
        "home": [item["name"].replace("&", "&amp;") for item in responses["/api/shop/products"]["items"]],
        "product": [
            product["summary"],
            *(variant["name"] for variant in product["variants"]),
            "₩24,000",
            "only 4 left",
        ],
    }
    for name, server in contenders.items():
        for page, path in PAGES.items():
            response = httpx2.get(f"http://127.0.0.1:{server.port}{path}", headers=HEADERS, timeout=30, trust_env=False)
            missing = [word for word in [*words[page], ">3</b>"] if word not in response.text]
            assert response.status_code == 200, f"{name} answers {response.status_code} to {path}"
            assert not missing, f"{name} does not show {missing} on {path}"


def _measure(
    contenders: dict[str, servers.Server], server_core: int, core: int, arguments: argparse.Namespace
) -> Samples:
    samples: Samples = {(page, name, c): [] for page in PAGES for name in contenders for c in CONNECTIONS}
    for name, server in contenders.items():
        print(f"warming {name}", file=sys.stderr, flush=True)
        for page in PAGES:
            _run(server, page, max(CONNECTIONS), WARM_SECONDS, server_core, core)
    names = list(contenders)
    for turn in range(arguments.rounds):
        for page in PAGES:
            for connections in CONNECTIONS:
                # Each round begins with another contender, so that none always comes first.
                for name in names[turn % len(names) :] + names[: turn % len(names)]:
                    sample = _run(contenders[name], page, connections, arguments.seconds, server_core, core)
                    samples[page, name, connections].append(sample)
                    said = f"round {turn + 1} {page:<8} {name:<6} {connections:>3}  {sample['rps']:>7.0f}/s"
                    print(f"{said}  p99 {sample['p99_ms']:.1f} ms", file=sys.stderr, flush=True)
    return samples


def _run(
    server: servers.Server, page: str, connections: int, seconds: int, server_core: int, core: int
) -> dict[str, float]:
    script = "".join(f"wrk.headers['{name}'] = '{value}'\n" for name, value in HEADERS.items())
    pids = [server.process.pid, *(child.pid for child in psutil.Process(server.process.pid).children(recursive=True))]
    used, busy, began = cores.cpu_seconds(pids), cores.busy_seconds(server_core), time.monotonic()
    load = wrk.run(f"http://127.0.0.1:{server.port}{PAGES[page]}", script, connections, seconds, core)
    elapsed = time.monotonic() - began
    server_seconds = cores.cpu_seconds(pids) - used
    return {
        "rps": load.rps,
        "per_cpu_second": load.requests / server_seconds,
        "p50_ms": load.p50_ms,
        "p99_ms": load.p99_ms,
        "errors": float(load.errors),
        "other_cpu": max(0.0, cores.busy_seconds(server_core) - busy - server_seconds) / elapsed,
    }


def _report(samples: Samples, vitals: dict[str, dict[str, float]], arguments: argparse.Namespace) -> int:
    medians = {key: results.medians(runs) for key, runs in samples.items()}
    ratios = {
        (page, peer, c, figure): _ratio(samples[page, OURS, c], samples[page, peer, c], figure)
        for page in PAGES
        for peer in PEERS
        for c in CONNECTIONS
        for figure in ("rps", "per_cpu_second")
    }
    header = [
        "page and contender",
        "connections",
        "requests/s",
        "per CPU s",
        "p50 ms",
        "p99 ms",
        "errors",
        "others",
        "web is",
    ]
    rows = [
        [
            f"{page}, {name}",
            str(c),
            f"{m['rps']:,.0f}",
            f"{m['per_cpu_second']:,.0f}",
            f"{m['p50_ms']:.1f}",
            f"{m['p99_ms']:.1f}",
            f"{m['errors']:.0f}",
            f"{m['other_cpu']:.0%}",
            "" if name == OURS else f"{ratios[page, name, c, 'rps']:.2f} x",
        ]
        for (page, name, c), m in medians.items()
    ]
    print(results.table(header, rows))
    print()
    print(
        results.table(
            ["in the browser", "LCP ms", "CLS", "bytes before pictures"],
            [[page, f"{v['lcp_ms']:.0f}", f"{v['cls']:.3f}", f"{v['bytes']:,.0f}"] for page, v in vitals.items()],
        )
    )
    goals = _goals(medians, ratios, vitals)
    print()
    for goal, (value, met) in goals.items():
        print(f"{'met   ' if met else 'MISSED'}  {goal}: {value}")
    disturbed = max(figures["other_cpu"] for figures in medians.values())
    path = results.write(
        "web",
        {
            "setting": {"rounds": arguments.rounds, "seconds": arguments.seconds, "looks": arguments.looks},
            "medians": {f"{page}, {name}, {c}": figures for (page, name, c), figures in medians.items()},
            "ratios": {f"{page}, {name}, {c}, {figure}": value for (page, name, c, figure), value in ratios.items()},
            "vitals": vitals,
            "goals": {goal: {"value": value, "met": met} for goal, (value, met) in goals.items()},
        },
    )
    if disturbed > QUIET:
        print(f"\nthis machine was not quiet: others took up to {disturbed:.0%} of the server's core; measure again")
    print(f"\nwritten to {path.relative_to(BENCH.parent)}")
    return 0 if all(met for _, met in goals.values()) else 1


def _ratio(ours: list[dict[str, float]], theirs: list[dict[str, float]], figure: str) -> float:
    """Return the median of the rounds' own ratios: what slows a whole round down is in both of its runs."""
    return median(one[figure] / other[figure] for one, other in zip(ours, theirs, strict=True))


def _goals(
    medians: dict[Key, dict[str, float]],
    ratios: dict[tuple[str, str, int, str], float],
    vitals: dict[str, dict[str, float]],
) -> dict[str, tuple[str, bool]]:
    goals: dict[str, tuple[str, bool]] = {}
    for page in PAGES:
        for peer, least in LEAST.items():
            ratio = min(ratios[page, peer, c, "rps"] for c in CONNECTIONS)
            goal = f"{page}: at least {least:g} times {peer}'s requests a second on a core"
            goals[goal] = (f"{ratio:.2f}", ratio >= least)
        ours, theirs = (medians[page, name, max(CONNECTIONS)]["p99_ms"] for name in (OURS, "next"))
        goals[f"{page}: p99 below Next's {theirs:.1f} ms"] = (f"{ours:.1f} ms", ours < theirs)
    for figure, most in MOST.items():
        worst = max(vitals, key=lambda page: vitals[page][figure])
        value = vitals[worst][figure]
        goals[f"{figure} at most {most:g}"] = (f"{value:.3g} ({worst})", value <= most)
    errors = sum(figures["errors"] for figures in medians.values())
    goals["no error"] = (f"{errors:.0f}", errors == 0)
    return goals


if __name__ == "__main__":
    sys.exit(main())
