"""`platform down`: stop everything, whatever state it is in."""

from __future__ import annotations

import signal
import time

from platform_standalone.client import supervisor_identity
from platform_standalone.control import NotRunning, ask
from platform_standalone.record import RECORD, ProcessRecord
from platform_standalone.state import StateFolder

# How long the whole platform may take to stop gracefully (seconds).
STOP_SECONDS = 60.0


def down(state: StateFolder) -> int:
    """Stop the platform gracefully, then end what remains of it: only processes that it started."""
    supervisor = supervisor_identity(state)
    stopped = []
    try:
        with ask(state.run, {"do": "stop"}, STOP_SECONDS) as answers:
            for message in answers:
                print(f"  {message['name']:<22} {message['what']:<28} {message['seconds']:5.1f} s", flush=True)
                stopped.append(message["name"])
    except NotRunning:
        # It may be too young to listen.
        if supervisor is not None:
            supervisor.send(signal.SIGTERM)
    except (TimeoutError, ConnectionError):
        print("The supervisor does not answer; it is killed, and its parts are stopped.")
        if supervisor is not None:
            supervisor.send(signal.SIGKILL)
    if supervisor is not None:
        deadline = time.monotonic() + STOP_SECONDS
        while supervisor.alive():
            if time.monotonic() > deadline:
                supervisor.send(signal.SIGKILL)
            time.sleep(0.02)
    record = ProcessRecord(state.run / RECORD)
    if not record.load():
        print("The platform is stopped." if supervisor or stopped else "The platform does not run.")
        return 0
    left = record.end_leftovers()
    record.remove()
    rest = f"{_and(left)} had outlived it and ended now" if left else "nothing of it was left"
    print(f"The platform's supervisor had been killed; {rest}.")
    return 0


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
