"""The plugin's SET commands and what it makes of their replies, put together as store.lua does it."""

from __future__ import annotations

import subprocess
from typing import Any

import redis

from plugintests.gateway import PLUGIN
from plugintests.script import Script

_JUDGE = """
package.path = "./?.lua;" .. package.path
ngx = { null = {} }
local set_commands = require "kong.plugins.idempotency.set_commands"
local function bytes(hex) return (hex:gsub("..", function(digits) return string.char(tonumber(digits, 16)) end)) end
for line in io.lines() do
  local value, lock = line:match("^(%x*) (%x*)$")
  io.write(set_commands.judge(bytes(value), bytes(lock)) or "nothing", "\\n")
  io.flush()
end
"""

CODES = {"claimed": 0, "in-flight": 2, "mismatch": 3, "not-replayable": 4}


class Judge:
    """set_commands.lua's `judge`, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["luajit", "-e", _JUDGE], cwd=PLUGIN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=10)

    def __call__(self, value: bytes, lock: bytes) -> str | None:
        """Return what the value says to the owner of the lock; None: it is no record."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{value.hex()} {lock.hex()}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        assert said
        return None if said == "nothing" else said


class SetFirst:
    """As `Script`; SET commands do what they can."""

    def __init__(self, store: redis.Redis, judge: Judge) -> None:
        self._store = store
        self._judge = judge
        self._script = Script(store)
        self.release = self._script.release

    def claim(self, key: str, lock: bytes, ttl: int = 10_000) -> int | bytes:
        """Claim by SET … NX GET, and by the script if that does not tell."""
        try:
            value: Any = self._store.set(key, lock, nx=True, get=True, px=ttl)
        except redis.ResponseError:
            return self._script.claim(key, lock, ttl)
        if value is None:
            return 0
        outcome = self._judge(value, lock)
        if outcome is None:
            return self._script.claim(key, lock, ttl)
        return value if outcome == "replay" else CODES[outcome]

    def complete(self, key: str, lock: bytes, record: bytes, ttl: int = 10_000) -> int:
        """Complete by SET … IFEQ, and by the script if the lock is not there."""
        try:
            if self._store.execute_command("SET", key, record, "IFEQ", lock, "PX", ttl):
                return 0
        except redis.ResponseError:
            pass
        return self._script.complete(key, lock, record, ttl)
