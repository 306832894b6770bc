"""What may go wrong at the API server, told apart by what to do about it."""

from __future__ import annotations


class ApiFault(Exception):
    """The API server refused or did not answer; trying again may help. `status` is 0 without an answer."""

    def __init__(self, status: int, message: str, retry_after: float = 0) -> None:
        super().__init__(f"{status or 'no answer'}: {message}")
        self.status = status
        self.retry_after = retry_after


class NotFound(ApiFault):
    """The object, or its namespace, is not there (404, 410)."""


class Conflict(ApiFault):
    """Somebody else has changed the object since it was read, or it is another one by now (409)."""


def fault(status: int, message: str, retry_after: float = 0) -> ApiFault:
    """Return the fault that a status means."""
    kind = {404: NotFound, 410: NotFound, 409: Conflict}.get(status, ApiFault)
    return kind(status, message, retry_after)
