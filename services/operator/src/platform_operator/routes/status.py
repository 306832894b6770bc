"""The status of a route, by the Kubernetes convention."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platform_routes.model import Object, Route
from platform_routes.platform import Platform

ACCEPTED = "Accepted"
PROGRAMMED = "Programmed"
READY = "Ready"

# The reason while the edge and the gateway are about to follow.
PENDING = "Pending"


@dataclass(frozen=True)
class Condition:
    """What is the case, why, and in words for a person."""

    type: str
    holds: bool
    reason: str
    message: str

    @property
    def status(self) -> str:
        """The word that the convention has for it."""
        return "True" if self.holds else "False"


def build_status(route: Route, platform: Platform, conditions: Iterable[Condition], before: Object, now: str) -> Object:
    """Return the status of `route`. The time of a condition is that of its last change of status."""
    return {
        "observedGeneration": route.generation,
        "host": platform.host_of(route),
        "paths": " ".join(str(path) for path in route.paths),
        "auth": auth_line(route),
        "conditions": build_conditions(conditions, route.generation, before, now),
    }


def build_conditions(conditions: Iterable[Condition], generation: int, before: Object, now: str) -> list[Object]:
    """Return the conditions as the API has them."""
    former = {item["type"]: item for item in before.get("conditions", ())}
    return [
        {
            "type": condition.type,
            "status": condition.status,
            "reason": condition.reason,
            "message": condition.message[:2048],
            "observedGeneration": generation,
            "lastTransitionTime": _since(former.get(condition.type), condition, now),
        }
        for condition in conditions
    ]


def _since(former: Object | None, condition: Condition, now: str) -> str:
    if former and former["status"] == condition.status:
        return str(former["lastTransitionTime"])
    return now


def auth_line(route: Route) -> str:
    """Return the authentication policy in one line: `required (admin, clerk)`."""
    return f"{route.auth} ({', '.join(route.roles)})" if route.roles else route.auth


def is_ready(status: Object) -> bool:
    """Tell whether a route was ready when `status` was written."""
    return any(item["type"] == READY and item["status"] == "True" for item in status.get("conditions", ()))


def new_conditions(before: Object, after: Object) -> list[Object]:
    """Return the conditions that changed, which are reported as events."""
    former = {item["type"]: (item["status"], item["reason"]) for item in before.get("conditions", ())}
    changed = [item for item in after["conditions"] if former.get(item["type"]) != (item["status"], item["reason"])]
    return [item for item in changed if item["reason"] != PENDING]
