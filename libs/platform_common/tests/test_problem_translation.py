"""Problem documents speak the client's language, and no text of a service is left out."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from platform_common.health import Health
from platform_common.payload import Payload
from platform_common.problem_translation import LANGUAGES, catalogue_of
from platform_common.problems import FieldError, NotFound, PayloadInvalid
from platform_common.serving import install_defaults

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted(
    file
    for folder in ("services/auth", "services/member", "services/shop", "services/web", "libs/platform_common",
                   "libs/platform_database")
    for file in (ROOT / folder / "src").rglob("*.py")
)  # fmt: skip
# Which argument of a call is the sentence.
POSITIONS = {"PydanticCustomError": 1, "FieldError": 2}


class Body(Payload):
    count: int
    name: str


@pytest.fixture
async def client():
    app = install_defaults(FastAPI(), Health({}))

    @app.get("/member")
    async def member() -> None:
        raise NotFound("The member does not exist.")

    @app.get("/many")
    async def many() -> None:
        raise PayloadInvalid("A cart holds at most 50 different products.", errors=[FieldError("/a", "b", "New text.")])

    @app.post("/body")
    async def body(_body: Body) -> None: ...

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as client:
        yield client


async def test_a_client_that_reads_korean_gets_korean(client):
    response = await client.get("/member", headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"})

    assert response.json()["title"] == "찾을 수 없음"
    assert response.json()["detail"] == "회원을 찾을 수 없습니다."
    assert response.json()["code"] == "not-found"
    assert response.headers["Content-Language"] == "ko"
    assert response.headers["Vary"] == "Accept-Language"
    assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.mark.parametrize("accepted", ["", "en", "fr", "en, ko;q=0.5"])
async def test_any_other_client_gets_english(client, accepted):
    response = await client.get("/member", headers={"Accept-Language": accepted})

    assert (response.json()["title"], response.json()["detail"]) == ("Not found", "The member does not exist.")
    assert response.headers["Content-Language"] == "en"


async def test_values_stay_in_a_translated_sentence_and_unknown_text_stays_as_it_is(client):
    document = (await client.get("/many", headers={"Accept-Language": "ko"})).json()

    assert document["detail"] == "장바구니에는 최대 50종의 상품을 담을 수 있습니다."
    assert document["errors"] == [{"pointer": "/a", "code": "b", "detail": "New text."}]


async def test_faults_of_fields_are_translated(client):
    response = await client.post("/body", json={"count": "2", "more": 1}, headers={"Accept-Language": "ko"})

    assert response.status_code == 422
    assert {error["pointer"]: error["detail"] for error in response.json()["errors"]} == {
        "/count": "정수여야 합니다.",
        "/name": "필수 항목입니다.",
        "/more": "알 수 없는 항목입니다.",
    }


async def test_an_unexpected_error_and_an_unknown_path_are_translated(client):
    for path, title in (("/fails", "서버 내부 오류"), ("/none", "찾을 수 없음")):
        assert (await client.get(path, headers={"Accept-Language": "ko"})).json()["title"] == title


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_sentence_and_title_of_the_services_is_translated(language):
    catalogue = catalogue_of(language)
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES]
    classes = problem_classes(trees)
    missing = {sentence for tree in trees for sentence in sentences(tree, classes)} - catalogue.sentences.keys()
    codes = {code for tree in trees for code in class_attributes(tree, classes, "code")} - catalogue.titles.keys()

    assert not missing
    assert not codes


def test_a_translation_has_the_same_places_for_values():
    texts = ROOT / "libs/platform_common/src/platform_common/problem_texts"
    for file in texts.glob("*.json"):
        for english, translation in json.loads(file.read_text(encoding="utf-8"))["details"].items():
            assert translation.count("{}") <= english.count("{}"), english


def problem_classes(trees: list[ast.Module]) -> set[str]:
    """Return the names of all subclasses of Problem."""
    bases = {
        node.name: {getattr(base, "id", getattr(base, "attr", "")) for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"Problem"}
    while more := {name for name, parents in bases.items() if parents & found} - found:
        found |= more
    return found


def sentences(tree: ast.Module, classes: set[str]) -> Iterator[str]:
    """Yield the sentences that a module gives to problems, with `{}` for what varies."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from texts(node, classes)
        elif isinstance(node, ast.ClassDef) and node.name in classes:
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "__init__":
                    yield from template(call.args[:1])
    yield from class_attributes(tree, classes, "detail")


def texts(call: ast.Call, classes: set[str]) -> Iterator[str]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == "ServiceUnavailable" or (name not in classes and name not in POSITIONS):
        return
    position = POSITIONS.get(name, 0)
    yield from template(call.args[position : position + 1])


def template(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            # pydantic fills `{name}` in from the error's context
            yield re.sub(r"\{\w+\}", "{}", argument.value)
        elif isinstance(argument, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in argument.values)
            if text.replace("{}", ""):
                yield text


def class_attributes(tree: ast.Module, classes: set[str], attribute: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in classes:
            for statement in node.body:
                if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == attribute:
                    yield from template([statement.value])
