"""`/problems/{code}`: what a problem's `type` leads to (RFC 9457, section 3.1.1)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.parts import AnyVisitor, PartsOf
from platform_web.problems.documents import ProblemDocuments

router = APIRouter()

documents = ProblemDocuments()


@router.get("/problems")
async def problem_index(parts: PartsOf, visitor: AnyVisitor) -> Response:
    """List every problem code."""
    return parts.pages.show(visitor, "problems/index.html", {"documents": documents.all(visitor.language)})


@router.get("/problems/{code}")
async def problem_page(code: str, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Explain one. Raises NotFound."""
    document = documents.of(code, visitor.language)
    if document is None:
        raise NotFound("There is no such problem.")
    return parts.pages.show(visitor, "problems/problem.html", {"document": document})
