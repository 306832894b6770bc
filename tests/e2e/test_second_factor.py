"""A log-in in two steps, through edge and gateway."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pyotp
import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem


class App:
    """An authenticator app. Each code is good once, so every further one is taken from the next half minute."""

    def __init__(self, uri: str) -> None:
        parsed = pyotp.parse_uri(uri)
        assert isinstance(parsed, pyotp.TOTP)
        self._totp = parsed
        self._last = 0

    def code(self) -> str:
        """Return a code that was not given out before, as soon as the platform accepts it: a step ahead of time."""
        self._last = max(self._last + 1, self._step())
        while self._step() < self._last - 1:
            time.sleep(0.5)
        return self._totp.generate_otp(self._last)

    def _step(self) -> int:
        return int(time.time()) // self._totp.interval


def enable(member: Session) -> tuple[App, dict[str, Any]]:
    """Set up an app; return it and what the platform answered."""
    started = member.post("/auth/mfa/totp")
    assert started.status_code == 201, started.text
    app = App(started.json()["uri"])
    confirmed = member.post("/auth/mfa/totp/confirm", {"code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    return app, confirmed.json()


@pytest.fixture
def protected(member: Session) -> tuple[App, dict[str, Any]]:
    """A member's app and recovery codes."""
    return enable(member)


def start(client: Client, member: Session) -> str:
    """Log in with the password, and return the challenge."""
    document = assert_problem(client.post("/auth/login", member.account.credentials), 401, "second-factor-required")
    return str(document["challenge"])


def complete(client: Client, challenge: str, code: str, method: str = "totp") -> Any:
    return client.post("/auth/login/second-factor", {"challenge": challenge, "method": method, "code": code})


def test_a_log_in_takes_the_password_and_a_code(client: Client, member: Session, protected):
    app, enabled = protected
    assert member.me().status_code == 401
    assert client.with_token(enabled["access_token"]).me().status_code == 200

    answer = complete(client, start(client, member), app.code())

    assert answer.status_code == 200
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (claims["amr"], claims["acr"]) == (["pwd", "otp", "mfa"], "aal2")
    assert client.with_token(answer.json()["access_token"]).me().status_code == 200


def test_a_code_and_a_challenge_are_good_once(client: Client, member: Session, protected):
    app, _ = protected
    code, challenge = app.code(), start(client, member)
    assert complete(client, challenge, code).status_code == 200

    assert_problem(complete(client, challenge, code), 401, "challenge-invalid")
    assert_problem(complete(client, start(client, member), code), 401, "second-factor-invalid")


def test_a_recovery_code_replaces_the_app_once(client: Client, member: Session, protected):
    _, enabled = protected
    code = enabled["recovery_codes"][0]

    answer = complete(client, start(client, member), code, "recovery-code")

    session = client.with_token(answer.json()["access_token"])
    assert session.get("/auth/mfa").json()["recovery_codes_left"] == 9
    assert_problem(complete(client, start(client, member), code, "recovery-code"), 401, "second-factor-invalid")


def test_a_challenge_is_of_no_use_to_another_client(
    client: Client, member: Session, protected, several_addresses, base_url
):
    app, _ = protected
    thief = Client(base_url, several_addresses.next())

    assert_problem(complete(thief, start(client, member), app.code()), 401, "challenge-invalid")
    thief.close()


def test_who_has_lost_everything_is_helped_by_an_administrator(
    client: Client, member: Session, protected, administrator
):
    _, enabled = protected
    path = f"/api/admin/members/{member.account.id}/reset-factors"

    # Of a moment ago: the suite's own session may be too old for this.
    admin = client.log_in(administrator)
    assert admin.post(path, {"reason": "Lost phone"}).status_code in {200, 202}

    assert client.with_token(enabled["access_token"]).me().status_code == 401
    factors = client.log_in(member.account).get("/auth/mfa").json()
    assert factors == {"totp": None, "recovery_codes_left": 0, "passkeys": 0}
    assert_problem(member.post(path, {"reason": "Lost phone"}), 401)


def test_without_the_factor_the_password_is_enough_again(client: Client, member: Session, protected):
    _, enabled = protected

    assert client.with_token(enabled["access_token"]).delete("/auth/mfa/totp").status_code == 204

    client.log_in(member.account)
