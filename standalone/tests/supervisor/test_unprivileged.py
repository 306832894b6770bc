"""What root starts as another user."""

from __future__ import annotations

import subprocess
from pathlib import Path

from platform_standalone.local_servers.unprivileged import command_prefix


def test_programs_in_a_folder_that_only_its_owner_enters_can_be_found_and_run(tmp_path: Path):
    closed = tmp_path / "home of root"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.write_text("#!/bin/sh\nid -u\n")
    program.chmod(0o755)

    # test(1) asks access(2), as PostgreSQL does.
    subprocess.run([*command_prefix(), "test", "-x", str(program)], check=True, cwd="/")
    user = subprocess.run([*command_prefix(), str(program)], check=True, cwd="/", capture_output=True, text=True)

    assert int(user.stdout) != 0
