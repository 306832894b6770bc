"""A search of the catalogue, parsed from query parameters, and the URLs of related searches."""

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
# Thousands separators and blanks.
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
    """Search parameters. Prices are in minor units; invalid values are ignored."""

    q: str = ""
    category: str = ""
    min_price: str = ""
    max_price: str = ""
    in_stock: bool = False
    # Empty: the default for this search.
    sort: str = ""
    cursor: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Search:
        """Parse query parameters."""
        unsorted = cls(
            q=" ".join(query.get("q", "").replace("\x00", "").split())[:MAX_QUERY],
            category=_matching(_SLUG, query.get("category", "")),
            min_price=_price(query.get("min_price", "")),
            max_price=_price(query.get("max_price", "")),
            in_stock=query.get("in_stock", "") in {"true", "on", "1"},
            cursor=_matching(_CURSOR, query.get("cursor", "")),
        )
        sort = query.get("sort", "")
        return replace(unsorted, sort=sort) if sort in unsorted.sorts and sort != unsorted.default_sort else unsorted

    @property
    def sorts(self) -> dict[str, str]:
        """The available sort orders, default first; relevance needs search words."""
        return _SORTS if self.q else {name: words for name, words in _SORTS.items() if name != "relevance"}

    @property
    def default_sort(self) -> str:
        """The sort order that applies unless another is chosen."""
        return next(iter(self.sorts))

    @property
    def is_filtered(self) -> bool:
        """Whether a filter is active."""
        return bool(self.category or self.min_price or self.max_price or self.in_stock)

    def parameters(self) -> dict[str, str]:
        """Return the query parameters that differ from the defaults."""
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

    def shop_query(self) -> dict[str, str]:
        """Return the query parameters for shop's API."""
        return {"sort": self.default_sort, **self.parameters()}

    def url(self, **changes: str | bool) -> str:
        """Return the URL of this search with `changes`, on its first page unless they set a cursor."""
        parameters = replace(self, **{"cursor": "", **changes}).parameters()  # type: ignore[arg-type]
        return f"/products?{urlencode(parameters)}" if parameters else "/products"


def invalid_prices(query: Mapping[str, str]) -> dict[str, str]:
    """Return the submitted prices that are not numbers, by field."""
    typed = {name: query.get(name, "").strip()[:20] for name in PRICES}
    return {name: text for name, text in typed.items() if text and not _price(text)}


def _price(text: str) -> str:
    return _matching(_PRICE, _SEPARATORS.sub("", text))


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
