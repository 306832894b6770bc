from __future__ import annotations

import pytest
from pydantic_settings import SettingsConfigDict

from platform_common.settings import (
    DatabaseUrl,
    HttpUrl,
    RedisUrl,
    ServiceSettings,
    ServiceTokenKey,
    load_settings,
)


class ShopSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")

    database_url: DatabaseUrl
    redis_url: RedisUrl
    auth_url: HttpUrl
    service_token_key: ServiceTokenKey


GOOD = {
    "SHOP_PORT": "8000",
    "SHOP_DATABASE_URL": "postgresql://shop:hunter2@db/shop",
    "SHOP_REDIS_URL": "redis://auth:hunter2@cache:6379/1",
    "SHOP_AUTH_URL": "http://auth:8080/",
    "SHOP_SERVICE_TOKEN_KEY": "hunter2" * 5,
}


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_good_settings_are_read_from_the_environment():
    settings = load_settings(ShopSettings)

    assert settings.port == 8000
    assert settings.database_url.get_secret_value() == GOOD["SHOP_DATABASE_URL"]
    assert settings.auth_url == "http://auth:8080"


def test_secrets_do_not_show_in_a_repr():
    assert "hunter2" not in repr(load_settings(ShopSettings))


def test_settings_come_from_the_services_own_env_file_too(environment, tmp_path):
    environment.delenv("SHOP_AUTH_URL")
    (tmp_path / ".env").write_text("SHOP_AUTH_URL=http://from-file:1\n")

    assert load_settings(ShopSettings).auth_url == "http://from-file:1"


@pytest.mark.parametrize(("variable", "value", "words"), [
    ("SHOP_DATABASE_URL", None, "SHOP_DATABASE_URL is not set"),
    ("SHOP_DATABASE_URL", "mysql://s:hunter2@db/s", "SHOP_DATABASE_URL must be a URL that starts with postgresql"),
    ("SHOP_DATABASE_URL", "postgresql://shop:hunter2@db:port/shop", "SHOP_DATABASE_URL is not a URL"),
    ("SHOP_DATABASE_URL", "postgresql:hunter2", "SHOP_DATABASE_URL has no host"),
    ("SHOP_REDIS_URL", "hunter2", "SHOP_REDIS_URL must be a URL that starts with redis://"),
    ("SHOP_AUTH_URL", "hunter2", "SHOP_AUTH_URL must be a URL that starts with http://"),
    ("SHOP_SERVICE_TOKEN_KEY", "hunter2", "SHOP_SERVICE_TOKEN_KEY must have at least 32 bytes"),
    ("SHOP_PORT", "hunter2", "SHOP_PORT input should be a valid integer"),
    ("SHOP_PORT", "65536", "SHOP_PORT input should be less than or equal to 65535"),
    ("SHOP_LOG_LEVEL", "hunter2", "SHOP_LOG_LEVEL"),
])  # fmt: skip
def test_a_wrong_setting_ends_the_start_with_one_sentence_that_names_it(environment, capsys, variable, value, words):
    if value is None:
        environment.delenv(variable)
    else:
        environment.setenv(variable, value)

    with pytest.raises(SystemExit) as ended:
        load_settings(ShopSettings)

    output = capsys.readouterr()
    assert ended.value.code == 2
    assert output.out == ""
    assert words in output.err
    assert output.err.count("\n") == 1
    assert "hunter2" not in output.err


def test_every_wrong_setting_is_named_at_once(environment, capsys):
    environment.delenv("SHOP_REDIS_URL")
    environment.setenv("SHOP_AUTH_URL", "nowhere")

    with pytest.raises(SystemExit):
        load_settings(ShopSettings)

    sentence = capsys.readouterr().err
    assert "SHOP_REDIS_URL is not set" in sentence
    assert "SHOP_AUTH_URL must be" in sentence


def test_a_variable_that_is_no_setting_is_named_with_the_closest_one(environment, capsys):
    environment.setenv("SHOP_PORTT", "hunter2")
    environment.setenv("SHOP_XYZZY", "hunter2")

    with pytest.raises(SystemExit) as ended:
        load_settings(ShopSettings)

    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "Wrong settings: SHOP_PORTT is not a setting (did you mean SHOP_PORT?); SHOP_XYZZY is not a setting.\n"
    )


def test_a_misspelt_name_in_the_services_own_env_file_is_refused_as_well(tmp_path, capsys):
    (tmp_path / ".env").write_text("SHOP_LOG_LEVELL=debug\nOTHER=1\n")

    with pytest.raises(SystemExit):
        load_settings(ShopSettings)

    assert "SHOP_LOG_LEVELL is not a setting (did you mean SHOP_LOG_LEVEL?)" in capsys.readouterr().err


def test_settings_of_the_services_other_commands_are_accepted(environment):
    class MigrationSettings(ShopSettings):
        migration_database_url: str = ""

    environment.setenv("SHOP_MIGRATION_DATABASE_URL", "postgresql://owner@db/shop")

    assert MigrationSettings.model_fields
    assert load_settings(ShopSettings).port == 8000


@pytest.mark.parametrize(
    "variable",
    [
        "SHOP_PLATFORM_AUTH_SERVICE_HOST",
        "SHOP_PLATFORM_AUTH_SERVICE_PORT",
        "SHOP_PLATFORM_AUTH_SERVICE_PORT_HTTP",
        "SHOP_PLATFORM_AUTH_PORT",
        "SHOP_PLATFORM_AUTH_PORT_8080_TCP",
        "SHOP_PLATFORM_AUTH_PORT_8080_TCP_ADDR",
    ],
)
def test_variables_that_kubernetes_sets_for_services_are_not_settings(environment, variable):
    environment.setenv(variable, "tcp://10.96.0.9:8080")

    assert load_settings(ShopSettings).port == 8000
