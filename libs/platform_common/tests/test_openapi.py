"""What is added to every OpenAPI document: the errors that follow from what an operation takes."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Header

from platform_common.idempotency_key import GivenKey
from platform_common.openapi import OPTIONAL_TOKEN, ProblemResponses, customize_openapi, operation_id
from platform_common.payload import Payload
from platform_common.tokens.callers import access_token
from platform_testing.openapi_documents import operation_ids, operations_of, unproblematic_errors

problems = ProblemResponses({404: "No such pot."})


class Pot(Payload):
    """A pot."""

    size: int


@pytest.fixture
def document():
    app = FastAPI(title="pots", generate_unique_id_function=operation_id)

    @app.get("/pots")
    async def list_pots() -> None: ...

    @app.get("/pots/{number}", responses=problems(404), openapi_extra=OPTIONAL_TOKEN)
    async def read_pot(number: int, _: Annotated[object, Depends(access_token)]) -> None: ...

    @app.post("/pots")
    async def make_pot(body: Pot, _key: GivenKey, x_colour: Annotated[str, Header()] = "") -> None: ...

    customize_openapi(app, problems, {"/raw": {"get": {"operationId": "raw", "responses": {}}}})
    return app.openapi()


@pytest.mark.parametrize(("operation", "errors"), [
    (("get", "/pots"), ["503"]),
    (("get", "/pots/{number}"), ["401", "404", "422", "503"]),
    (("post", "/pots"), ["400", "413", "415", "422", "503"]),
    (("get", "/raw"), []),
])  # fmt: skip
def test_an_operation_declares_what_it_can_cause(document, operation, errors):
    declared = operations_of(document)[operation]

    assert [status for status in declared["responses"] if status >= "400"] == errors
    assert unproblematic_errors(declared) == []


def test_a_service_has_words_of_its_own_for_a_status(document):
    responses = operations_of(document)["get", "/pots/{number}"]["responses"]

    assert responses["404"]["description"] == "No such pot."
    assert responses["401"]["description"] == "No valid token."


def test_a_client_learns_when_to_come_back(document):
    assert "Retry-After" in operations_of(document)["get", "/pots"]["responses"]["503"]["headers"]


def test_a_token_can_be_optional(document):
    assert operations_of(document)["get", "/pots/{number}"]["security"] == [{"access_token": []}, {}]


def test_operations_are_named_after_their_functions(document):
    assert operation_ids(document) == ["list_pots", "make_pot", "read_pot", "raw"]


def test_the_frameworks_own_errors_are_gone(document):
    assert {"HTTPValidationError", "ValidationError"} & set(document["components"]["schemas"]) == set()
