"""The mailbox in a browser: a list, one mail, and the same as JSON for tests."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from platform_standalone.mailbox.store import MailStore, ReceivedMail

# The page itself runs no script, and a mail's HTML is shown in a frame without scripts, forms or remote content.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'"
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; "
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
)


def make_pages(store: MailStore) -> Starlette:
    """Return the application."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )

    def page(name: str, **content: object) -> HTMLResponse:
        return HTMLResponse(environment.get_template(name).render(**content), headers=_headers(_POLICY))

    async def list_mails(_request: Request) -> Response:
        return page("list.html", mails=store.newest())

    async def list_as_json(request: Request) -> Response:
        return JSONResponse([asdict(mail) for mail in store.newest(request.query_params.get("to", ""))])

    async def show_mail(request: Request) -> Response:
        return page("mail.html", mail=_found(store, request))

    async def show_html(request: Request) -> Response:
        # Links leave the frame, which shows nothing but mails.
        html = _found(store, request).html.replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(html, headers=_headers(_MAIL_POLICY))

    async def clear(_request: Request) -> Response:
        store.clear()
        return RedirectResponse("/", status_code=303)

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            Route("/", list_mails),
            Route("/mails.json", list_as_json),
            Route("/mails/{mail_id}", show_mail),
            Route("/mails/{mail_id}/html", show_html),
            Route("/clear", clear, methods=["POST"]),
            Route("/readyz", ready),
        ]
    )


def _found(store: MailStore, request: Request) -> ReceivedMail:
    mail = store.get(request.path_params["mail_id"])
    if mail is None:
        raise HTTPException(404, "There is no such mail.")
    return mail


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
