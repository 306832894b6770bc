"""Every operation with a JSON body refuses what cannot be stored, before it looks at anything else."""

from __future__ import annotations

import re

import pytest

from platform_testing.json_operations import UNSTORABLE_BODIES, json_operations, paths_with


async def test_every_operation_refuses_text_that_cannot_be_stored(client, auth, member):
    operations = list(json_operations(auth.api))

    assert {path for _, path, _ in operations} >= {"/auth/login", "/auth/register", "/auth/password", "/auth/refresh"}
    for method, path, media_type in operations:
        for body in UNSTORABLE_BODIES:
            response = await client.http.request(method, path, content=body, headers={"Content-Type": media_type})

            assert (method, path, response.status_code) == (method, path, 400)
            assert response.json()["code"] == "payload-malformed"
    assert not member.requests


@pytest.mark.parametrize("parameter", ["a%00b", "%ED%A0%80", "%FF", "%00"])
async def test_no_parameter_of_a_path_or_query_is_an_error_of_the_service(client, auth, parameter):
    for method, path in paths_with(auth.api, parameter):
        response = await client.http.request(method, path)

        assert (method, path, response.status_code) == (method, path, min(response.status_code, 499))


@pytest.mark.parametrize("media_type", ["text/plain", "application/vnd.api+json", "application/x-www-form-urlencoded"])
async def test_every_operation_refuses_bodies_of_other_types(client, auth, member, media_type):
    token = (await client.tokens())["access_token"]
    member.requests.clear()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type}
    documented = {re.sub(r"{.*?}", "x", path): item for path, item in auth.api.openapi()["paths"].items()}

    for method, path, _ in json_operations(auth.api):
        response = await client.http.request(method, path, content=b"{}", headers=headers)

        assert (method, path, response.status_code) == (method, path, 415)
        assert (response.json()["code"], response.headers["Accept"]) == ("media-type-unsupported", "application/json")
        assert "415" in documented[path][method.lower()]["responses"]
    assert not member.requests
