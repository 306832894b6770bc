"""What can be wrong with a refresh token or a session."""

from __future__ import annotations

from platform_common.problems import NotFound, Problem, Unauthenticated


class RefreshRejected(Unauthenticated):
    """No session can be renewed with the refresh token."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, error="invalid_token")


class RefreshTokenUnknown(RefreshRejected):
    """The refresh token was never issued, or its time is over."""

    code = "refresh-token-unknown"

    def __init__(self) -> None:
        super().__init__("The refresh token is unknown or has expired.")


class RefreshTokenReused(RefreshRejected):
    """The refresh token had already been replaced, so one of its two holders stole it: the session was ended."""

    code = "refresh-token-reused"

    def __init__(self) -> None:
        super().__init__("The refresh token was already used; its session has been ended.")


class SessionRevoked(RefreshRejected):
    """The session was ended; no token of it is accepted any more (ASVS 7.4.1)."""

    code = "session-revoked"

    def __init__(self) -> None:
        super().__init__("The session has ended.")


class SessionNotFound(NotFound):
    """The caller has no such session."""

    code = "session-not-found"


class LoginSuperseded(Problem):
    """The member's sessions were ended while the log-in was going on; its credentials must be verified again."""

    code = "login-superseded"
    status = 409
