"""Check of the content types that an endpoint accepts."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends, Request

from platform_common.problems import Problem

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


class MediaTypeUnsupported(Problem):
    """The endpoint does not accept the content type of the body."""

    code = "media-type-unsupported"
    status = 415


def require_content_type(*media_types: str) -> Callable[[Request], None]:
    """Return a dependency that refuses bodies of other types."""

    def check(request: Request) -> None:
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given not in media_types:
            raise MediaTypeUnsupported(f"This path accepts {' or '.join(media_types)}.", headers=_accepts(media_types))

    return check


def _accepts(media_types: tuple[str, ...]) -> dict[str, str]:
    # RFC 5789, section 3.1 for PATCH; RFC 9110, section 15.5.16 for the rest.
    return {"Accept-Patch" if MERGE_PATCH in media_types else "Accept": ", ".join(media_types)}


# The dependency of endpoints whose body is JSON.
JSON_BODY = Depends(require_content_type(JSON))
