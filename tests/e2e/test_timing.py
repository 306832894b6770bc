"""Log-in takes as long for an unknown account as for a known one (ASVS 6.3.8).

The statistic is a rank one, so that a slow moment of the machine counts as one comparison and no more: the share of
pairs in which the known account took longer (the area under the ROC curve; 0.5 is no difference, 0 or 1 a full one).
A log-in that skips the hash differs by tens of times, and the share is 0 or 1.
"""

import time

import pytest

from blackbox.client import Account, Client, new_account

ACCOUNTS = 8
ROUNDS = 3
# Chance alone leaves 0.5 ± 0.4 with 24 against 24 measurements less than once in 100,000 runs.
TELLING = 0.4


def seconds(client: Client, credentials: dict[str, str]) -> float:
    began = time.perf_counter()
    response = client.post("/auth/login", credentials)
    took = time.perf_counter() - began
    assert response.status_code == 401, response.text
    return took


def share_of_longer(first: list[float], second: list[float]) -> float:
    pairs = [(a > b) + 0.5 * (a == b) for a in first for b in second]
    return sum(pairs) / len(pairs)


@pytest.fixture(scope="module")
def known(new_member) -> list[Account]:
    """Accounts to guess at, few guesses each, so that no throttle answers in place of the check."""
    return [new_member() for _ in range(ACCOUNTS)]


def test_the_statistic_tells_a_difference_and_only_that():
    slow, fast = [50.0 + n % 7 for n in range(24)], [2.0 + n % 7 for n in range(24)]

    assert share_of_longer(slow, fast) == 1.0
    assert share_of_longer(slow, slow) == 0.5


@pytest.mark.usefixtures("several_addresses")
@pytest.mark.parametrize("kind", ["unknown", "suspended"])
def test_log_in_takes_as_long_whether_or_not_the_account_is_there(known, new_client, admin, kind: str):
    if kind == "suspended":
        for account in known[: ACCOUNTS // 2]:
            assert admin.patch(f"/api/members/{account.id}", {"status": "suspended"}).status_code == 200
    usual, unusual = [], []

    half = ACCOUNTS // 2
    for turn in range(ROUNDS):
        for number in range(ACCOUNTS):
            client = new_client()
            client.get("/.well-known/jwks.json")  # opens the connection
            if kind == "unknown":
                wrong, other = known[number], new_account().credentials
            else:
                wrong, other = known[half + number % half], known[number % half].credentials
            pair = [(usual, {"email": wrong.email, "password": "wrong-wrong-wrong"}), (unusual, other)]
            # A connection's first log-in may take longer than its second, so each kind comes first as often.
            for measured, credentials in pair if (turn + number) % 2 else reversed(pair):
                measured.append(seconds(client, credentials))

    assert abs(share_of_longer(usual, unusual) - 0.5) < TELLING, (
        sorted(usual)[len(usual) // 2],
        sorted(unusual)[len(unusual) // 2],
    )
