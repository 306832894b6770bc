"""The stored record of a session."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

VERSION = 1


class RecordUnreadable(ValueError):
    """The value of a session's key is not a session record."""


@dataclass(frozen=True)
class Session:
    """One log-in of a member on one device. Times are whole seconds since the epoch.

    `refresh` is the SHA-256 (hex) of the current refresh token, and `salt` is of the rotation that made it. The session
    is over at `idle_at` unless it is renewed before, and at `ends_at` in any case.
    """

    id: str
    member: str
    roles: tuple[str, ...]
    amr: tuple[str, ...]
    auth_time: int
    renewed_at: int
    idle_at: int
    ends_at: int
    refresh: str
    salt: str
    address: str
    user_agent: str

    @property
    def expires_at(self) -> int:
        """When it is over unless renewed."""
        return min(self.idle_at, self.ends_at)

    def encode(self) -> bytes:
        """Return the stored form; the id is the key's."""
        fields: dict[str, Any] = {"v": VERSION, **asdict(self)}
        del fields["id"]
        return json.dumps(fields, separators=(",", ":")).encode()


_FIELDS = [field.name for field in dataclass_fields(Session) if field.name != "id"]


def decode(session_id: str, raw: bytes) -> Session:
    """Return the session in `raw`. Raises RecordUnreadable."""
    try:
        fields = json.loads(raw)
        if not isinstance(fields, dict) or fields.pop("v", None) != VERSION:
            raise RecordUnreadable("not a session record")
        # Fields of a newer release are passed over: during an update both releases read the same records.
        known = {name: fields[name] for name in _FIELDS}
        session = Session(id=session_id, **known | {name: _strings(known[name]) for name in ("roles", "amr")})
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RecordUnreadable("not a session record") from None
    texts = (session.member, session.refresh, session.salt, session.address, session.user_agent)
    times = (session.auth_time, session.renewed_at, session.idle_at, session.ends_at)
    if not all(isinstance(text, str) for text in texts) or not all(type(moment) is int for moment in times):
        raise RecordUnreadable("a field of the wrong type")
    return session


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RecordUnreadable("not a list of strings")
    return tuple(value)
