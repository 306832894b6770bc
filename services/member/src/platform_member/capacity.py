"""How many password hashes may be computed at once: by the CPUs and the memory that the process may really use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_WORKERS = 64
# Memory of the service without hashes in progress (118 MiB measured), with a reserve.
_BASE_BYTES = 160 * 2**20
# Memory of a working thread in addition to its hash.
_THREAD_BYTES = 4 * 2**20
# cgroup v1 expresses "unlimited" by a number close to 2^63.
_UNLIMITED_BYTES = 2**60


@dataclass(frozen=True)
class Cgroup:
    """The limits of this process's control group (v1 or v2), each None where there is none."""

    mount: Path = Path("/sys/fs/cgroup")
    membership: Path = Path("/proc/self/cgroup")

    def memory_bytes(self) -> int | None:
        """Return the lowest memory limit of the group and the groups around it."""
        texts = [*self._texts("", "memory.max"), *self._texts("memory", "memory.limit_in_bytes")]
        limits = [int(text) for text in texts if text.isdecimal()]
        return min((limit for limit in limits if limit < _UNLIMITED_BYTES), default=None)

    def cpus(self) -> float | None:
        """Return the lowest CPU quota of the group and the groups around it, in CPUs."""
        v1 = zip(self._texts("cpu", "cpu.cfs_quota_us"), self._texts("cpu", "cpu.cfs_period_us"), strict=False)
        pairs = [*(text.split() for text in self._texts("", "cpu.max")), *v1]
        quotas = [int(quota) / int(period) for quota, period in pairs if quota.isdecimal() and int(period) > 0]
        return min(quotas, default=None)

    def _texts(self, controller: str, name: str) -> Iterator[str]:
        """Yield the contents of the files `name`, from the innermost group outwards."""
        mount = self.mount / controller
        for folder in _up_to(mount, mount / self._path(controller)):
            try:
                yield (folder / name).read_text().strip()
            except OSError:
                continue

    def _path(self, controller: str) -> str:
        try:
            lines = self.membership.read_text().splitlines()
        except OSError:
            return ""
        for line in lines:
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                return path.lstrip("/")
        return ""


def default_hash_workers(memory_kib: int, cgroup: Cgroup | None = None) -> int:
    """Return how many hashes of `memory_kib` each fit into the limits; at least one."""
    cgroup = cgroup or Cgroup()
    workers = min(_usable_cpus(), MAX_WORKERS)
    if (cpus := cgroup.cpus()) is not None:
        workers = min(workers, int(cpus))
    if (memory := cgroup.memory_bytes()) is not None:
        workers = min(workers, (memory - _BASE_BYTES) // (memory_kib * 1024 + _THREAD_BYTES))
    return max(1, workers)


def _usable_cpus() -> int:
    # Only Linux knows which CPUs the process may use.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _up_to(top: Path, folder: Path) -> Iterator[Path]:
    yield folder
    for parent in folder.parents:
        if not parent.is_relative_to(top):
            return
        yield parent
