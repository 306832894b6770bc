"""The OpenAPI document of the part of auth that has one."""

from __future__ import annotations

from platform_common.testing.openapi_documents import unresolved_references


def test_every_reference_leads_somewhere(auth):
    assert unresolved_references(auth.api.openapi()) == []
