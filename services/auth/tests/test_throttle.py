"""Throttling (ASVS 6.3.1): guesses are stopped, and no one is locked out by someone else."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_auth.pseudonyms import Pseudonyms
from platform_common.client_address import address_block
from platform_common.email_address import normalize_email

HOME, ELSEWHERE = "203.0.113.9", "198.51.100.7"


@pytest.fixture
def limits():
    return {}


@pytest.fixture
def at(make_auth, client_of, limits):
    """Return a maker of clients of one service, each at an address."""
    auth = make_auth(
        **{
            "rate_limit_login_failures_per_account_and_address": "4/15 minutes",
            "rate_limit_login_failures_per_address": "8/10 minutes",
            "rate_limit_login_failures_per_account": "6/hour",
            "rate_limit_login_failures_under_attack": "2/15 minutes",
            "rate_limit_registrations_per_address": "3/10 minutes",
        }
        | limits
    )
    return lambda address: client_of(auth, address)


async def guesses(client, count, email="ada@example.com"):
    return [(await client.login(email, f"guess {n}")).status_code for n in range(count)]


def assert_throttled(response):
    assert response.status_code == 429
    assert response.json()["code"] == "too-many-attempts"
    assert 1 <= int(response.headers["Retry-After"]) <= 3600


async def test_guesses_at_one_account_from_one_address_are_stopped(at, member, logs):
    client = at(ELSEWHERE)

    assert await guesses(client, 6) == [401] * 4 + [429] * 2

    assert len(member.requests) == 4
    assert_throttled(await client.login())
    assert [entry["event"] for entry in logs if "outcome" in entry].count("login_throttled") == 3


async def test_parallel_guesses_are_stopped_as_well(at, member):
    client = at(ELSEWHERE)

    answers = await asyncio.gather(*(client.login(password=f"guess {n}") for n in range(30)))

    assert sorted(response.status_code for response in answers) == [401] * 4 + [429] * 26
    assert len(member.requests) == 4


async def test_the_owner_is_not_locked_out_by_guesses_from_elsewhere(at):
    assert 429 in await guesses(at(ELSEWHERE), 6)

    assert (await at(HOME).login()).status_code == 200


async def test_the_owner_at_a_known_address_is_untouched_by_an_attack_from_everywhere(at):
    owner = at(HOME)
    assert (await owner.login()).status_code == 200
    for n in range(20):
        await guesses(at(f"198.51.100.{n}"), 4)

    assert await guesses(owner, 3) == [401] * 3
    assert (await owner.login()).status_code == 200


async def test_under_attack_an_unknown_address_has_fewer_guesses_but_is_not_locked_out(at):
    for n in range(5):
        await guesses(at(f"198.51.100.{n}"), 2)

    assert await guesses(at("192.0.2.1"), 4) == [401, 401, 429, 429]
    traveller = at("192.0.2.2")
    assert await guesses(traveller, 1) == [401]
    assert (await traveller.login()).status_code == 200


async def test_an_attack_on_one_account_does_not_touch_another(at, member):
    member.add("eve@example.com")
    for n in range(5):
        await guesses(at(f"198.51.100.{n}"), 4)

    assert await guesses(at("192.0.2.1"), 4, "eve@example.com") == [401] * 4


async def test_guesses_at_many_accounts_from_one_address_are_stopped(at):
    client = at(ELSEWHERE)
    answers = [(await client.login(f"member{n}@example.com", "Summer2026")).status_code for n in range(12)]

    assert answers == [401] * 8 + [429] * 4
    assert_throttled(await client.login())
    assert (await at(HOME).login()).status_code == 200


@pytest.mark.parametrize(
    "limits",
    [{"rate_limit_login_failures_per_address": "100/10 minutes", "rate_limit_login_failures_per_account": "100/hour"}],
)
async def test_success_clears_the_failures_before_it(at):
    client = at(HOME)
    for _ in range(5):
        assert await guesses(client, 3) == [401] * 3
        assert (await client.login()).status_code == 200


@pytest.mark.parametrize(
    "limits",
    [{"rate_limit_login_failures_per_address": "3/10 minutes", "rate_limit_login_failures_per_account": "3/hour"}],
)
async def test_successes_count_for_nothing(at):
    client = at(HOME)

    assert [(await client.login()).status_code for _ in range(10)] == [200] * 10


async def test_attempts_that_member_could_not_judge_count_for_nothing(at, member):
    client = at(HOME)
    member.away = True
    assert [(await client.login()).status_code for _ in range(10)] == [503] * 10

    member.away = False
    assert await guesses(client, 4) == [401] * 4


async def test_an_account_that_does_not_exist_is_throttled_like_one_that_does(at):
    assert await guesses(at(ELSEWHERE), 6, "nobody@example.com") == await guesses(at(HOME), 6)


async def test_spellings_of_one_address_are_one_account(at):
    client = at(ELSEWHERE)
    spellings = ["ada@example.com", "ADA@example.com", "Ada@EXAMPLE.com", "ada@example\u3002com", " ada@example.com"]
    answers = [(await client.login(spelling, "guess")).status_code for spelling in spellings]

    assert answers == [401] * 4 + [429]


async def test_a_flood_of_one_account_is_refused_before_it_costs_a_call(at, member):
    client, gate = at(ELSEWHERE), asyncio.Event()

    async def wait() -> None:
        member.before_response_to_verify = wait
        await gate.wait()

    member.before_response_to_verify = wait
    flood = [asyncio.create_task(client.login()) for _ in range(50)]
    async with asyncio.timeout(20):
        while len(refused := [task.result() for task in flood if task.done()]) < 46:  # noqa: ASYNC110 (tasks of others tell no event)
            await asyncio.sleep(0.01)
    gate.set()
    answers = await asyncio.gather(*flood)

    assert {(response.status_code, response.headers["Retry-After"]) for response in refused} == {(429, "1")}
    assert sorted(response.status_code for response in answers) == [200] * 4 + [429] * 46
    assert len(member.requests) == 4


async def test_member_learns_which_client_asks(at, member):
    await at(HOME).login()

    assert member.requests[-1].headers["X-Client-Key"] == HOME


async def test_one_ipv6_site_is_one_client(at):
    answers = [(await at(f"2001:db8:1:2::{n:x}").login(password=f"guess {n}")).status_code for n in range(6)]

    assert answers == [401] * 4 + [429] * 2
    assert (await at("2001:db8:1:3::1").login(password="guess")).status_code == 401


async def test_registrations_from_one_address_are_throttled(at):
    client = at(HOME)
    body = {"password": "correct horse", "display_name": "X"}
    answers = [await client.http.post("/auth/register", json=body | {"email": f"m{n}@example.com"}) for n in range(4)]

    assert [response.status_code for response in answers] == [201] * 3 + [429]
    assert_throttled(answers[-1])
    other = await at(ELSEWHERE).http.post("/auth/register", json=body | {"email": "m9@example.com"})
    assert other.status_code == 201


async def test_a_client_cannot_choose_its_address(make_auth, client_of):
    """A proxy is believed, and only the last address that it did not write itself."""
    auth = make_auth(rate_limit_login_failures_per_account_and_address="2/15 minutes", forwarded_allow_ips="10.0.0.1")
    stranger, proxy = client_of(auth, ELSEWHERE), client_of(auth, "10.0.0.1")

    async def guess(client, forwarded):
        return (await client.login(password="guess", headers={"X-Forwarded-For": forwarded})).status_code

    assert [await guess(stranger, f"192.0.2.{n}") for n in range(3)] == [401, 401, 429]
    assert [await guess(proxy, f"192.0.2.{n}, 198.51.100.8") for n in range(3)] == [401, 401, 429]
    assert await guess(proxy, "198.51.100.9") == 401


async def test_counters_name_nobody_and_pass_away(at, store):
    await guesses(at(ELSEWHERE), 2)
    await at(HOME).login()

    keys = [key for key in await store.keys("*") if not key.startswith(("auth:session", "auth:refresh", "auth:member"))]

    assert keys
    for key in keys:
        assert key.startswith("auth:limit:")
        assert "ada" not in key
        assert await store.ttl(key) > 0


@given(
    st.from_regex(r"[a-zA-Z0-9.+_-]{1,12}", fullmatch=True),
    st.sampled_from(["Corp.local", "corp\u3002LOCAL", "co\ufe0frp.local", "fa\u00df.de", "xn--fa-hia.de", "fass.de"]),
    st.text(alphabet=" \t\u3000", max_size=2),
)
def test_what_member_takes_for_one_account_has_one_pseudonym(local, domain, blanks):
    pseudonyms = Pseudonyms("a" * 32)
    spelling = f"{blanks}{local}@{domain}{blanks}"
    try:
        normal = normalize_email(spelling)
    except ValueError:
        assert pseudonyms.pseudonym(spelling) == pseudonyms.pseudonym("not an address")
        return

    assert pseudonyms.pseudonym(spelling) == pseudonyms.pseudonym(normal) != pseudonyms.pseudonym(f"other-{normal}")


def test_pseudonyms_depend_on_the_key():
    assert Pseudonyms("a" * 32).pseudonym("ada@example.com") != Pseudonyms("b" * 32).pseudonym("ada@example.com")


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_what_counts_as_one_client(address, block):
    assert address_block(address) == block


@pytest.mark.parametrize(("text", "amount", "seconds"), [
    ("10/15 minutes", 10, 900),
    ("100/hour", 100, 3600),
    ("1 per 400 days", 1, 400 * 86_400),
    (" 5 / second ", 5, 1),
])  # fmt: skip
def test_a_rate_limit_is_written_in_the_notation_of_the_library(settings, text, amount, seconds):
    changes = settings.model_dump() | {"rate_limit_registrations_per_address": text}

    limit = type(settings)(_env_file=None, **changes).rate_limit_registrations_per_address

    assert (limit.amount, limit.get_expiry()) == (amount, seconds)
