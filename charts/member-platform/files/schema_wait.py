"""Wait until the database has the schema that this version of the service needs; old pods keep serving.

The service's own start ends within ten seconds when its tables are missing. Without this init container its pods would
crash during a long migration, and the kubelet's back-off would delay them by up to five minutes after its end.
"""

import asyncio
import importlib
import sys
import time

from platform_common.serving import StartupError
from platform_common.settings import load_settings
from platform_database.start import wait_for_database

# When to print what to do (seconds).
ADVICE_AFTER_SECONDS = 60


def main(service: str, component: str) -> None:
    """Wait for the schema. Prints what it waits for, and after a minute what to do."""
    schema = importlib.import_module(f"platform_{service}.schema").SCHEMA
    config = importlib.import_module(f"platform_{service}.config")
    settings = load_settings(config.DatabaseSettings)
    began, said, advised = time.monotonic(), "", False
    while True:
        try:
            asyncio.run(wait_for_database(settings, schema))
        except StartupError as refusal:
            if str(refusal) != said:
                said = str(refusal)
                print(f"Waiting: {said}", flush=True)
            if not advised and time.monotonic() - began > ADVICE_AFTER_SECONDS:
                advised = True
                print(
                    f"A Job of {component} creates the tables. Read its log with `kubectl logs --all-containers "
                    f"--selector app.kubernetes.io/component={component}`, fix the cause and upgrade again, or run "
                    "`helm rollback`; until then the previous pods keep serving.",
                    flush=True,
                )
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
