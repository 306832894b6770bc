"""How many hashes are computed at once, by the limits of the control group: files as containers really have them."""

from __future__ import annotations

import os

import pytest

from platform_member.capacity import Cgroup, default_hash_workers
from platform_member.config import CredentialSettings

MIB = 2**20
UNLIMITED_V1 = "9223372036854771712"


@pytest.fixture(autouse=True)
def sixteen_cpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(16)))


@pytest.fixture
def cgroup(tmp_path):
    """Return a maker of control groups: which one the process is in, and the files by path and content."""

    def make(membership: str, files: dict[str, str]) -> Cgroup:
        for path, text in files.items():
            file = tmp_path / "cgroup" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n")
        (tmp_path / "membership").write_text(membership)
        return Cgroup(tmp_path / "cgroup", tmp_path / "membership")

    return make


@pytest.mark.parametrize(
    ("files", "workers"),
    [
        ({"memory.max": "max", "cpu.max": "max 100000"}, 16),
        ({"memory.max": str(320 * MIB), "cpu.max": "max 100000"}, 6),
        ({"memory.max": str(320 * MIB), "cpu.max": "200000 100000"}, 2),
        ({"memory.max": "max", "cpu.max": "50000 100000"}, 1),
        ({"memory.max": str(100 * MIB), "cpu.max": "max 100000"}, 1),
        ({"memory.max": str(4096 * MIB), "cpu.max": "6400000 100000"}, 16),
        ({}, 16),
    ],
)
def test_a_container_with_cgroup_v2(cgroup, files, workers):
    assert default_hash_workers(19456, cgroup("0::/\n", files)) == workers


@pytest.mark.parametrize(
    ("memory", "quota", "workers"),
    [(UNLIMITED_V1, "-1", 16), (str(320 * MIB), "-1", 6), (UNLIMITED_V1, "300000", 3), (str(320 * MIB), "300000", 3)],
)
@pytest.mark.parametrize("folder", ["", "kubepods/pod1/"])
def test_a_container_with_cgroup_v1(cgroup, memory, quota, workers, folder):
    files = {
        f"memory/{folder}memory.limit_in_bytes": memory,
        f"cpu/{folder}cpu.cfs_quota_us": quota,
        f"cpu/{folder}cpu.cfs_period_us": "100000",
    }
    membership = "4:memory:/kubepods/pod1\n2:cpu,cpuacct:/kubepods/pod1\n0::/\n"

    assert default_hash_workers(19456, cgroup(membership, files)) == workers


def test_the_narrowest_group_around_the_process_counts(cgroup):
    files = {
        "a.slice/memory.max": str(250 * MIB),
        "a.slice/b.scope/memory.max": "max",
        "a.slice/cpu.max": "max 100000",
        "a.slice/b.scope/cpu.max": "800000 100000",
    }

    assert default_hash_workers(19456, cgroup("0::/a.slice/b.scope\n", files)) == 3


def test_a_larger_hash_takes_more_memory(cgroup):
    limits = cgroup("0::/\n", {"memory.max": str(512 * MIB)})

    assert default_hash_workers(65536, limits) == 5


def test_a_group_that_cannot_be_read_is_no_limit(tmp_path):
    assert default_hash_workers(19456, Cgroup(tmp_path / "none", tmp_path / "none")) == 16


def test_a_setting_is_stronger(monkeypatch):
    monkeypatch.setenv("MEMBER_PASSWORD_HASH_WORKERS", "3")

    assert CredentialSettings(_env_file=None).password_hash_workers == 3


def test_the_default_of_the_settings_is_within_this_machines_limits():
    assert 1 <= CredentialSettings(_env_file=None).password_hash_workers <= 16
