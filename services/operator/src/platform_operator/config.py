"""Settings of the operator: environment variables `OPERATOR_…`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_common.settings import Port


class OperatorSettings(BaseSettings):
    """Settings of the operator."""

    model_config = SettingsConfigDict(env_prefix="OPERATOR_", env_file=".env", extra="ignore", frozen=True)

    # The release that routes join (platform.json of the chart's ConfigMap).
    platform_file: Path
    host: str = "127.0.0.1"
    # /livez; 0: a free port.
    port: Port = 8080
    metrics_port: Port = 9090
    # The tables of joined routes, for the standalone gateway's pods.
    tables_port: Port = 8081
    log_level: Annotated[str, Field(pattern="^(?i:debug|info|warning|error)$")] = "info"
    # Name of the ClusterKopfPeering for leader election; empty: no leader election.
    peering: str = ""
    # This operator's identity there; empty: the host name.
    identity: str = ""
    # Interval of the full resync, which finds what a watch has missed (seconds).
    resync_seconds: Annotated[int, Field(ge=5, le=86_400)] = 600
