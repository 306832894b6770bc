"""Errors of calls to services."""

from __future__ import annotations

from typing import Any

from platform_common.problems import DependencyUnavailable, FieldError, Problem


class ServiceUnavailable(DependencyUnavailable):
    """A service did not respond in time or sent an invalid response; the outcome of a write is unknown."""

    def __init__(self, service: str) -> None:
        super().__init__(f"The service {service} is temporarily unavailable.")
        self.service = service


class ServiceError(Problem):
    """A problem (4xx) reported by a service."""

    def __init__(self, status: int, document: dict[str, Any], retry_after: str | None = None) -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        super().__init__(_text(document, "detail"), errors=_errors(document), headers=headers)
        self.status = status
        self.code = _text(document, "code") or "bad-request"
        self.title = _text(document, "title")
        # Members of the problem's own, such as the challenge of a log-in.
        self.received = document


def _text(document: dict[str, Any], member: str) -> str | None:
    value = document.get(member)
    return value if isinstance(value, str) else None


def _errors(document: dict[str, Any]) -> list[FieldError]:
    entries = document.get("errors")
    return [
        FieldError(*(_text(entry, member) or "" for member in ("pointer", "code", "detail")))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
