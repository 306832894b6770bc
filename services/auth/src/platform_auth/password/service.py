"""Change of password: requires the current one, ends all sessions and creates a new one."""

from __future__ import annotations

import structlog
from limits import RateLimitItem

from platform_auth.authentication_methods import MFA, PWD
from platform_auth.members import Members, MemberUnavailable, PasswordChangeRejected, VerifiedMember
from platform_auth.rate_limiting import RateLimiter
from platform_auth.sessions.errors import LoginSuperseded
from platform_auth.sessions.record import Session
from platform_auth.sessions.service import Device, SessionService, TokenPair, new_session_id
from platform_common.client_address import address_block

_COUNTER = "password-session"

events = structlog.get_logger("auth.events")


class PasswordService:
    """Changes passwords. `limit` is for wrong guesses in one session, so a stolen session cannot lock out others."""

    def __init__(
        self, members: Members, sessions: SessionService, rate_limiter: RateLimiter, limit: RateLimitItem
    ) -> None:
        self._members = members
        self._sessions = sessions
        self._rate_limiter = rate_limiter
        self._limit = limit

    async def change(self, caller: Session, current: str, new: str, device: Device) -> tuple[VerifiedMember, TokenPair]:
        """Replace the caller's password; return the member and the tokens of the new session.

        Raises TooManyAttempts, PasswordChangeRejected, MemberUnavailable, LoginSuperseded.
        """
        log = events.bind(member=caller.member, session=caller.id, address=device.address)
        # An attempt counts as a guess until the password turns out to be right, so that concurrent guesses count too.
        if not await self._rate_limiter.hit(self._limit, _COUNTER, caller.id):
            log.warning("password_change_throttled", outcome="refused")
            raise await self._rate_limiter.too_many_attempts(self._limit, _COUNTER, caller.id)
        successor = new_session_id()
        try:
            member = await self._members.change_password(
                caller.member, current, new, successor, address_block(device.address)
            )
        except PasswordChangeRejected as refused:
            if not refused.is_guess:
                await self._rate_limiter.refund(self._limit, _COUNTER, caller.id)
            log.info("password_change_refused", outcome="refused", guess=refused.is_guess)
            raise
        except MemberUnavailable as error:
            await self._rate_limiter.refund(self._limit, _COUNTER, caller.id)
            log.warning("password_change_error", reason=error.code, outcome="failed")
            raise
        # member has requested this already, unless the connection was lost; the response does not wait for a retry.
        await self._sessions.end_all(caller.member, member.epoch, keep=successor)
        # The current password was asked for. A second factor was not: where there is one, the session that follows is
        # no fresher than the log-in that it continues.
        amr, auth_time = (caller.amr, caller.auth_time) if MFA in caller.amr else ((PWD,), None)
        try:
            session, pair = await self._sessions.open(
                member.id, member.roles, amr, member.epoch, device, session_id=successor, auth_time=auth_time
            )
        except LoginSuperseded:
            # The account was suspended or changed again in the meantime. The new password is valid all the same.
            log.warning("password_changed", outcome="succeeded", successor=None)
            raise
        log.info("password_changed", outcome="succeeded", successor=session.id)
        return member, pair
