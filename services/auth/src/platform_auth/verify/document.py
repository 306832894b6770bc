"""The OpenAPI description of `/auth/verify`, which is not a FastAPI endpoint."""

from __future__ import annotations

from typing import Any

from platform_auth.openapi import problems

_IDENTITY = {
    "X-Auth-Subject": "The member's id.",
    "X-Auth-Session": "The session's id.",
    "X-Auth-Roles": "The member's roles, separated by commas.",
    "Authorization": "The access token as a bearer token.",
}
_TEXT = {"type": "string"}

OPERATION: dict[str, Any] = {
    "tags": ["verify"],
    "summary": "Say who sends a request",
    "description": "For the edge alone, once a request: the client's headers, with the method and the URL in "
    "X-Original-Method and X-Original-URL (or X-Forwarded-Method and X-Forwarded-Uri, as auth is set).",
    "operationId": "verify_request",
    "security": [{"access_token": []}],
    "parameters": [
        {
            "name": "role",
            "in": "query",
            "description": "Any one of these is enough.",
            "schema": {"type": "array", "items": _TEXT},
        },
        {
            "name": "optional",
            "in": "query",
            "description": "`1` lets a request without a valid credential pass as anonymous.",
            "schema": {"type": "string", "enum": ["1"]},
        },
    ],
    "responses": {
        "200": {
            "description": "It may pass; without the headers it is anonymous.",
            "headers": {name: {"description": text, "schema": _TEXT} for name, text in _IDENTITY.items()},
        },
        **{str(status): response for status, response in problems(401, 403, 503).items()},
    },
}
