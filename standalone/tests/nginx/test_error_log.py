"""nginx's messages are written on without queries, host and referrer, and nginx never waits for that."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from platform_standalone.nginx.error_log import FilteredOutput, without_request_data

_going = threading.Event()

BEGIN = b"2026/11/30 12:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream"
CLIENT = b", client: 127.0.0.1, server: _"

MAIL = b"ada@example.com"
TAILS = {
    b', request: "GET /api/members?q=%b HTTP/1.1", upstream: "http://127.0.0.1:81/api/members?q=%b", '
    b'host: "shop.example", referrer: "http://shop.example/admin?q=%b"' % (MAIL, MAIL, MAIL): (
        b', request: "GET /api/members", upstream: "http://127.0.0.1:81"'
    ),
    b', request: "GET /a?q=%b HTTP/1.1", subrequest: "/.edge/verify/0", '
    b'upstream: "http://[::1]:81/auth/verify?x", host: "h"' % MAIL: (
        b', request: "GET /a", subrequest: "/.edge/verify/0", upstream: "http://[::1]:81"'
    ),
    b', request: "GET /a HTTP/1.1", host: "h"': b', request: "GET /a"',
    b', request: "GET /a", host: "%b"' % MAIL: b', request: "GET /a"',
    b', request: "GET /a?x"q=%b HTTP/1.1", host: "h"' % MAIL: b', request: "GET /a"',
    # only what nginx itself wrote at that place is an upstream
    b', request: "GET /a?x HTTP/1.1", host: "h", referrer: "x, upstream: "http://%b"' % MAIL: b', request: "GET /a"',
    # cut at 2 KiB
    b', request: "GET /a?q=%b' % MAIL: b"",
}


@pytest.mark.parametrize("tail", TAILS)
def test_of_a_request_method_path_and_upstream_stay(tail: bytes):
    assert without_request_data(BEGIN + CLIENT + tail + b"\n") == BEGIN + CLIENT + TAILS[tail] + b"\n"


def test_what_is_about_no_request_stays_as_it_is():
    message = b'2026/11/30 12:00:00 [emerg] 7#7: unknown directive "ada?" in /x/nginx.conf:1\n'
    assert without_request_data(message) == message


def test_what_an_upstream_sent_is_removed():
    message = (
        BEGIN[:40] + b'upstream sent invalid header: "X-Mail: ada@example.com\\x00..." while reading' + CLIENT + b"\n"
    )
    assert b"ada@" not in without_request_data(message)
    assert without_request_data(message).endswith(CLIENT + b"\n")


def test_all_messages_of_a_process_that_ended_are_written(tmp_path: Path):
    target = tmp_path / "log"
    output: Any = FilteredOutput(bytes.upper, target)
    script = "import os\nfor n in range(50): os.write(2, b'line %d\\n' % n)"
    with output.writer:
        subprocess.run([sys.executable, "-c", script], stderr=output.writer, check=True)
    output.join()
    assert target.read_bytes().startswith(b"LINE 0\nLINE 1\n")
    assert target.read_bytes().endswith(b"LINE 49\n")


def test_a_process_never_waits_for_its_log(tmp_path: Path):
    """The other side stands still, and the process ends all the same: messages are lost."""
    output: Any = FilteredOutput(_stand_still, tmp_path / "log")
    script = (
        "import os\nlost = 0\nfor n in range(5000):\n"
        "    try: os.write(2, b'x' * 1000)\n"
        "    except BlockingIOError: lost += 1\nprint(lost)"
    )
    with output.writer:
        done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=output.writer, check=True)
    _going.set()
    assert int(done.stdout) > 0


def _stand_still(message: bytes) -> bytes:
    _going.wait(60)
    return message
