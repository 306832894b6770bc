"""Registration: throttle, and create the account by member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from limits import RateLimitItem

from platform_auth.derived_keys import derive_key, keyed_hash
from platform_auth.members import MemberResponse, Members
from platform_auth.pseudonyms import Pseudonyms
from platform_auth.rate_limiting import RateLimiter
from platform_auth.registration.schemas import RegisterBody
from platform_common.client_address import address_block

# Registration carries no access token, so the requested account is the scope (docs/adr/0002-registering-once.md).
SCOPE = "register:"

_COUNTER = "register-address"

events = structlog.get_logger("auth.events")


@dataclass(frozen=True)
class IdempotentRequest:
    """What identifies repeats of a request: its key, and the bytes of the fingerprint."""

    key: str
    content_type: str
    body: bytes


class RegistrationService:
    """Registration. `limit` is for one address."""

    def __init__(
        self, members: Members, rate_limiter: RateLimiter, limit: RateLimitItem, pseudonyms: Pseudonyms, secret: str
    ) -> None:
        self._members = members
        self._rate_limiter = rate_limiter
        self._limit = limit
        self._pseudonyms = pseudonyms
        self._fingerprint_key = derive_key(secret, "registration fingerprints")

    async def register(self, body: RegisterBody, keyed: IdempotentRequest | None, address: str) -> MemberResponse:
        """Return member's response. Raises TooManyAttempts, MemberUnavailable."""
        account = self._pseudonyms.pseudonym(body.email)
        log = events.bind(account=account, address=address)
        block = address_block(address)
        if not await self._rate_limiter.hit(self._limit, _COUNTER, block):
            log.warning("registration_throttled", outcome="refused")
            raise await self._rate_limiter.too_many_attempts(self._limit, _COUNTER, block)
        fields: dict[str, Any] = body.model_dump(exclude_none=True)
        if keyed is not None:
            fields["idempotency"] = {
                "key": keyed.key,
                "scope": SCOPE + account,
                "fingerprint": self._fingerprint(keyed),
            }
        response = await self._members.create(fields, block)
        replayed = response.headers.get("Idempotent-Replayed") == "true"
        if response.status == 201:
            log.info("registered", outcome="succeeded", replayed=replayed)
        else:
            log.info("registration_refused", outcome="refused", status=response.status)
        return response

    def _fingerprint(self, keyed: IdempotentRequest) -> str:
        # Keyed, because the body contains a password: a stored fingerprint must not help to guess it.
        return keyed_hash(self._fingerprint_key, keyed.content_type.encode(), keyed.body)
