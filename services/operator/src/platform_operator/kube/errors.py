"""Errors of the API server."""

from __future__ import annotations


class ApiError(Exception):
    """The API server rejected a request or did not respond; a retry may help. `status` is 0 without a response."""

    def __init__(self, status: int, message: str, retry_after: float = 0) -> None:
        super().__init__(f"{status or 'no response'}: {message}")
        self.status = status
        self.retry_after = retry_after


class NotFound(ApiError):
    """The object or its namespace does not exist (404, 410)."""


class Conflict(ApiError):
    """The object has changed since it was read, or was replaced by another one (409)."""


def api_error(status: int, message: str, retry_after: float = 0) -> ApiError:
    """Return the error of a status."""
    kind = {404: NotFound, 410: NotFound, 409: Conflict}.get(status, ApiError)
    return kind(status, message, retry_after)
