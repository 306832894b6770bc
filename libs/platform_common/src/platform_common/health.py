"""`/livez` checks nothing; `/readyz` checks every dependency of the service and names the failing ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from platform_common.problems import MEDIA_TYPE, problem_document

Check = Callable[[], Awaitable[Any]]

# Timeout of a check (seconds).
CHECK_TIMEOUT = 2.0

log = structlog.get_logger(__name__)


class NotReady(Exception):
    """A dependency responds but is unusable; the message is for `/readyz` and contains no address and no secret."""


class Health:
    """Readiness of one process; `draining` makes it fail before the listener closes."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self.checks = dict(checks)
        self.draining = False

    async def failures(self) -> dict[str, str]:
        """Return the failing dependencies by name, with messages that contain no address and no secret."""
        if self.draining:
            return {"process": "is stopping"}
        results = await asyncio.gather(*(self._run(name, check) for name, check in self.checks.items()))
        return {name: reason for name, reason in results if reason}

    async def _run(self, name: str, check: Check) -> tuple[str, str | None]:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                await check()
        except TimeoutError:
            return name, f"did not respond within {CHECK_TIMEOUT:g} s"
        except NotReady as reason:
            return name, str(reason)
        except Exception as error:  # noqa: BLE001 (whatever it is, the part is not ready)
            log.warning("readiness_check_failed", dependency=name, error=type(error).__name__)
            return name, "does not respond"
        return name, None


def health_router(health: Health) -> APIRouter:
    """Return the two probes; they are on no route of the edge."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        failures = await health.failures()
        if not failures:
            return JSONResponse({"status": "ready"})
        sentence = "; ".join(f"{name} {reason}" for name, reason in failures.items())
        document = problem_document("not-ready", 503, "Not ready", sentence) | {"failing": failures}
        return JSONResponse(document, status_code=503, headers={"Retry-After": "1"}, media_type=MEDIA_TYPE)

    return router
