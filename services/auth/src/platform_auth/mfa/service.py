"""Changes of second factors: they require a recent log-in, and end the member's other sessions (ASVS 7.4.3, 7.5.1)."""

from __future__ import annotations

import structlog

from platform_auth.authentication_methods import SECOND_FACTOR_AMR, TOTP
from platform_auth.members import MemberResponse, Members, VerifiedMember
from platform_auth.sessions.freshness import Freshness
from platform_auth.sessions.record import Session
from platform_auth.sessions.service import Device, SessionService, TokenPair, new_session_id
from platform_common.client_address import address_block

events = structlog.get_logger("auth.events")


class FactorService:
    """Second factors of callers. Every method raises MemberUnavailable, and those that change something raise
    ReauthenticationRequired and ChangeRejected.
    """

    def __init__(self, members: Members, sessions: SessionService, freshness: Freshness) -> None:
        self._members = members
        self._sessions = sessions
        self._freshness = freshness

    async def overview(self, caller: Session) -> MemberResponse:
        """Return what the caller has."""
        return await self._members.factors(caller.member)

    async def start_totp(self, caller: Session) -> MemberResponse:
        """Return a secret for an authenticator app, which is a factor once `confirm_totp` was called."""
        self._freshness.require(caller)
        return await self._members.start_totp(caller.member)

    async def confirm_totp(
        self, caller: Session, code: str, device: Device
    ) -> tuple[VerifiedMember, TokenPair, list[str]]:
        """Make the app a factor; return the member, the tokens of the session that takes this one's place, and codes.

        Raises LoginSuperseded.
        """
        self._freshness.require(caller)
        successor = new_session_id()
        member, codes = await self._members.confirm_totp(caller.member, code, successor, address_block(device.address))
        # Member has asked for this already, unless the connection was lost; the response does not wait for a retry.
        await self._sessions.end_all(caller.member, member.epoch, keep=successor)
        log = events.bind(member=caller.member, session=caller.id, address=device.address)
        log.info("factor_enabled", outcome="succeeded", successor=successor)
        # The log-in stays as old as it was; what it lacked has been proven now.
        _, pair = await self._sessions.open(
            member.id,
            member.roles,
            SECOND_FACTOR_AMR[TOTP],
            member.epoch,
            device,
            session_id=successor,
            auth_time=caller.auth_time,
        )
        return member, pair, codes

    async def remove_totp(self, caller: Session, device: Device) -> None:
        """Remove the app and the recovery codes. Every other session of the caller ends."""
        self._freshness.require(caller)
        member = await self._members.remove_totp(caller.member, caller.id)
        await self._sessions.end_all(caller.member, member.epoch, keep=caller.id)
        log = events.bind(member=caller.member, session=caller.id, address=device.address)
        log.info("factor_disabled", outcome="succeeded")

    async def replace_recovery_codes(self, caller: Session, device: Device) -> MemberResponse:
        """Return new recovery codes."""
        self._freshness.require(caller)
        response = await self._members.replace_recovery_codes(caller.member, address_block(device.address))
        log = events.bind(member=caller.member, session=caller.id, address=device.address)
        log.info("recovery_codes_replaced", outcome="succeeded")
        return response
