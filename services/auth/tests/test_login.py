from __future__ import annotations

import jwt

from platform_common.testing.tokens import AUDIENCE, ISSUER


async def test_login_answers_with_tokens_and_the_member(client, member):
    response = await client.login()

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    document = response.json()
    assert document.keys() == {
        "access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in", "member",
    }  # fmt: skip
    assert document["token_type"] == "Bearer"
    assert document["member"] == member.accounts["ada@example.com"]["member"]


async def test_access_token_is_signed_with_the_published_key_and_has_every_claim(client, clock):
    tokens = await client.tokens()
    published = (await client.http.get("/.well-known/jwks.json")).json()

    header = jwt.get_unverified_header(tokens["access_token"])
    key = next(jwt.PyJWK(entry) for entry in published["keys"] if entry["kid"] == header["kid"])
    claims = jwt.decode(tokens["access_token"], key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER)

    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    assert claims.keys() == {"iss", "aud", "sub", "sid", "roles", "iat", "exp", "auth_time", "amr"}
    assert claims["exp"] - claims["iat"] == tokens["expires_in"]
    assert claims["auth_time"] == int(clock())
    assert claims["amr"] == ["pwd"]
