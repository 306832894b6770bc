"""The cache of verified tokens is bounded, forgets what is old, and verifies a token once."""

from __future__ import annotations

from typing import Any

import pytest

from platform_auth.verify.token_cache import TokenCache


@pytest.fixture
def issue(auth):
    return lambda n: b"Bearer " + auth.tokens.issue(f"m{n}", f"s{n}", ("member",), 0, ("pwd",), 7200).encode()


@pytest.fixture
def cache(auth, monkeypatch):
    """A cache for ten tokens that counts the signatures it checks."""
    cache: Any = TokenCache(auth.tokens, 10)
    cache.verified = 0
    read = auth.tokens.read

    def counted(token):
        cache.verified += 1
        return read(token)

    monkeypatch.setattr(auth.tokens, "read", counted)
    return cache


def test_a_token_is_verified_once(cache, issue):
    token = issue(1)

    assert all(cache.read(token) is cache.read(token) for _ in range(5))
    assert cache.verified == 1


def test_it_never_holds_more_than_it_may(cache, issue):
    for n in range(100):
        cache.read(issue(n))
        assert len(cache) <= 10


def test_what_is_used_stays_while_others_come_and_go(cache, issue):
    used = issue("used")
    for n in range(100):
        cache.read(used)
        cache.read(issue(n))

    assert cache.verified == 101


def test_what_was_cleared_is_verified_again(cache, issue):
    token = issue(1)
    cache.read(token)
    cache.clear()

    assert len(cache) == 0
    cache.read(token)
    assert cache.verified == 2


def test_it_keeps_no_token_itself(cache, issue):
    token = issue(1)
    known = cache.read(token)

    held = repr([*cache._recent]) + repr([getattr(known, name) for name in type(known).__slots__])
    assert token.removeprefix(b"Bearer ").decode() not in held


def test_a_cache_for_one_token_works(auth, issue):
    cache = TokenCache(auth.tokens, 1)

    for n in range(5):
        assert cache.read(issue(n)).member == f"m{n}"
