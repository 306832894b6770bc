"""Fixtures: a clock that tests turn by hand, a signing key, and access tokens with one fault each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

ISSUER = "https://members.test"
AUDIENCE = "member-platform"


class Clock:
    """A clock that tests turn by hand (seconds)."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    """A clock at an arbitrary time."""
    return Clock()


@pytest.fixture
def signing_key() -> Ed25519PrivateKey:
    """The issuer's private key, published as `k1`."""
    return Ed25519PrivateKey.generate()


def jwk(key: Ed25519PrivateKey, kid: str) -> dict[str, Any]:
    """Return the JWKS entry of `key`."""
    return OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "alg": "EdDSA", "use": "sig"}


@pytest.fixture
def make_token(signing_key: Ed25519PrivateKey) -> Callable[..., str]:
    """Return a maker of access tokens that are right in all but what is given; a claim given as None is left out."""

    def make(key: Any = signing_key, alg: str = "EdDSA", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(time.time())
        whole = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "0198-member",
            "sid": "0198-session",
            "roles": ["member"],
            "iat": now,
            "exp": now + 900,
            "auth_time": now,
            "amr": ["pwd"],
        } | claims
        whole = {name: value for name, value in whole.items() if value is not None}
        head = {"kid": "k1", "typ": "at+jwt"} | (headers or {})
        # A `typ` of None makes PyJWT omit it; it rejects a `kid` of None.
        head = {name: value for name, value in head.items() if name == "typ" or value is not None}
        return jwt.encode(whole, key, alg, headers=head)

    return make
