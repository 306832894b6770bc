"""What a shared cache may keep depends on no credential, and sets nothing."""

from __future__ import annotations


async def test_only_the_public_keys_may_be_cached_and_they_set_nothing(client, member):
    member.add("ada@example.com")
    cookies = f"__Host-access={(await client.tokens())['access_token']}; __Host-refresh=x"
    operations = (await client.http.get("/openapi.json")).json()["paths"]
    paths = {path for path, methods in operations.items() if "get" in methods} | {"/auth/verify", "/livez"}
    assert {"/auth/sessions", "/.well-known/jwks.json"} <= paths

    responses = {path: await client.http.get(path, headers={"Cookie": cookies}) for path in paths}

    assert not [path for path, response in responses.items() if "set-cookie" in response.headers]
    cached = {path for path, response in responses.items() if "no-store" not in response.headers["cache-control"]}
    assert cached == {"/.well-known/jwks.json"}
