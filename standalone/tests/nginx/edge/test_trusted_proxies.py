"""Who a client is behind a proxy that terminates TLS, and when a proxy is believed."""

import pytest

CLAIMS = [("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https")]


def seen_by_the_gateway(edge, headers):
    edge.client.get("/open", headers)
    seen = edge.forwarded
    return seen.get("X-Forwarded-For"), seen.get("X-Real-IP"), seen.get("X-Forwarded-Proto")


def test_a_trusted_proxy_says_who_the_client_is(make_edge):
    edge = make_edge(trusted_proxies=["127.0.0.1/32"])
    assert seen_by_the_gateway(edge, CLAIMS) == ("198.51.100.7", "198.51.100.7", "https")


def test_auth_sees_the_same_client_and_the_visitors_url(make_edge):
    edge = make_edge(trusted_proxies=["127.0.0.1/32"])
    edge.client.get("/api/mine", CLAIMS)
    (asked,) = edge.auth.seen
    assert asked.get("X-Forwarded-For") == "198.51.100.7"
    assert asked.get("X-Original-URL") == f"https://127.0.0.1:{edge.client.port}/api/mine"


@pytest.mark.parametrize("settings", [{}, {"trusted_proxies": ["10.0.0.0/8"]}])
def test_nobody_else_is_believed(make_edge, settings):
    assert seen_by_the_gateway(make_edge(**settings), CLAIMS) == ("127.0.0.1", "127.0.0.1", "http")


@pytest.mark.parametrize(
    ("given", "client"),
    [
        ("6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("nonsense", "127.0.0.1"),
    ],
)
def test_of_a_chain_the_last_address_that_is_no_trusted_proxy_counts(make_edge, given, client):
    edge = make_edge(trusted_proxies=["127.0.0.1/32", "10.0.0.0/8"])
    assert seen_by_the_gateway(edge, [("X-Forwarded-For", given)])[0] == client
