"""`member-platform down`: stop everything, in any state."""

from __future__ import annotations

import signal
import time

from platform_standalone.client import supervisor_identity
from platform_standalone.control import NotRunning, send_command
from platform_standalone.process_table import RECORD, ProcessTable
from platform_standalone.state import StateFolder

# How long the whole platform may take to stop gracefully (seconds).
STOP_SECONDS = 60.0


def down(state: StateFolder) -> int:
    """Stop the platform gracefully, then kill orphaned processes that it started."""
    supervisor = supervisor_identity(state)
    stopped = []
    try:
        with send_command(state.run, {"command": "stop"}, STOP_SECONDS) as replies:
            for message in replies:
                print(f"  {message['name']:<22} {message['what']:<28} {message['seconds']:5.1f} s", flush=True)
                stopped.append(message["name"])
    except NotRunning:
        # It may not listen yet.
        if supervisor is not None:
            supervisor.send(signal.SIGTERM)
    except (TimeoutError, ConnectionError):
        print("Supervisor not responding; killing it and stopping its components.")
        if supervisor is not None:
            supervisor.send(signal.SIGKILL)
    if supervisor is not None:
        deadline = time.monotonic() + STOP_SECONDS
        while supervisor.alive():
            if time.monotonic() > deadline:
                supervisor.send(signal.SIGKILL)
            time.sleep(0.02)
    record = ProcessTable(state.run / RECORD)
    if not record.load():
        print("The platform is stopped." if supervisor or stopped else "The platform is not running.")
        return 0
    orphans = record.kill_orphans()
    record.remove()
    print(f"Stopped leftover processes: {', '.join(orphans)}." if orphans else "The platform had already been killed.")
    return 0
