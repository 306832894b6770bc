from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from platform_common.health import Health
from platform_common.problems import FieldError, NotFound, Overloaded, PayloadInvalid, Problem, Unauthenticated
from platform_common.serving import install_defaults


class Order(BaseModel):
    amount: int


class TeaTimeProblem(Problem):
    code = "tea-time"
    status = 418


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()

    @app.get("/missing")
    async def missing() -> None:
        raise NotFound("The order does not exist.")

    for method in ("GET", "POST", "DELETE"):
        pots = APIRouter(prefix="/pots")
        pots.add_api_route("", lambda: None, methods=[method])
        app.include_router(pots)

    @app.get("/tea")
    async def tea() -> None:
        raise TeaTimeProblem(headers={"X-Tea": "oolong"})

    @app.get("/busy")
    async def busy() -> None:
        raise Overloaded(retry_after=7)

    @app.get("/secret")
    async def secret() -> None:
        raise RuntimeError("password=hunter2 SELECT * FROM members")

    @app.get("/who")
    async def who() -> None:
        raise Unauthenticated(error="invalid_token")

    @app.get("/fields")
    async def fields() -> None:
        raise PayloadInvalid(errors=[FieldError("/email", "email-taken", "It is taken.")])

    @app.post("/orders/{number}")
    async def order(number: int, order: Order) -> int:
        return number + order.amount

    install_defaults(app, Health({}))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as client:
        yield client


async def test_a_problem_becomes_problem_json_with_code_and_request_id(client):
    response = await client.get("/missing", headers={"X-Request-ID": "client-chose-this"})

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == "client-chose-this"
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "type": "/problems/not-found",
        "title": "Not found",
        "status": 404,
        "code": "not-found",
        "detail": "The order does not exist.",
        "request_id": "client-chose-this",
    }


async def test_a_service_adds_its_own_problem_by_subclassing(client):
    response = await client.get("/tea")

    assert (response.status_code, response.json()["code"], response.headers["x-tea"]) == (418, "tea-time", "oolong")


async def test_shed_load_says_when_to_come_back(client):
    response = await client.get("/busy")

    assert (response.status_code, response.headers["retry-after"]) == (503, "7")


async def test_an_unexpected_error_tells_nothing_of_itself_and_keeps_the_request_id(client):
    response = await client.get("/secret", headers={"X-Request-ID": "abcdefgh"})

    assert response.status_code == 500
    assert response.json()["code"] == "internal-error"
    assert response.json()["request_id"] == response.headers["x-request-id"] == "abcdefgh"
    assert "hunter2" not in response.text
    assert "SELECT" not in response.text


async def test_an_invalid_payload_names_each_place_without_the_value(client):
    response = await client.post("/orders/7", json={"amount": "hunter2"})

    assert response.status_code == 422
    assert response.json()["code"] == "payload-invalid"
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [("/amount", "int-parsing")]
    assert "hunter2" not in response.text


async def test_a_body_that_is_no_json_is_malformed_not_invalid(client):
    response = await client.post("/orders/7", content=b"{", headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()["code"]) == (400, "payload-malformed")


async def test_errors_of_fields_are_passed_on(client):
    assert (await client.get("/fields")).json()["errors"] == [
        {"pointer": "/email", "code": "email-taken", "detail": "It is taken."}
    ]


async def test_unauthenticated_carries_the_bearer_challenge(client):
    response = await client.get("/who")

    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/nowhere", 404, "not-found"),
    ("DELETE", "/tea", 405, "method-not-allowed"),
])  # fmt: skip
async def test_the_frameworks_own_errors_are_problems_too(client, method, path, status, code):
    response = await client.request(method, path)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code


async def test_a_405_says_which_methods_there_are(client):
    assert (await client.delete("/tea")).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("bad", ["short", "x" * 129, "white space", 'quote"quote', "slash/slash"])
async def test_a_request_id_that_is_unfit_for_logs_is_replaced(client, bad):
    response = await client.get("/missing", headers={"X-Request-ID": bad})

    assert response.headers["x-request-id"] != bad
    assert response.json()["request_id"] == response.headers["x-request-id"]


async def test_every_response_says_that_its_content_type_is_meant(client):
    for path in ("/missing", "/secret", "/livez", "/openapi.json", "/none"):
        assert (await client.get(path)).headers.get_list("x-content-type-options") == ["nosniff"], path


async def test_a_405_names_the_methods_of_every_route_of_the_path(client):
    response = await client.put("/pots")

    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, HEAD, POST"
