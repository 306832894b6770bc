"""What is no HTTP gets a problem document, too: the server's own answer would be a line of text without an id."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from platform_common.problems import MEDIA_TYPE, problem_bytes, problem_document
from platform_common.request_id import HEADER, request_id_of


class ProblemProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with 400 as `application/problem+json` (RFC 9457)."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's own words)
        """Answer what cannot be parsed, under the id that came before the fault if there was one, and close."""
        request_id = request_id_of({"headers": self.headers or []})
        document = problem_document("bad-request", 400, "Bad request", "The request is not valid HTTP.")
        body = problem_bytes(document | {"request_id": request_id})
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            f"Content-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\n"
            f"{HEADER}: {request_id}\r\n"
            "Connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
