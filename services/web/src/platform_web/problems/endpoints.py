"""`/problems/{code}`: the documentation behind a problem's `type` (RFC 9457, section 3.1.1)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.container import AnyVisitor, ContainerDep
from platform_web.problems.documents import ProblemDocuments

router = APIRouter()

documents = ProblemDocuments()


@router.get("/problems")
async def problem_index(container: ContainerDep, visitor: AnyVisitor) -> Response:
    """List every problem code."""
    return container.pages.render(visitor, "problems/index.html", {"documents": documents.all(visitor.language)})


@router.get("/problems/{code}")
async def problem_page(code: str, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Explain one problem code. Raises NotFound."""
    document = documents.get(code, visitor.language)
    if document is None:
        raise NotFound("The problem code does not exist.")
    return container.pages.render(visitor, "problems/problem.html", {"document": document})
