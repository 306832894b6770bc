"""The configurations of the plugin that the specs use, each a route of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugintests.tls import SERVER_NAME


def setups(
    redis_port: int,
    fragile_port: int,
    closed_port: int,
    tls_port: int,
    old_port: int,
    watched: Mapping[str, Any],
    service_port: int,
) -> dict[str, dict[str, Any]]:
    """Return the setups by route name.

    No Redis listens on `closed_port`; `watched` is a Redis behind Sentinel. The service at `service_port` also runs the
    functions of Kong's aws-lambda.
    """
    redis = {
        "host": "127.0.0.1",
        "port": redis_port,
        "username": "gateway",
        "password": "{vault://env/idempotency-redis-password}",
        "timeout": 2000,
    }
    fragile = {
        "host": "127.0.0.1",
        "port": fragile_port,
        "username": "fragile",
        "password": "fragile",
        "database": 1,
        "timeout": 400,
    }
    closed = {"host": "127.0.0.1", "port": closed_port, "timeout": 400}

    tls = {**redis, "port": tls_port, "ssl": True}

    def setup(to: str = "echo", **config: Any) -> dict[str, Any]:
        return {"service": to, "config": {"redis": redis, **config}}

    return {
        "plain": setup(fingerprint_secret="{vault://env/idempotency-fingerprint-secret}"),
        "unsecret": setup(),
        "old": {"service": "echo", "config": {"redis": {**redis, "port": old_port}}},
        "other": setup("other"),
        "labelled": {"service": "other", "config": {"redis": redis, "service": "label"}},
        **{
            to: setup(to, methods=["POST", "PUT", "PATCH", "DELETE"], lock_ttl=30, on_unknown="keep")
            for to in ("retried", "balanced")
        },
        "required": setup(required=True),
        "post-only": setup(methods=["POST"]),
        "with-delete": setup(methods=["POST", "DELETE"]),
        "own-header": setup(key_headers=["X-Request-Key"]),
        "no-identity": setup(identity_header=""),
        "other-identity": setup(identity_header="X-Tenant"),
        "reject": setup(anonymous="reject"),
        "short": setup(ttl=1, lock_ttl=1),
        "waiting": setup(wait_timeout=5),
        "impatient": setup(wait_timeout=0.3),
        "small": setup(max_body_bytes=100, max_request_bytes=100000),
        "only-201": setup(saved_statuses=[201]),
        "all-headers": setup(kept_headers=["X-*", "RateLimit*", "trace*", "Idempot*"]),
        "few-headers": setup(kept_headers=["X-Kept"]),
        "brief-keep": setup(on_unknown="keep", lock_ttl=4),
        "brief-release": setup(on_unknown="release", lock_ttl=4),
        "keep": setup(on_unknown="keep", lock_ttl=30),
        "release": setup(on_unknown="release", lock_ttl=30),
        "keep-refused": setup("refused", on_unknown="keep", lock_ttl=30),
        "release-refused": setup("refused", on_unknown="release", lock_ttl=30),
        "star-headers": setup(kept_headers=["*"]),
        "visitors": setup(scope_cookies=["cart", "__Host-cart"], anonymous="bypass"),
        "visitors-release": setup(scope_cookies=["cart"], anonymous="bypass", on_unknown="release"),
        "visitors-or-address": setup(scope_cookies=["cart"]),
        "no-roles": setup(roles_header=""),
        **{
            f"stand-in-{on_unknown}": {
                **setup(on_unknown=on_unknown, lock_ttl=30, max_body_bytes=100),
                "plugins": [{"name": "stand-in", "config": {}}],
            }
            for on_unknown in ("keep", "release")
        },
        "closed": setup(redis=closed),
        "open": setup(redis=closed, fail_mode="open"),
        "fragile": setup(redis=fragile),
        "fragile-open": setup(redis=fragile, fail_mode="open"),
        "fragile-waiting-open": setup(redis=fragile, fail_mode="open", wait_timeout=5),
        "fragile-release": setup(redis=fragile, on_unknown="release"),
        **{
            # a label separates counters, a label for each spec
            f"counted-{label}": setup(max_body_bytes=100, service=f"counted-{label}")
            for label in ("hits", "mismatches", "conflicts", "oversize", "lost", "unknown", "unkeyed", "never")
        },
        "counted-closed": setup(redis=closed, service="counted-store"),
        "counted-open": setup(redis=closed, fail_mode="open", service="counted-store"),
        "watched": setup(redis=watched),
        "tls-unverified": setup(redis=tls),
        "tls-to-plain": setup(redis={**redis, "ssl": True, "timeout": 400}),
        "tls-verified": setup(redis={**tls, "ssl_verify": True, "server_name": SERVER_NAME}),
        "tls-wrong-name": setup(redis={**tls, "ssl_verify": True, "server_name": "other.internal"}),
        "wrong-password": setup(redis={**redis, "password": "wrong"}),
        "keyed": {
            **setup(),
            "kong_plugins": [{"name": "key-auth", "config": {"key_names": ["apikey"]}}],
        },
        "keyed-or-anonymous": {
            **setup(),
            "kong_plugins": [
                {
                    "name": "key-auth",
                    "config": {"key_names": ["apikey"], "anonymous": "11111111-2222-4333-8444-555555555555"},
                }
            ],
        },
        "terminated": {
            **setup(on_unknown="keep", lock_ttl=30),
            "kong_plugins": [{"name": "request-termination", "config": {"status_code": 418}}],
        },
        "terminated-release": {
            **setup(on_unknown="release", lock_ttl=30),
            "kong_plugins": [{"name": "request-termination", "config": {"status_code": 418}}],
        },
        "terminated-post-function": {
            **setup(on_unknown="keep", lock_ttl=30),
            "kong_plugins": [
                {
                    "name": "post-function",
                    "config": {"access": ["kong.response.exit(418, 'brewed', {['Content-Type'] = 'text/plain'})"]},
                }
            ],
        },
        **{
            f"function-{name}": {
                **setup(on_unknown="keep", lock_ttl=30),
                "kong_plugins": [
                    {
                        "name": "aws-lambda",
                        "config": {
                            "aws_key": "key",
                            "aws_secret": "secret",
                            "aws_region": "eu-central-1",
                            "function_name": name,
                            "host": "127.0.0.1",
                            "port": service_port,
                            "disable_https": True,
                        },
                    }
                ],
            }
            for name in ("acts", "breaks-off")
        },
        "with-cors": {
            **setup(),
            "kong_plugins": [{"name": "cors", "config": {"origins": ["*"], "exposed_headers": ["X-Of-Cors"]}}],
        },
        "transformed": {
            **setup(),
            "kong_plugins": [
                {"name": "response-transformer", "config": {"add": {"headers": ["X-Added:by-kong"]}}},
                {"name": "request-transformer", "config": {"add": {"headers": ["X-To-Service:yes"]}}},
            ],
        },
        "rationed": {
            **setup(),
            "kong_plugins": [{"name": "rate-limiting", "config": {"year": 1, "policy": "local"}}],
        },
        "unbuffered": {**setup(), "kong_route": {"request_buffering": False, "response_buffering": False}},
        "cached": {
            **setup(on_unknown="release"),
            "kong_plugins": [
                {
                    "name": "proxy-cache",
                    "config": {
                        "strategy": "memory",
                        "request_method": ["POST"],
                        "response_code": [201],
                        "content_type": ["application/json"],
                    },
                }
            ],
        },
        "limited": {
            **setup(),
            "kong_plugins": [{"name": "rate-limiting", "config": {"year": 1000, "policy": "local"}}],
        },
    }
