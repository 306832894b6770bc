"""The stored record of a session."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

VERSION = 1

_SURROGATE = re.compile("[\ud800-\udfff]")
# The last second that a date can be written of: 9999-12-31T23:59:59Z.
_LAST_TIME = 253_402_300_799


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
        fields = json.loads(raw.decode())
        version = fields.pop("v") if isinstance(fields, dict) else None
        if type(version) is not int or version != VERSION:
            raise RecordUnreadable("not a session record")
        # Fields of a newer release are passed over: during an update both releases read the same records.
        known = {name: fields[name] for name in _FIELDS}
        session = Session(id=session_id, **known | {name: _strings(known[name]) for name in ("roles", "amr")})
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RecordUnreadable("not a session record") from None
    texts = (session.member, session.refresh, session.salt, session.address, session.user_agent)
    times = (session.auth_time, session.renewed_at, session.idle_at, session.ends_at)
    if not all(map(_is_text, texts)) or not all(map(_is_time, times)):
        raise RecordUnreadable("a field of the wrong type")
    return session


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(map(_is_text, value)):
        raise RecordUnreadable("not a list of strings")
    return tuple(value)


def _is_text(value: object) -> bool:
    # JSON can escape lone surrogates, which no response could contain.
    return isinstance(value, str) and not _SURROGATE.search(value)


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LAST_TIME
