"""Tokens that were not issued here for this platform, or were changed since."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

IN_AN_HOUR = "in an hour"
IDENTITY = {"x-auth-subject", "x-auth-session", "x-auth-roles", "authorization"}


@pytest.fixture
async def good(client):
    """A good token, what it says, and its head."""
    token = (await client.tokens())["access_token"]
    return token, jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)


@pytest.fixture
def forge(auth, good):
    """Return a maker of tokens that differ from the good one in what is given."""
    _, claims, head = good

    def make(key=None, alg="EdDSA", head_changes=None, **changes):
        whole = {name: value for name, value in (claims | changes).items() if value is not None}
        headers = head | {"alg": alg} | (head_changes or {})
        return jwt.encode(whole, auth.key_ring.ring.signing if key is None else key, alg, headers=headers)

    return make


async def assert_refused(client, token):
    """A required session is missing, and an optional one is absent."""
    for query, status in (("", 401), ("?optional=1", 200)):
        response = await client.verify(token, query)
        assert response.status_code == status
        assert not IDENTITY & set(response.headers)


async def test_a_token_that_differs_in_nothing_passes(client, forge):
    assert (await client.verify(forge())).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.test"},
        {"aud": "another-platform"},
        {"aud": ["member-platform"]},
        {"iat": IN_AN_HOUR},
        {"nbf": IN_AN_HOUR},
        {"sub": 7},
        {"sid": ["x"]},
        {"roles": "admin"},
        {"roles": [1]},
        *({name: None} for name in ("iss", "aud", "sub", "sid", "roles", "iat", "exp", "auth_time", "amr")),
    ],
    ids=lambda changes: "-".join(f"{name}={value}"[:20] for name, value in changes.items()),
)
async def test_claims_that_do_not_fit_are_refused(client, forge, changes):
    changes = {name: int(time.time()) + 3600 if value is IN_AN_HOUR else value for name, value in changes.items()}

    await assert_refused(client, forge(**changes))


@pytest.mark.parametrize("head", [{"typ": "JWT"}, {"typ": "refresh+jwt"}])
async def test_a_head_that_does_not_fit_is_refused(client, forge, head):
    await assert_refused(client, forge(head_changes=head))


async def test_a_head_without_kid_is_refused(client, good, auth):
    _, claims, _ = good

    await assert_refused(client, jwt.encode(claims, auth.key_ring.ring.signing, "EdDSA", headers={"typ": "at+jwt"}))


async def test_a_signature_of_another_key_is_refused(client, forge):
    await assert_refused(client, forge(key=Ed25519PrivateKey.generate()))


async def test_another_algorithm_is_refused(client, forge):
    await assert_refused(client, forge(key=generate_private_key(SECP256R1()), alg="ES256"))


async def test_hs256_with_the_public_key_as_secret_is_refused(client, auth, good):
    _, claims, head = good
    public = auth.key_ring.ring.keys[0].public
    for secret in (
        public.public_bytes_raw(),
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    ):
        await assert_refused(client, hs256(secret, head | {"alg": "HS256"}, claims))


async def test_no_signature_is_refused(client, good):
    token, claims, head = good
    for alg in ("none", "None", "NONE"):
        unsigned = f"{encoded(head | {'alg': alg})}.{encoded(claims)}."
        await assert_refused(client, unsigned)
    await assert_refused(client, token.rpartition(".")[0] + ".")


async def test_a_tampered_token_is_refused_also_after_the_good_one_was_seen(client, good):
    token, claims, _ = good
    head, _payload, signature = token.split(".")
    assert (await client.verify(token)).status_code == 200

    await assert_refused(client, f"{head}.{encoded(claims | {'roles': ['admin']})}.{signature}")
    await assert_refused(client, token[:-5] + ("AAAAA" if token[-5:] != "AAAAA" else "BBBBB"))
    await assert_refused(client, token + ".x")


async def test_a_token_too_long_to_be_ours_is_refused(client, forge):
    await assert_refused(client, forge(padding="x" * 5000))


async def test_a_token_nested_beyond_reason_is_refused(client, good):
    _, _, head = good
    payload = base64.urlsafe_b64encode(b"[" * 2500).rstrip(b"=").decode()

    await assert_refused(client, f"{encoded(head)}.{payload}.AAAA")


async def test_a_token_of_a_key_that_has_left_counts_as_expired_once_it_would_have(client, forge, clock):
    stranger = {"key": Ed25519PrivateKey.generate(), "head_changes": {"kid": "gone"}}
    old = forge(exp=int(clock()) - 60, **stranger)

    assert (await client.verify(old)).status_code == 401
    response = await client.verify(old, "?optional=1")
    assert response.status_code == 200
    assert "X-Auth-Subject" not in response.headers


@pytest.mark.parametrize("kid", ["gone", "../current"])
async def test_a_token_of_a_key_that_has_left_is_one_that_was_revoked(client, forge, kid):
    """As after an emergency: it opens nothing, and the pages that are for everyone still come."""
    token = forge(key=Ed25519PrivateKey.generate(), head_changes={"kid": kid})

    assert (await client.verify(token)).status_code == 401
    response = await client.verify(token, "?optional=1")
    assert response.status_code == 200
    assert not IDENTITY & set(response.headers)


async def test_a_token_for_a_session_of_another_member_is_refused(client, forge, logs):
    response = await client.verify(forge(sub="0198-someone-else"))

    assert response.status_code == 401
    assert any(entry["event"] == "session_of_another_member" for entry in logs)


def encoded(document):
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def hs256(secret, head, claims):
    # By hand: PyJWT refuses to sign with what looks like a public key.
    signed = f"{encoded(head)}.{encoded(claims)}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
