"""What is too large is refused early, and in the platform's own words."""

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem, check_house_rules, in_foreign_words
from blackbox.raw_http import compose, connection, exchange

NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "nothing but nul": b"\x00" * 200,
    "a method alone": b"GET\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\n\r\n",
    "a version to come": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a relative target": b"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\nConnection: close\r\n\r\n",
    "nul in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "a control character": b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a broken escape": b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    "a byte above ASCII": b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
}


def ask(session: Session, *lines: str, path: str = "/api/members/me") -> bytes:
    return compose(session, "GET", path, *lines, "Connection: close")


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Padding: " + "x" * 100_000],
        [f"X-Padding-{number}: {'x' * 100}" for number in range(2000)],
        ["Cookie: " + "; ".join(f"c{number}={'x' * 50}" for number in range(2000))],
    ],
    ids=["one long", "many", "cookies"],
)
def test_an_oversized_header_is_refused(reader: Session, lines: list[str]):
    [response] = exchange(reader.base_url, ask(reader, *lines), reader.address)

    check_house_rules("GET", "/api/members/me", response)
    assert response.status_code in {400, 431}


def test_an_oversized_target_is_refused(reader: Session):
    [response] = exchange(reader.base_url, ask(reader, path="/api/members/me?" + "x" * 100_000), reader.address)

    check_house_rules("GET", "/api/members/me", response)
    assert response.status_code in {400, 414}


def test_an_announced_oversized_body_is_refused_before_it_is_sent(client: Client):
    lines = ("Content-Type: application/json", f"Content-Length: {1 << 30}")

    [response] = exchange(client.base_url, compose(client, "POST", "/auth/login", *lines), client.address)

    check_house_rules("POST", "/auth/login", response)
    assert response.status_code == 413


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
def test_an_endless_body_is_cut_off(client: Client, path: str):
    """No one knows the length of a chunked body before it is there."""
    head = compose(client, "POST", path, "Content-Type: application/json", "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    [response] = exchange(client.base_url, head + chunk * 512, client.address)

    check_house_rules("POST", path, response)
    assert response.status_code == 413


def test_an_oversized_body_is_refused_on_every_writing_route(reader: Session):
    body = b'{"display_name": "' + b"x" * (8 << 20) + b'"}'

    for method, path in (
        ("PATCH", reader.path),
        ("PUT", reader.path),
        ("POST", "/api/members"),
        ("POST", "/auth/refresh"),
    ):
        response = reader.request(
            method, path, content=body, headers={"Content-Type": "application/json"}, if_match="*"
        )
        assert_problem(response, 413)


@pytest.mark.parametrize("case", NO_HTTP)
def test_what_is_no_http_breaks_nothing(client: Client, case: str):
    for response in exchange(client.base_url, NO_HTTP[case], client.address):
        check_house_rules("GET", "/", response)
        assert 400 <= response.status_code < 600

    assert client.get("/.well-known/jwks.json").status_code == 200


@pytest.mark.parametrize("name", ["X-Anything", "User-Agent", "Origin", "Cookie", "X-Idempotency-Key"])
def test_a_control_character_in_a_header_is_the_clients_fault(reader: Session, name: str):
    """RFC 9110, section 5.5: a field value holds none."""
    for character in "\x01\x0b\x1f\x7f":
        anonymous = reader.with_token(None)
        for sender, path in ((reader, "/api/members/me"), (anonymous, "/.well-known/jwks.json"), (anonymous, "/")):
            request = compose(sender, "GET", path, f"{name}: a{character}b", "Connection: close")
            [response] = exchange(reader.base_url, request, reader.address)
            check_house_rules("GET", path, response)
            # auth refuses such a request, and nginx makes 500 of a refusal that is neither 401 nor 403
            refused = {500} if in_foreign_words(response) else {400, 401}
            assert response.status_code in {200} | refused, (path, character)
            if response.status_code == 400 and not in_foreign_words(response):
                assert response.headers["content-type"] == "application/problem+json", (path, character)


def test_an_expectation_is_met(member: Session):
    """`Expect: 100-continue`: an interim answer, then the final one."""
    body = b'{"display_name": "Expected"}'
    request = compose(member, "PATCH", member.path, "Expect: 100-continue", "Connection: close", body=body)
    head = request.removesuffix(body)
    with connection(member.base_url, member.address) as stream:
        stream.sendall(head)
        assert stream.recv(4096).startswith(b"HTTP/1.1 100")
        stream.sendall(body)
        assert stream.recv(65536).startswith(b"HTTP/1.1 200")
