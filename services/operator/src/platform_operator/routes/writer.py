"""Objects of routes, written and removed one by one; an object of another owner is never touched."""

from __future__ import annotations

from platform_operator.kube.cluster import Cluster
from platform_operator.kube.errors import Conflict, NotFound
from platform_operator.kube.kinds import kind_of
from platform_operator.routes.live import Live, ObjectId
from platform_operator.routes.state import State
from platform_routes.metadata import route_of
from platform_routes.model import Object, RouteKey


class NameTaken(Exception):
    """An object of another owner has the name that a route needs; the message is for the route's author."""

    def __init__(self, which: ObjectId, owner: RouteKey | None) -> None:
        whose = f"belongs to the route {owner}" if owner else "was not created by the operator"
        super().__init__(f"The {which} {whose}, so it is left as it is: rename the route, or remove that object.")


class ObjectWriter:
    """Writes objects that differ from the known state of the cluster."""

    def __init__(self, cluster: Cluster, state: State) -> None:
        self._cluster = cluster
        self._state = state
        # Names for which a new object is being written: two routes never make the same one at the same time.
        self._pending: dict[ObjectId, RouteKey] = {}

    def live(self, key: RouteKey) -> dict[ObjectId, Live]:
        """Return the route's objects as they were seen last."""
        return dict(self._state.live.get(key, {}))

    def is_written(self, key: RouteKey, body: Object) -> bool:
        """Return whether the object exists as `body` describes it."""
        live = self._state.live.get(key, {}).get(ObjectId.from_body(body))
        return live is not None and live.matches(body)

    async def write(self, key: RouteKey, body: Object) -> bool:
        """Write `body` unless the object already matches; return whether it was written.

        Raises NameTaken and ApiError.
        """
        if self.is_written(key, body):
            return False
        which = ObjectId.from_body(body)
        if self._pending.setdefault(which, key) != key:
            raise NameTaken(which, self._pending[which])
        try:
            await self._apply(key, which, body)
        finally:
            self._pending.pop(which, None)
        return True

    async def _apply(self, key: RouteKey, which: ObjectId, body: Object) -> None:
        kind = kind_of(which.api_version, which.kind)
        uid = await self._own_uid(key, which)
        if uid:
            body = {**body, "metadata": {**body["metadata"], "uid": uid}}
        try:
            # a new object is not forced: should another one have come in between, its fields stay its own
            response = await self._cluster.apply(kind, body, force=bool(uid))
        except Conflict:
            if not uid:
                # another owner has created it in the meantime, or the conflict is temporary
                await self._own_uid(key, which)
            raise
        self._state.put(kind, response)

    async def _own_uid(self, key: RouteKey, which: ObjectId) -> str:
        """Return the uid of the route's own object, or nothing where there is none. Raises NameTaken."""
        if live := self._state.live.get(key, {}).get(which):
            return live.uid
        try:
            found = await self._cluster.get(kind_of(which.api_version, which.kind), which.namespace, which.name)
        except NotFound:
            return ""
        owner = route_of(found)
        if owner != key:
            raise NameTaken(which, owner)
        return str(found["metadata"]["uid"])

    async def remove(self, key: RouteKey, which: ObjectId) -> None:
        """Remove an object of the route, unless it is another one by now. Raises ApiError."""
        live = self._state.live.get(key, {}).get(which)
        if live is None:
            return
        try:
            kind = kind_of(which.api_version, which.kind)
            await self._cluster.delete(kind, which.namespace, which.name, live.uid)
        except (NotFound, Conflict):
            pass
        self._state.forget(which)
