"""Access to the administrator's pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from platform_common.problems import Forbidden
from platform_web.container import require_login
from platform_web.visitor.visitor import Visitor


def require_administrator(request: Request) -> Visitor:
    """Return the visitor, an administrator; the services check the role again. Raises LoginRequired, Forbidden."""
    visitor = require_login(request)
    if not visitor.is_admin:
        raise Forbidden("This requires the administrator role.")
    return visitor


Administrator = Annotated[Visitor, Depends(require_administrator)]
