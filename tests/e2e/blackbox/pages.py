"""A page as a visitor without JavaScript has it: its words, links and forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "meta", "link", "img", "br", "hr"}
HIDDEN = {"script", "style", "template", "title"}


@dataclass
class Form:
    """A form, and what it would send as it stands."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """An HTML document. `text` is what is to be read, with single blanks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.language = ""
        self.title = ""
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self._inside: list[str] = []
        self._select = ""
        self.feed(html)

    @property
    def text(self) -> str:
        """Everything that is to be read."""
        return " ".join(" ".join(self._words).split())

    def form(self, action: str) -> Form:
        """Return the form that goes to `action`."""
        found = [form for form in self.forms if form.action == action]
        assert found, f"no form goes to {action}: {[form.action for form in self.forms]}"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag brings."""
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._inside.append(tag)
        if tag == "html":
            self.language = attributes.get("lang", "")
        elif tag == "a":
            self.links.append(attributes.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get")))
        elif self.forms:
            self._control(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Note what is to be read."""
        if self._inside and self._inside[-1] == "title":
            self.title += data
        if not HIDDEN & set(self._inside):
            self._words.append(data)

    def _control(self, tag: str, attributes: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, attributes.get("name", "")
        kind = attributes.get("type", "")
        if tag == "input" and name and (kind not in {"radio", "checkbox"} or "checked" in attributes):
            fields[name] = attributes.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in attributes or self._select not in fields):
            fields[self._select] = attributes.get("value", "")
        elif tag == "button":
            self.forms[-1].buttons.append(attributes)
