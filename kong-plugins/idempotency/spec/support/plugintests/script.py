"""The plugin's script, as its Lua module has it, to be run without a gateway."""

from __future__ import annotations

import subprocess

import redis

from plugintests.gateway import PLUGIN

_PRINT = """
package.path = "./?.lua;" .. package.path
ngx = { null = {} }
io.write(require("kong.plugins.idempotency.script").TEXT)
"""


class Script:
    """Claim, complete and release on a store; times to live in milliseconds."""

    def __init__(self, store: redis.Redis) -> None:
        source = subprocess.run(["luajit", "-e", _PRINT], cwd=PLUGIN, capture_output=True, check=True).stdout
        self._run = store.register_script(source)

    def claim(self, key: str, lock: bytes, ttl: int = 10_000) -> int | bytes:
        """Return 0 claimed, 1 claimed over a poisoned value, 2 in flight, 3 mismatch, 4 tombstone, or the record."""
        return self._run([key], ["claim", lock, ttl])

    def complete(self, key: str, lock: bytes, record: bytes, ttl: int = 10_000) -> int:
        """Return 0 stored, 1 stored though the lock was gone, 2 lost."""
        return self._run([key], ["complete", lock, ttl, record])

    def release(self, key: str, lock: bytes) -> int:
        """Return 0 released, 2 not the owner's."""
        return self._run([key], ["release", lock])
