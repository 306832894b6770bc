"""Who may see the administrator's pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from platform_common.problems import Forbidden
from platform_web.parts import known_visitor
from platform_web.visitor.visitor import Visitor


def administrator(request: Request) -> Visitor:
    """Return the visitor, who is an administrator; the services ask again. Raises LogInNeeded, Forbidden."""
    visitor = known_visitor(request)
    if not visitor.is_admin:
        raise Forbidden("This requires the administrator role.")
    return visitor


Administrator = Annotated[Visitor, Depends(administrator)]
