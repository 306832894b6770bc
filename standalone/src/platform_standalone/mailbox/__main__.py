"""`python -m platform_standalone.mailbox`: serve SMTP and the page on loopback until a signal."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from platform_standalone.mailbox.pages import make_pages
from platform_standalone.mailbox.store import MailStore
from platform_standalone.ports import LOOPBACK


class Keeper:
    """Accepts every mail."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd calls it)
        """Keep the mail."""
        content = envelope.content
        self._store.add(content if isinstance(content, bytes) else (content or "").encode())
        return "250 OK"


async def serve(folder: Path, smtp_port: int, http_port: int) -> None:
    """Serve until a signal."""
    store = MailStore(folder)
    loop = asyncio.get_running_loop()
    keeper = Keeper(store)
    smtp = await loop.create_server(lambda: SMTP(keeper, loop=loop), LOOPBACK, smtp_port)
    config = uvicorn.Config(make_pages(store), host=LOOPBACK, port=http_port, log_level="warning", access_log=False)
    async with smtp:
        await uvicorn.Server(config).serve()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="mailbox")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(serve(options.folder, options.smtp_port, options.http_port))


if __name__ == "__main__":
    main()
