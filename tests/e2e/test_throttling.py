"""Guessing passwords is slowed down, per account and per address, and locks no one out (ASVS 6.3.1)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import httpx2
import pytest

from blackbox.client import Account, Client, new_account
from blackbox.house_rules import assert_problem
from blackbox.waiting import eventually

# More guesses than any sensible limit lets through.
MANY = 400
# Connections over which one member logs in.
FLOOD = 50


def guess(client: Client, email: str, number: int) -> httpx2.Response:
    return client.post("/auth/login", {"email": email, "password": f"guess-{number}-guess"})


def guess_until_refused(send: Callable[[int], httpx2.Response]) -> int:
    """Return how many guesses were let through before the platform said 429."""
    for count in range(MANY):
        response = send(count)
        if response.status_code == 429:
            assert_problem(response, 429)
            assert int(response.headers["retry-after"]) >= 1
            return count
        assert response.status_code == 401, response.text
    raise AssertionError(f"{MANY} guesses were let through")


@pytest.mark.usefixtures("several_addresses")
def test_guessing_one_accounts_password_is_throttled(client: Client, account: Account):
    guesses = guess_until_refused(lambda n: guess(client, account.email, n))

    assert guesses >= 3, "a person may mistype"


@pytest.mark.usefixtures("several_addresses")
@pytest.mark.parametrize("domain", ["corp.local", "example.com", "b\u00fccher.example"])
def test_other_spellings_of_an_address_are_no_further_guesses(client: Client, domain: str):
    """Every spelling under which the account can be used counts as the same account."""
    account = replace(new_account("spelled"), email=f"{new_account('spelled').email.partition('@')[0]}@{domain}")
    client.register(account)
    name, rest = account.email.partition("@")[0], domain[1:]
    spellings = [
        account.email, f" {account.email}\u3000", account.email.upper(), account.email.replace(".", "\u3002"),
        f"{name}@{domain[0]}\ufe0f{rest}", f"{name}@{domain[0]}\u034f{rest}",
        f"{name}@{domain.encode('idna').decode()}",
    ]  # fmt: skip
    accepted = [
        spelling
        for spelling in spellings
        if client.post("/auth/login", {**account.credentials, "email": spelling}).status_code == 200
    ]
    assert len(accepted) >= 4

    guesses = guess_until_refused(lambda number: guess(client, accepted[number % len(accepted)], number))

    assert guesses <= 10


@pytest.mark.usefixtures("several_addresses")
def test_guessing_at_many_accounts_is_throttled(client: Client):
    """One password tried on every account (password spraying)."""
    guess_until_refused(lambda _: client.post("/auth/login", new_account().credentials))


@pytest.mark.usefixtures("several_addresses")
def test_a_forged_address_does_not_escape_the_throttle(client: Client):
    def send(number: int) -> httpx2.Response:
        forged = f"203.0.113.{number % 256}"
        headers = {"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": f"for={forged}", "X-Client-IP": forged}
        return client.post("/auth/login", new_account().credentials, headers=headers)

    guess_until_refused(send)


@pytest.mark.usefixtures("several_addresses")
def test_an_attacker_locks_no_owner_out(client: Client, account: Account, new_client):
    """The attacker is refused; the owner, elsewhere, logs in with the right password all the same."""
    guess_until_refused(lambda n: guess(client, account.email, n))

    assert new_client().log_in(account).me().status_code == 200


@pytest.mark.usefixtures("several_addresses")
def test_many_attackers_lock_no_owner_out(account: Account, new_client):
    """Guesses from everywhere must not keep out the owner who comes from where it always comes from."""
    home = new_client()
    session = home.log_in(account)
    for attacker in (new_client() for _ in range(25)):
        for number in range(3):
            response = guess(attacker, account.email, number)
            assert response.status_code in {401, 429}

    assert session.me().status_code == 200
    assert home.log_in(account).me().status_code == 200


@pytest.mark.usefixtures("several_addresses")
def test_a_throttled_address_holds_up_no_other(client: Client, account: Account, new_client):
    guess_until_refused(lambda _: client.post("/auth/login", new_account().credentials))

    assert client.get("/.well-known/jwks.json").status_code == 200
    assert new_client().log_in(account).me().status_code == 200


def test_logging_in_rightly_is_not_guessing(new_client, account: Account):
    """A person with several devices is no attacker."""
    client = new_client()

    for _ in range(10):
        assert client.post("/auth/login", account.credentials).status_code == 200


@pytest.mark.usefixtures("several_addresses")
@pytest.mark.parametrize("form", [str.upper, str.title, lambda email: f" {email} "])
def test_another_spelling_of_the_address_is_the_same_account(client: Client, account: Account, form):
    """Else each spelling would give the attacker a fresh allowance."""
    limit = guess_until_refused(lambda n: guess(client, account.email, n))

    responses = [guess(client, form(account.email), -n).status_code for n in range(limit + 1)]

    assert 429 in responses or set(responses) == {422}


@pytest.mark.usefixtures("several_addresses")
@pytest.mark.parametrize("sources", [1, 25])
def test_one_member_that_logs_in_without_end_keeps_no_one_out(account: Account, new_member, new_client, sources: int):
    """The right password over many connections, from one address and from many."""
    others = [(new_client(), new_member()) for _ in range(12)]
    senders = [new_client() for _ in range(sources)]
    finished = Event()

    def flood(number: int) -> set[int]:
        seen = set()
        while not finished.is_set():
            seen.add(senders[number % sources].post("/auth/login", account.credentials).status_code)
        return seen

    with ThreadPoolExecutor(FLOOD) as pool:
        floods = [pool.submit(flood, number) for number in range(FLOOD)]
        try:
            eventually(
                lambda: senders[0].post("/auth/login", account.credentials).status_code != 200, "the flood is on"
            )
            statuses = [client.post("/auth/login", other.credentials).status_code for client, other in others]
        finally:
            finished.set()
        seen = set().union(*(flood.result() for flood in floods))

    assert statuses == [200] * len(others)
    assert seen <= {200, 429, 503}
