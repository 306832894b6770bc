"""The schema by Kong's own judgement."""

from __future__ import annotations

import pytest


def test_kong_accepts_every_field(gateway):
    config = {
        "key_headers": ["Idempotency-Key"],
        "required": True,
        "methods": ["POST", "DELETE"],
        "scope": ["header"],
        "identity_header": "",
        "anonymous": "reject",
        "service": "member",
        "ttl": 86400,
        "lock_ttl": 90,
        "wait_timeout": 0.5,
        "max_body_bytes": 0,
        "max_request_bytes": 1,
        "saved_statuses": [200, 201],
        "kept_headers": ["Content-*", "ETag"],
        "fail_mode": "open",
        "on_unknown": "release",
        "fingerprint_secret": "{vault://env/idempotency-fingerprint-secret}",
        "redis": {
            "host": "redis.example",
            "port": 6380,
            "database": 3,
            "username": "",
            "password": "{vault://env/idempotency-redis-password}",
            "ssl": True,
            "ssl_verify": True,
            "server_name": "redis.example",
            "timeout": 1000,
            "connect_timeout": 100,
            "send_timeout": 100,
            "read_timeout": 100,
            "keepalive_pool_size": 8,
            "keepalive_idle_timeout": 1000,
            "sentinel_master": "idem",
            "sentinel_nodes": [{"host": "sentinel.example", "port": 26380}, {"host": "192.0.2.1"}],
            "sentinel_role": "master",
            "sentinel_username": "",
            "sentinel_password": "{vault://env/idempotency-redis-password}",
        },
    }
    assert gateway.parse(config) is None


def test_kong_accepts_no_configuration_at_all(gateway):
    assert gateway.parse({}) is None


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"unknown": 1}, "unknown"),
        ({"methods": ["GET"]}, "methods"),
        ({"wait_timeout": 10, "lock_ttl": 5}, "wait_timeout"),
        ({"saved_statuses": [409]}, "saved_statuses"),
        ({"kept_headers": ["Set-Cookie"]}, "kept_headers"),
        ({"identity_header": "a b"}, "identity_header"),
        ({"ttl": 0}, "ttl"),
        ({"redis": {"timeout": 0}}, "timeout"),
        ({"redis": {"sentinel_master": "idem"}}, "sentinel_nodes"),
        ({"redis": {"sentinel_master": "idem", "sentinel_nodes": []}}, "sentinel_nodes"),
        ({"redis": {"sentinel_role": "any"}}, "sentinel_role"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kong_refuses_what_is_out_of_bounds(gateway, config, field):
    assert field in gateway.parse(config)
