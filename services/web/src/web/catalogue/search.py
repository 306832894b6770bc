"""A search as it stands in the address: what was asked, and the addresses of the searches next to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from web.rendering.catalogues import N_

PAGE_SIZE = 24
MAX_QUERY = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CURSOR = re.compile(r"[A-Za-z0-9._~=-]{1,500}")
_PRICE = re.compile(r"[0-9]{1,12}")

# In the order of the list; the first is taken unless another is asked for.
SORTS = {
    "relevance": N_("Best match"),
    "newest": N_("Newest first"),
    "price": N_("Price: low to high"),
    "-price": N_("Price: high to low"),
}


@dataclass(frozen=True)
class Search:
    """What is looked for. Prices are in minor units; what makes no sense is left out, not refused."""

    q: str = ""
    category: str = ""
    min_price: str = ""
    max_price: str = ""
    in_stock: bool = False
    sort: str = "relevance"
    cursor: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Search:
        """Read a search from an address."""
        sort = query.get("sort", "")
        return cls(
            q=" ".join(query.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
            category=_fitting(_SLUG, query.get("category", "")),
            min_price=_fitting(_PRICE, query.get("min_price", "")),
            max_price=_fitting(_PRICE, query.get("max_price", "")),
            in_stock=query.get("in_stock", "") in {"true", "on", "1"},
            sort=sort if sort in SORTS else "relevance",
            cursor=_fitting(_CURSOR, query.get("cursor", "")),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether a facet is in use."""
        return bool(self.category or self.min_price or self.max_price or self.in_stock)

    def parameters(self) -> dict[str, str]:
        """Return what is not as it is anyway, as an address and the shop take it."""
        found = {
            name: getattr(self, name)
            for name in ("q", "category", "min_price", "max_price", "cursor")
            if getattr(self, name)
        }
        if self.in_stock:
            found["in_stock"] = "true"
        if self.sort != "relevance":
            found["sort"] = self.sort
        return found

    def place(self, **changes: str | bool) -> str:
        """Return the address of this search with some changes, at its first page unless they name another."""
        parameters = replace(self, **{"cursor": "", **changes}).parameters()  # type: ignore[arg-type]
        return f"/products?{urlencode(parameters)}" if parameters else "/products"


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
