"""Manifests of joined services: what they mean, and one sentence for each mistake."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from platform_standalone.errors import PlatformError
from platform_standalone.joining.manifest import parse

ROOT = Path(__file__).parents[3]
CRD = ROOT / "charts/member-platform-crds/templates/protectedroutes.yaml"
VALID = {
    "apiVersion": "memberplatform.dev/v1alpha1",
    "kind": "ProtectedRoute",
    "metadata": {"name": "notes"},
    "spec": {"paths": [{"path": "/notes"}], "backend": {"url": "http://127.0.0.1:9480"}},
}


def manifest(spec=None, *, metadata=None, **changes):
    document = copy.deepcopy(VALID) | changes
    document["spec"] |= spec or {}
    document["metadata"] |= metadata or {}
    return yaml.safe_dump(document)


def sentence(text):
    with pytest.raises(PlatformError) as refusal:
        parse(text, "service.yaml")
    return str(refusal.value)


def test_without_more_members_alone_pass_and_no_key_is_looked_at():
    service = parse(manifest(), "service.yaml")
    route = service.entry()

    assert (service.row.auth, service.row.paths[0].type) == ("required", "Prefix")
    assert service.row.methods == ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    assert (route.upstream, route.bearer, route.own_host) == ("127.0.0.1:9480", False, False)
    assert service.row.keyed_methods == ()


def test_idempotency_means_the_same_as_on_kubernetes():
    given = {"required": True, "ttl": "1m30s", "failMode": "open", "scopeCookies": ["cart"], "anonymous": "reject"}
    service = parse(manifest({"methods": ["GET", "POST", "DELETE"], "idempotency": given}), "service.yaml")

    assert service.row.keyed_methods == ("POST",)
    assert service.entry().idempotency.plugin_settings("optional") == {
        "required": True,
        "ttl": 90,
        "fail_mode": "open",
        "on_unknown": "keep",
        "scope_cookies": ["cart"],
        "anonymous": "reject",
    }


def test_keys_can_be_switched_off():
    assert parse(manifest({"idempotency": {"enabled": False}}), "x").row.keyed_methods == ()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:9000/", "127.0.0.1:9000"),
        ("http://localhost:9000", "127.0.0.1:9000"),
        ("http://192.0.2.7", "192.0.2.7:80"),
        ("http://[::1]:9000", "[::1]:9000"),
    ],
)
def test_the_gateway_gets_an_address(url, address):
    assert parse(manifest({"backend": {"url": url}}), "x").entry().upstream == address


def test_a_host_without_an_address_is_one_sentence():
    service = parse(manifest({"backend": {"url": "http://nowhere.invalid:9000"}}), "x")
    with pytest.raises(PlatformError, match=r"^The host of http://nowhere\.invalid:9000 has no address; correct"):
        service.entry()


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "127.0.0.1:9000", "http://127.0.0.1:9000/notes", "http://:9000", "http://a:99999"]
)
def test_a_url_is_that_of_a_plain_http_listener(url):
    assert sentence(manifest({"backend": {"url": url}})) == (
        "service.yaml: spec.backend.url is wrong: the URL must be http://<host>:<port>, without a path."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "service.yaml is not one YAML document."),
        ("a: 1\n---\nb: 2", "service.yaml is not one YAML document."),
        ("[]", "service.yaml contains no ProtectedRoute; copy one from examples/notes/service.yaml."),
        (manifest({"path": "/notes"}), "service.yaml: spec.path is an unknown field; correct or remove it."),
        (manifest({"paths": []}), "service.yaml: spec.paths is wrong: "),
        (manifest({"paths": [{"path": "/a//b"}]}), "service.yaml: spec.paths.0.path is wrong: the path '/a//b' is not"),
        (
            manifest({"paths": [{"path": "/a"}, {"path": "/a/"}]}),
            "service.yaml: spec is wrong: a path is listed twice.",
        ),
        (manifest({"methods": ["GET", "GET"]}), "service.yaml: spec is wrong: a method is listed twice."),
        (manifest({"methods": ["get"]}), "service.yaml: spec.methods.0 is wrong: "),
        (manifest({"auth": {"roles": ["a"], "mode": "public"}}), "service.yaml: spec.auth is wrong: roles need mode: "),
        (manifest({"auth": {"mode": "maybe"}}), "service.yaml: spec.auth.mode is wrong: input should be 'public', "),
        (manifest({"methods": ["GET"], "idempotency": {}}), "service.yaml: spec is wrong: idempotency needs POST, PUT"),
        (
            manifest({"methods": ["GET"], "idempotency": {"methods": ["POST"]}}),
            "service.yaml: spec is wrong: idempotency.methods names POST, which is not among methods.",
        ),
        (manifest({"host": "a.example"}), "service.yaml: spec.host works on Kubernetes only; remove it."),
        (manifest({"maxBodyBytes": 9}), "service.yaml: spec.maxBodyBytes works on Kubernetes only; remove it."),
        (
            manifest({"backend": {"service": "notes", "port": 80}}),
            "service.yaml: spec.backend.port works on Kubernetes only; set spec.backend.url.",
        ),
        (manifest(kind="Ingress"), "service.yaml: kind is wrong: "),
        (manifest(metadata={"name": "Notes"}), "service.yaml: metadata.name is wrong: a name has lower-case letters"),
        (
            manifest(metadata={"name": "../notes"}),
            "service.yaml: metadata.name is wrong: a name has lower-case letters",
        ),
        ("kind: ProtectedRoute", "service.yaml: apiVersion is missing; add it."),
    ],
)
def test_each_mistake_is_one_sentence(text, expected):
    assert sentence(text).startswith(expected)
    assert "\n" not in sentence(text)


def test_the_template_is_a_manifest():
    file = ROOT / "examples/notes/service.yaml"

    assert parse(file.read_text(), str(file)).name == "notes"


def test_every_field_has_the_name_that_it_has_on_kubernetes():
    text = CRD.read_text()
    spec = parse(manifest(), "x").spec
    models = [spec, spec.auth, spec.forward, spec.backend]
    names = {field.alias or name for model in models for name, field in type(model).model_fields.items()}

    missing = {name for name in names if f"                {name}:" not in text}
    assert missing == {"url"}
