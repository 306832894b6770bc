"""The chart with the Kong plugin's code: a package of it is complete, and Kong's own chart can take what it makes."""

from __future__ import annotations

import subprocess
import tarfile

import pytest
import yaml
from rendering import HELM, PLUGIN_CHART, ROOT, RenderingFailed, of_kind, render

SOURCES = ROOT / "kong-plugins" / "idempotency" / "kong" / "plugins" / "idempotency"
KONG_VALUES = yaml.safe_load((ROOT / "k8s" / "controllers" / "kong.yaml").read_text(encoding="utf-8"))


def packaged(tmp_path):
    done = subprocess.run([HELM, "package", PLUGIN_CHART, "-d", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (package,) = tmp_path.glob("*.tgz")
    return package


def test_a_package_holds_every_file_of_the_plugin(tmp_path):
    with tarfile.open(packaged(tmp_path)) as package:
        inside = {
            member.name.rpartition("/")[2]: package.extractfile(member).read()
            for member in package.getmembers()
            if "/plugin/" in member.name
        }
    assert inside == {file.name: file.read_bytes() for file in SOURCES.glob("*.lua")}
    assert "handler.lua" in inside


def test_the_plugin_has_no_folders_which_a_config_map_could_not_hold():
    assert not [path for path in SOURCES.iterdir() if path.is_dir()]


def test_the_package_renders_to_a_config_map_with_the_code(tmp_path):
    (config_map,) = of_kind(render(chart=packaged(tmp_path)), "ConfigMap")
    assert config_map["data"]["schema.lua"] == (SOURCES / "schema.lua").read_text(encoding="utf-8")


def test_the_checksum_follows_the_code():
    (config_map,) = of_kind(render(chart=PLUGIN_CHART), "ConfigMap")
    assert len(config_map["metadata"]["annotations"]["memberplatform.dev/plugin-checksum"]) == 64


def test_kongs_values_mount_that_config_map_and_read_that_secret():
    (config_map,) = of_kind(render(chart=PLUGIN_CHART), "ConfigMap")
    (secret,) = of_kind(render(chart=PLUGIN_CHART), "Secret")
    gateway = KONG_VALUES["gateway"]
    assert gateway["plugins"]["configMaps"] == [{"pluginName": "idempotency", "name": config_map["metadata"]["name"]}]
    references = {name: item["valueFrom"]["secretKeyRef"] for name, item in gateway["customEnv"].items()}
    assert references == {
        "gateway_redis_password": {"name": secret["metadata"]["name"], "key": "redis-password"},
        "gateway_fingerprint_secret": {"name": secret["metadata"]["name"], "key": "fingerprint-secret"},
    }
    assert set(secret["data"]) == {"redis-password", "fingerprint-secret"}


def test_kong_is_no_way_past_the_edge():
    gateway = KONG_VALUES["gateway"]
    assert gateway["proxy"]["type"] == "ClusterIP"
    policy = (
        yaml.safe_load(gateway["extraObjects"][0])
        if isinstance(gateway["extraObjects"][0], str)
        else gateway["extraObjects"][0]
    )
    ports = {rule["ports"][0]["port"]: rule["from"] for rule in policy["spec"]["ingress"]}
    assert set(ports) == {8000, 8444, 8100}
    assert all("namespaceSelector" in peer or "podSelector" in peer for peers in ports.values() for peer in peers)
    assert "LoadBalancer" not in str(KONG_VALUES)


def test_kong_believes_the_edge_about_the_clients_address():
    env = KONG_VALUES["gateway"]["env"]
    assert env["trusted_ips"]
    assert env["real_ip_header"] == "X-Forwarded-For"
    assert env["router_flavor"] == "traditional"


def test_a_chart_without_the_code_says_what_is_wrong(tmp_path):
    copy = tmp_path / "chart"
    copy.mkdir()
    for file in ("Chart.yaml", "values.yaml"):
        (copy / file).write_text((PLUGIN_CHART / file).read_text(encoding="utf-8"))
    (copy / "templates").mkdir()
    for template in (PLUGIN_CHART / "templates").iterdir():
        (copy / "templates" / template.name).write_text(template.read_text(encoding="utf-8"))
    with pytest.raises(RenderingFailed, match="package the chart in a checkout"):
        render(chart=copy)
