"""The files and the command of an nginx process."""

from __future__ import annotations

import functools
import os
import re
import resource
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Folders of nginx's module packages; the first that exists is used.
_MODULE_FOLDERS = (Path("/usr/lib/nginx/modules"), Path("/usr/lib64/nginx/modules"))
_BINARIES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx")

# Logs, listeners, temporary files of bodies.
_OTHER_FILES = 256

_FIRST_WITH_EARLY_LOG = (1, 19, 5)


class NginxMissing(Exception):
    """nginx, or a module of it, is not installed; the message is one sentence that names the package."""


@dataclass(frozen=True)
class Program:
    """One nginx process: its files, its command line, its control signals."""

    name: str
    folder: Path
    binary: str
    files: Mapping[Path, str]
    folders: tuple[Path, ...]
    reload_signal: signal.Signals = field(default=signal.SIGHUP)
    drain_signal: signal.Signals = field(default=signal.SIGQUIT)

    @property
    def argv(self) -> tuple[str, ...]:
        """The command that runs it in the foreground.

        Why it did not start is on stderr (see `start_failure`); once it runs, it closes that and writes to its log.
        """
        return (*self._command, "-g", "daemon off;")

    @property
    def check_argv(self) -> tuple[str, ...]:
        """The command that reads nginx's configuration, not the route file: exit code, and the reason on stderr."""
        return (*self._command, "-t", "-q")

    @property
    def _command(self) -> tuple[str, ...]:
        command = (self.binary, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"))
        # before it has read its configuration, nginx writes to a log outside of the folder, unless it is new enough
        return (*command, "-e", "stderr") if nginx_version(self.binary) >= _FIRST_WITH_EARLY_LOG else command

    def write(self) -> None:
        """Write the files. Each is replaced as a whole, so that a running process never reads half of one."""
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, text in self.files.items():
            replace(path, text)


def replace(path: Path, text: str) -> None:
    """Write `text` to `path` atomically."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def connection_limits(wanted: int) -> dict[str, int]:
    """Return how many connections a worker may have, and how many files: fewer where the machine allows less.

    A worker that runs out of connections closes idle ones; one that runs out of files accepts none.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + _OTHER_FILES
    if most not in {resource.RLIM_INFINITY, -1}:
        files = min(files, most)
    return {"worker_connections": files - _OTHER_FILES, "open_files": files}


def start_failure(stderr: str) -> str:
    """Return the sentence that explains the exit of nginx: the host's own, or nginx's first error."""
    for mark in ("init_by_lua error: ", "[emerg] ", "[error] "):
        for line in stderr.splitlines():
            _, found, message = line.partition(mark)
            if found:
                return re.sub(r"^\d+#\d+: ", "", message).strip()
    return stderr.strip() or "nginx ended without a word."


def find_nginx() -> str:
    """Return nginx's path. Raises NginxMissing."""
    for candidate in (shutil.which("nginx"), *_BINARIES):
        if candidate and Path(candidate).is_file():
            return candidate
    raise NginxMissing("nginx is not installed (package nginx).")


@functools.cache
def nginx_version(binary: str) -> tuple[int, ...]:
    """Return the version of an nginx program. Raises NginxMissing if it prints none."""
    said = subprocess.run([binary, "-v"], capture_output=True, text=True, check=False).stderr
    found = re.search(r"nginx/([0-9.]+)", said)
    if not found:
        raise NginxMissing(f"{binary} is not nginx.")
    return tuple(int(part) for part in found[1].split("."))


def find_modules(*names: str) -> list[Path]:
    """Return the modules' paths. Raises NginxMissing."""
    folder = next((folder for folder in _MODULE_FOLDERS if folder.is_dir()), _MODULE_FOLDERS[0])
    modules = [folder / f"{name}.so" for name in names]
    for module in modules:
        if not module.is_file():
            raise NginxMissing(f"nginx's module {module.stem} is not installed (package libnginx-mod-http-lua).")
    return modules
