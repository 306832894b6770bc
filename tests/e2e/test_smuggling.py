"""Requests whose end is in doubt: no component may treat as a request what another treated as a body."""

import json
import secrets

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import check_house_rules
from blackbox.own_platform import OwnPlatform
from blackbox.raw_http import RawAnswer, compose, exchange

BODY = '{"display_name": "Sent"}'

# Each is a header block and a body in which a second request hides; `{hidden}` is that request, `{size}` its length.
DOUBTFUL = {
    "length and chunks": ("Content-Length: {size}\r\nTransfer-Encoding: chunked", "0\r\n\r\n{hidden}"),
    "chunks and length": ("Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n{hidden}"),
    "length short of chunks": ("Content-Length: 3\r\nTransfer-Encoding: chunked", "{hexsize}\r\n{hidden}\r\n0\r\n\r\n"),
    "two lengths": ("Content-Length: 0\r\nContent-Length: {size}", "{hidden}"),
    "two lengths, turned": ("Content-Length: {size}\r\nContent-Length: 0", "{hidden}"),
    "two lengths in one": ("Content-Length: 0, {size}", "{hidden}"),
    "signed length": ("Content-Length: +0", "{hidden}"),
    "negative length": ("Content-Length: -1", "{hidden}"),
    "hexadecimal length": ("Content-Length: 0x0", "{hidden}"),
    "spaced length": ("Content-Length: 0 0", "{hidden}"),
    "enormous length": ("Content-Length: 18446744073709551616", "{hidden}"),
    "space before the colon": ("Transfer-Encoding : chunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "tab before the colon": ("Transfer-Encoding\t: chunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "vertical tab": ("Transfer-Encoding: \x0bchunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "prefixed coding": ("Transfer-Encoding: xchunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "quoted coding": ('Transfer-Encoding: "chunked"\r\nContent-Length: 5', "0\r\n\r\n{hidden}"),
    "two codings": (
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 5",
        "0\r\n\r\n{hidden}",
    ),
    "coding list": ("Transfer-Encoding: identity, chunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "coding last": ("Transfer-Encoding: chunked, identity", "0\r\n\r\n{hidden}"),
    "doubled coding": ("Transfer-Encoding: chunked, chunked", "0\r\n\r\n{hidden}"),
    "folded coding": ("Transfer-Encoding:\r\n chunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "line feed only": ("X-Padding: x\nTransfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "carriage return only": ("X-Padding: x\rTransfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "nul in the name": ("Transfer-Encoding\x00: chunked\r\nContent-Length: 5", "0\r\n\r\n{hidden}"),
    "underscored coding": ("Transfer_Encoding: chunked\r\nContent-Length: 0", "{hidden}"),
    "chunk size of no number": ("Transfer-Encoding: chunked", "zz\r\n{hidden}"),
    "negative chunk size": ("Transfer-Encoding: chunked", "-1\r\n{hidden}"),
    "prefixed chunk size": ("Transfer-Encoding: chunked", "0x0\r\n\r\n{hidden}"),
    "enormous chunk size": ("Transfer-Encoding: chunked", "ffffffffffffffff1\r\n{hidden}"),
    "chunk without its end": ("Transfer-Encoding: chunked", "1\r\nxx\r\n0\r\n\r\n{hidden}"),
    "chunk extension with a line feed": ("Transfer-Encoding: chunked", "0;x\n\r\n{hidden}"),
}

# Where a server may rightly see two requests, one after the other: the second is then the sender's own, asked openly.
PIPELINED = {"underscored coding", "coding list", "chunk extension with a line feed", "spaced length"}


def hidden_request(session: Session, request_id: str) -> str:
    """A request that responses 200 if any component treats it as one: the edge, the gateway or the service."""
    lines = (f"X-Request-ID: {request_id}", f"X-Auth-Subject: {session.account.id}")
    return compose(session, "GET", "/api/members/me", *lines).decode()


def send_doubtful(session: Session, case: str, path: str, request_id: str) -> list[RawAnswer]:
    headers, body = DOUBTFUL[case]
    hidden = hidden_request(session, request_id)
    body = body.replace("{hidden}", hidden).replace("{hexsize}", f"{len(hidden):x}")
    head = compose(
        session, "POST", path, "Content-Type: application/json", headers.replace("{size}", str(len(body.encode())))
    )
    return exchange(session.base_url, head + body.encode("latin-1"), session.address)


@pytest.mark.parametrize("path", ["/auth/refresh", "/api/members"])
@pytest.mark.parametrize("case", DOUBTFUL)
def test_no_request_hides_in_another(
    reader: Session, client: Client, platform: OwnPlatform | None, case: str, path: str
):
    request_id = f"e2e-{secrets.token_hex(8)}"

    responses = send_doubtful(reader, case, path, request_id)

    for response in responses:
        check_house_rules("POST", path, response)
    if case not in PIPELINED:
        assert len(responses) <= 1, [(response.status_code, response.content[:200]) for response in responses]
        if platform is not None:
            assert platform.services_that_saw(request_id) == set()
    # No one else gets a response that is not theirs: connections between the components are still in step.
    for number in range(3):
        asked = f"e2e-{secrets.token_hex(8)}"
        innocent = client.post(
            "/auth/refresh", {"refresh_token": f"innocent-{number}"}, headers={"X-Request-ID": asked}
        )
        assert (innocent.status_code, innocent.headers["x-request-id"]) == (401, asked)


@pytest.mark.parametrize("case", [case for case in DOUBTFUL if "chunk" not in case.split() and case not in PIPELINED])
def test_a_doubtful_length_is_refused_outright(reader: Session, case: str):
    """RFC 9112, section 6.3: what cannot be framed is returned 400 (or 501) and the connection closed."""
    responses = send_doubtful(reader, case, "/auth/refresh", "e2e-not-to-be-seen")

    assert [response.status_code for response in responses] in ([400], [501], [413], [])


def test_chunked_bodies_are_understood(member: Session):
    """What the refusals rest on: a chunked body that is well-formed works."""
    chunks = (
        "".join(f"{len(part):x};ext=1\r\n{part}\r\n" for part in (BODY[:7], BODY[7:])) + "0\r\nX-Trailer: x\r\n\r\n"
    )
    head = ("Content-Type: application/json", "Transfer-Encoding: chunked", "Connection: close")
    request = compose(member, "PATCH", member.path, *head) + chunks.encode()

    [response] = exchange(member.base_url, request, member.address)

    assert response.status_code == 200, response.content
    assert json.loads(response.content)["display_name"] == "Sent"


def test_a_trailer_is_no_header(member: Session):
    """A credential in a chunked body's trailer counts for nothing."""
    stranger = member.with_token(None)
    coding = ("Transfer-Encoding: chunked", "Trailer: Authorization")
    head = ("Content-Type: application/json", *coding, "Connection: close")
    chunks = f"{len(BODY):x}\r\n{BODY}\r\n0\r\nAuthorization: Bearer {member.token}\r\n\r\n"

    [response] = exchange(
        member.base_url, compose(stranger, "PATCH", member.path, *head) + chunks.encode(), member.address
    )

    assert response.status_code == 401
    assert member.me().json()["display_name"] == member.account.display_name


def test_pipelined_requests_get_responses_in_order(reader: Session):
    paths = ["/api/members/me", "/nowhere", "/.well-known/jwks.json", "/api/members/me"]
    requests = [compose(reader, "GET", path) for path in paths]

    responses = exchange(reader.base_url, b"".join(requests), reader.address)

    assert [response.status_code for response in responses] == [200, 404, 200, 200]
    assert responses[0].content == responses[3].content


def test_a_body_on_a_get_is_no_request(reader: Session):
    request = compose(reader, "GET", "/api/members/me", body=hidden_request(reader, "e2e-in-a-get-body"))

    responses = exchange(reader.base_url, request, reader.address)

    assert len(responses) == 1
