"""A member's own passkeys: changes require a recent log-in (ASVS 7.5.1), and a removal ends the other sessions."""

from __future__ import annotations

from uuid import UUID

import structlog

from platform_auth.members import MemberResponse
from platform_auth.passkeys.challenges import PasskeyChallenges, signed_challenge
from platform_auth.passkeys.errors import PasskeyRegistrationRefused
from platform_auth.passkeys.members import MemberPasskeys
from platform_auth.sessions.freshness import Freshness
from platform_auth.sessions.record import Session
from platform_auth.sessions.service import Device, SessionService
from platform_common.client_address import address_block
from platform_common.passkey_credentials import NewCredential

events = structlog.get_logger("auth.events")


class PasskeyService:
    """Passkeys of callers. Every method raises MemberUnavailable, and those that change something raise
    ReauthenticationRequired and ChangeRejected.
    """

    def __init__(
        self,
        members: MemberPasskeys,
        sessions: SessionService,
        challenges: PasskeyChallenges,
        freshness: Freshness,
    ) -> None:
        self._members = members
        self._sessions = sessions
        self._challenges = challenges
        self._freshness = freshness

    async def overview(self, caller: Session) -> MemberResponse:
        """Return the caller's passkeys."""
        return await self._members.overview(caller.member)

    async def options(self, caller: Session, device: Device) -> MemberResponse:
        """Return what the caller's browser needs to make a passkey."""
        self._freshness.require(caller)
        challenge = await self._challenges.issue(_purpose(caller), address_block(device.address))
        return await self._members.registration_options(caller.member, challenge)

    async def add(self, caller: Session, name: str, credential: NewCredential, device: Device) -> MemberResponse:
        """Add a passkey. Raises PasskeyRegistrationRefused."""
        self._freshness.require(caller)
        log = events.bind(member=caller.member, session=caller.id, address=device.address)
        challenge = signed_challenge(credential.response.client_data)
        client = address_block(device.address)
        if challenge is None or not await self._challenges.use_up(challenge, _purpose(caller), client):
            log.info("challenge_refused", outcome="refused", reason="unknown, used, expired, or another session's")
            raise PasskeyRegistrationRefused
        response = await self._members.add(caller.member, name, credential, challenge)
        log.info("passkey_added", outcome="succeeded")
        return response

    async def rename(self, caller: Session, passkey: UUID, name: str) -> MemberResponse:
        """Give a passkey another name."""
        self._freshness.require(caller)
        return await self._members.rename(caller.member, str(passkey), name)

    async def remove(self, caller: Session, passkey: UUID, device: Device) -> None:
        """Remove a passkey. Every other session of the caller ends."""
        self._freshness.require(caller)
        member = await self._members.remove(caller.member, str(passkey), caller.id)
        # Member has asked for this already, unless the connection was lost; the response does not wait for a retry.
        await self._sessions.end_all(caller.member, member.epoch, keep=caller.id)
        log = events.bind(member=caller.member, session=caller.id, address=device.address)
        log.info("passkey_removed", outcome="succeeded", passkey=str(passkey))


def _purpose(caller: Session) -> str:
    return f"register {caller.id}"
