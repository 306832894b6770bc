"""Writers that repeat until they have a response, while the gateway and the member service are killed at any moment."""

import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event

import httpx2
import pytest

from blackbox.client import Account, Client, Session, new_account, new_key, pages
from blackbox.house_rules import assert_problem
from blackbox.own_platform import OwnPlatform

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

WRITERS = 4
# 30 deaths. Whole components die seldom: the supervisor pauses longer after each death.
DEATHS = ["gateway"] * 5 + ["member"] * 5 + ["gateway's worker"] * 20
# The longest that the next death is put off, to hit any moment of a request (seconds).
LONGEST_PAUSE = 0.4
# How often a writer repeats before it leaves a key to its lock, as the contract allows.
REPEATS = 40


@dataclass
class Write:
    """One key, and every response to it."""

    account: Account
    key: str
    responses: list[httpx2.Response] = field(default_factory=list)

    @property
    def made(self) -> list[httpx2.Response]:
        """The responses that say that the member was made."""
        return [response for response in self.responses if response.status_code == 201]


class Writer:
    """Makes members, each under a key of its own, and repeats until it knows the outcome."""

    def __init__(self, sender: Client, path: str, tag: str, seed: int) -> None:
        self.writes: list[Write] = []
        self._sender, self._path, self._tag = sender, path, tag
        self._random = random.Random(seed)

    def write_until(self, finished: Event) -> None:
        while not finished.is_set():
            write = Write(new_account(self._tag), new_key())
            self.writes.append(write)
            known = False
            while not known and len(write.responses) < REPEATS:
                known = self._send(write)
                if not known:
                    finished.wait(0.1)
            # A client that lost its response asks again, though it has been served: 30 % do.
            if known and self._random.random() < 0.3:
                self._send(write)

    def _send(self, write: Write) -> bool:
        """Send once; return whether the outcome is known."""
        try:
            response = self._sender.post(self._path, write.account.registration, key=write.key)
        except httpx2.TransportError:
            return False
        write.responses.append(response)
        if response.status_code == 409:
            assert_problem(response, 409, "idempotency-in-flight")
        else:
            assert response.status_code in {201, 429, 502, 503, 504}, response.text
        return response.status_code == 201


def kill_at_random(own_platform: OwnPlatform, chance: random.Random) -> None:
    for victim in chance.sample(DEATHS, len(DEATHS)):
        Event().wait(chance.random() * LONGEST_PAUSE)
        if victim == "gateway's worker":
            own_platform.kill_worker("gateway")
        else:
            own_platform.wait_restarted(victim, own_platform.kill(victim))


def test_a_key_makes_one_member_whatever_dies(own_platform: OwnPlatform, admin: Session, new_client):
    seed = random.randrange(1 << 32)
    tag = new_account("fire").email.split("@")[0]
    finished = Event()
    with ExitStack() as stack:
        writers = [
            Writer(
                admin.with_token(admin.token) if number % 2 else new_client(),
                "/api/members" if number % 2 else "/auth/register",
                tag,
                seed + number,
            )
            for number in range(WRITERS)
        ]
        pool = stack.enter_context(ThreadPoolExecutor(WRITERS))
        running = [pool.submit(writer.write_until, finished) for writer in writers]
        try:
            kill_at_random(own_platform, random.Random(seed))
        finally:
            finished.set()
        for future in running:
            future.result()
    own_platform.wait_whole()

    writes = {write.account.email: write for writer in writers for write in writer.writes}
    found = defaultdict(list)
    for item in pages(admin, "/api/members", q=tag, limit=100):
        found[item["email"]].append(item["id"])

    summary = f"seed {seed}, {len(writes)} keys, {sum(len(write.responses) for write in writes.values())} answers"
    assert {email: ids for email, ids in found.items() if len(ids) > 1} == {}, summary
    assert found.keys() <= writes.keys(), summary
    for email, write in writes.items():
        assert len({response.content for response in write.made}) <= 1, f"{summary}: two answers to one key"
        if write.made:
            assert found[email] == [write.made[0].json()["id"]], f"{summary}: an acknowledged member is not there"
    assert len([write for write in writes.values() if write.made]) > len(DEATHS), f"{summary}: too little happened"
