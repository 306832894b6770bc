"""Checks that clients can be generated from an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

PROBLEM = "application/problem+json"


def unresolved_references(document: Mapping[str, Any]) -> list[str]:
    """Return every unresolvable `$ref` of a document with its location."""
    return [
        f"{place}: {reference}" for place, reference in _references(document, "#") if not _leads(document, reference)
    ]


def operation_ids(document: Mapping[str, Any]) -> list[str]:
    """Return the id of every operation: the name of its function in a generated client."""
    return [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]


def missing_from(operation: Mapping[str, Any]) -> set[str]:
    """Return the errors that follow from an operation's input and that it does not declare as problems."""
    needed = {"503"}
    if operation.get("security"):
        needed.add("401")
    if "requestBody" in operation:
        needed |= {"400", "413", "422"}
    if operation.get("parameters"):
        needed.add("422")
    return {status for status in needed if not _is_problem(operation["responses"].get(status, {}))}


def operations_of(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return every operation of a document by its method and path."""
    paths = document["paths"]
    return {(method, path): operation for path, methods in paths.items() for method, operation in methods.items()}


def unproblematic_errors(operation: Mapping[str, Any]) -> list[str]:
    """Return the errors of an operation that are not described as problem documents."""
    responses = operation["responses"]
    return [status for status in responses if status >= "400" and not _is_problem(responses[status])]


def _is_problem(response: Mapping[str, Any]) -> bool:
    content = response.get("content", {})
    return list(content) == [PROBLEM] and content[PROBLEM]["schema"]["$ref"].endswith("ProblemDetails")


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
