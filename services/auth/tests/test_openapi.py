"""The OpenAPI document: every path, every error, and typed results, so that clients can be generated from it."""

from __future__ import annotations

import re

import pytest

from platform_testing.openapi_documents import (
    operation_ids,
    operations_of,
    unproblematic_errors,
    unresolved_references,
)

# What each operation answers when it cannot do what it is asked for.
ERRORS = {
    ("get", "/.well-known/jwks.json"): {503},
    ("get", "/auth/verify"): {401, 403, 503},
    ("post", "/auth/login"): {400, 401, 409, 413, 415, 422, 429, 503},
    ("post", "/auth/login/second-factor"): {400, 401, 409, 413, 415, 422, 429, 503},
    ("post", "/auth/login/passkey/options"): {404, 429, 503},
    ("post", "/auth/login/passkey"): {400, 401, 404, 409, 413, 415, 422, 429, 503},
    ("get", "/auth/mfa/passkeys"): {401, 503},
    ("post", "/auth/mfa/passkeys"): {400, 401, 404, 409, 413, 415, 422, 503},
    ("post", "/auth/mfa/passkey-options"): {401, 404, 409, 503},
    ("put", "/auth/mfa/passkeys/{passkey_id}"): {400, 401, 404, 413, 415, 422, 503},
    ("delete", "/auth/mfa/passkeys/{passkey_id}"): {401, 404, 422, 503},
    ("get", "/auth/mfa"): {401, 503},
    ("post", "/auth/mfa/totp"): {401, 409, 503},
    ("post", "/auth/mfa/totp/confirm"): {400, 401, 404, 409, 413, 415, 422, 503},
    ("delete", "/auth/mfa/totp"): {401, 404, 503},
    ("post", "/auth/mfa/recovery-codes"): {401, 404, 503},
    ("post", "/auth/password"): {400, 401, 409, 413, 415, 422, 429, 503},
    ("post", "/auth/register"): {400, 409, 413, 415, 422, 429, 503},
    ("post", "/auth/password/forgot"): {400, 404, 413, 415, 422, 429, 503},
    ("post", "/auth/password/reset"): {400, 404, 413, 415, 422, 429, 503},
    ("post", "/auth/email/verification"): {401, 404, 429, 503},
    ("post", "/auth/email/verification/link"): {400, 404, 413, 415, 422, 429, 503},
    ("post", "/auth/email/verification/code"): {400, 401, 404, 413, 415, 422, 429, 503},
    ("post", "/auth/refresh"): {400, 401, 413, 415, 422, 429, 503},
    ("post", "/auth/logout"): {401, 503},
    ("post", "/auth/logout-all"): {401, 503},
    ("get", "/auth/sessions"): {401, 503},
    ("delete", "/auth/sessions/{session_id}"): {401, 404, 422, 503},
    ("delete", "/internal/members/{member_id}/sessions"): {401, 422, 503},
}


@pytest.fixture
def document(auth):
    return auth.api.openapi()


@pytest.fixture
def operations(document):
    return operations_of(document)


def test_every_operation_declares_its_errors(operations):
    declared = {
        name: {int(status) for status in operation["responses"] if status >= "400"}
        for name, operation in operations.items()
    }

    assert declared == ERRORS


def test_every_error_is_a_problem(operations):
    assert {name: bad for name, operation in operations.items() if (bad := unproblematic_errors(operation))} == {}


def test_every_reference_leads_somewhere(document):
    assert unresolved_references(document) == []


def test_no_operation_is_described_by_the_frameworks_own_errors(document):
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_operation_has_a_name_that_reads_like_a_function(document):
    names = operation_ids(document)

    assert len(set(names)) == len(names)
    assert {"log_in", "log_out", "refresh_session", "list_sessions", "end_session", "register_account"} <= set(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_every_operation_says_which_token_it_takes(document, operations):
    schemes = {
        name: [scheme for item in operation["security"] for scheme in item]
        for name, operation in operations.items()
        if "security" in operation
    }

    assert schemes == {
        ("get", "/auth/verify"): ["access_token"],
        ("get", "/auth/mfa/passkeys"): ["access_token"],
        ("post", "/auth/mfa/passkeys"): ["access_token"],
        ("post", "/auth/mfa/passkey-options"): ["access_token"],
        ("put", "/auth/mfa/passkeys/{passkey_id}"): ["access_token"],
        ("delete", "/auth/mfa/passkeys/{passkey_id}"): ["access_token"],
        ("get", "/auth/mfa"): ["access_token"],
        ("post", "/auth/mfa/totp"): ["access_token"],
        ("post", "/auth/mfa/totp/confirm"): ["access_token"],
        ("delete", "/auth/mfa/totp"): ["access_token"],
        ("post", "/auth/mfa/recovery-codes"): ["access_token"],
        ("post", "/auth/password"): ["access_token"],
        ("post", "/auth/email/verification"): ["access_token"],
        ("post", "/auth/email/verification/code"): ["access_token"],
        ("post", "/auth/logout"): ["access_token"],
        ("post", "/auth/logout-all"): ["access_token"],
        ("get", "/auth/sessions"): ["access_token"],
        ("delete", "/auth/sessions/{session_id}"): ["access_token"],
        ("delete", "/internal/members/{member_id}/sessions"): ["service_token"],
    }
    assert set(document["components"]["securitySchemes"]) == {"access_token", "service_token"}


def test_registration_takes_a_key(operations):
    names = {parameter["name"] for parameter in operations["post", "/auth/register"]["parameters"]}

    assert names == {"X-Idempotency-Key", "Idempotency-Key"}


def test_the_member_of_a_log_in_is_typed(document):
    schemas = document["components"]["schemas"]

    assert schemas["LoginOut"]["properties"]["member"] == {"$ref": "#/components/schemas/MemberOut"}
    assert set(schemas["MemberOut"]["required"]) == {
        "id", "email", "display_name", "locale", "roles", "status", "version", "created_at", "updated_at"
    }  # fmt: skip


def test_payloads_have_examples(document):
    for name in ("LoginBody", "SecondFactorBody", "TotpBody", "RegisterBody", "PasswordBody", "RefreshBody"):
        assert all("examples" in field for field in document["components"]["schemas"][name]["properties"].values()), (
            name
        )


def test_the_document_names_itself_and_its_server(document):
    assert document["info"]["title"] == "Member Platform: auth"
    assert document["info"]["description"]
    assert document["servers"][0]["url"] == "/"
