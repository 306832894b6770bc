"""Processes by identity: a pid alone can be reused by another process."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platform_standalone.errors import PlatformError

_PROC = Path("/proc")

# A killed process may take this long to be gone (seconds).
UNKILLABLE_SECONDS = 10


@dataclass(frozen=True)
class ProcessIdentity:
    """A process for good: its id, when it started (clock ticks since boot), and in which boot."""

    pid: int
    started: int
    boot: str

    @classmethod
    def from_pid(cls, pid: int) -> ProcessIdentity | None:
        """Return the identity of the running process `pid`, or None."""
        stat = _stat(pid)
        return None if stat is None or stat.dead else cls(pid, stat.started, boot_id())

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessIdentity.from_pid(self.pid) == self

    def send(self, how: signal.Signals) -> None:
        """Signal this process; do nothing if it has exited."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, how)


@dataclass(frozen=True)
class _Stat:
    started: int
    session: int
    dead: bool


def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # proc(5): the name, in brackets, may hold anything; what follows it is counted from field 3.
    rest = text[text.rindex(")") + 2 :].split()
    return _Stat(started=int(rest[19]), session=int(rest[3]), dead=rest[0] in "ZXx")


def kill_session(leader: ProcessIdentity) -> None:
    """Kill the remaining processes of the session of `leader` (its workers), with or without the leader.

    A session's id is not given to another process while one of its own lives; if a stranger leads it, it is not ours.
    """
    if leader.boot != boot_id():
        return
    now = _stat(leader.pid)
    if now is not None and now.started != leader.started:
        return
    for pid in _session_members(leader.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def session_alive(leader: ProcessIdentity) -> bool:
    """Whether anything of the session that `leader` began still runs."""
    if leader.boot != boot_id():
        return False
    now = _stat(leader.pid)
    if now is not None and now.started != leader.started:
        return False
    return any(True for _ in _session_members(leader.pid))


def _session_members(session: int) -> Iterator[int]:
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            stat = _stat(int(entry.name))
            if stat is not None and stat.session == session and not stat.dead:
                yield int(entry.name)


def end_sessions(leaders: Iterable[ProcessIdentity], how: signal.Signals, seconds: float) -> None:
    """Stop the leaders gracefully, and kill what is left after `seconds`.

    Raises PlatformError when something cannot even be killed.
    """
    pending = list(leaders)
    for leader in pending:
        leader.send(how)
    deadline = time.monotonic() + seconds
    while pending := [leader for leader in pending if session_alive(leader)]:
        late = time.monotonic() - deadline
        if late > UNKILLABLE_SECONDS:
            raise PlatformError(f"Process {pending[0].pid} does not exit even after SIGKILL; restart the machine.")
        for leader in pending:
            # A leader ends its workers before itself; without one no one would.
            if late > 0 or not leader.alive():
                kill_session(leader)
        time.sleep(0.02)


def tied_to_parent(command: Sequence[str], how: signal.Signals) -> list[str]:
    """Return `command` with a wrapper by which the kernel sends it `how` when its parent dies.

    Raises PlatformError when setpriv (util-linux) is missing.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PlatformError("setpriv is missing; install it: apt-get install util-linux.")
    option = f"--pdeathsig={how.name.removeprefix('SIG')}"
    if command[0] == setpriv:
        # A change of user clears the signal, so it is set by the same call, after that.
        return [setpriv, option, *command[1:]]
    return [setpriv, option, "--", *command]
