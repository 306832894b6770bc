"""FastAPI dependencies that require an access token or a service token, also in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from platform_common.problems import Forbidden
from platform_common.tokens.service import ServiceTokenVerifier

access_token = HTTPBearer(
    scheme_name="access_token",
    bearerFormat="JWT",
    description="The access token of a session (auth: log_in).",
    auto_error=False,
)
service_token = HTTPBearer(
    scheme_name="service_token",
    bearerFormat="JWT",
    description="The token with which one service of the platform calls another.",
    auto_error=False,
)


class ChecksServiceTokens(Protocol):
    """What `app.state.services` of a service with internal endpoints has."""

    @property
    def service_tokens(self) -> ServiceTokenVerifier:
        """Whose tokens count here."""


def internal_caller(*allowed: str) -> Callable[..., str]:
    """Return a dependency that accepts the services `allowed` and returns the caller's name."""

    def check(request: Request, _: Annotated[object, Depends(service_token)]) -> str:
        services: ChecksServiceTokens = request.app.state.services
        caller = services.service_tokens.caller(request.headers.get("authorization"))
        if caller not in allowed:
            raise Forbidden("This path is not for that service.")
        return caller

    return check
