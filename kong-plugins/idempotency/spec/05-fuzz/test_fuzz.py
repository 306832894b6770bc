"""Whatever comes as key, header, body or stored value: no 5xx of ours, no error in Lua, no lost step on the connection.

FUZZ_CASES says how many requests (default 3000); FUZZ_SEED repeats a run that failed.
"""

from __future__ import annotations

import os
import random
import re

import pytest
from plugintests.service import Plan
from plugintests.wire import ConnectionEnded, request_bytes

CASES = int(os.environ.get("FUZZ_CASES", "3000"))
SEED = int(os.environ.get("FUZZ_SEED", str(random.SystemRandom().randrange(2**32))))
SETUPS = ["plain", "unsecret", "required", "small", "short", "release", "few-headers", "with-delete"]
STATUSES = [200, 201, 204, 400, 404, 409, 422, 500, 503]
HEADER_NAMES = [
    "Content-Type",
    "Location",
    "ETag",
    "Link",
    "X-Kept",
    "Set-Cookie",
    "Content-",
    "Content-X",
    "Vary",
    "X",
]
OURS = {400, 403, 409, 413, 422}
LUA_ERROR = re.compile(
    r"attempt to|stack traceback|bad argument|could not be (settled|marked)|exited on signal|lua entry"
)

pytestmark = pytest.mark.timeout(60 + CASES // 20)


class Fuzz:
    """Requests made of a seed."""

    def __init__(self, fresh: str) -> None:
        self.rng = random.Random(SEED)
        self.fresh = fresh
        self.keys = [f"{fresh}-{n}" for n in range(30)]

    def text(self, alphabet: str, most: int) -> str:
        return "".join(self.rng.choices(alphabet, k=self.rng.randrange(most)))

    def key(self) -> str:
        """A value of a key header: mostly keys, else anything that HTTP lets into a header."""
        kind = self.rng.randrange(10)
        if kind < 5:
            return self.rng.choice(self.keys)
        if kind == 5:
            return '"' + self.text('ab"\\; =,', 12)
        if kind == 6:
            return f'"{self.rng.choice(self.keys)}"' + self.text(";=ab1? ", 6)
        if kind == 7:
            return self.text("k", 400)
        return self.text("".join(map(chr, [9, *range(32, 127), *range(128, 256)])), 40).strip()

    def headers(self) -> list[tuple[str, str]]:
        names = ["X-Idempotency-Key", "Idempotency-Key", "x-idempotency-key", "X_Idempotency_Key"]
        headers = [(self.rng.choice(names), self.key()) for _ in range(self.rng.choice([0, 1, 1, 1, 1, 2, 3]))]
        for name, values in {
            "Content-Type": ["", "application/json", "text/plain; a=b", "\xff"],
            "X-Auth-Subject": ["", "ann", "ben", "\xe9"],
            "X-Request-ID": ["", "id-1", "x" * 300, "a b"],
            "Upgrade": ["", "h2c", "nonsense"],
            "X-Forwarded-For": ["192.0.2.1", "nonsense", "2001:db8::1"],
            "If-Match": ['"1"', "*"],
            "Access-Control-Request-Method": ["POST"],
        }.items():
            if self.rng.random() < 0.15:
                headers += [(name, self.rng.choice(values))] * self.rng.choice([1, 1, 1, 2])
        self.rng.shuffle(headers)
        return headers

    def body(self) -> bytes | list[bytes]:
        size = self.rng.choice([0, 1, 10, 10, 10, 500, 9000, 120_000])
        body = self.rng.choice([b"a", b"\x00", b"\r\n", b"\xff"]) * size
        return [part for part in (body[:7], body[7:]) if part] if self.rng.random() < 0.2 else body

    def plan(self) -> Plan:
        headers = [
            (self.rng.choice(HEADER_NAMES), self.text('ab :;,\t"\xe9', 20).strip())
            for _ in range(self.rng.randrange(5))
        ]
        body = self.rng.choice([b"", b"x", b"A" * 60, b"\r\n" * 30, b"\x00\xff" * 80])
        return Plan(status=self.rng.choice(STATUSES), headers=headers, body=body, chunked=self.rng.random() < 0.3)

    def poison(self) -> bytes:
        """A value for a key: a damaged record, or anything."""
        start = self.rng.choice([b"A", b"L", b"T", b"", b"Z"]) + self.rng.randbytes(
            self.rng.choice([0, 31, 32, 32, 33, 48])
        )
        rest = b"%d %d %d\n" % (self.rng.randrange(700), self.rng.randrange(12), self.rng.randrange(12))
        return (
            start
            + rest
            + self.rng.choice([b"", b"Location:/x\n", b"\n:\n\r", b"Set-Cookie:a=b\n"])
            + self.rng.randbytes(5)
        )


def test_anything_gets_an_answer_that_is_not_an_error_of_ours(gateway, service, store, fresh):
    fuzz = Fuzz(fresh)
    wire = gateway.connect()
    logged_before = len(gateway.error_log())

    for number in range(CASES):
        setup = fuzz.rng.choice(SETUPS)
        path = f"/{setup}/fuzz-{fresh}-{fuzz.rng.randrange(4)}"
        plan = service.plan(path, fuzz.plan())
        if number % 20 == 0:
            for name in store.scan_iter("idem:*"):
                if fuzz.rng.random() < 0.3:
                    store.set(name, fuzz.poison(), keepttl=True)
        method = fuzz.rng.choice(["POST", "POST", "POST", "PUT", "PATCH", "DELETE", "GET"])
        request = request_bytes(method, path, fuzz.headers(), fuzz.body())
        try:
            wire.send(request)
            answer = wire.read(method)
        except (ConnectionEnded, OSError) as error:
            pytest.fail(f"case {number} of seed {SEED} lost its connection ({error!r}): {request[:600]!r}")

        is_problem = answer.header("Content-Type") == "application/problem+json" and bool(answer.body)
        ours = is_problem and answer.json["code"].startswith("idempotency-")
        expected = OURS if ours else {plan.status, *STATUSES, 400}
        assert answer.status in expected, f"case {number} of seed {SEED}: {answer}: {request[:600]!r}"
        if answer.header("Connection") == "close":
            wire.close()
            wire = gateway.connect()

    wire.close()
    new = gateway.error_log()[logged_before:]
    found = LUA_ERROR.search(new)
    assert found is None, f"seed {SEED}: {new[max(0, found.start() - 300) : found.end() + 300]}"
