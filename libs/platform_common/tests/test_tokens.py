from __future__ import annotations

import base64
import json
import time

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_common.problems import Forbidden, Unauthenticated
from platform_common.tokens.access import AccessTokenInvalid, AccessTokenVerifier
from platform_common.tokens.jwks import JwksCache, JwksUnavailable, fetch_over_http
from platform_common.tokens.service import ServiceTokenIssuer, ServiceTokenVerifier
from platform_testing.tokens import AUDIENCE, ISSUER, jwk

# Fixed moments: parameters are the same in every process that runs the tests.
PAST, FUTURE = 1_000_000_000, 32_503_680_000

SECRET = "a key of more than thirty-two bytes for tests"


class Issuer:
    """Stands in for auth's JWKS endpoint: what it publishes, whether it answers, how often it was asked."""

    def __init__(self, **keys):
        self.keys = keys
        self.away = False
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        if self.away:
            raise httpx2.ConnectError("away")
        return {"keys": [jwk(key, kid) for kid, key in self.keys.items()]}


@pytest.fixture
def issuer(signing_key):
    return Issuer(k1=signing_key)


@pytest.fixture
def cache(issuer, clock):
    return JwksCache(issuer, monotonic=clock)


@pytest.fixture
def verifier(cache):
    return AccessTokenVerifier(cache, ISSUER, AUDIENCE)


async def test_a_good_token_tells_who_calls(verifier, make_token):
    principal = await verifier.principal("Bearer " + make_token(roles=["member", "admin"], amr=["pwd", "otp"]))

    assert (principal.subject, principal.session) == ("0198-member", "0198-session")
    assert principal.is_admin
    assert principal.amr == ("pwd", "otp")


async def test_a_role_that_is_missing_is_forbidden(verifier, make_token):
    principal = await verifier.principal("Bearer " + make_token())

    with pytest.raises(Forbidden):
        principal.require_role("admin")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwdw=="])
async def test_without_a_bearer_token_nobody_is_known(verifier, header):
    with pytest.raises(Unauthenticated) as refused:
        await verifier.principal(header)

    assert refused.value.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("claims", [
    {"iss": "https://other.test"},
    {"aud": "other"},
    {"aud": [AUDIENCE, "other"]},
    {"exp": PAST},
    {"nbf": FUTURE},
    {"iat": FUTURE},
    {"exp": None},
    {"sub": None},
    {"sid": None},
    {"roles": None},
    {"roles": "admin"},
    {"roles": [1]},
    {"sid": 7},
    {"auth_time": "now"},
], ids=str)  # fmt: skip
async def test_a_token_with_a_wrong_claim_is_refused(verifier, make_token, claims):
    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(make_token(**claims))


@pytest.mark.parametrize("headers", [{"typ": "JWT"}, {"typ": None}, {"kid": "k2"}, {"kid": None}], ids=str)
async def test_a_token_with_a_wrong_header_is_refused(verifier, make_token, headers):
    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(make_token(headers=headers))


async def test_a_token_of_another_key_under_a_known_kid_is_refused(verifier, make_token):
    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(make_token(key=Ed25519PrivateKey.generate()))


async def test_an_unsigned_token_is_refused(verifier, make_token):
    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(make_token(key=None, alg="none"))


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(verifier, make_token, signing_key):
    public = signing_key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(make_token(key=public, alg="HS256"))


async def test_a_token_with_changed_claims_is_refused(verifier, make_token):
    head, payload, signature = make_token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"roles": ["admin"]}).encode()).decode().rstrip("=")

    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(f"{head}.{forged}.{signature}")


@pytest.mark.parametrize("token", ["x", "a.b.c", "a.b", "é.é.é", "a" * 5000, "\x00"])
async def test_what_is_no_token_is_refused(verifier, token):
    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(token)


async def test_keys_are_fetched_once_for_many_tokens(verifier, make_token, issuer):
    for _ in range(5):
        await verifier.claims(make_token())

    assert issuer.asked == 1


async def test_an_unknown_kid_asks_the_issuer_at_most_once_a_minute(verifier, make_token, issuer, clock):
    await verifier.claims(make_token())
    new_key = Ed25519PrivateKey.generate()
    token = make_token(key=new_key, headers={"kid": "k2"})
    clock.advance(61)
    for _ in range(3):
        with pytest.raises(AccessTokenInvalid):
            await verifier.claims(token)
    assert issuer.asked == 2

    issuer.keys["k2"] = new_key
    clock.advance(61)

    assert (await verifier.claims(token))["sub"] == "0198-member"


async def test_stale_keys_are_served_while_the_issuer_is_unavailable(verifier, make_token, issuer, clock):
    await verifier.claims(make_token())
    issuer.away = True
    clock.advance(24 * 3600)

    assert (await verifier.claims(make_token()))["sub"] == "0198-member"
    assert issuer.asked == 2


async def test_a_key_that_the_issuer_withdrew_is_no_longer_accepted(verifier, make_token, issuer, clock):
    await verifier.claims(make_token())
    issuer.keys.clear()
    clock.advance(301)

    with pytest.raises(AccessTokenInvalid):
        await verifier.claims(make_token())


async def test_before_the_first_keys_the_verifier_is_unavailable_not_unbelieving(verifier, make_token, issuer):
    issuer.away = True
    with pytest.raises(JwksUnavailable):
        await verifier.claims(make_token())

    issuer.away = False

    assert (await verifier.claims(make_token()))["sub"] == "0198-member"


async def test_entries_of_other_key_types_are_left_out(signing_key, clock):
    async def fetch():
        return {"keys": [{"kty": "RSA", "kid": "k0"}, {"kty": "OKP", "crv": "Ed25519", "kid": "broken"},
                         jwk(signing_key, "k1")]}  # fmt: skip

    cache = JwksCache(fetch, monotonic=clock)

    assert await cache.key("k1") is not None
    assert await cache.key("k0") is None
    assert await cache.key("broken") is None


@pytest.mark.parametrize("response", [
    httpx2.Response(500),
    httpx2.Response(200, text="<html>"),
    httpx2.Response(200, json=[]),
    httpx2.Response(200, json={"keys": 7}),
    httpx2.Response(200, json={"keys": ["x"]}),
], ids=lambda response: response.text or "500")  # fmt: skip
async def test_a_jwks_response_that_is_none_counts_as_no_response(response, clock):
    transport = httpx2.MockTransport(lambda _request: response)
    async with httpx2.AsyncClient(transport=transport) as client:
        cache = JwksCache(fetch_over_http(client, "http://auth/.well-known/jwks.json"), monotonic=clock)

        with pytest.raises(JwksUnavailable):
            await cache.key("k1")


def test_a_service_token_names_its_caller():
    token = ServiceTokenIssuer("auth", SECRET).token_for("member")

    assert ServiceTokenVerifier("member", SECRET, ["auth"]).caller(f"Bearer {token}") == "auth"


@pytest.mark.parametrize(("service", "key", "callers"), [
    ("shop", SECRET, ["auth"]),
    ("member", SECRET[::-1], ["auth"]),
    ("member", SECRET, ["shop"]),
], ids=["another callee", "another key", "an unknown caller"])  # fmt: skip
def test_a_service_token_for_or_from_someone_else_is_refused(service, key, callers):
    token = ServiceTokenIssuer("auth", SECRET).token_for("member")

    with pytest.raises(Unauthenticated):
        ServiceTokenVerifier(service, key, callers).caller(f"Bearer {token}")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic eA=="])
def test_what_is_no_service_token_is_refused(header):
    with pytest.raises(Unauthenticated):
        ServiceTokenVerifier("member", SECRET, ["auth"]).caller(header)


def test_a_service_token_lives_a_minute_and_is_renewed_in_time(clock):
    clock.seconds = time.time() - 90
    issuer = ServiceTokenIssuer("auth", SECRET, now=clock)
    old = issuer.token_for("member")
    verifier = ServiceTokenVerifier("member", SECRET, ["auth"])
    with pytest.raises(Unauthenticated):
        verifier.caller(f"Bearer {old}")

    clock.advance(90)

    assert verifier.caller(f"Bearer {issuer.token_for('member')}") == "auth"


def test_an_access_token_is_no_service_token(make_token):
    with pytest.raises(Unauthenticated):
        ServiceTokenVerifier("member", SECRET, ["auth"]).caller(f"Bearer {make_token()}")


def test_a_service_token_without_an_end_is_refused():
    token = jwt.encode({"iss": "auth", "aud": "member", "iat": int(time.time())}, SECRET, "HS256")

    with pytest.raises(Unauthenticated):
        ServiceTokenVerifier("member", SECRET, ["auth"]).caller(f"Bearer {token}")
