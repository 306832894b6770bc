"""Any sequence of set-ups, codes, changes and waiting, against a model of what second factors promise."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from types import SimpleNamespace

import httpx2
import pytest
import uuid_utils.compat
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from membertests.factors import Factors
from platform_member.app import make_app
from platform_member.factors.totp import STEP_SECONDS
from platform_testing.tokens import Clock

CALLS = st.integers(1, 3)


class FactorMachine(RuleBasedStateMachine):
    """One member. `secret` is that of its app, `started` that of an unfinished set-up."""

    world: SimpleNamespace

    @initialize()
    def create_member(self):
        member_id = str(uuid_utils.compat.uuid7())
        self.world.database.run(
            "INSERT INTO members"
            " (id, email, display_name, locale, roles, status, password_hash, version, session_epoch)"
            " VALUES (%s, %s, 'M', 'en', '{member}', 'active', 'x', 1, 1)",
            member_id, f"{member_id}@example.com",
        )  # fmt: skip
        member = SimpleNamespace(id=member_id, email=f"{member_id}@example.com")
        self.clock = self.world.clock
        self.calls = Factors(self.world.client, member, self.world.service, self.clock)
        self.member_id = member_id
        self.epoch, self.is_active = 1, True
        self.secret = self.started = ""
        self.last_step = 0
        self.unused: list[str] = []
        self.used: list[str] = []

    def run(self, awaitable):
        return self.world.runner.run(awaitable)

    def together(self, calls):
        async def gather():
            return await asyncio.gather(*calls)

        return self.run(gather())

    def code_of(self, secret, offset):
        self.calls.secret = secret or "JBSWY3DPEHPK3PXP" * 2
        return self.calls.code(offset)

    def is_current(self, offset):
        """Whether the code `offset` steps away is accepted: near enough, and later than every one before."""
        return abs(offset) <= 1 and self.step(offset) > self.last_step

    def step(self, offset):
        return int(self.clock()) // STEP_SECONDS + offset

    def forget(self):
        self.secret = self.started = ""
        self.used += self.unused
        self.unused = []

    @rule(steps=st.sampled_from([0, 1, 1, 2, 10]), seconds=st.sampled_from([0, 1, 29]))
    def time_passes(self, steps, seconds):
        self.clock.advance(steps * STEP_SECONDS + seconds)

    @rule()
    def start(self):
        response = self.run(self.calls.start())
        assert response.status_code == (409 if self.secret else 201)
        if not self.secret:
            self.started, self.last_step = response.json()["secret"], 0

    @rule(offset=st.sampled_from([0, 0, 0, -1, 1, 2, -2]), calls=CALLS)
    def confirm(self, offset, calls):
        code = self.code_of(self.started or self.secret, offset)
        answers = self.together([self.calls.confirm(code) for _ in range(calls)])
        statuses = sorted(response.status_code for response in answers)
        if self.secret:
            assert set(statuses) == {409}
        elif not self.started:
            assert set(statuses) == {404}
        elif not self.is_current(offset):
            assert set(statuses) == {422}
        else:
            # The others came too late: for the code, or for the set-up.
            assert statuses[0] == 200
            assert set(statuses[1:]) <= {409, 422}
            [enabled] = [response.json() for response in answers if response.status_code == 200]
            self.secret, self.started, self.last_step = self.started, "", self.step(offset)
            self.unused, self.epoch = enabled["recovery_codes"], self.epoch + 1
            assert enabled["session_epoch"] == self.epoch

    @rule(offset=st.sampled_from([0, 0, 0, -1, 1, 2, -2]), calls=CALLS, age=st.sampled_from([0, 0, 0, 1]))
    def present_a_code(self, offset, calls, age):
        code = self.code_of(self.secret, offset)
        answers = self.together([self.calls.verify(code, epoch=self.epoch - age) for _ in range(calls)])
        statuses = sorted(response.status_code for response in answers)
        if age or not self.is_active:
            assert set(statuses) == {401}
        elif self.secret and self.is_current(offset):
            assert statuses == [200] + [422] * (calls - 1)
            self.last_step = self.step(offset)
        else:
            assert set(statuses) == {422}

    @rule(data=st.data(), calls=CALLS, age=st.sampled_from([0, 0, 0, 1]))
    def present_a_recovery_code(self, data, calls, age):
        code = data.draw(st.sampled_from([*self.unused, *self.used[-3:], "00000-00000"]))
        answers = self.together([self.calls.verify(code, "recovery-code", self.epoch - age) for _ in range(calls)])
        statuses = sorted(response.status_code for response in answers)
        if age or not self.is_active:
            assert set(statuses) == {401}
        elif code in self.unused:
            assert statuses == [200] + [422] * (calls - 1)
            self.unused.remove(code)
            self.used.append(code)
        else:
            assert set(statuses) == {422}

    @rule()
    def replace_recovery_codes(self):
        response = self.run(self.calls.new_codes())
        assert response.status_code == (201 if self.secret else 404)
        if self.secret:
            self.used += self.unused
            self.unused = response.json()["recovery_codes"]

    @rule()
    def remove(self):
        response = self.run(self.calls.remove())
        assert response.status_code == (200 if self.secret else 404)
        if self.secret:
            self.forget()
            self.epoch += 1

    @rule()
    def reset_by_an_administrator(self):
        path = f"/api/admin/members/{self.member_id}/reset-factors"
        response = self.run(self.world.client.post(path, json={"reason": "Lost"}, headers=self.world.administrator()))
        assert response.status_code == (200 if self.secret else 404)
        if self.secret:
            self.forget()
            self.epoch += 1

    @rule(is_active=st.booleans())
    def something_else_ends_the_sessions(self, is_active):
        """A suspension or its end, a new password, other roles."""
        self.is_active = is_active
        self.epoch += 1
        self.world.database.run(
            "UPDATE members SET session_epoch = session_epoch + 1, status = %s WHERE id = %s",
            "active" if is_active else "suspended", self.member_id,
        )  # fmt: skip

    @invariant()
    def the_service_says_what_the_model_says(self):
        if hasattr(self, "calls"):
            found = self.run(self.calls.read())
            assert (found["totp"] is not None) == bool(self.secret)
            assert found["recovery_codes_left"] == len(self.unused)


@pytest.fixture
def world(database, make_settings, auth, service, make_member, make_token):
    """A running service with a clock, shared by all sequences."""
    clock = Clock(time.time() // STEP_SECONDS * STEP_SECONDS)
    app, _ = make_app(make_settings(), auth, clock)
    root = make_member("root", "admin")

    def administrator():
        token = make_token(sub=root.id, roles=["admin", "member"], auth_time=int(clock()))
        return {"Authorization": f"Bearer {token}"}

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        runner.run(stack.enter_async_context(app.router.lifespan_context(app)))
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        client = httpx2.AsyncClient(transport=transport, base_url="http://member.test")
        runner.run(stack.enter_async_context(client))
        yield SimpleNamespace(
            runner=runner,
            clock=clock,
            database=database,
            client=client,
            service=service,
            administrator=administrator,
        )
        runner.run(stack.aclose())


def test_second_factors_keep_their_promises_in_any_order(world):
    run_state_machine_as_test(
        type("Machine", (FactorMachine,), {"world": world}),
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
