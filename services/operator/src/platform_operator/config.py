"""Settings of the operator: environment variables `OPERATOR_…`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_common.settings import Port


class OperatorSettings(BaseSettings):
    """What the operator is told at its start."""

    model_config = SettingsConfigDict(env_prefix="OPERATOR_", env_file=".env", extra="ignore", frozen=True)

    # The release that routes join, as the chart describes it.
    platform_file: Path
    host: str = "127.0.0.1"
    # /livez and /metrics; 0: a free one.
    port: Port = 8080
    metrics_port: Port = 9090
    # Where the standalone gateway's pods ask for the tables of joined routes.
    tables_port: Port = 8081
    log_level: Annotated[str, Field(pattern="^(?i:debug|info|warning|error)$")] = "info"
    # The ClusterKopfPeering by which operators of this release know of each other; empty: this one is alone.
    peering: str = ""
    # This operator's name there; empty: the host's.
    identity: str = ""
    # How often everything is listed anew, should watching have missed something (seconds).
    resync_seconds: Annotated[int, Field(ge=5, le=86_400)] = 600
