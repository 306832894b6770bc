"""Measure the CPU time of a session look-up of auth, with its own connection and with redis-py's (docs/adr/0035).

The minimum of many runs is reported, which depends little on other load of the machine.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from pydantic import SecretStr
from verify_variant import MgetConnection, RedisPyConnection

import platform_auth.verify.lookup
from platform_auth.store import lookup_pool
from platform_auth.verify.lookup import SessionLookup, get_command
from platform_auth.verify.redis_connection import PipelinedConnection
from platform_testing.valkey import PLATFORM_RULES, AclUser, EphemeralValkey

RUNS, LOOKUPS = 8, 1024
CONNECTIONS = {"own connection": PipelinedConnection, "redis-py": RedisPyConnection, "redis-py, MGET": MgetConnection}


async def microseconds(url: str, size: int) -> float:
    """Return the processor time of a look-up in batches of `size`."""
    lookup = SessionLookup(lookup_pool(SecretStr(url)), timeout=30)
    commands = [get_command(f"auth:session:{number}") for number in range(size)]
    await lookup.get(commands[0])
    started = time.process_time()
    for _ in range(LOOKUPS // size):
        await asyncio.gather(*(lookup.get(command) for command in commands))
    elapsed = time.process_time() - started
    await lookup.close()
    return elapsed / LOOKUPS * 1e6


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bench-lookup-") as folder:
        users = {name: AclUser(secrets.token_hex(16), rules) for name, rules in PLATFORM_RULES.items()}
        server = EphemeralValkey(Path(folder), users)
        server.start()
        try:
            for size in (1, 16, 128):
                least = dict.fromkeys(CONNECTIONS, float("inf"))
                for _ in range(RUNS):
                    for name, connection in CONNECTIONS.items():
                        platform_auth.verify.lookup.PipelinedConnection = connection  # type: ignore[assignment,misc]
                        least[name] = min(least[name], uvloop.run(microseconds(server.url("auth", 1), size)))
                figures = ", ".join(f"{name} {value:.1f} µs" for name, value in least.items())
                print(f"batches of {size}: {figures} for each look-up", flush=True)
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
