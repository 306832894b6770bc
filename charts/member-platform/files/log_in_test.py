"""`helm test`: log in through the edge, use the token, log out; and see that the network is closed."""

import http.client
import json
import os
import socket
import ssl
import sys

HOST, EDGE, TLS = os.environ["PLATFORM_HOST"], os.environ["EDGE_HOST"], os.environ["PLATFORM_SCHEME"] == "https"
CLOSED = os.environ["CLOSED_PEER"].rpartition(":")

# Who signed the certificate is not this test's business: it may be a company's own authority.
ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


class ByTls(http.client.HTTPConnection):
    """A connection to the edge's own address that asks, by SNI, for the platform's host."""

    def connect(self) -> None:
        super().connect()
        self.sock = ANY_CERTIFICATE.wrap_socket(self.sock, server_hostname=HOST)


def ask(
    method: str, path: str, body: dict | None = None, token: str | None = None, tls: bool = TLS
) -> tuple[int, dict]:
    """Send one request through the edge."""
    headers = {"Host": HOST, "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    port = int(os.environ["EDGE_TLS_PORT" if tls else "EDGE_PORT"])
    connection = (ByTls if tls else http.client.HTTPConnection)(EDGE, port, timeout=10)
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text and b"json" in answer.getheader("Content-Type", "").encode() else {}


def expect(what: str, got: object, wanted: object) -> None:
    """Say it, or end the test with it."""
    if got != wanted:
        sys.exit(f"FAILED {what}: {got!r} instead of {wanted!r}")
    print(f"ok     {what}")


def main() -> None:
    """Run the test."""
    if TLS:
        expect("plain HTTP is sent on to HTTPS", ask("GET", "/api/members", tls=False)[0] in {301, 308}, True)
    expect("a request without a token is refused", ask("GET", "/api/members")[0], 401)
    expect("the internal interface is not there", ask("POST", "/internal/credentials/verify", {})[0], 404)
    credentials = {"email": os.environ["ADMIN_EMAIL"], "password": os.environ["ADMIN_PASSWORD"]}
    status, session = ask("POST", "/auth/login", credentials)
    expect("the administrator logs in", status, 200)
    token = session["access_token"]
    own = f"/api/members/{session['member']['id']}"
    expect("the token reads its own account", ask("GET", own, token=token)[0], 200)
    expect("the session is ended", ask("POST", "/auth/logout", token=token)[0], 204)
    expect("the token is dead at once", ask("GET", own, token=token)[0], 401)
    if not CLOSED[0]:
        return
    try:
        socket.create_connection((CLOSED[0], int(CLOSED[2])), timeout=3).close()
    except OSError:
        print(f"ok     {CLOSED[0]} is closed to this pod")
    else:
        sys.exit(f"FAILED this pod reaches {CLOSED[0]}: the cluster's network plugin does not enforce NetworkPolicies")


if __name__ == "__main__":
    main()
