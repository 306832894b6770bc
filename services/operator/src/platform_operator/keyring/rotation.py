"""When keys are rotated, and the result. Pure functions, except for key generation, which is a parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_common.tokens.key_ring import (
    CURRENT,
    LEEWAY_SECONDS,
    NEXT,
    RETIRED_PREFIX,
    load_key,
    public_key_of,
    thumbprint,
)

# Maximum time until a changed Secret is mounted in every pod of auth (seconds): the kubelet's sync period and cache.
# Until then a pod may sign with a retired key.
PROPAGATION_SECONDS = 180

# How many revoked keys are remembered: those of some tens of revocations.
REMEMBERED_KEYS = 64


class InvalidSecret(Exception):
    """The Secret contains no valid key ring; the message has the reason, without key material."""


@dataclass(frozen=True)
class Schedule:
    """How long a key signs, how long it is published before that, and the lifetime of a token (seconds)."""

    rotation_interval: int
    pre_publish: int
    token_ttl: int

    @property
    def retention(self) -> int:
        """How long a retired key stays valid for verification (seconds)."""
        return self.token_ttl + LEEWAY_SECONDS + PROPAGATION_SECONDS


@dataclass(frozen=True)
class Requests:
    """The values of the request annotations: any new value is a request."""

    rotate: str = ""
    revoke: str = ""


@dataclass(frozen=True)
class Ring:
    """The key files, since when each key has its role (epoch seconds), and the requests that were handled."""

    files: Mapping[str, bytes] = field(repr=False)
    current: str = ""
    current_since: int = 0
    next: str = ""
    next_since: int = 0
    handled: Requests = Requests()
    # Time of the last revocation of all keys: sessions from before have ended.
    revoked_at: int = 0
    # Identifiers of revoked keys: a restored Secret must not bring them back.
    revoked_keys: tuple[str, ...] = ()

    def retired(self) -> dict[str, int]:
        """Return the files of retired keys, and when each was retired."""
        found = {}
        for name in self.files:
            moment = name.removeprefix(RETIRED_PREFIX).removesuffix(".pem")
            if name.startswith(RETIRED_PREFIX):
                found[name] = int(moment) if moment.isdigit() else 0
        return found


@dataclass(frozen=True)
class Memory:
    """What the status of the SigningKeyRing records, independently of the Secret."""

    handled: Requests = Requests()
    revoked_at: int = 0
    revoked_keys: tuple[str, ...] = ()


def merge_memory(ring: Ring, memory: Memory, requests: Requests) -> Ring:
    """Return `ring` merged with the status, so that no request is handled twice and no revocation is lost."""
    return replace(
        ring,
        handled=Requests(
            _handled(requests.rotate, ring.handled.rotate, memory.handled.rotate),
            _handled(requests.revoke, ring.handled.revoke, memory.handled.revoke),
        ),
        revoked_at=max(ring.revoked_at, memory.revoked_at),
        revoked_keys=_latest((*memory.revoked_keys, *ring.revoked_keys)),
    )


def _handled(requests: str, by_secret: str, by_status: str) -> str:
    # without a request, the last one stays remembered: its annotation may come back
    return requests if requests and requests in {by_secret, by_status} else by_status or by_secret


def _latest(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))[-REMEMBERED_KEYS:]


@dataclass(frozen=True)
class RotationResult:
    """The ring, the causes of its change (none: unchanged), and when to check again."""

    ring: Ring
    causes: tuple[str, ...]
    next_check: int


def rotate(
    ring: Ring, schedule: Schedule, requests: Requests, now: int, new_key: Callable[[], bytes]
) -> RotationResult:
    """Return the ring as it has to be at `now`. Raises InvalidSecret.

    A key signs only after it has been published for long enough, except if there is no other key, or on a revocation,
    which replaces every key at once.
    """
    causes: list[str] = []
    if requests.revoke and requests.revoke != ring.handled.revoke:
        revoked = _latest((*ring.revoked_keys, *_kids(ring)))
        ring = replace(_new_ring(ring, now, new_key, requests), revoked_at=now, revoked_keys=revoked)
        causes.append("revoked")
    elif CURRENT not in ring.files:
        ring = _new_ring(ring, now, new_key, replace(requests, revoke=ring.handled.revoke))
        causes.append("created")
    elif set(_kids(ring)) & set(ring.revoked_keys):
        ring = _new_ring(ring, now, new_key, ring.handled)
        causes.append("revoked_key_found")
    else:
        ring, adopted = _adopt_external_changes(ring, now, new_key)
        causes += adopted
        requested = bool(requests.rotate) and requests.rotate != ring.handled.rotate
        due = requested or now >= ring.current_since + schedule.rotation_interval
        if due and now >= ring.next_since + schedule.pre_publish:
            ring = _rotated(ring, now, new_key, requests if requested else ring.handled)
            causes.append("requested" if requested else "scheduled")
    kept, expired = _prune_expired(ring, schedule, now)
    if expired:
        causes.append("expired")
    return RotationResult(kept, tuple(causes), _next_check(kept, schedule, requests))


def _new_ring(before: Ring, now: int, new_key: Callable[[], bytes], handled: Requests) -> Ring:
    files = {CURRENT: new_key(), NEXT: new_key()}
    current, upcoming = kid(files[CURRENT], CURRENT), kid(files[NEXT], NEXT)
    return Ring(files, current, now, upcoming, now, handled, before.revoked_at, before.revoked_keys)


def _kids(ring: Ring) -> list[str]:
    """Return the identifiers of the readable keys."""
    found = []
    for name, pem in sorted(ring.files.items()):
        with suppress(InvalidSecret):
            found.append(kid(pem, name))
    return found


def _adopt_external_changes(ring: Ring, now: int, new_key: Callable[[], bytes]) -> tuple[Ring, list[str]]:
    """Adopt keys that were changed by others; an unknown key counts as created now."""
    causes = []
    current = kid(ring.files[CURRENT], CURRENT)
    if current != ring.current:
        ring = replace(ring, current=current, current_since=now)
        causes.append("adopted")
    if NEXT not in ring.files:
        ring = replace(ring, files={**ring.files, NEXT: new_key()})
        causes.append("published")
    upcoming = kid(ring.files[NEXT], NEXT)
    if upcoming != ring.next:
        ring = replace(ring, next=upcoming, next_since=now)
        causes.append("adopted")
    return ring, list(dict.fromkeys(causes))


def _rotated(ring: Ring, now: int, new_key: Callable[[], bytes], handled: Requests) -> Ring:
    files = dict(ring.files)
    retired = f"{RETIRED_PREFIX}{now}.pem"
    files[retired] = files[CURRENT]
    files[CURRENT] = files[NEXT]
    files[NEXT] = new_key()
    upcoming = kid(files[NEXT], NEXT)
    return Ring(files, ring.next, now, upcoming, now, handled, ring.revoked_at, ring.revoked_keys)


def _prune_expired(ring: Ring, schedule: Schedule, now: int) -> tuple[Ring, list[str]]:
    expired = [name for name, since in ring.retired().items() if now > since + schedule.retention]
    if not expired:
        return ring, []
    return replace(ring, files={name: pem for name, pem in ring.files.items() if name not in expired}), expired


def next_rotation(ring: Ring, schedule: Schedule, requests: Requests) -> int:
    """Return when the next key starts to sign."""
    requested = bool(requests.rotate) and requests.rotate != ring.handled.rotate
    due = 0 if requested else ring.current_since + schedule.rotation_interval
    return max(due, ring.next_since + schedule.pre_publish)


def _next_check(ring: Ring, schedule: Schedule, requests: Requests) -> int:
    ends = [since + schedule.retention + 1 for since in ring.retired().values()]
    return min([next_rotation(ring, schedule, requests), *ends])


def kid(pem: bytes, file: str) -> str:
    """Return the identifier (RFC 7638 thumbprint) of the key in a file. Raises InvalidSecret."""
    try:
        key = load_key(pem)
    except ValueError as fault:
        raise InvalidSecret(f"{file} {fault}") from None
    if file in {CURRENT, NEXT} and not isinstance(key, Ed25519PrivateKey):
        raise InvalidSecret(f"{file} is not an Ed25519 private key")
    return thumbprint(public_key_of(key))
