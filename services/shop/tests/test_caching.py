"""What a shared cache may keep depends on no credential, and sets nothing."""

from __future__ import annotations

import re

CATALOGUE = {"/api/shop/products", "/api/shop/products/{slug}", "/api/shop/products/{slug}/picture.svg"}


async def test_only_the_catalogue_may_be_cached_and_it_sets_nothing(anonymous, ann, client, mug):
    operations = (await client.get("/openapi.json")).json()["paths"]
    paths = {path for path, methods in operations.items() if "get" in methods}
    assert paths > CATALOGUE

    for visitor in (anonymous, ann):
        for path in paths:
            visitor.cookie = None
            response = await visitor.send("GET", re.sub(r"\{slug\}", mug.slug, path))
            cached = (
                "no-store" not in response.headers["cache-control"]
                and "private" not in response.headers["cache-control"]
            )
            assert cached == (path in CATALOGUE), path
            assert not (cached and "set-cookie" in response.headers), path
