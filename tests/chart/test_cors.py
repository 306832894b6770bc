"""Scripts of listed origins may call the API: at each edge, whichever gateway is behind it."""

from __future__ import annotations

import pytest
import yaml
from rendering import CHART, RELEASE, RenderingFailed, of_kind, render

NGINX = "nginx.ingress.kubernetes.io/"
ORIGINS = ["https://app.example", "http://localhost:5173"]
LISTED = [f"edge.cors.allowedOrigins[{index}]={origin}" for index, origin in enumerate(ORIGINS)]
EXPOSED = {"ETag", "Location", "Retry-After", "X-Request-ID", "Idempotency-Status", "Idempotent-Replayed"}


# Pages are for no other origin's scripts.
PAGES = {
    name: row
    for name, row in yaml.safe_load((CHART / "values.yaml").read_text())["routes"].items()
    if row["service"] == "web"
}
PAGE_MATCHES = [f"Path(`{item['path'].rstrip('/')}`)" for row in PAGES.values() for item in row["paths"]]


def shows_pages(ingress):
    """Whether it is of a row of web; its row `/` is called rest."""
    return ingress["metadata"]["name"].removeprefix(f"{RELEASE}-edge-") in {*PAGES, "rest"}


def edge_ingresses(documents):
    return [one for one in of_kind(documents, "Ingress") if one["spec"]["ingressClassName"] == "nginx"]


@pytest.mark.parametrize("values", ["default-values.yaml", "nginx-standalone-values.yaml"])
def test_ingress_nginx_responds_for_listed_origins(values):
    for ingress in edge_ingresses(render(values, *LISTED)):
        annotations = {name.removeprefix(NGINX): value for name, value in ingress["metadata"]["annotations"].items()}
        if shows_pages(ingress):
            assert "enable-cors" not in annotations
            continue
        assert annotations["enable-cors"] == "true"
        assert annotations["cors-allow-origin"].split(",") == ORIGINS
        assert annotations["cors-allow-credentials"] == "true"
        assert {"Authorization", "Idempotency-Key"} <= set(annotations["cors-allow-headers"].split(","))
        assert set(annotations["cors-expose-headers"].split(",")) >= EXPOSED
        assert "OPTIONS" not in annotations["cors-allow-methods"]


@pytest.mark.parametrize("values", ["traefik-kong-values.yaml", "traefik-standalone-values.yaml"])
def test_traefik_responds_for_listed_origins_before_it_asks_auth(values):
    documents = render(values, *LISTED)
    (cors,) = [one["spec"] for one in of_kind(documents, "Middleware") if one["metadata"]["name"].endswith("-cors")]
    headers = cors["headers"]
    assert headers["accessControlAllowOriginList"] == ORIGINS
    assert headers["accessControlAllowCredentials"] is True
    assert headers["addVaryHeader"] is True
    assert set(headers["accessControlExposeHeaders"]) >= EXPOSED
    for route in of_kind(documents, "IngressRoute")[0]["spec"]["routes"]:
        is_page = any(match in route["match"] for match in PAGE_MATCHES) or "PathPrefix(`/`)" in route["match"]
        assert (route["middlewares"][0] == {"name": f"{RELEASE}-edge-cors"}) is not is_page


@pytest.mark.parametrize("values", ["default-values.yaml", "traefik-kong-values.yaml"])
def test_by_default_there_is_no_cors(values):
    documents = render(values)
    assert not [one for one in of_kind(documents, "Middleware") if one["metadata"]["name"].endswith("-cors")]
    assert not [key for one in edge_ingresses(documents) for key in one["metadata"]["annotations"] if "cors" in key]


@pytest.mark.parametrize("origin", ["*", "https://*.example", "https://app.example/", "app.example"])
def test_an_origin_is_exact(origin):
    with pytest.raises(RenderingFailed):
        render("default-values.yaml", f"edge.cors.allowedOrigins[0]={origin}")
