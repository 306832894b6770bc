"""The running platform, seen from a command."""

from __future__ import annotations

from typing import Any

from platform_standalone.control import NotRunning, send_command
from platform_standalone.errors import PlatformError
from platform_standalone.process_table import RECORD, ProcessTable
from platform_standalone.processes import ProcessIdentity
from platform_standalone.state import StateFolder

# Timeout of the supervisor's response; it probes its components meanwhile (seconds).
RESPONSE_SECONDS = 10.0
# How long edge and gateway may take to follow a change of the joined services (seconds).
FOLLOW_SECONDS = 45.0


def status(state: StateFolder) -> dict[str, Any]:
    """Return the status. Without a supervisor `running` is false and `orphans` names components that still run.

    Raises PlatformError if the supervisor does not respond.
    """
    try:
        with send_command(state.run, {"command": "status"}, RESPONSE_SECONDS) as replies:
            for reply in replies:
                return reply
    except NotRunning:
        pass
    except TimeoutError:
        raise PlatformError("The supervisor is not responding. Stop it with make down.") from None
    return not_running(state)


def follow_joined(state: StateFolder, closing: str) -> bool:
    """Apply the registered services to the running platform; return False if none runs.

    `closing` names a service that goes, or whose checks change. Raises PlatformError when the platform cannot follow.
    """
    try:
        with send_command(state.run, {"command": "follow-joined", "closing": closing}, FOLLOW_SECONDS) as replies:
            reply = next(replies, {"event": "error", "message": "The supervisor ended."})
    except NotRunning:
        return False
    except TimeoutError:
        raise PlatformError("The supervisor is not responding. Stop it with make down.") from None
    if reply["event"] != "followed":
        raise PlatformError(str(reply["message"]))
    return True


def not_running(state: StateFolder) -> dict[str, Any]:
    """Return the status of a platform without a supervisor."""
    orphans = [name for name, process in ProcessTable(state.run / RECORD).load().items() if process.alive()]
    return {"running": False, "state": str(state.root), "orphans": orphans, "components": []}


def supervisor_identity(state: StateFolder) -> ProcessIdentity | None:
    """Return the recorded supervisor if it is alive."""
    identity = ProcessTable(state.run / RECORD).load().get(ProcessTable.SUPERVISOR)
    return identity if identity is not None and identity.alive() else None
