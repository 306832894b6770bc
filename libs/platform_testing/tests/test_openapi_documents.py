"""References of an OpenAPI document: each one that leads to nothing is found, wherever it stands."""

from __future__ import annotations

import pytest

from platform_testing.openapi_documents import unresolved_references

DOCUMENT = {
    "paths": {"/a/b": {"get": {"parameters": [{"schema": {"$ref": "#/components/schemas/Here"}}]}}},
    "components": {"schemas": {"Here": {"properties": {"way": {"$ref": "#/paths/~1a~1b"}}}}},
}


def test_references_that_lead_somewhere_are_no_fault():
    assert unresolved_references(DOCUMENT) == []


@pytest.mark.parametrize(
    "reference", ["#/$defs/Money", "#/components/schemas/There", "https://example.com/schema", "#/paths/a"]
)
def test_references_that_lead_nowhere_are_named(reference):
    document = DOCUMENT | {"components": {"schemas": {"Here": {"allOf": [{"$ref": reference}]}}}}

    assert unresolved_references(document) == [f"#/components/schemas/Here/allOf/0: {reference}"]
