"""What no visitor may ever cause: a script that fails, a word in the console, a breach of the content policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

# Every page reports its breaches of the policy here, also those that no console shows.
REPORT = """
addEventListener("securitypolicyviolation", (event) => {
  reportBreach(`${event.effectiveDirective} forbids ${event.blockedURI} on ${event.documentURI}`);
});
"""


@dataclass
class Watch:
    """What went wrong in a context's pages."""

    found: list[str] = field(default_factory=list)
    # Parts of messages that the test itself causes: a page that responses 404 is one, to a browser.
    expected: tuple[str, ...] = ()

    def over(self, context: BrowserContext) -> None:
        """Watch every page of `context` from now on."""
        context.expose_function("reportBreach", self._note)
        context.add_init_script(REPORT)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._note(f"{message.text} ({message.location.get('url')})")

    def _on_error(self, error: WebError) -> None:
        self._note(f"{error.error}")

    def _note(self, text: str) -> None:
        if not any(part in text for part in self.expected):
            self.found.append(text)
