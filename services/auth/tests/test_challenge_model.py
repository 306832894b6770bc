"""Any sequence of log-ins in two steps, against a model of what challenges promise."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace

import httpx2
import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from prometheus_client import CollectorRegistry

from platform_auth.app import Auth
from platform_auth.login.challenges import CHALLENGE_KEY
from platform_common.tokens.service import ServiceTokenIssuer
from platform_testing.tokens import Clock

EMAIL, PASSWORD = "ada@example.com", "correct horse"
ADDRESS, OTHER_ADDRESS = "203.0.113.9", "198.51.100.1"
UNLIMITED = "1000000/hour"


class ChallengeMachine(RuleBasedStateMachine):
    """One member. `open` are its challenges that are good, `over` those that are not any more."""

    world: SimpleNamespace

    @initialize()
    def start(self):
        self.runner = asyncio.Runner()
        self.clock = Clock(int(time.time()) - 3600)
        self.member = self.world.make_member()
        self.id = self.member.add(EMAIL, PASSWORD)["id"]
        self.account = self.member.accounts[EMAIL]
        self.codes = iter(range(100_000, 999_999))
        self.auth = Auth(
            self.world.settings,
            now=self.clock,
            member_transport=httpx2.MockTransport(self.member),
            registry=CollectorRegistry(),
        )
        self.clients = {address: self.client_at(address) for address in (ADDRESS, OTHER_ADDRESS)}
        self.open: list[str] = []
        self.over: list[str] = ["never-issued"]
        self.sessions = 0
        self.has_factor = False

    def client_at(self, address):
        transport = httpx2.ASGITransport(app=self.auth.asgi, client=(address, 40000))
        return httpx2.AsyncClient(transport=transport, base_url="http://auth.test")

    def new_code(self, method="totp"):
        """Return a code that is right once."""
        code = str(next(self.codes))
        self.account["codes"].setdefault(method, []).append(code)
        return code

    def complete(self, *presented, address=ADDRESS):
        async def gather():
            return await asyncio.gather(
                *(
                    self.clients[address].post(
                        "/auth/login/second-factor", json={"challenge": challenge, "method": method, "code": code}
                    )
                    for challenge, method, code in presented
                )
            )

        return [(response.status_code, response.json().get("code")) for response in self.runner.run(gather())]

    def member_token(self):
        """Return member's token, which lasts a minute."""
        key = self.world.settings.service_token_key.get_secret_value()
        return {"Authorization": f"Bearer {ServiceTokenIssuer('member', key).token_for('auth')}"}

    def end_sessions(self):
        """What member does when the account changes: every session ends, and log-ins that have begun are refused."""
        self.account["epoch"] += 1
        path = f"/internal/members/{self.id}/sessions?epoch={self.account['epoch']}"
        response = self.runner.run(self.clients[ADDRESS].delete(path, headers=self.member_token()))
        assert response.status_code == 204
        self.sessions = 0
        self.over += self.open
        self.open = []

    @precondition(lambda self: not self.has_factor)
    @rule()
    def set_up_a_factor(self):
        self.has_factor = True
        self.account["codes"]["totp"] = []
        self.end_sessions()

    @precondition(lambda self: self.has_factor)
    @rule()
    def disable_the_factor(self):
        self.has_factor = False
        self.account["codes"].clear()
        self.end_sessions()

    @rule()
    def change_the_account(self):
        self.end_sessions()

    @rule()
    def log_in(self):
        body = {"email": EMAIL, "password": PASSWORD}
        response = self.runner.run(self.clients[ADDRESS].post("/auth/login", json=body))
        if self.has_factor:
            assert (response.status_code, response.json()["code"]) == (401, "second-factor-required")
            self.open.append(response.json()["challenge"])
        else:
            assert response.status_code == 200
            self.sessions += 1

    @precondition(lambda self: self.open)
    @rule(data=st.data(), method=st.sampled_from(["totp", "recovery-code"]))
    def present_a_right_code(self, data, method):
        challenge = data.draw(st.sampled_from(self.open))
        assert self.complete((challenge, method, self.new_code(method))) == [(200, None)]
        self.open.remove(challenge)
        self.over.append(challenge)
        self.sessions += 1

    @precondition(lambda self: self.open)
    @rule(data=st.data(), count=st.integers(2, 4))
    def present_right_codes_at_once(self, data, count):
        challenge = data.draw(st.sampled_from(self.open))
        answers = self.complete(*((challenge, "totp", self.new_code()) for _ in range(count)))
        assert sorted(answers, key=str) == [(200, None)] + [(401, "challenge-invalid")] * (count - 1)
        self.open.remove(challenge)
        self.over.append(challenge)
        self.sessions += 1

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def present_a_wrong_code(self, data):
        assert self.complete((data.draw(st.sampled_from(self.open)), "totp", "000000")) == [
            (401, "second-factor-invalid")
        ]

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def present_a_right_code_from_elsewhere(self, data):
        challenge = data.draw(st.sampled_from(self.open))
        answers = self.complete((challenge, "totp", self.new_code()), address=OTHER_ADDRESS)
        assert answers == [(401, "challenge-invalid")]

    @precondition(lambda self: self.has_factor)
    @rule(data=st.data())
    def present_a_right_code_too_late(self, data):
        challenge = data.draw(st.sampled_from(self.over))
        assert self.complete((challenge, "totp", self.new_code())) == [(401, "challenge-invalid")]

    @precondition(lambda self: self.open)
    @rule()
    def all_challenges_expire(self):
        """What the store does when their time has come."""
        for key in self.world.inside.keys(f"{CHALLENGE_KEY}*"):
            self.world.inside.expireat(key, 1)
        self.over += self.open
        self.open = []

    @rule(seconds=st.sampled_from([1, 60, 1000]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)

    @invariant()
    def there_are_as_many_sessions_as_were_opened_and_each_took_what_it_had_to(self):
        if hasattr(self, "account"):
            records = [json.loads(self.world.inside.get(key)) for key in self.world.inside.keys("auth:session:*")]
            assert len(records) == self.sessions
            assert all(("mfa" in record["amr"]) == self.has_factor for record in records)

    def teardown(self):
        if hasattr(self, "account"):
            for client in self.clients.values():
                self.runner.run(client.aclose())
            self.runner.run(self.auth.close())
            self.runner.close()
            self.world.inside.flushall()


@pytest.fixture
def world(clean_valkey, settings, member):
    limits = {name: UNLIMITED for name in type(settings).model_fields if name.startswith("rate_limit_")}
    unlimited = settings.model_dump() | limits | {"session_idle_timeout_seconds": 400 * 86_400}
    with redis.Redis.from_url(clean_valkey.url("admin", 1), decode_responses=True) as inside:
        yield SimpleNamespace(
            settings=type(settings)(_env_file=None, **unlimited),
            inside=inside,
            make_member=type(member),
        )


def test_challenges_keep_their_promises_in_any_order(world):
    run_state_machine_as_test(
        type("Machine", (ChallengeMachine,), {"world": world}),
        settings=settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
