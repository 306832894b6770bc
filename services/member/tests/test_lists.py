"""Lists of members: keyset pages and searches."""

from __future__ import annotations

import base64

import pytest


async def walk(client, headers, **params):
    """Return the e-mail addresses of all pages, and how many a page held."""
    found, sizes, cursor = [], [], None
    while True:
        given = params | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/members", headers=headers, params=given)).json()
        found += [member["email"] for member in page["items"]]
        sizes.append(len(page["items"]))
        cursor = page["next"]
        if cursor is None:
            return found, sizes


async def test_pages_hold_every_member_once_newest_first(client, admin, make_member):
    made = [admin.email, *(make_member(f"member-{number}").email for number in range(6))]

    assert await walk(client, admin.headers, limit=3) == (made[::-1], [3, 3, 1])
    assert await walk(client, admin.headers, limit=7) == (made[::-1], [7])
    assert await walk(client, admin.headers) == (made[::-1], [7])


async def test_members_that_come_and_go_between_pages_move_no_others(client, admin, make_member, database):
    made = [make_member(f"member-{number}") for number in range(4)]
    first = (await client.get("/api/members", headers=admin.headers, params={"limit": 2})).json()
    make_member("late")
    database.run("DELETE FROM members WHERE id = %s", made[2].id)

    params = {"limit": 2, "cursor": first["next"]}
    second = (await client.get("/api/members", headers=admin.headers, params=params)).json()

    assert [member["email"] for member in first["items"]] == [made[3].email, made[2].email]
    assert [member["email"] for member in second["items"]] == [made[1].email, made[0].email]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ANN", ["joanna@example.com", "ann@example.com"]),
        ("jörg", ["jorg@example.com"]),
        ("JÖRG", ["jorg@example.com"]),
        ("example.com", ["jorg@example.com", "joanna@example.com", "ann@example.com", "root@example.com"]),
        ("%", []),
        ("_", []),
        ("nobody", []),
        ("", ["jorg@example.com", "joanna@example.com", "ann@example.com", "root@example.com"]),
    ],
)
async def test_a_search_finds_a_part_of_a_name_or_address(client, admin, make_member, database, q, found):
    for name in ("ann", "joanna", "jorg"):
        make_member(name)
    database.run("UPDATE members SET display_name = 'Jörg' WHERE email = 'jorg@example.com'")

    assert (await walk(client, admin.headers, q=q))[0] == found


async def test_a_search_goes_on_over_pages(client, admin, make_member):
    for name in ("ann-1", "bob", "ann-2", "ann-3"):
        make_member(name)

    assert await walk(client, admin.headers, q="ann-", limit=2) == (
        ["ann-3@example.com", "ann-2@example.com", "ann-1@example.com"], [2, 1]
    )  # fmt: skip


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"q": "a\0"}, {"q": "x" * 101}])
async def test_parameters_that_do_not_fit_are_refused(client, admin, params):
    response = await client.get("/api/members", headers=admin.headers, params=params)

    assert (response.status_code, response.json()["code"]) == (422, "payload-invalid")


@pytest.mark.parametrize(
    "cursor",
    ["x", "…", "AA==", base64.urlsafe_b64encode(b"\x02" + bytes(16)).decode(), base64.b64encode(bytes(40)).decode()],
)
async def test_a_cursor_that_no_page_gave_is_refused(client, admin, cursor):
    response = await client.get("/api/members", headers=admin.headers, params={"cursor": cursor})

    assert (response.status_code, response.json()["code"]) == (422, "cursor-invalid")


async def test_the_administrators_list_is_the_same(client, admin, make_member):
    make_member("ann")

    params = {"limit": 1, "q": "example"}
    plain = await client.get("/api/members", headers=admin.headers, params=params)
    administration = await client.get("/api/admin/members", headers=admin.headers, params=params)

    assert administration.content == plain.content
    assert administration.headers["cache-control"] == "no-store"
