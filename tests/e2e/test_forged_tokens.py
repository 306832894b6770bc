"""Tokens that the platform did not make, or made for something else (ASVS 9)."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from blackbox.client import Client, Session
from blackbox.own_platform import OwnPlatform


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def header_of(token: str) -> dict[str, Any]:
    return jwt.get_unverified_header(token)


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}.{signature}"


def accepted(client: Client, token: str) -> bool:
    status = client.with_token(token).me().status_code
    assert status in {200, 401}, status
    return status == 200


def test_the_published_keys_are_public_and_cacheable(client: Client, jwks):
    assert jwks["keys"]
    for key in jwks["keys"]:
        assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
        assert key["kid"]
        assert "d" not in key
    assert "max-age" in client.get("/.well-known/jwks.json").headers["cache-control"]


def test_an_access_token_says_what_the_contract_says(reader: Session, jwks):
    header, claims = header_of(reader.access_token), claims_of(reader.access_token)

    assert header["alg"] == "EdDSA"
    assert header["typ"] == "at+jwt"
    assert header["kid"] in {key["kid"] for key in jwks["keys"]}
    assert claims.keys() >= {"iss", "aud", "sub", "sid", "roles", "iat", "exp", "auth_time", "amr"}
    assert claims["sub"] == reader.account.id
    assert claims["exp"] - claims["iat"] == 900
    [key] = [key for key in jwks["keys"] if key["kid"] == header["kid"]]
    jwt.decode(
        reader.access_token, jwt.PyJWK(key).key, algorithms=["EdDSA"], audience=claims["aud"], issuer=claims["iss"]
    )


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS256", "RS256", "ES256", "Ed25519"])
def test_an_unsigned_token_is_refused(client: Client, reader: Session, algorithm: str):
    signature = reader.access_token.split(".")[2]
    header = {**header_of(reader.access_token), "alg": algorithm}

    for ending in ("", signature, "AA"):
        assert not accepted(client, unsigned(header, claims_of(reader.access_token), ending))


def test_a_token_signed_with_the_public_key_as_secret_is_refused(client: Client, reader: Session, jwks):
    """The old confusion: HS256 with what the JWKS publishes."""
    [key] = [key for key in jwks["keys"] if key["kid"] == header_of(reader.access_token)["kid"]]
    raw = base64.urlsafe_b64decode(key["x"] + "=")
    pem = Ed25519PublicKey.from_public_bytes(raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = [
        raw,
        pem,
        pem.strip(),
        key["x"].encode(),
        json.dumps(key).encode(),
        json.dumps(key, separators=(",", ":")).encode(),
    ]

    for secret in secrets:
        for algorithm, digest in (("HS256", "sha256"), ("HS512", "sha512")):
            header = {**header_of(reader.access_token), "alg": algorithm}
            signed = unsigned(header, claims_of(reader.access_token)).rpartition(".")[0]
            assert not accepted(client, f"{signed}.{b64(hmac.digest(secret, signed.encode(), digest))}")


@pytest.mark.parametrize(
    "extra",
    [{}, {"kid": "unknown"}, {"kid": "../../../dev/null"}, {"kid": ""}, {"kid": 7}, "jwk", "jku", "x5u", "no kid"],
)
def test_a_token_of_a_key_of_ones_own_is_refused(client: Client, reader: Session, extra):
    own = Ed25519PrivateKey.generate()
    header = header_of(reader.access_token)
    if extra == "jwk":
        header["jwk"] = {"kty": "OKP", "crv": "Ed25519", "x": b64(own.public_key().public_bytes_raw())}
    elif extra in ("jku", "x5u"):
        header[extra] = f"{client.base_url}/.well-known/jwks.json"
    elif extra == "no kid":
        del header["kid"]
    else:
        header.update(extra)
    signed = unsigned(header, claims_of(reader.access_token)).rpartition(".")[0]

    assert not accepted(client, f"{signed}.{b64(own.sign(signed.encode()))}")


def test_a_changed_token_is_refused(client: Client, reader: Session, other: Session):
    header, payload, signature = reader.access_token.split(".")
    raised = b64(json.dumps({**claims_of(reader.access_token), "roles": ["admin"]}).encode())
    flipped = b64(
        bytes([base64.urlsafe_b64decode(signature + "==")[0] ^ 1]) + base64.urlsafe_b64decode(signature + "==")[1:]
    )

    for forged in (
        f"{header}.{raised}.{signature}",
        f"{header}.{payload}.{flipped}",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}.{signature}.",
        f"{header}.{payload}.{signature}.{signature}",
        f"{header}.{other.access_token.split('.')[1]}.{signature}",
        f"{header}.{payload}",
        reader.access_token + "=",
    ):
        assert not accepted(client, forged), forged[-20:]
    assert accepted(client, reader.access_token)


@pytest.fixture
def sign(own_platform: OwnPlatform, reader: Session, jwks) -> Callable[..., str]:
    """Sign changed claims with the platform's own key, as only an insider or a product of the same issuer could."""
    key = own_platform.signing_key(header_of(reader.access_token)["kid"], jwks)

    def make(
        token: str = reader.access_token, *, header: dict[str, Any] | None = None, without: str = "", **claims: Any
    ) -> str:
        payload = {name: value for name, value in {**claims_of(token), **claims}.items() if name != without}
        signed = unsigned({**header_of(token), **(header or {})}, payload).rpartition(".")[0]
        return f"{signed}.{b64(key.sign(signed.encode()))}"

    return make


def test_a_rightly_signed_token_is_accepted(client: Client, sign):
    """What the refusals below rest on."""
    assert accepted(client, sign())
    assert accepted(client, sign(exp=int(time.time()) + 60))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://issuer.example"},
        {"iss": ""},
        {"iss": ["https://member-platform.internal"]},
        {"aud": "another-product"},
        {"aud": []},
        {"aud": ""},
        {"exp": 1},
        {"exp": "never"},
        {"exp": None},
        {"nbf": 4102444800},
        {"iat": 4102444800, "exp": 4102448400},
        {"sid": "0198c0de-0000-7000-8000-000000000001"},
        {"sid": ""},
        {"sid": "*"},
        {"sid": ["x"]},
        {"sid": None},
        {"sub": "0198c0de-0000-7000-8000-000000000001"},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=lambda claims: json.dumps(claims)[:40],
)
def test_a_token_for_something_else_is_refused(client: Client, sign, claims: dict):
    assert not accepted(client, sign(**claims))


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "sub", "sid"])
def test_a_token_that_lacks_a_claim_is_refused(client: Client, sign, claim: str):
    assert not accepted(client, sign(without=claim))


@pytest.mark.parametrize(
    "header",
    [{"typ": "JWT"}, {"typ": None}, {"typ": "id+jwt"}, {"crit": ["x"], "x": 1}, {"alg": "none"}, {"kid": "unknown"}],
)
def test_a_token_of_another_kind_is_refused(client: Client, sign, header: dict):
    assert not accepted(client, sign(header=header))


def test_a_token_of_an_ended_session_is_refused_however_fresh(client: Client, member: Session, sign):
    member.log_out()

    assert not accepted(client, sign(member.access_token, exp=int(time.time()) + 600, iat=int(time.time())))


def test_a_session_is_its_own_members(client: Client, reader: Session, other: Session, sign):
    """A token that names one member and another's session is no one's."""
    assert not accepted(client, sign(sid=claims_of(other.access_token)["sid"]))
    assert not accepted(client, sign(other.access_token, sub=reader.account.id))


def test_a_service_token_is_no_access_token(client: Client, own_platform: OwnPlatform):
    now = int(time.time())
    for key in (secret.encode() for secret in own_platform.secrets()):
        for issuer, audience in (("auth", "member"), ("member", "auth"), ("gateway", "member")):
            claims = {"iss": issuer, "aud": audience, "sub": issuer, "iat": now, "exp": now + 60}
            signed = unsigned({"alg": "HS256", "typ": "JWT"}, claims).rpartition(".")[0]
            assert not accepted(client, f"{signed}.{b64(hmac.digest(key, signed.encode(), 'sha256'))}")
