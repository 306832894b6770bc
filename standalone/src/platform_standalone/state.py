"""The state folder: everything that a platform on one machine stores between runs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from platform_standalone.errors import PlatformError

# What the first start writes, and what a later one needs to run for a while (MiB).
FIRST_START_MIB = 100
START_MIB = 32

# Says that a folder is ours to clear.
MARKER = "member-platform.state"


@dataclass(frozen=True)
class StateFolder:
    """Paths in the state folder. Only its owner can enter it (0700)."""

    root: Path

    @property
    def logs(self) -> Path:
        """The components' log files."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Files of the running platform: process record, lock, control socket."""
        return self.root / "run"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """The append-only file of the Valkey for sessions."""
        return self.root / "valkey"

    @property
    def valkey_idempotency(self) -> Path:
        """The append-only file of the Valkey for the gateway's idempotency records."""
        return self.root / "valkey-idempotency"

    @property
    def mailbox(self) -> Path:
        """The mails that were sent (a Maildir)."""
        return self.root / "mailbox"

    @property
    def joined(self) -> Path:
        """The manifests of other teams' services."""
        return self.root / "joined"

    @property
    def keys(self) -> Path:
        """The ring of signing keys."""
        return self.root / "keys"

    @property
    def credentials(self) -> Path:
        """The generated secrets (0600)."""
        return self.root / "credentials.json"

    @property
    def finished(self) -> Path:
        """What was done in an earlier run and need not be again."""
        return self.root / "finished.json"

    @property
    def administrator(self) -> Path:
        """The file with the first administrator, once created (0600)."""
        return self.root / "administrator.json"

    def log(self, name: str) -> Path:
        """Return the log file `name`."""
        return self.logs / f"{name}.log"

    def exists(self) -> bool:
        """Whether there is a state folder of ours."""
        return (self.root / MARKER).is_file()

    def create(self) -> None:
        """Make the folder, or check that it is ours. Raises PlatformError."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.exists() and any(self.root.iterdir()):
                raise PlatformError(
                    f"{self.root} contains other files; name an empty or new folder: PLATFORM_STATE=<folder> make up."
                )
            self.root.chmod(0o700)
            (self.root / MARKER).touch(mode=0o600)
            for folder in (self.logs, self.run):
                folder.mkdir(mode=0o700, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise PlatformError(f"{self.root} is not a folder; name one: PLATFORM_STATE=<folder> make up.") from None
        except OSError as error:
            raise PlatformError(
                f"{self.root} cannot be used as the state folder ({error.strerror}); "
                "name another: PLATFORM_STATE=<folder> make up."
            ) from None

    def check_space(self) -> None:
        """Raise PlatformError when the disk is too full to start: databases fail there without naming the cause."""
        needed = START_MIB if self.postgres.is_dir() else FIRST_START_MIB
        free = shutil.disk_usage(self.root).free >> 20
        if free < needed:
            raise PlatformError(
                f"The disk of {self.root} is full: {free} MB are free, and the start needs {needed} MB. "
                "Delete files there, or name another folder: PLATFORM_STATE=<folder> make up."
            )

    def clear(self) -> None:
        """Remove the folder and all in it. Raises PlatformError when it is not ours."""
        if not self.root.exists():
            return
        if not self.exists():
            raise PlatformError(
                f"{self.root} was not created by the platform; delete it yourself if you no longer need it."
            )
        try:
            shutil.rmtree(self.root)
        except PermissionError as error:
            raise PlatformError(f"{error.filename} is owned by another user; run this command as that user.") from None
