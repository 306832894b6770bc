"""The command `operator`: registers all watches with kopf and runs it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import kopf
import structlog

from platform_common.logs import configure_logging
from platform_common.metrics import metrics_server
from platform_common.settings import EXIT_SETTINGS, exit_with_error, load_settings
from platform_operator.config import OperatorSettings
from platform_operator.kube.cluster import PAGE
from platform_operator.kube.connection import log_in
from platform_operator.kube.kinds import (
    ENDPOINT_SLICE,
    PROTECTED_ROUTE,
    ROUTE_GRANT,
    SERVICE,
    SIGNING_KEY_RING,
    Kind,
)
from platform_operator.leader_election import LIFETIME_SECONDS, Peer, host_identity
from platform_operator.operator import Operator
from platform_operator.routes.controller import MANAGED_SELECTOR
from platform_routes.metadata import MANAGER
from platform_routes.platform import load_platform

log = structlog.get_logger(__name__)

# How long kopf keeps an object's queue after its last event (seconds).
IDLE_SECONDS = 0.2


def register(registry: kopf.OperatorRegistry, operator: Operator) -> None:
    """Register the watches of `operator`, and start and stop it with kopf."""

    @kopf.on.startup(registry=registry)
    async def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        # no discovery of kinds at run time, which needs permission to watch all CustomResourceDefinitions
        settings.scanning.disabled = True
        settings.posting.enabled = False
        settings.watching.server_timeout = 300
        # by default kopf keeps every parsed object of a list in memory for 5 s
        settings.watching.chunk_size = PAGE
        settings.queueing.idle_timeout = IDLE_SECONDS
        settings.networking.request_timeout = 30
        # with a mandatory peering kopf waits silently while it is missing; leader_election.py logs a warning instead
        settings.peering.mandatory = False
        settings.peering.lifetime = LIFETIME_SECONDS
        for kind in operator.managed_kinds:
            settings.watching.label_selectors[kind.group, kind.plural] = MANAGED_SELECTOR
        await operator.start()

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        await operator.stop()

    @kopf.on.login(registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo:
        return log_in()

    for kind in (PROTECTED_ROUTE, ROUTE_GRANT, SERVICE, ENDPOINT_SLICE, SIGNING_KEY_RING, *operator.managed_kinds):
        group, _, version = kind.api_version.rpartition("/")
        kopf.on.event(group, version, kind.plural, registry=registry)(_event_handler(operator, kind))


def _event_handler(operator: Operator, kind: Kind) -> Callable[..., Coroutine[Any, Any, None]]:
    async def handle(event: kopf.RawEvent, **_: Any) -> None:
        # kopf's own mapping type
        operator.handle_event(
            kind, dict(event["object"]), gone=event["type"] == "DELETED", initial=event["type"] is None
        )

    return handle


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="operator", description="The operator of the Member Platform.")
    commands = parser.add_subparsers(required=True, metavar="command")
    commands.add_parser("serve", help="serve until a signal")
    parser.parse_args()
    serve()


def serve() -> None:
    """Run until a signal."""
    settings = load_settings(OperatorSettings)
    configure_logging("operator", settings.log_level)
    for name in ("kopf", "kopf.objects", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        platform = load_platform(settings.platform_file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        exit_with_error(f"OPERATOR_PLATFORM_FILE is invalid: {type(error).__name__} {error}.", EXIT_SETTINGS)
    registry = kopf.OperatorRegistry()
    own = Peer(settings.peering, settings.identity or host_identity()) if settings.peering else None
    operator = Operator(platform, settings.resync_seconds, own, (settings.host, settings.tables_port))
    register(registry, operator)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    with metrics_server(settings.host, settings.metrics_port):
        asyncio.run(
            kopf.operator(
                registry=registry,
                clusterwide=True,
                standalone=own is None,
                peering_name=own.peering if own else None,
                priority=own.priority if own else None,
                # the default needs the user's name, and a pod's user has none
                identity=own.identity if own else MANAGER,  # type: ignore[arg-type]
                liveness_endpoint=f"http://{host}:{settings.port}/livez",
            )
        )
    sys.exit(0)


if __name__ == "__main__":
    main()
