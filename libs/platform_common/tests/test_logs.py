"""Logs: one JSON object a line, without secrets."""

import json
import subprocess
import sys

PROGRAM = """
import structlog
from platform_common.logs import configure_logging

configure_logging("example")
log = structlog.get_logger("example")
log.info("log-in", password="hunter2")
secret_of_a_frame = "hunter3"
try:
    raise ValueError("broken")
except ValueError:
    log.exception("failed")
"""


def test_neither_fields_nor_the_variables_of_a_traceback_give_a_secret_away():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    login, failed = (json.loads(line) for line in run.stdout.splitlines())
    assert login["password"] == "[redacted]"
    assert failed["exception"][0]["exc_value"] == "broken"
    assert "hunter" not in run.stdout


def test_a_command_keeps_its_standard_output_for_its_result():
    program = PROGRAM.replace('configure_logging("example")', 'configure_logging("example", stream=sys.stderr)')

    run = subprocess.run([sys.executable, "-c", "import sys\n" + program], capture_output=True, text=True, check=True)

    assert run.stdout == ""
    assert [json.loads(line)["event"] for line in run.stderr.splitlines()] == ["log-in", "failed"]
