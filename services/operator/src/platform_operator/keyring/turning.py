"""When a ring turns, and what it is then. Pure but for the new keys, which come in as a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from platform_common.tokens.key_ring import CURRENT, LEEWAY_SECONDS, NEXT, RETIRED_PREFIX, thumbprint

# How long a changed Secret may take to reach every pod of auth, by the kubelet's period and cache (seconds).
# So long some pod may go on signing with a key that has retired.
SPREAD_SECONDS = 180

# How many replaced keys are remembered: those of some tens of emergencies.
REMEMBERED_KEYS = 64


class RingBroken(Exception):
    """The Secret holds something else than a ring; the message says what, without any key material."""


@dataclass(frozen=True)
class Schedule:
    """How long a key signs, how long it is published before that, and how long a token lives (seconds)."""

    rotate: int
    publish: int
    token: int

    @property
    def retire(self) -> int:
        """How long a key verifies after it has signed for the last time, as far as the ring knows."""
        return self.token + LEEWAY_SECONDS + SPREAD_SECONDS


@dataclass(frozen=True)
class Asked:
    """What the annotations ask for: any new value is a request."""

    rotate: str = ""
    revoke: str = ""


@dataclass(frozen=True)
class Ring:
    """The ring's files, since when which key is what (epoch seconds), and which requests it has followed."""

    files: Mapping[str, bytes] = field(repr=False)
    current: str = ""
    current_since: int = 0
    next: str = ""
    next_since: int = 0
    followed: Asked = Asked()
    # When every key was replaced at once for the last time: sessions of before have ended.
    revoked_at: int = 0
    # Identifiers of the keys that were replaced then: a Secret that is restored must not bring them back.
    revoked_keys: tuple[str, ...] = ()

    def retired(self) -> dict[str, int]:
        """Return the retired files, and when each retired."""
        found = {}
        for name in self.files:
            moment = name.removeprefix(RETIRED_PREFIX).removesuffix(".pem")
            if name.startswith(RETIRED_PREFIX):
                found[name] = int(moment) if moment.isdigit() else 0
        return found


@dataclass(frozen=True)
class Memory:
    """What the SigningKeyRing's status knows of a ring, whatever becomes of the Secret."""

    followed: Asked = Asked()
    revoked_at: int = 0
    revoked_keys: tuple[str, ...] = ()


def remembered(ring: Ring, memory: Memory, asked: Asked) -> Ring:
    """Return `ring` with what the status knows as well: no request is followed twice, no emergency forgotten."""
    return replace(
        ring,
        followed=Asked(
            _followed(asked.rotate, ring.followed.rotate, memory.followed.rotate),
            _followed(asked.revoke, ring.followed.revoke, memory.followed.revoke),
        ),
        revoked_at=max(ring.revoked_at, memory.revoked_at),
        revoked_keys=_latest((*memory.revoked_keys, *ring.revoked_keys)),
    )


def _followed(asked: str, by_secret: str, by_status: str) -> str:
    return asked if asked in {by_secret, by_status} else by_status or by_secret


def _latest(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))[-REMEMBERED_KEYS:]


@dataclass(frozen=True)
class Turn:
    """What became of a ring: the ring, why it is another one (nothing: it is not), and when to look again."""

    ring: Ring
    causes: tuple[str, ...]
    look_at: int


def turn(ring: Ring, schedule: Schedule, asked: Asked, now: int, new_key: Callable[[], bytes]) -> Turn:
    """Return the ring as it ought to be at `now`. Raises RingBroken.

    A key signs only once it has been published for long enough, except where there is no other, or where an emergency
    is declared: then every key is replaced at once.
    """
    causes: list[str] = []
    if asked.revoke and asked.revoke != ring.followed.revoke:
        revoked = _latest((*ring.revoked_keys, *_kids(ring)))
        ring = replace(_fresh(ring, now, new_key, asked), revoked_at=now, revoked_keys=revoked)
        causes.append("revoked")
    elif CURRENT not in ring.files:
        ring = _fresh(ring, now, new_key, replace(asked, revoke=ring.followed.revoke))
        causes.append("made")
    elif set(_kids(ring)) & set(ring.revoked_keys):
        ring = _fresh(ring, now, new_key, ring.followed)
        causes.append("withdrawn")
    else:
        ring, noticed = _noticed(ring, now, new_key)
        causes += noticed
        requested = bool(asked.rotate) and asked.rotate != ring.followed.rotate
        due = requested or now >= ring.current_since + schedule.rotate
        if due and now >= ring.next_since + schedule.publish:
            ring = _turned(ring, now, new_key, asked if requested else ring.followed)
            causes.append("requested" if requested else "scheduled")
    kept, spent = _without_spent(ring, schedule, now)
    if spent:
        causes.append("removed")
    return Turn(kept, tuple(causes), _next_look(kept, schedule, asked))


def _fresh(before: Ring, now: int, new_key: Callable[[], bytes], followed: Asked) -> Ring:
    files = {CURRENT: new_key(), NEXT: new_key()}
    current, upcoming = kid(files[CURRENT], CURRENT), kid(files[NEXT], NEXT)
    return Ring(files, current, now, upcoming, now, followed, before.revoked_at, before.revoked_keys)


def _kids(ring: Ring) -> list[str]:
    """Return the identifiers of the keys that can be read."""
    found = []
    for name, pem in sorted(ring.files.items()):
        with suppress(RingBroken):
            found.append(kid(pem, name))
    return found


def _noticed(ring: Ring, now: int, new_key: Callable[[], bytes]) -> tuple[Ring, list[str]]:
    """Take over what somebody else has made of the ring: a key that is not known is as old as our knowledge of it."""
    causes = []
    current = kid(ring.files[CURRENT], CURRENT)
    if current != ring.current:
        ring = replace(ring, current=current, current_since=now)
        causes.append("noticed")
    if NEXT not in ring.files:
        ring = replace(ring, files={**ring.files, NEXT: new_key()})
        causes.append("published")
    upcoming = kid(ring.files[NEXT], NEXT)
    if upcoming != ring.next:
        ring = replace(ring, next=upcoming, next_since=now)
        causes.append("noticed")
    return ring, list(dict.fromkeys(causes))


def _turned(ring: Ring, now: int, new_key: Callable[[], bytes], followed: Asked) -> Ring:
    files = dict(ring.files)
    retired = f"{RETIRED_PREFIX}{now}.pem"
    files[retired] = files[CURRENT]
    files[CURRENT] = files[NEXT]
    files[NEXT] = new_key()
    upcoming = kid(files[NEXT], NEXT)
    return Ring(files, ring.next, now, upcoming, now, followed, ring.revoked_at, ring.revoked_keys)


def _without_spent(ring: Ring, schedule: Schedule, now: int) -> tuple[Ring, list[str]]:
    spent = [name for name, since in ring.retired().items() if now > since + schedule.retire]
    if not spent:
        return ring, []
    return replace(ring, files={name: pem for name, pem in ring.files.items() if name not in spent}), spent


def next_rotation(ring: Ring, schedule: Schedule, asked: Asked) -> int:
    """Return when the next key signs."""
    requested = bool(asked.rotate) and asked.rotate != ring.followed.rotate
    due = 0 if requested else ring.current_since + schedule.rotate
    return max(due, ring.next_since + schedule.publish)


def _next_look(ring: Ring, schedule: Schedule, asked: Asked) -> int:
    ends = [since + schedule.retire + 1 for since in ring.retired().values()]
    return min([next_rotation(ring, schedule, asked), *ends])


def kid(pem: bytes, file: str) -> str:
    """Return the identifier of the key in a file. Raises RingBroken."""
    try:
        key: object = (
            load_pem_private_key(pem, password=None).public_key() if b"PRIVATE KEY" in pem else load_pem_public_key(pem)
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise RingBroken(f"{file} is not an unencrypted PEM key") from None
    if not isinstance(key, Ed25519PublicKey) or (file in {CURRENT, NEXT} and b"PRIVATE KEY" not in pem):
        raise RingBroken(f"{file} is not an Ed25519 key that signs")
    return thumbprint(key)
