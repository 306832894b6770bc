"""The running platform, seen from a command."""

from __future__ import annotations

from typing import Any

from platform_standalone.control import NotRunning, ask
from platform_standalone.errors import PlatformError
from platform_standalone.processes import ProcessIdentity
from platform_standalone.record import RECORD, ProcessRecord
from platform_standalone.state import StateFolder

# How long a supervisor may take to answer; it asks its parts meanwhile (seconds).
ANSWER_SECONDS = 10.0
# How long edge and gateway may take to follow a change of the joined services (seconds).
FOLLOW_SECONDS = 45.0


def status(state: StateFolder) -> dict[str, Any]:
    """Return what runs. `running` is false when there is no supervisor; `left` are then parts that outlived theirs.

    Raises PlatformError when there is a supervisor that does not answer.
    """
    try:
        with ask(state.run, {"do": "status"}, ANSWER_SECONDS) as answers:
            for answer in answers:
                return answer
    except NotRunning:
        pass
    except TimeoutError:
        raise PlatformError("The supervisor does not answer; make down ends it.") from None
    return not_running(state)


def follow_joined(state: StateFolder, closing: str) -> bool:
    """Let the running platform serve what is registered now; False when none runs.

    `closing` names a service that goes, or whose checks change. Raises PlatformError when the platform cannot follow.
    """
    try:
        with ask(state.run, {"do": "follow-joined", "closing": closing}, FOLLOW_SECONDS) as answers:
            answer = next(answers, {"event": "refused", "why": "The supervisor ended."})
    except NotRunning:
        return False
    except TimeoutError:
        raise PlatformError("The supervisor does not answer; make down ends it.") from None
    if answer["event"] != "followed":
        raise PlatformError(str(answer["why"]))
    return True


def not_running(state: StateFolder) -> dict[str, Any]:
    """Return the status of a platform without a supervisor."""
    left = [name for name, process in ProcessRecord(state.run / RECORD).load().items() if process.alive()]
    return {"running": False, "state": str(state.root), "left": left, "parts": []}


def supervisor_identity(state: StateFolder) -> ProcessIdentity | None:
    """Return the recorded supervisor if it is alive."""
    identity = ProcessRecord(state.run / RECORD).load().get(ProcessRecord.SUPERVISOR)
    return identity if identity is not None and identity.alive() else None
