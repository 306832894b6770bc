"""Member's internal API, as auth uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import structlog

from platform_auth.member_view import MemberOut
from platform_common.internal_http import CLIENT_KEY_HEADER
from platform_common.problem_documents import problem_code
from platform_common.problems import DependencyUnavailable

log = structlog.get_logger(__name__)

# Answers of member's that are for the client: everything else is a fault between the services.
_FOR_THE_CLIENT = frozenset({400, 409, 413, 422, 429})
_DONE = frozenset({202, 204})
_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Retry-After", "Idempotent-Replayed")


class CredentialsRejected(Exception):
    """There is no active account with this e-mail and password."""


class CodeRejected(Exception):
    """The code is not one of the member's, or was used already."""


class ChangeRejected(Exception):
    """member rejected a change; `response` is its response for the client."""

    def __init__(self, response: MemberResponse) -> None:
        super().__init__("the change was refused")
        self.response = response


class PasswordChangeRejected(ChangeRejected):
    """member rejected the current or the new password; `is_guess` is true where it was the current one."""

    def __init__(self, response: MemberResponse, *, is_guess: bool) -> None:
        super().__init__(response)
        self.is_guess = is_guess


class MemberUnavailable(DependencyUnavailable):
    """The member service is unavailable or its response is invalid."""

    code = "member-unavailable"


@dataclass(frozen=True)
class VerifiedMember:
    """A member whose password was right. `epoch` grows whenever all its sessions must end.

    `second_factors` are the methods of which the log-in takes one more; without any, the password is enough.
    """

    id: str
    roles: tuple[str, ...]
    epoch: int
    document: MemberOut
    second_factors: tuple[str, ...] = ()


@dataclass(frozen=True)
class MemberResponse:
    """A response of member that is passed on to the client."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Members:
    """Calls member through `http`, which carries the service token. Every method raises MemberUnavailable.

    `client` names the client that asks: member computes password hashes fairly between clients and accounts.
    """

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def verify(self, email: str, password: str, client: str) -> VerifiedMember:
        """Return the member with these credentials. Raises CredentialsRejected."""
        response = await self._post("/internal/credentials/verify", {"email": email, "password": password}, client)
        if response.status_code == 200:
            return read_verified(response)
        if response.status_code == 401 and problem_code(response.content) == "credentials-invalid":
            raise CredentialsRejected
        # What member finds malformed (422) is no account's either.
        if response.status_code == 422:
            raise CredentialsRejected
        raise self._unavailable(response)

    async def create(self, body: Mapping[str, Any], client: str) -> MemberResponse:
        """Create an account by member, and return the parts of its response that are for the client."""
        response = await self._post("/internal/members", body, client)
        if response.status_code != 201 and response.status_code not in _FOR_THE_CLIENT:
            raise self._unavailable(response)
        return _passed_on(response)

    async def pass_on(self, path: str, body: Mapping[str, Any], client: str = "") -> MemberResponse:
        """Send a request to an internal path, and return the response as far as it concerns the client."""
        response = await self._post(path, body, client)
        if response.status_code not in _DONE | _FOR_THE_CLIENT | {404}:
            raise self._unavailable(response)
        return _passed_on(response)

    async def change_password(
        self, member: str, current: str, new: str, keep_session: str, client: str
    ) -> VerifiedMember:
        """Have the member's password replaced, and return the member as it is from then on.

        Member ends all sessions but `keep_session`, which may be yet to come. Raises PasswordChangeRejected.
        """
        body = {"member_id": member, "current_password": current, "new_password": new, "keep_session": keep_session}
        response = await self._post("/internal/credentials/change", body, client)
        # 202: changed, and member keeps trying to end the sessions.
        if response.status_code in {200, 202}:
            return read_verified(response)
        if response.status_code == 422:
            is_guess = problem_code(response.content) == "current-password-wrong"
            raise PasswordChangeRejected(_passed_on(response), is_guess=is_guess)
        raise self._unavailable(response)

    async def verify_code(self, member: str, epoch: int, method: str, code: str, client: str) -> VerifiedMember:
        """Use up a code, and return its member. Raises CodeRejected, CredentialsRejected where `epoch` is outdated."""
        body = {"session_epoch": epoch, "method": method, "code": code}
        response = await self._post(f"{_factors(member)}/verify", body, client)
        if response.status_code == 200:
            return read_verified(response)
        if response.status_code == 422:
            raise CodeRejected
        if response.status_code == 401 and problem_code(response.content) == "credentials-invalid":
            raise CredentialsRejected
        raise self._unavailable(response)

    async def factors(self, member: str) -> MemberResponse:
        """Return the member's second factors."""
        return self.passed_on_or_raised(await self.call("GET", _factors(member)))

    async def start_totp(self, member: str) -> MemberResponse:
        """Have the set-up of an authenticator app started. Raises ChangeRejected."""
        return self.passed_on_or_raised(await self.call("POST", f"{_factors(member)}/totp"))

    async def confirm_totp(
        self, member: str, code: str, keep_session: str, client: str
    ) -> tuple[VerifiedMember, list[str]]:
        """Have the app made a factor; return the member as it is from then on, and its recovery codes.

        Member ends all sessions but `keep_session`, which may be yet to come. Raises ChangeRejected.
        """
        body = {"code": code, "keep_session": keep_session}
        response = await self._post(f"{_factors(member)}/totp/confirm", body, client)
        self.passed_on_or_raised(response)
        return read_verified(response), _recovery_codes(response)

    async def remove_totp(self, member: str, keep_session: str) -> VerifiedMember:
        """Have the app and the recovery codes removed. Member ends all sessions but one. Raises ChangeRejected."""
        response = await self.call("DELETE", f"{_factors(member)}/totp", params={"keep_session": keep_session})
        self.passed_on_or_raised(response)
        return read_verified(response)

    async def replace_recovery_codes(self, member: str, client: str) -> MemberResponse:
        """Have new recovery codes made. Raises ChangeRejected."""
        return self.passed_on_or_raised(
            await self.call("POST", f"{_factors(member)}/recovery-codes", headers={CLIENT_KEY_HEADER: client})
        )

    def passed_on_or_raised(self, response: httpx2.Response) -> MemberResponse:
        """Return what member has done. Raises ChangeRejected for what the client got wrong, else MemberUnavailable."""
        if response.status_code in {200, 201, 202}:
            return _passed_on(response)
        if response.status_code in {404, 409, 422}:
            raise ChangeRejected(_passed_on(response))
        raise self._unavailable(response)

    async def _post(self, path: str, body: Mapping[str, Any], client: str) -> httpx2.Response:
        return await self.call("POST", path, json=body, headers={CLIENT_KEY_HEADER: client})

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send a request to an internal path, and return the response, whatever it is."""
        try:
            return await self._http.request(method, path, **more)
        except httpx2.HTTPError as error:
            log.warning("member_service_unreachable", error=type(error).__name__)
            raise MemberUnavailable("The member service is temporarily unavailable.") from None

    def _unavailable(self, response: httpx2.Response) -> MemberUnavailable:
        log.warning("member_service_error", status=response.status_code, code=problem_code(response.content))
        retry_after = response.headers.get("Retry-After", "")
        return MemberUnavailable(
            "The member service is temporarily unavailable.",
            retry_after=int(retry_after) if retry_after.isdigit() else 1,
        )


def _factors(member: str) -> str:
    return f"/internal/members/{member}/factors"


def _passed_on(response: httpx2.Response) -> MemberResponse:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return MemberResponse(response.status_code, headers, response.content)


def read_verified(response: httpx2.Response) -> VerifiedMember:
    """Return the member of a response. Raises MemberUnavailable where it is none."""
    try:
        document = response.json()
        member = document["member"]
        return VerifiedMember(
            id=str(member["id"]),
            roles=tuple(str(role) for role in member["roles"]),
            epoch=int(document["session_epoch"]),
            document=MemberOut.model_validate(member),
            # An older member service knows of none.
            second_factors=tuple(str(method) for method in document.get("second_factors", ())),
        )
    except (ValueError, KeyError, TypeError):
        raise _invalid_response() from None


def _recovery_codes(response: httpx2.Response) -> list[str]:
    try:
        return [str(code) for code in response.json()["recovery_codes"]]
    except (ValueError, KeyError, TypeError):
        raise _invalid_response() from None


def _invalid_response() -> MemberUnavailable:
    log.warning("member_service_response_invalid")
    return MemberUnavailable("The member service is temporarily unavailable.")
