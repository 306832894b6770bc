"""Responses of member that are passed on to the client."""

from __future__ import annotations

from fastapi import Response

from platform_auth.members import MemberResponse


def passed_on(response: MemberResponse) -> Response:
    """Return member's response as the client gets it."""
    return Response(response.body, status_code=response.status, headers=dict(response.headers))
