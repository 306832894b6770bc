"""Verification and recovery: throttle, and pass on to member, which writes the mails and judges links and codes."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from limits import RateLimitItem

from platform_auth.members import MemberResponse, Members
from platform_auth.pseudonyms import Pseudonyms
from platform_auth.rate_limiting import RateLimiter
from platform_auth.sessions.record import Session
from platform_common.client_address import address_block
from platform_common.languages import preferred_language
from platform_common.problem_translation import DEFAULT_LANGUAGE, LANGUAGES

_MAILS_PER_ACCOUNT, _MAILS_PER_ADDRESS, _ATTEMPTS = "mails-account", "mails-address", "mail-proofs-address"

events = structlog.get_logger("auth.events")


@dataclass(frozen=True)
class EmailProofLimits:
    """Limits of the mails that requests cause, and of attempts at the links and codes in them."""

    mails_per_account: RateLimitItem
    mails_per_address: RateLimitItem
    attempts_per_address: RateLimitItem


class EmailProofService:
    """Every method raises TooManyAttempts and MemberUnavailable, and returns member's response."""

    def __init__(
        self, members: Members, rate_limiter: RateLimiter, limits: EmailProofLimits, pseudonyms: Pseudonyms
    ) -> None:
        self._members = members
        self._rate_limiter = rate_limiter
        self._limits = limits
        self._pseudonyms = pseudonyms

    async def request_verification(self, caller: Session, address: str) -> MemberResponse:
        """Send a link and a code to the caller's address."""
        await self._count(self._limits.mails_per_address, _MAILS_PER_ADDRESS, address_block(address))
        await self._count(self._limits.mails_per_account, _MAILS_PER_ACCOUNT, caller.member)
        events.info("email_verification_requested", member=caller.member, outcome="succeeded")
        return await self._members.pass_on("/internal/email-verifications", {"member_id": caller.member})

    async def verify_by_link(self, token: str, address: str) -> MemberResponse:
        """Verify the address that a link was sent to."""
        await self._count(self._limits.attempts_per_address, _ATTEMPTS, address_block(address))
        response = await self._members.pass_on("/internal/email-verifications/link", {"token": token})
        events.info("email_verification", method="link", address=address, outcome=_outcome(response))
        return response

    async def verify_by_code(self, caller: Session, code: str, address: str) -> MemberResponse:
        """Verify the caller's address by the code that was sent to it."""
        await self._count(self._limits.attempts_per_address, _ATTEMPTS, address_block(address))
        body = {"member_id": caller.member, "code": code}
        response = await self._members.pass_on("/internal/email-verifications/code", body)
        events.info("email_verification", method="code", member=caller.member, outcome=_outcome(response))
        return response

    async def request_reset(self, email: str, accept_language: str, address: str) -> MemberResponse:
        """Send a link to the account with this address, if there is one; the response does not tell.

        An account that was sent enough mails gets no further one: they are in its mailbox.
        """
        await self._count(self._limits.mails_per_address, _MAILS_PER_ADDRESS, address_block(address))
        account = self._pseudonyms.pseudonym(email)
        log = events.bind(account=account, address=address)
        if not await self._rate_limiter.hit(self._limits.mails_per_account, _MAILS_PER_ACCOUNT, account):
            log.warning("password_reset_throttled", outcome="refused")
            return MemberResponse(202, {}, b"")
        language = preferred_language(accept_language, LANGUAGES, DEFAULT_LANGUAGE)
        response = await self._members.pass_on("/internal/password-resets", {"email": email, "locale": language})
        log.info("password_reset_requested", outcome=_outcome(response))
        return response

    async def reset(self, token: str, new_password: str, address: str) -> MemberResponse:
        """Set a new password; member ends all sessions of the account."""
        block = address_block(address)
        await self._count(self._limits.attempts_per_address, _ATTEMPTS, block)
        body = {"token": token, "new_password": new_password}
        response = await self._members.pass_on("/internal/password-resets/link", body, block)
        events.info("password_reset", address=address, outcome=_outcome(response))
        return response

    async def _count(self, limit: RateLimitItem, counter: str, name: str) -> None:
        if not await self._rate_limiter.hit(limit, counter, name):
            events.warning("email_proof_throttled", counter=counter, outcome="refused")
            raise await self._rate_limiter.too_many_attempts(limit, counter, name)


def _outcome(response: MemberResponse) -> str:
    return "succeeded" if response.status < 300 else "refused"
