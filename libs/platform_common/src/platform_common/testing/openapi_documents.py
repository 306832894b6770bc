"""What makes an OpenAPI document one that clients can be generated from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def unresolved_references(document: Mapping[str, Any]) -> list[str]:
    """Return every `$ref` of a document that leads to nothing in it, with the place where it stands."""
    return [
        f"{place}: {reference}" for place, reference in _references(document, "#") if not _leads(document, reference)
    ]


def operation_ids(document: Mapping[str, Any]) -> list[str]:
    """Return the id of every operation: the name of its function in a generated client."""
    return [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]


def _references(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield place, node["$ref"]
        for name, value in node.items():
            yield from _references(value, f"{place}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _references(value, f"{place}/{number}")


def _leads(document: Any, reference: str) -> bool:
    start, _, path = reference.partition("/")
    if start != "#":
        return False
    for part in path.split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, Mapping) or name not in document:
            return False
        document = document[name]
    return True
