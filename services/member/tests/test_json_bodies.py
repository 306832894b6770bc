"""Every operation with a JSON body refuses what cannot be stored, before it looks at anything else."""

from __future__ import annotations

import pytest

from platform_testing.json_operations import UNSTORABLE_BODIES, json_operations, paths_with


async def test_every_operation_refuses_text_that_cannot_be_stored(client, app):
    operations = list(json_operations(app))

    assert len(operations) >= 8
    for method, path, media_type in operations:
        for body in UNSTORABLE_BODIES:
            response = await client.request(method, path, content=body, headers={"Content-Type": media_type})

            assert (method, path, response.status_code) == (method, path, 400)
            assert response.json()["code"] == "payload-malformed"


@pytest.mark.parametrize("parameter", ["a%00b", "%ED%A0%80", "%FF", "%00"])
async def test_no_parameter_of_a_path_or_query_is_an_error_of_the_service(client, app, admin, parameter):
    for method, path in paths_with(app, parameter):
        response = await client.request(method, path, headers=admin.headers)

        assert (method, path, response.status_code) == (method, path, min(response.status_code, 499))
