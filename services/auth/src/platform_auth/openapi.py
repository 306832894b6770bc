"""Descriptions of auth's errors in the OpenAPI document."""

from __future__ import annotations

from platform_common.openapi import ProblemResponses

problems = ProblemResponses(
    {
        401: "No valid credential: the token, the refresh token, or the e-mail and password.",
        503: "The session store or the accounts are unavailable or overloaded; Retry-After says when to try again.",
    }
)
