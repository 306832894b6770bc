"""What the platform's users may do in a Valkey: work with their own keys, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from platform_testing.valkey import PLATFORM_RULES, AclUser, EphemeralValkey


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EphemeralValkey]:
    folder: Path = tmp_path_factory.mktemp("valkey")
    server = EphemeralValkey(
        folder, {name: AclUser(f"{name}-password", rules) for name, rules in PLATFORM_RULES.items()}
    )
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(("user", "own", "foreign"), [("auth", "auth:x", "idem:x"), ("gateway", "idem:x", "auth:x")])
def test_a_user_has_its_own_keys_and_no_administration(valkey: EphemeralValkey, user: str, own: str, foreign: str):
    with redis.Redis.from_url(valkey.url(user, 0)) as client:
        assert client.set(own, "1")
        assert client.get(own) == b"1"
        for command in (
            ("GET", foreign),
            ("SET", foreign, "1"),
            ("EVAL", "return redis.call('GET', KEYS[1])", "1", foreign),
            ("KEYS", "*"),
            ("CONFIG", "GET", "*"),
            ("ACL", "LIST"),
            ("FLUSHALL",),
            ("PUBLISH", "channel", "1"),
        ):
            with pytest.raises(redis.ResponseError, match=r"(?i)permission"):
                client.execute_command(*command)
