"""The JSON operations of a service, by its OpenAPI document, for tests over all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import FastAPI

_PARAMETER = re.compile(r"\{[^}]+\}")

# Bodies that parse in many libraries, and that no component could store or pass on.
UNSTORABLE_BODIES = (
    rb'{"any": "\ud800"}',
    rb'{"any": ["\udc00"]}',
    rb'{"any": "\u0000"}',
    rb'{"\u0000": 1}',
    b'{"any": "\xed\xa0\x80"}',
    b'{"any": NaN}',
)


def json_operations(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Yield method, path (`x` for each parameter) and media type of each operation with a JSON body."""
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            for media_type in operation.get("requestBody", {}).get("content", {}):
                if media_type.endswith("json"):
                    yield method.upper(), _PARAMETER.sub("x", path), media_type


def paths_with(app: FastAPI, parameter: str) -> Iterator[tuple[str, str]]:
    """Yield the method and the path of each operation, with `parameter` for each path and query parameter."""
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            names = [item["name"] for item in operation.get("parameters", []) if item["in"] == "query"]
            query = "&".join(f"{name}={parameter}" for name in names)
            yield method.upper(), _PARAMETER.sub(parameter, path) + (f"?{query}" if query else "")
