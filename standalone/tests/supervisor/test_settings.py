"""What `make up` makes of the variables about proxies and other origins."""

import pytest

from platform_standalone.errors import PlatformError
from platform_standalone.settings import check_environment, cors_origins, trusted_proxies, warnings


def test_lists_are_separated_by_commas():
    environment = {"TRUSTED_PROXIES": "10.0.0.5, 192.168.0.0/16,fd00::/8", "CORS_ORIGINS": "https://a.example ,"}
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
    [("TRUSTED_PROXY", "TRUSTED_PROXIES"), ("CORS_ORIGIN", "CORS_ORIGINS"), ("VALKEY_MAX_MEMORY", "VALKEY_MAXMEMORY")],
)
def test_a_misspelt_setting_is_refused(name, meant):
    with pytest.raises(PlatformError, match=rf"{name} is not a setting \(did you mean {meant}\?\)"):
        check_environment({name: "x"})


@pytest.mark.parametrize("name", ["POSTGRES_HOST", "POSTGRES_PASSWORD", "PORT", "EMAIL", "HOSTNAME", "PUBLIC_DNS"])
def test_variables_of_other_programs_are_left_alone(name):
    check_environment({name: "x"})


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "10.0.0.5,0.0.0.0/0"])
def test_trusting_every_client_is_refused(network: str):
    with pytest.raises(PlatformError, match="trusts every client to name its own address"):
        trusted_proxies({"TRUSTED_PROXIES": network})
