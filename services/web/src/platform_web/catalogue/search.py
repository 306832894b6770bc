"""A search as it stands in the address: what was asked, and the addresses of the searches next to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from platform_web.rendering.catalogues import N_

PAGE_SIZE = 24
MAX_QUERY = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CURSOR = re.compile(r"[A-Za-z0-9._~=-]{1,500}")
_PRICE = re.compile(r"[0-9]{1,12}")
# What people write between the digits of a price.
_SEPARATORS = re.compile(r"[,\s]")
PRICES = ("min_price", "max_price")

# In the order of the list.
_SORTS = {
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
    # Empty: the one that suits the search.
    sort: str = ""
    cursor: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Search:
        """Read a search from an address."""
        unsorted = cls(
            q=" ".join(query.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
            category=_fitting(_SLUG, query.get("category", "")),
            min_price=_price(query.get("min_price", "")),
            max_price=_price(query.get("max_price", "")),
            in_stock=query.get("in_stock", "") in {"true", "on", "1"},
            cursor=_fitting(_CURSOR, query.get("cursor", "")),
        )
        sort = query.get("sort", "")
        return replace(unsorted, sort=sort) if sort in unsorted.sorts and sort != unsorted.default_sort else unsorted

    @property
    def sorts(self) -> dict[str, str]:
        """The orders on offer, with the default first; without words nothing is a better match than anything else."""
        return _SORTS if self.q else {name: words for name, words in _SORTS.items() if name != "relevance"}

    @property
    def default_sort(self) -> str:
        """The order that is used unless another is chosen."""
        return next(iter(self.sorts))

    @property
    def is_narrowed(self) -> bool:
        """Whether a facet is in use."""
        return bool(self.category or self.min_price or self.max_price or self.in_stock)

    def parameters(self) -> dict[str, str]:
        """Return what differs from the defaults, as an address takes it."""
        found = {
            name: getattr(self, name)
            for name in ("q", "category", "min_price", "max_price", "cursor")
            if getattr(self, name)
        }
        if self.in_stock:
            found["in_stock"] = "true"
        if self.sort:
            found["sort"] = self.sort
        return found

    def request(self) -> dict[str, str]:
        """Return the query of the search, as the shop takes it."""
        return {"sort": self.default_sort, **self.parameters()}

    def place(self, **changes: str | bool) -> str:
        """Return the address of this search with some changes, at its first page unless they name another."""
        parameters = replace(self, **{"cursor": "", **changes}).parameters()  # type: ignore[arg-type]
        return f"/products?{urlencode(parameters)}" if parameters else "/products"


def wrong_prices(query: Mapping[str, str]) -> dict[str, str]:
    """Return by field what was typed for a price and is none."""
    typed = {name: query.get(name, "").strip()[:20] for name in PRICES}
    return {name: text for name, text in typed.items() if text and not _price(text)}


def _price(text: str) -> str:
    return _fitting(_PRICE, _SEPARATORS.sub("", text))


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
