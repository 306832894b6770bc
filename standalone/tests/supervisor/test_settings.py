"""What `make up` makes of the variables about proxies and other origins."""

import os
from pathlib import Path

import pytest

from platform_standalone.credentials import load_credentials
from platform_standalone.errors import PlatformError
from platform_standalone.ports import free_ports
from platform_standalone.settings import PlatformSettings, check_environment, cors_origins, trusted_proxies, warnings
from platform_standalone.state import StateFolder
from platform_standalone.topology import plan


def test_lists_are_separated_by_commas():
    environment = {"TRUSTED_PROXIES": "10.0.0.5, 192.168.0.0/16,fd00::/8", "CORS_ORIGINS": "https://A.Example ,"}
    check_environment(environment)
    assert trusted_proxies(environment) == ("10.0.0.5/32", "192.168.0.0/16", "fd00::/8")
    assert cors_origins(environment) == ("https://a.example",)


@pytest.mark.parametrize("name", ["TRUSTED_PROXIES", "CORS_ORIGINS"])
@pytest.mark.parametrize("value", ["*", "proxy", "10.0.0.0/33", "https://*.example", "https://a.example/"])
def test_what_is_wrong_is_named(name, value):
    with pytest.raises(PlatformError, match=f"{name} has"):
        check_environment({name: value})


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({}, 0),
        ({"PUBLIC_URL": "http://shop.example"}, 0),
        ({"PUBLIC_URL": "https://shop.example", "TRUSTED_PROXIES": "10.0.0.5"}, 0),
        ({"PUBLIC_URL": "https://shop.example"}, 1),
    ],
)
def test_an_https_address_without_a_trusted_proxy_is_warned_about(environment, count):
    assert len(warnings(environment)) == count


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("CORS_ORIGIN", "CORS_ORIGINS"),
        ("VALKEY_MAX_MEMORY", "VALKEY_MAXMEMORY"),
        ("POSTGRES_PRT", "POSTGRES_PORT"),
        ("VALKEY_PRT", "VALKEY_PORT"),
        ("GATEWAY_PORTT", "GATEWAY_PORT"),
        ("EDGE_PORT", "PORT"),
        ("PORTS", "PORT"),
        ("PROT", "PORT"),
        ("PRT", "PORT"),
        ("MEMBER_PORTT", "MEMBER_PORT"),
        ("MEMBER_LOG_LEVL", "MEMBER_LOG_LEVEL"),
        ("AUTH_RATE_LIMIT_LOGIN_PER_ACCOUNT", "AUTH_RATE_LIMIT_LOGINS_PER_ACCOUNT"),
        ("SHOP_CURENCY", "SHOP_CURRENCY"),
        ("WEB_TIMEZONE", "WEB_TIME_ZONE"),
    ],
)
def test_a_misspelt_setting_is_refused(name, meant):
    with pytest.raises(PlatformError, match=rf"{name} is not a setting \(did you mean {meant}\?\)"):
        check_environment({name: "x"})


@pytest.mark.parametrize(
    "name",
    [
        "POSTGRES_HOST",
        "POSTGRES_PASSWORD",
        "POSTGRES_PORT",
        "POSTGRESQL_PORT",
        "REDIS_PORT",
        "PORT",
        "EMAIL",
        "HOSTNAME",
        "PUBLIC_DNS",
        "PORT0",
        "EXPORT",
        "SMTP_HOST",
        "MEMBER_SMTP_HOST",
    ],
)
def test_variables_of_other_programs_are_left_alone(name):
    check_environment({name: "x"})
    assert warnings({name: "x"}) == []


@pytest.mark.parametrize(
    "name",
    ["WEB_CONCURRENCY", "AUTH_SOCK", "AUTH_TOKEN", "GATEWAY_FOO", "GATEWAY_INTERFACE", "VALKEY_URL", "SHOP_XYZZY"],
)
def test_a_name_that_only_begins_like_a_setting_is_warned_about(name):
    check_environment({name: "x"})
    assert warnings({name: "x"}) == [f"{name} is not a setting of the platform; it has no effect."]


def test_links_to_services_of_kubernetes_are_left_alone():
    assert warnings({"WEB_SERVICE_HOST": "10.0.0.1", "AUTH_PORT_80_TCP": "tcp://10.0.0.1:80"}) == []


def test_variables_of_other_programs_do_not_reach_the_services(tmp_path):
    settings = platform_settings(tmp_path, WEB_CONCURRENCY="4", WEB_SITE_NAME="Shop")
    plan(settings)
    assert "WEB_CONCURRENCY" not in settings.web_environment()
    assert settings.web_environment()["WEB_SITE_NAME"] == "Shop"


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "10.0.0.5,0.0.0.0/0"])
def test_trusting_every_client_is_refused(network: str):
    with pytest.raises(PlatformError, match="trusts every client to name its own address"):
        trusted_proxies({"TRUSTED_PROXIES": network})


def platform_settings(folder: Path, **environment: str) -> PlatformSettings:
    return PlatformSettings(
        checkout=Path(__file__).parents[3],
        state=StateFolder(folder),
        ports=free_ports(),
        edge_host="127.0.0.1",
        credentials=load_credentials(folder / "credentials.json"),
        caller={**os.environ, **environment},
    )


def test_a_misspelt_setting_of_a_service_is_named_before_anything_starts(tmp_path):
    with pytest.raises(PlatformError, match=r"MEMBER_LOG_LEVL is not a setting \(did you mean MEMBER_LOG_LEVEL\?\)"):
        plan(platform_settings(tmp_path, MEMBER_LOG_LEVL="debug"))
