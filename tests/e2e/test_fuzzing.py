"""Thousands of requests made up from the OpenAPI documents: every response is one that its document declares.

The same requests each time; `make fuzz` makes up others, and many more.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from blackbox.own_platform import OwnPlatform

HERE = Path(__file__).parent
COMMAND = Path(sys.executable).with_name("schemathesis")

SERVICES = ("auth", "member", "shop")
# What the edge has no route to.
INTERNAL = "^/internal/|^/auth/verify"

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "ignored_auth", "use_after_free",
)  # fmt: skip
EXAMPLES = 8
# In each of the two ways; the boundaries of every parameter are the services' own matter.
PHASES = {"directly": "examples,coverage,fuzzing,stateful", "through the edge": "examples,fuzzing,stateful"}
# Far more than it takes; a run at random may take as long as it needs.
SECONDS = 600


@pytest.fixture(scope="module")
def fuzzed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPlatform]:
    """A platform for these tests alone: what they make up changes and deletes whatever it finds."""
    if request.config.getoption("--base-url"):
        pytest.skip("needs a platform of its own: it changes and deletes whatever it finds")
    own = OwnPlatform(tmp_path_factory.mktemp("fuzzed") / "state")
    try:
        own.start()
        yield own
    finally:
        own.stop()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("way", PHASES)
@pytest.mark.parametrize("service", SERVICES)
def test_every_response_is_declared(request, fuzzed, tmp_path, service, way):
    document = tmp_path / f"{service}.json"
    document.write_bytes(httpx2.get(f"{fuzzed.service_url(service)}/openapi.json", trust_env=False).content)
    target = ["--url", fuzzed.service_url(service)]
    if way == "through the edge":
        target = ["--url", fuzzed.base_url, "--exclude-path-regex", INTERNAL]

    result = subprocess.run(
        [COMMAND, "--config-file", HERE / "fuzzing" / "schemathesis.toml", "run", document, *target,
         *amount(request.config.getoption("--fuzz-examples"), PHASES[way]), "--checks", ",".join(CHECKS),
         "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"],
        env=environment(fuzzed, service), cwd=tmp_path, capture_output=True, text=True, check=False,
        timeout=None if request.config.getoption("--fuzz-examples") else SECONDS,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout + result.stderr


def amount(examples: int | None, phases: str) -> list[str]:
    """Return how many requests to make up: a fixed few, or `examples` at random."""
    if examples:
        return ["--max-examples", str(examples), "--phases", "examples,coverage,fuzzing,stateful"]
    return ["--max-examples", str(EXAMPLES), "--phases", phases, "--generation-deterministic", "--no-shrink"]


def environment(platform: OwnPlatform, service: str) -> dict[str, str]:
    """Return what `fuzzing.hooks` needs to make tokens."""
    administrator = platform.administrator()
    return {
        **os.environ,
        "PYTHONPATH": str(HERE),
        "SCHEMATHESIS_HOOKS": "fuzzing.hooks",
        "FUZZ_EDGE": platform.base_url,
        "FUZZ_SERVICE": service,
        "FUZZ_ADMIN_EMAIL": administrator.email,
        "FUZZ_ADMIN_PASSWORD": administrator.password,
        "FUZZ_SERVICE_TOKEN_KEY": platform.service_token_key(),
    }
