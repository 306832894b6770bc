"""The OpenAPI document: every path, every response, and which token each takes."""

from __future__ import annotations

import json
import re

import pytest

from platform_shop.cart.schemas import Addition, QuantityChange
from platform_shop.orders.schemas import OrderChange, OrderCreation
from platform_testing.openapi_documents import missing_from, operation_ids, unresolved_references

PATHS = {
    ("get", "/api/shop/products"), ("get", "/api/shop/products/{slug}"),
    ("get", "/api/shop/products/{slug}/picture.svg"),
    ("get", "/api/shop/cart"), ("post", "/api/shop/cart/items"), ("put", "/api/shop/cart/items/{variant_id}"),
    ("delete", "/api/shop/cart/items/{variant_id}"), ("get", "/api/shop/orders"), ("post", "/api/shop/orders"),
    ("get", "/api/shop/orders/{order_id}"), ("post", "/api/shop/orders/{order_id}/cancel"),
    ("post", "/api/shop/orders/{order_id}/payment"), ("post", "/api/shop/orders/{order_id}/cart"),
    ("patch", "/api/shop/orders/{order_id}"), ("post", "/api/shop/payments/{provider}/events"),
    ("post", "/internal/members/{member_id}/erasure"),
}  # fmt: skip
FOR_ANYBODY = ("/api/shop/products", "/api/shop/payments")


@pytest.fixture
def operations(app):
    paths = app.openapi()["paths"]
    return {(method, path): it for path, methods in paths.items() for method, it in methods.items()}


def test_every_path_is_described(operations):
    assert set(operations) == PATHS


def test_every_operation_says_what_can_go_wrong_as_a_problem(operations):
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert set(response["content"]) == {"application/problem+json"}, (name, status)
        assert "503" in operation["responses"], name


def test_every_operation_says_which_token_it_takes(operations):
    for (_, path), operation in operations.items():
        schemes = [list(scheme) for scheme in operation.get("security", [])]
        if path.startswith(FOR_ANYBODY):
            assert schemes == [], path
        elif path.startswith("/api/shop/cart"):
            assert schemes == [["access_token"], []], path
        else:
            assert schemes == [["service_token" if path.startswith("/internal/") else "access_token"]], path


def test_every_write_of_a_visitor_takes_a_key(operations):
    for (method, path), operation in operations.items():
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        if method in {"post", "put", "patch"} and path.startswith(("/api/shop/cart", "/api/shop/orders")):
            assert {"X-Idempotency-Key", "Idempotency-Key"} <= names, path


def test_no_operation_is_described_by_the_frameworks_own_errors(app):
    assert "HTTPValidationError" not in app.openapi()["components"]["schemas"]


def test_every_reference_leads_somewhere(app):
    assert unresolved_references(app.openapi()) == []


def test_every_operation_has_a_name_that_reads_like_a_function(app):
    names = operation_ids(app.openapi())

    assert len(set(names)) == len(names)
    assert {"list_products", "change_cart_item_quantity", "place_order", "pay_order"} <= set(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_every_operation_names_the_refusals_of_its_parameters(operations):
    for name, operation in operations.items():
        parameters = {parameter["name"].lower() for parameter in operation.get("parameters", [])}
        if parameters:
            assert "422" in operation["responses"], name
        if parameters & {"if-match", "if-none-match"}:
            assert "400" in operation["responses"], name


def test_what_may_be_kept_may_be_unmodified(operations):
    for (method, path), operation in operations.items():
        if method == "get":
            assert "304" in operation["responses"], path


def test_every_operation_declares_what_its_parameters_body_and_token_can_cause(operations):
    assert {name: missing for name, operation in operations.items() if (missing := missing_from(operation))} == {}


def test_the_examples_of_payloads_fit():
    for model in (Addition, QuantityChange, OrderCreation, OrderChange):
        for example in model.model_json_schema()["examples"]:
            model.model_validate_json(json.dumps(example))
