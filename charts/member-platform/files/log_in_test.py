"""`helm test`: log in through the edge, use the token, log out, and check that NetworkPolicies are enforced."""

import http.client
import json
import os
import socket
import ssl
import sys

HOST, EDGE, TLS = os.environ["PLATFORM_HOST"], os.environ["EDGE_HOST"], os.environ["PLATFORM_SCHEME"] == "https"
CLOSED = os.environ["CLOSED_PEER"].rpartition(":")

# The certificate is not verified, because it may be signed by a private authority.
ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


class ByTls(http.client.HTTPConnection):
    """A connection to the edge's Service with the platform's host in SNI."""

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
    response = connection.getresponse()
    text = response.read()
    return response.status, json.loads(text) if text and b"json" in response.getheader(
        "Content-Type", ""
    ).encode() else {}


def expect(what: str, got: object, wanted: object) -> None:
    """Print the result, and exit on a failure."""
    if got != wanted:
        sys.exit(f"FAILED {what}: {got!r} instead of {wanted!r}")
    print(f"ok     {what}")


def main() -> None:
    """Run the test."""
    if TLS:
        expect("HTTP is redirected to HTTPS", ask("GET", "/api/members", tls=False)[0] in {301, 308}, True)
    expect("a request without a token is rejected", ask("GET", "/api/members")[0], 401)
    expect("internal endpoints are not exposed", ask("POST", "/internal/credentials/verify", {})[0], 404)
    credentials = {"email": os.environ["ADMIN_EMAIL"], "password": os.environ["ADMIN_PASSWORD"]}
    status, session = ask("POST", "/auth/login", credentials)
    expect("the administrator can log in", status, 200)
    token = session["access_token"]
    own = f"/api/members/{session['member']['id']}"
    expect("the token is valid", ask("GET", own, token=token)[0], 200)
    expect("the log-out succeeds", ask("POST", "/auth/logout", token=token)[0], 204)
    expect("the token is invalid at once", ask("GET", own, token=token)[0], 401)
    if not CLOSED[0]:
        return
    try:
        socket.create_connection((CLOSED[0], int(CLOSED[2])), timeout=3).close()
    except OSError:
        print(f"ok     {CLOSED[0]} is not reachable from this pod")
    else:
        sys.exit(
            f"FAILED this pod can reach {CLOSED[0]}: the cluster's network plugin does not enforce NetworkPolicies"
        )


if __name__ == "__main__":
    main()
