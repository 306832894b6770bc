"""The OpenAPI document: every path, every response, and no field that says less than the code."""

from __future__ import annotations

import json
import re

import pytest

from platform_member.accounts.schemas import MemberChange, MemberCreation, MemberReplacement, RolesReplacement
from platform_testing.openapi_documents import (
    missing_from,
    operation_ids,
    unresolved_references,
)

PATHS = {
    ("get", "/api/members"), ("post", "/api/members"),
    ("get", "/api/members/{member_id}"), ("patch", "/api/members/{member_id}"),
    ("put", "/api/members/{member_id}"), ("delete", "/api/members/{member_id}"),
    ("get", "/api/admin/members"), ("get", "/api/admin/members/{member_id}"),
    ("post", "/api/admin/members/{member_id}/suspend"), ("post", "/api/admin/members/{member_id}/reinstate"),
    ("put", "/api/admin/members/{member_id}/roles"),
    ("post", "/internal/members"), ("get", "/internal/members/{member_id}"), ("post", "/internal/credentials/change"),
    ("post", "/internal/credentials/verify"),
    ("post", "/internal/email-verifications"), ("post", "/internal/email-verifications/link"),
    ("post", "/internal/email-verifications/code"),
    ("post", "/internal/password-resets"), ("post", "/internal/password-resets/link"),
    ("get", "/api/admin/members/{member_id}/factors"), ("post", "/api/admin/members/{member_id}/reset-factors"),
    ("get", "/internal/members/{member_id}/factors"), ("post", "/internal/members/{member_id}/factors/verify"),
    ("post", "/internal/members/{member_id}/factors/totp"),
    ("delete", "/internal/members/{member_id}/factors/totp"),
    ("post", "/internal/members/{member_id}/factors/totp/confirm"),
    ("post", "/internal/members/{member_id}/factors/recovery-codes"),
    ("post", "/internal/passkeys/options"), ("post", "/internal/passkeys/verify"),
    ("get", "/internal/members/{member_id}/passkeys"), ("post", "/internal/members/{member_id}/passkeys"),
    ("post", "/internal/members/{member_id}/passkey-options"),
    ("put", "/internal/members/{member_id}/passkeys/{passkey_id}"),
    ("delete", "/internal/members/{member_id}/passkeys/{passkey_id}"),
}  # fmt: skip


@pytest.fixture
def document(app):
    return app.openapi()


@pytest.fixture
def operations(document):
    return {(method, path): it for path, methods in document["paths"].items() for method, it in methods.items()}


def test_every_path_is_described(operations):
    assert set(operations) == PATHS


def test_every_operation_says_what_can_go_wrong_as_a_problem(operations):
    for operation in operations.values():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert set(response["content"]) == {"application/problem+json"}, status
        assert {"401", "503"} <= set(operation["responses"])


def test_every_operation_for_administrators_may_be_forbidden(operations):
    for (method, path), operation in operations.items():
        if path.startswith("/api/admin") or path == "/api/members":
            assert "403" in operation["responses"], (method, path)


def test_every_operation_says_which_token_it_takes(operations):
    for (_, path), operation in operations.items():
        (scheme,) = operation["security"]
        assert list(scheme) == ["service_token" if path.startswith("/internal/") else "access_token"]


def test_every_write_takes_a_key(operations):
    for (method, path), operation in operations.items():
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        if method in {"post", "put", "patch"} and path.startswith("/api/"):
            assert {"X-Idempotency-Key", "Idempotency-Key"} <= names


def test_a_patch_is_a_merge_patch_without_nulls(document, operations):
    body = operations["patch", "/api/members/{member_id}"]["requestBody"]
    fields = document["components"]["schemas"]["MemberChange"]["properties"]

    assert set(body["content"]) == {"application/json", "application/merge-patch+json"}
    assert set(fields) == {"email", "display_name", "locale", "roles", "status"}
    assert all("anyOf" not in field and "default" not in field for field in fields.values())


def test_the_members_fields_are_those_agreed(document):
    fields = document["components"]["schemas"]["MemberView"]

    assert set(fields["required"]) == {
        "id", "email", "email_verified", "display_name", "locale", "roles", "status", "version", "created_at",
        "updated_at",
    }  # fmt: skip


def test_no_operation_is_described_by_the_frameworks_own_errors(document):
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_reference_leads_somewhere(document):
    assert unresolved_references(document) == []


def test_every_operation_declares_what_its_parameters_body_and_token_can_cause(operations):
    assert {name: missing for name, operation in operations.items() if (missing := missing_from(operation))} == {}


def test_every_operation_has_a_name_that_reads_like_a_function(document):
    names = operation_ids(document)

    assert len(set(names)) == len(names)
    assert {"list_members", "read_member", "replace_member_roles", "read_member_as_administrator"} <= set(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_the_examples_of_payloads_fit():
    for model in (MemberCreation, MemberChange, MemberReplacement, RolesReplacement):
        for example in model.model_json_schema()["examples"]:
            model.model_validate_json(json.dumps(example))
