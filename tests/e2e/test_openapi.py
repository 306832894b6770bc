"""The OpenAPI documents of the running services, as a developer uses them: to generate clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest

SERVICES = ("auth", "member", "shop")
# The generator does not know pictures: they are bytes.
OVERRIDES = {"image/svg+xml": "application/octet-stream"}
SCRIPTS = Path(sys.executable).parent

LOG_IN = """
import sys
from client import Client
from client.api.log_in import log_in
from client.models import LoginBody, LoginOut, LoginProblemDetails

base_url, email, password = sys.argv[1:]
client = Client(base_url=base_url)
right = log_in.sync(client=client, body=LoginBody(email=email, password=password))
assert isinstance(right, LoginOut), right
wrong = log_in.sync(client=client, body=LoginBody(email=email, password="another"))
assert isinstance(wrong, LoginProblemDetails), wrong
print(right.member.email, wrong.code)
"""


@pytest.fixture(scope="module")
def documents(own_platform) -> dict[str, dict[str, Any]]:
    """The document of each service."""
    urls = {name: f"{own_platform.service_url(name)}/openapi.json" for name in SERVICES}
    return {name: httpx2.get(url, trust_env=False).json() for name, url in urls.items()}


def test_operation_ids_are_unique_among_all_services(documents):
    ids = Counter(
        operation["operationId"]
        for document in documents.values()
        for methods in document["paths"].values()
        for operation in methods.values()
    )

    assert [name for name, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_is_generated_without_a_warning(documents, tmp_path, service):
    generate(documents[service], tmp_path)


def test_a_generated_client_logs_in_and_reads_the_refusal(documents, base_url, account, tmp_path):
    generate(documents["auth"], tmp_path)

    result = subprocess.run(
        [sys.executable, "-c", LOG_IN, base_url, account.email, account.password],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert result.stdout.split() == [account.email, "credentials-invalid"], result.stderr


def generate(document: dict[str, Any], folder: Path) -> None:
    """Generate the package `client` into `folder`. Raises AssertionError with what the generator says."""
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "overrides.yaml").write_text(json.dumps({"content_type_overrides": OVERRIDES}))
    result = subprocess.run(
        [SCRIPTS / "openapi-python-client", "generate", "--path", "openapi.json", "--meta", "none",
         "--output-path", "client", "--config", "overrides.yaml", "--fail-on-warning"],
        # It formats what it wrote by ruff.
        cwd=folder, env={**os.environ, "PATH": f"{SCRIPTS}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
