"""The locations of an edge that is plain nginx: one per path, with its query to auth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from platform_routes.model import Route
from platform_routes.paths import EXACT, Path
from platform_routes.table import RouteTable
from platform_routes.verify import verify_query


@dataclass(frozen=True)
class Location:
    """An nginx location: `verify` is the index of its query to auth, None on public paths."""

    match: str
    name: str
    methods: tuple[str, ...]
    verify: int | None
    target: str


def verify_queries(table: RouteTable) -> list[str]:
    """Return the distinct queries to auth, sorted."""
    return sorted({verify_query(row) for row in table.rows if row.auth != "public"})


def locations(table: RouteTable, queries: Sequence[str]) -> Iterator[Location]:
    """Yield the locations of `table`. A prefix needs two: the exact path, and everything below it.

    Routes that share a path require the same of a request, so the edge asks by path alone; a method that no route of
    the path has goes no further.
    """
    seen: set[str] = set()
    for row in table.rows:
        for path in row.paths:
            for match, sample in _matches(path):
                if match in seen:
                    continue
                seen.add(match)
                yield _location(table, row, match, sample, queries)


def _location(table: RouteTable, row: Route, match: str, sample: str, queries: Sequence[str]) -> Location:
    methods = sorted({method for other in table.rows for method in other.methods})
    public = row.auth == "public"
    return Location(
        match=match,
        name=row.name,
        methods=tuple(method for method in methods if table.winner(method, sample)),
        verify=None if public else queries.index(verify_query(row)),
        target="edge_gateway" if public else f"$edge_{row.auth}_target",
    )


def _matches(path: Path) -> Iterator[tuple[str, str]]:
    """Yield nginx's match for `path`, each with a path that only it covers."""
    if path.type == EXACT:
        yield f"= {path.path}", path.path
        return
    if path.element:
        yield f"= {path.element}", path.element
        yield f"{path.element}/", f"{path.element}/\0"
    else:
        yield "= /", "/"
        yield "/", "/\0"
