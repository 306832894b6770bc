"""Any sequence of refreshes, repeats, lost responses and waiting, against a model of what refresh tokens promise."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

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
from pydantic import SecretStr

from platform_auth.app import limit_storage
from platform_auth.keys.access_tokens import AccessTokens
from platform_auth.keys.reloader import KeyRingReloader
from platform_auth.rate_limiting import RateLimiter, parse_rate_limit
from platform_auth.sessions.errors import RefreshRejected, RefreshTokenReused, RefreshTokenUnknown, SessionRevoked
from platform_auth.sessions.refresh_tokens import RefreshTokens
from platform_auth.sessions.repository import SessionRepository
from platform_auth.sessions.service import Device, SessionLimits, SessionService
from platform_auth.store import redis_client
from platform_testing.tokens import AUDIENCE, ISSUER, Clock

MEMBER = "0198-model"
GRACE, IDLE, ABSOLUTE = 60, 3600, 9000
DEVICE = Device("203.0.113.9", "test")
SECRET = "a service-token key of more than thirty-two bytes"


class RefreshMachine(RuleBasedStateMachine):
    """One session. `texts` holds its refresh tokens in order; one whose response was lost is not known."""

    url = ""
    inside: redis.Redis | None = None
    ring: Path

    @initialize()
    def log_in(self):
        self.runner = asyncio.Runner()
        self.clock = Clock(int(time.time()))
        self.redis = redis_client(SecretStr(self.url))
        key_ring = KeyRingReloader(self.ring)
        rate_limiter = RateLimiter(limit_storage(self.redis))
        self.service = SessionService(
            SessionRepository(self.redis, ABSOLUTE, 100, self.clock),
            rate_limiter,
            AccessTokens(key_ring, ISSUER, AUDIENCE, self.clock),
            RefreshTokens(SECRET),
            SessionLimits(900, IDLE, ABSOLUTE, GRACE, parse_rate_limit("1000000/5 minutes")),
            self.clock,
        )
        session, pair = self.run(self.service.open(MEMBER, ["member"], ["pwd"], 0, DEVICE))
        self.session_id = session.id
        self.texts = [pair.refresh_token]
        self.alive = True
        self.renewed_at = self.ends_at = self.clock()
        self.ends_at += ABSOLUTE

    def run(self, awaitable):
        return self.runner.run(awaitable)

    async def refresh(self, text):
        """Return the successor that `text` is answered with, or the class of the refusal."""
        try:
            _, pair = await self.service.refresh(text, DEVICE)
        except RefreshRejected as refused:
            return type(refused)
        return pair.refresh_token

    def is_over(self):
        return not self.alive or self.clock() >= min(self.renewed_at + IDLE, self.ends_at)

    def is_repeat(self, index):
        return index == len(self.texts) - 2 and self.clock() - self.renewed_at <= GRACE

    def expect(self, index):
        """Return the class of the refusal, or None; do to the model what presenting the token does."""
        if self.is_over():
            return SessionRevoked
        if index == len(self.texts) - 1:
            self.texts.append(None)
            self.renewed_at = self.clock()
        elif not self.is_repeat(index):
            self.alive = False
            return RefreshTokenReused
        return None

    @rule(seconds=st.sampled_from([1, GRACE - 1, GRACE, GRACE + 1, IDLE - 1, IDLE]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)

    @rule(data=st.data(), calls=st.integers(1, 4), is_lost=st.booleans())
    def present(self, data, calls, is_lost):
        """Present one token, several times at once; if `is_lost`, the client sees none of the responses."""
        known = [index for index, text in enumerate(self.texts) if text is not None]
        # Clients use what they have: the latest tokens far more often than a thief's ancient ones.
        index = data.draw(st.sampled_from(known[-1:] * 3 + known[-2:] * 2 + known))
        refusal = self.expect(index)
        responses = self.run(self.present_at_once([self.texts[index]] * calls))
        if refusal is not None:
            assert responses[0] is refusal or refusal in responses
            assert set(responses) <= {refusal, SessionRevoked}
            return
        assert len(set(responses)) == 1, "parallel calls got different successors"
        if self.texts[index + 1] is not None:
            assert responses[0] == self.texts[index + 1], "a repeat got another successor"
        if not is_lost:
            self.texts[index + 1] = responses[0]

    async def present_at_once(self, texts):
        return await asyncio.gather(*(self.refresh(text) for text in texts))

    @precondition(lambda self: len(self.texts) >= 2 and self.texts[-1] and self.texts[-2] and not self.is_over())
    @rule()
    def present_a_token_and_its_successor_at_once(self):
        """Either the repeat came first, and both are answered; or the successor was used first, and it is a reuse."""
        is_repeat = self.is_repeat(len(self.texts) - 2)
        earlier, later = self.run(self.present_at_once([self.texts[-2], self.texts[-1]]))
        if earlier is RefreshTokenReused:
            assert isinstance(later, str) or later is SessionRevoked
            self.alive = False
            return
        assert is_repeat
        assert earlier == self.texts[-1]
        self.texts.append(later)
        self.renewed_at = self.clock()

    @rule(text=st.sampled_from(["x", "A" * 88]))
    def a_made_up_token_changes_nothing(self, text):
        assert self.run(self.refresh(text)) is RefreshTokenUnknown

    @rule()
    def a_made_up_token_of_this_session_changes_nothing(self):
        text = RefreshTokens("another service-token key of more than 32 bytes").first(self.session_id)
        assert self.run(self.refresh(text)) is RefreshTokenUnknown

    @precondition(lambda self: not self.is_over())
    @rule()
    def log_out(self):
        self.run(self.service.end(self.session_id, MEMBER))
        self.alive = False

    @invariant()
    def the_session_is_alive_if_the_model_says_so(self):
        if hasattr(self, "service"):
            found = self.run(self.service.get_active(self.session_id, MEMBER))
            assert (found is not None) == (not self.is_over())

    @invariant()
    def the_store_holds_one_record_and_one_entry_at_the_most(self):
        if hasattr(self, "service"):
            keys = {key.decode() for key in self.inside.keys("*") if b":limit" not in key}
            assert keys <= {f"auth:session:{self.session_id}", f"auth:member:{{{MEMBER}}}:sessions"}
            if not self.alive:
                assert not keys

    def teardown(self):
        if hasattr(self, "runner"):
            self.run(self.redis.aclose())
            self.runner.close()
            self.inside.flushall()


@pytest.fixture
def machine(clean_valkey, ring):
    with redis.Redis.from_url(clean_valkey.url("admin", 1)) as inside:
        yield type("Machine", (RefreshMachine,), {"url": clean_valkey.url("auth", 1), "inside": inside, "ring": ring})


def test_refresh_tokens_keep_their_promises_in_any_order(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=60, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]),
    )
