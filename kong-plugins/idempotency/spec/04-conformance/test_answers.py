"""What is saved and how it is replayed (contract: 'Saved', 'Stored', 'Markers')."""

from __future__ import annotations

import gzip
import os

import pytest
from plugintests.service import Plan
from plugintests.wire import request_bytes

SAVED = [200, 201, 202, 203, 204, 205, 206, 207, 226, 400, 402, 404, 405, 406, 410, 411, 412, 413, 415, 417, 418, 422]
SAVED += [423, 424, 426, 428, 431, 451]
NOT_SAVED = [300, 301, 302, 303, 304, 307, 308, 401, 403, 409, 425, 429, 500, 501, 502, 503, 504, 507, 599]


def twice(gateway, service, fresh, plan, setup="plain"):
    service.plan(f"/{setup}/{fresh}", plan)
    return gateway.post(f"/{setup}/{fresh}", fresh), gateway.post(f"/{setup}/{fresh}", fresh)


@pytest.mark.parametrize("status", SAVED)
def test_2xx_and_settled_4xx_are_saved(gateway, service, fresh, status):
    first, second = twice(gateway, service, fresh, Plan(status=status))

    assert (first.status, first.mark) == (status, "stored")
    assert (second.status, second.mark) == (status, "replayed")
    assert second.body == first.body
    assert second.header("Idempotent-Replayed") == "true"
    assert first.header("Idempotent-Replayed") is None
    assert len(service.seen(f"/plain/{fresh}")) == 1


@pytest.mark.parametrize("status", NOT_SAVED)
def test_others_are_never_saved_and_release_the_lock(gateway, service, fresh, status):
    first, second = twice(gateway, service, fresh, Plan(status=status))

    for answer in (first, second):
        assert answer.status == status
        assert answer.mark == "released"
        assert answer.header("Idempotency-Stored") == "false"
    assert len(service.seen(f"/plain/{fresh}")) == 2


def test_a_5xx_of_the_service_releases_the_lock_at_once(gateway, service, fresh):
    service.plan(f"/plain/{fresh}", Plan(status=503), Plan(status=201))

    assert gateway.post(f"/plain/{fresh}", fresh).status == 503
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "stored"
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "replayed"


def test_statuses_are_configured(gateway, service, fresh):
    service.plan(f"/only-201/{fresh}", Plan(status=200), Plan(status=201))

    assert gateway.post(f"/only-201/{fresh}", fresh).mark == "released"
    assert gateway.post(f"/only-201/{fresh}", fresh).mark == "stored"


def test_a_204_is_replayed_without_body_and_length(gateway, service, fresh):
    first, second = twice(gateway, service, fresh, Plan(status=204, headers=()))

    for answer in (first, second):
        assert answer.status == 204
        assert answer.header("Content-Length") is None
        assert answer.header("Content-Type") is None


def test_an_empty_body_is_replayed_as_an_empty_body(gateway, service, fresh):
    for status in (200, 404):
        first, second = twice(gateway, service, f"{fresh}{status}", Plan(status=status, headers=(), body=b""))
        for answer in (first, second):
            assert (answer.status, answer.body) == (status, b"")
            assert answer.header("Content-Length") == "0"


@pytest.mark.parametrize(
    "body",
    [b"\x00", b"\r\n\r\n", b"\xff\xfe\xfd", bytes(range(256)) * 40, b"L" * 49, b"A", b" ", os.urandom(200_000)],
    ids=range(8),
)
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_are_replayed_byte_for_byte(gateway, service, fresh, body, chunked):
    plan = Plan(body=body, chunked=chunked, headers=(("Content-Type", "application/octet-stream"),))
    first, second = twice(gateway, service, fresh, plan)

    assert first.body == second.body == body
    assert second.mark == "replayed"
    assert second.header("Content-Type") == "application/octet-stream"


def test_a_compressed_answer_stays_compressed(gateway, service, fresh):
    packed = gzip.compress(b"text " * 100)
    headers = (("Content-Type", "text/plain"), ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    first, second = twice(gateway, service, fresh, Plan(body=packed, headers=headers))

    assert first.body == second.body == packed
    assert second.header("Content-Encoding") == "gzip"
    assert second.header("Vary") == "Accept-Encoding"


KEPT = [
    ("Location", "/things/1"),
    ("ETag", '"v1"'),
    ("Content-Type", "application/vnd.x+json; charset=utf-8"),
    ("Content-Language", "ko"),
    ("Content-Disposition", 'attachment; filename="a:b.txt"'),
    ("Content-Location", "/things/1?v=1"),
    ("Content-Security-Policy", "default-src 'none'; script-src x:"),
    ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ("Cache-Control", "no-store"),
    ("Link", "</a>; rel=next"),
]
DROPPED = [
    ("Set-Cookie", "session=1"),
    ("Set-Cookie", "other=2"),
    ("Keep-Alive", "timeout=5"),
    ("Proxy-Authenticate", "Basic"),
    ("Trailer", "X-T"),
    ("X-RateLimit-Remaining", "7"),
    ("RateLimit", "limit=10"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("X-Request-Id", "of-the-first"),
    ("X-Unlisted", "1"),
]


def test_allow_listed_headers_are_kept_and_others_dropped(gateway, service, fresh):
    first, second = twice(gateway, service, fresh, Plan(headers=KEPT + DROPPED))

    for name, value in KEPT:
        assert first.header(name) == value
        assert second.header(name) == value
    assert first.all("Set-Cookie") == ["session=1", "other=2"]
    for name, value in DROPPED:
        assert value not in second.all(name)
    assert second.all("Set-Cookie") == []


def test_a_header_that_came_more_than_once_is_replayed_as_often(gateway, service, fresh):
    headers = (("Link", "</a>; rel=next"), ("Link", "</b>; rel=prev"), ("Content-Type", "text/plain"))
    _, second = twice(gateway, service, fresh, Plan(headers=headers))

    assert second.all("Link") == ["</a>; rel=next", "</b>; rel=prev"]


def test_headers_kept_are_configured(gateway, service, fresh):
    headers = (("X-Kept", "1"), ("X-Kept", "2"), ("Content-Type", "text/plain"), ("Location", "/x"))
    _, second = twice(gateway, service, fresh, Plan(headers=headers), setup="few-headers")

    assert second.all("X-Kept") == ["1", "2"]
    assert second.header("Location") is None
    assert second.header("Content-Type") is None


def test_wide_patterns_keep_no_cookie_rate_limit_or_trace(gateway, service, fresh):
    markers = [("Idempotency-Stored", "false"), ("Idempotency-Status", "own")]
    _, second = twice(gateway, service, fresh, Plan(headers=[("X-Kept", "1"), *DROPPED, *markers]), setup="all-headers")

    assert second.header("X-Kept") == "1"
    assert second.header("X-Unlisted") == "1"
    assert second.header("Idempotency-Stored") is None
    assert second.mark == "replayed"
    for name, value in DROPPED:
        assert name == "X-Unlisted" or value not in second.all(name)


def test_a_header_without_a_value_does_no_harm(gateway, service, fresh):
    first, second = twice(gateway, service, fresh, Plan(headers=(("Link", ""), ("Content-Type", "text/plain"))))

    assert (first.status, second.status) == (201, 201)
    assert second.mark == "replayed"


def test_markers_are_exposed_to_scripts(gateway, service, fresh):
    answers = twice(gateway, service, fresh, Plan())
    refusals = [gateway.post(f"/plain/{fresh}", fresh, b"x"), gateway.post(f"/plain/{fresh}", "")]

    for answer in (*answers, *refusals):
        exposed = [name.strip() for name in answer.header("Access-Control-Expose-Headers").split(",")]
        assert exposed == ["Idempotency-Status", "Idempotency-Stored", "Idempotent-Replayed"]


def test_markers_are_added_to_what_the_service_exposes(gateway, service, fresh):
    first, _ = twice(gateway, service, fresh, Plan(headers=(("Access-Control-Expose-Headers", "ETag, X-A"),)))

    exposed = first.header("Access-Control-Expose-Headers")
    assert exposed == "ETag, X-A, Idempotency-Status, Idempotency-Stored, Idempotent-Replayed"


OWN_MARKERS = (
    ("idempotent-replayed", "true"),
    ("Idempotency-Status", "made-up"),
    ("Idempotency-Status", "twice"),
    ("Idempotency-Stored", "false"),
)


def test_markers_of_the_service_never_reach_the_client(gateway, service, fresh):
    first, second = twice(gateway, service, fresh, Plan(headers=OWN_MARKERS))

    assert (first.mark, first.header("Idempotent-Replayed"), first.header("Idempotency-Stored")) == (
        "stored",
        None,
        None,
    )
    assert (second.mark, second.header("Idempotent-Replayed")) == ("replayed", "true")


@pytest.mark.parametrize(("setup", "key", "mark"), [("plain", None, None), ("open", "k", "bypassed")])
def test_markers_of_the_service_never_reach_the_client_of_an_unprotected_request(
    gateway, service, fresh, setup, key, mark
):
    service.plan(f"/{setup}/{fresh}", Plan(headers=OWN_MARKERS))
    answer = gateway.post(f"/{setup}/{fresh}", key and fresh)

    assert (answer.mark, answer.header("Idempotent-Replayed")) == (mark, None)
    assert answer.header("Idempotency-Stored") == ("false" if key else None)


def test_a_service_with_a_ledger_of_its_own_says_what_it_replays(gateway, service, fresh):
    plan = Plan(headers=(("Idempotent-Replayed", "true"), ("Idempotency-Status", "made-up")))
    first, second = twice(gateway, service, fresh, plan, setup="release")

    for answer in (first, second):
        assert (answer.mark, answer.header("Idempotent-Replayed")) == ("replayed", "true")


def test_of_a_bypassed_request_too_the_service_says_what_it_replays(gateway, service, fresh):
    first = gateway.post(f"/visitors-release/{fresh}", fresh)
    service.plan(f"/visitors-release/{fresh}", Plan(headers=(("Idempotent-Replayed", "true"),)))
    again = gateway.post(f"/visitors-release/{fresh}", fresh)

    assert (first.mark, first.header("Idempotent-Replayed"), first.header("Idempotency-Stored")) == (
        "bypassed",
        None,
        "false",
    )
    assert (again.mark, again.header("Idempotent-Replayed"), again.header("Idempotency-Stored")) == (
        "replayed",
        "true",
        None,
    )


@pytest.mark.parametrize(
    ("status", "name", "value"), [(405, "Allow", "GET, HEAD"), (415, "Accept-Patch", "application/merge-patch+json")]
)
def test_a_refusal_keeps_what_its_status_requires(gateway, service, fresh, status, name, value):
    for answer in twice(gateway, service, fresh, Plan(status=status, headers=((name, value),))):
        assert (answer.status, answer.header(name)) == (status, value)


def test_a_star_keeps_everything_that_may_be_kept(gateway, service, fresh):
    sent = [("X-Anything", "1"), ("Retry-After", "5"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"), *DROPPED]
    _, second = twice(gateway, service, fresh, Plan(headers=sent), setup="star-headers")

    assert (second.header("X-Anything"), second.header("Retry-After")) == ("1", "5")
    assert second.header("Date") != "Thu, 01 Jan 1970 00:00:00 GMT"
    for name, value in DROPPED:
        assert name == "X-Unlisted" or value not in second.all(name)


def test_over_max_body_bytes_is_delivered_marked_and_not_replayable(gateway, service, fresh):
    service.plan(f"/small/{fresh}", Plan(body=b"x" * 101))
    first, second = gateway.post(f"/small/{fresh}", fresh), gateway.post(f"/small/{fresh}", fresh)

    assert (first.status, first.body) == (201, b"x" * 101)
    assert first.mark == "oversize"
    assert first.header("Idempotency-Stored") == "false"
    assert second.status == 409
    assert second.json["code"] == "idempotency-not-replayable"
    assert gateway.post(f"/small/{fresh}", fresh, b"other").status == 422
    assert len(service.seen(f"/small/{fresh}")) == 1


def test_exactly_max_body_bytes_is_saved(gateway, service, fresh):
    first, second = twice(gateway, service, fresh, Plan(body=b"x" * 100), setup="small")

    assert (first.mark, second.mark) == ("stored", "replayed")
    assert first.header("Idempotency-Stored") is None


def test_at_most_300_bytes_are_stored_beyond_the_answer(gateway, service, fresh, store):
    for size in (0, 1, 100, 1000, 5000):
        known = set(store.scan_iter("idem:*"))
        headers = (("Content-Type", "application/json"), ("Location", "/things/1"))
        service.plan(f"/plain/{fresh}{size}", Plan(headers=headers, body=b"x" * size))
        assert gateway.post(f"/plain/{fresh}{size}", f"{fresh}{size}").mark == "stored"

        (name,) = set(store.scan_iter("idem:*")) - known
        answer = size + sum(len(n) + len(v) + 4 for n, v in headers)
        assert store.memory_usage(name, samples=0) - answer <= 300 + answer // 4  # the allocator rounds up by a quarter
        assert store.strlen(name) + len(name) - answer <= 150


def test_the_answer_is_in_redis_before_the_client_has_it(gateway, fresh):
    """A response is stored before its first byte arrives."""
    for i in range(20):
        with gateway.connect() as wire:
            target = f"/plain/{fresh}-{i}"
            wire.send(request_bytes("POST", target, [("X-Idempotency-Key", f"{fresh}-{i}")], b"{}"))
            wire.read()
            assert gateway.ask("POST", target, [("X-Idempotency-Key", f"{fresh}-{i}")], b"{}").mark == "replayed"


def test_a_head_of_a_route_with_the_plugin_works(gateway, service, fresh):
    service.plan(f"/plain/{fresh}", Plan(status=200, body=b"12345"))
    answer = gateway.ask("HEAD", f"/plain/{fresh}", [("X-Idempotency-Key", fresh)])
    assert (answer.status, answer.header("Content-Length")) == (200, "5")


def test_two_round_trips_for_a_first_request_and_one_for_a_repeat(gateway, fresh, store):
    gateway.post(f"/plain/{fresh}", fresh + "warm")

    def reads():
        """How often the store has read from a connection; to ask is one more."""
        return store.info("stats")["total_reads_processed"]

    def cost(key):
        """The cheapest of a few: a worker may have to reconnect."""
        before = reads()
        gateway.post(f"/plain/{fresh}", key)
        return reads() - before - 1

    first = [cost(f"{fresh}-{i}") for i in range(10)]
    assert sorted(first)[len(first) // 2] == 2
    repeats = [cost(f"{fresh}-{i}") for i in range(10)]
    assert sorted(repeats)[len(repeats) // 2] == 1
