"""What a joined service may say to a client: it shares the platform's host, or has one of its own."""

import pytest

OF_THE_PLATFORM = [
    "__Host-access=evil; Path=/; Secure",
    "__Host-refresh=; Max-Age=0",
    "__Secure-checkout=x; Domain=platform.test",
    "__Host-cart = x",
    "__Host-lang=ko",
    "__host-theme=dark",
    "access=evil",
    "ACCESS=evil",
    "=access=evil",
    " = refresh=evil",
    "form",
    "cart;Path=/",
]
ON_THE_HOST = [
    "Service-Worker-Allowed",
    "Strict-Transport-Security",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "NEL",
    "Report-To",
    "Alt-Svc",
]
NEVER = ["Clear-Site-Data"]


@pytest.fixture(scope="module")
def gateway_routes(make_route):
    return [
        make_route("/own", auth="public"),
        make_route("/joined", auth="public", joined=True, hosts=["platform.test"]),
        make_route(
            "/buffered", auth="public", joined=True, hosts=["platform.test"], plugins=[{"name": "probe"}], name="b"
        ),
        make_route("/", auth="public", joined=True, own_host=True, hosts=["team.test"], name="team"),
        make_route("/refusing", auth="required", joined=True, hosts=["platform.test"]),
    ]


@pytest.fixture
def response(gateway):
    def get(host, path, cookies=("a=1",)):
        lines = [f"Set-Cookie: {line}" for line in cookies]
        lines += [f"{name}: evil" for name in (*ON_THE_HOST, *NEVER)]
        head = "\r\n".join(["HTTP/1.1 200 OK", *lines, "Content-Length: 0", "", ""])
        gateway.reply = lambda _seen: head.encode("latin-1")
        return gateway.client.get(path, [("Host", host)])

    return get


@pytest.mark.parametrize("path", ["/joined", "/buffered"])
@pytest.mark.parametrize("cookie", OF_THE_PLATFORM)
def test_a_joined_service_sets_no_cookie_of_the_platform(response, path, cookie):
    assert response("platform.test", path, ["a=1", cookie, "b=2"]).all("Set-Cookie") == ["a=1", "b=2"]
    assert response("platform.test", path, [cookie]).all("Set-Cookie") == []


def test_not_even_on_a_host_of_its_own(response):
    assert response("team.test", "/x", [*OF_THE_PLATFORM, "a=1"]).all("Set-Cookie") == ["a=1"]


@pytest.mark.parametrize("path", ["/joined", "/buffered"])
@pytest.mark.parametrize("name", [*ON_THE_HOST, *NEVER])
def test_a_joined_service_does_not_speak_for_the_platforms_host(response, path, name):
    assert response("platform.test", path).all(name) == []


@pytest.mark.parametrize(("name", "sent"), [*((name, 1) for name in ON_THE_HOST), *((name, 0) for name in NEVER)])
def test_on_a_host_of_its_own_it_speaks_for_itself(response, name, sent):
    assert len(response("team.test", "/x").all(name)) == sent


@pytest.mark.parametrize("name", ["Set-Cookie", *ON_THE_HOST, *NEVER])
def test_the_platforms_own_services_keep_what_they_need(response, name):
    assert len(response("platform.test", "/own", ["__Host-access=x"]).all(name)) == 1


def test_the_gateways_own_challenge_is_not_the_services(gateway):
    answer = gateway.client.get("/refusing", [("Host", "platform.test")])
    assert (answer.status, answer.get("WWW-Authenticate")) == (401, "Bearer")


@pytest.mark.parametrize("path", ["/own", "/joined", "/buffered", "/none"])
def test_every_response_says_that_its_content_type_is_meant(gateway, path):
    assert gateway.client.get(path, [("Host", "platform.test")]).get("X-Content-Type-Options") == "nosniff"
