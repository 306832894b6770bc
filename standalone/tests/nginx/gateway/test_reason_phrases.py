"""Statuses that nginx has no name for (ADR 0041)."""

import pytest

NAMES = {
    417: "Expectation Failed",
    422: "Unprocessable Content",
    428: "Precondition Required",
    431: "Request Header Fields Too Large",
}


@pytest.mark.parametrize("status", NAMES)
def test_a_plugins_response_is_named_where_the_lua_module_can(gateway, phrase, status):
    response = gateway.client.get("/probed", [("X-Probe-Exit", str(status))])
    assert (response.status, response.reason) == (status, phrase(NAMES[status]))


@pytest.mark.parametrize("status", NAMES)
def test_a_buffered_response_is_named_where_the_lua_module_can(gateway, phrase, status):
    gateway.reply = lambda _seen: gateway.make_answer(status, b"from service")
    response = gateway.client.get("/probed")
    assert (response.status, response.reason, response.body) == (status, phrase(NAMES[status]), b"from service")


@pytest.mark.parametrize("status", NAMES)
def test_a_service_names_its_own_response(gateway, status):
    gateway.reply = lambda _seen: gateway.make_answer(status, b"from service")
    assert gateway.client.get("/plain").reason == "Whatever"
