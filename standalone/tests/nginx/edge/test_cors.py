"""Which other origins may call the API, and what browsers receive."""

import pytest

APP = "https://app.example"
PREFLIGHT = [("Access-Control-Request-Method", "DELETE"), ("Access-Control-Request-Headers", "authorization")]
FOREIGN = [
    "https://evil.example",
    "https://app.example.evil.example",
    "http://app.example",
    "null",
    "https://app.example:1",
    "https://APP.example",
    "https://appxexample",
]


@pytest.fixture
def edge(make_edge):
    return make_edge(cors_origins=[APP, "http://localhost:5173"])


def cors(response):
    return {name.lower(): value for name, value in response.headers if name.lower().startswith("access-control-")}


@pytest.mark.parametrize("origin", [APP, "http://localhost:5173"])
def test_a_preflight_is_served_without_auth_and_gateway(edge, origin):
    response = edge.client.request("OPTIONS", "/api/mine/7", [("Origin", origin), *PREFLIGHT])
    assert response.status == 204
    found = cors(response)
    assert found["access-control-allow-origin"] == origin
    assert found["access-control-allow-credentials"] == "true"
    assert found["access-control-allow-methods"] == "DELETE, GET, POST"
    assert {"authorization", "idempotency-key", "content-type", "if-match"} <= set(
        found["access-control-allow-headers"].lower().split(", ")
    )
    assert "Origin" in response.get("Vary")
    assert edge.auth.seen == edge.gateway.seen == []


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_preflight_of_another_origin_is_refused(edge, origin):
    response = edge.client.request("OPTIONS", "/api/mine", [("Origin", origin), *PREFLIGHT])
    assert response.status == 405
    assert "access-control-allow-origin" not in cors(response)
    assert edge.auth.seen == edge.gateway.seen == []


@pytest.mark.parametrize(("path", "status"), [("/open", 200), ("/api/mine", 401), ("/none", 404)])
def test_responses_and_errors_may_be_read_by_a_listed_origin(edge, path, status):
    edge.answer_ok(401, Cache_Control="no-store")
    response = edge.client.get(path, [("Origin", APP)])
    assert response.status == status
    found = cors(response)
    assert (found["access-control-allow-origin"], found["access-control-allow-credentials"]) == (
        APP,
        "true",
    )
    assert {"ETag", "Location", "Retry-After", "X-Request-ID", "Idempotency-Status"} <= set(
        found["access-control-expose-headers"].split(", ")
    )
    assert "Origin" in ", ".join(response.all("Vary"))


@pytest.mark.parametrize("origin", [*FOREIGN, None])
def test_another_origin_reads_nothing_and_caches_are_reported(edge, origin):
    response = edge.client.get("/open", [("Origin", origin)] if origin else [])
    assert cors(response) == {}
    assert "Origin" in response.all("Vary")


def test_a_service_does_not_widen_the_list(edge):
    edge.reply = lambda _seen: edge.make_answer(
        200,
        b"",
        Access_Control_Allow_Origin="*",
        Access_Control_Allow_Credentials="true",
        Access_Control_Expose_Headers="Idempotency-Status",
    )
    assert cors(edge.client.get("/open", [("Origin", "https://evil.example")])) == {}
    assert len(edge.client.get("/open", [("Origin", APP)]).all("Access-Control-Expose-Headers")) == 1
    assert edge.client.get("/open", [("Origin", APP)]).all("Access-Control-Allow-Origin") == [APP]


def test_without_the_setting_there_is_no_cors(make_edge):
    edge = make_edge()
    assert edge.client.request("OPTIONS", "/api/mine", [("Origin", APP), *PREFLIGHT]).status == 405
    response = edge.client.get("/open", [("Origin", APP)])
    assert (cors(response), response.all("Vary")) == ({}, [])


@pytest.mark.parametrize("origin", ["*", "https://*.example", "https://app.example/", "app.example", "https://a b"])
def test_an_origin_is_exact(make_edge, origin):
    with pytest.raises(ValueError, match="cors_origins"):
        make_edge(cors_origins=[origin])


def test_pages_are_for_no_other_origin(make_edge):
    page = {"paths": [{"path": "/", "type": "Prefix"}], "methods": ["GET"], "auth": "public", "service": "web"}
    api = {"paths": [{"path": "/open", "type": "Prefix"}], "methods": ["GET"], "auth": "public"}
    edge = make_edge(routes={"api": api, "page": page}, cors_origins=[APP])
    response = edge.client.get("/account", [("Origin", APP)])
    assert (response.status, cors(response), response.all("Vary")) == (200, {}, [])
    assert edge.client.request("OPTIONS", "/account", [("Origin", APP), *PREFLIGHT]).status == 405
    assert cors(edge.client.get("/open", [("Origin", APP)]))["access-control-allow-origin"] == APP
