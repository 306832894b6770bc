"""Nothing but the edge listens on other than loopback, and the edge only when configured to."""

from ipaddress import ip_address
from pathlib import Path

from blackbox.own_platform import OwnPlatform

LISTEN = "0A"


def listening(pids: set[int]) -> set[str]:
    """Return the addresses on which processes listen, read from /proc."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = str(descriptor.readlink())
            except FileNotFoundError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and fields[9] in inodes:
                host, port = fields[1].split(":")
                words = [bytes.fromhex(host[start : start + 8])[::-1] for start in range(0, len(host), 8)]
                found.add(f"{ip_address(b''.join(words))}:{int(port, 16)}")
    return found


def test_every_listener_is_on_loopback(own_platform: OwnPlatform):
    found = listening({process.pid for process in own_platform.all_processes()})

    assert len(found) >= 11, found  # edge, gateway, member, auth, shop, their metrics, databases
    assert {component["address"] for component in own_platform.status()["components"]} <= found
    assert {address.rpartition(":")[0] for address in found} == {"127.0.0.1"}


def test_no_secret_is_on_a_command_line(own_platform: OwnPlatform):
    """Every user of the machine reads them."""
    for process in own_platform.all_processes():
        command_line = " ".join(process.cmdline())
        assert not [secret for secret in own_platform.secrets() if secret in command_line], process.name()


def test_the_state_is_its_owners_alone(own_platform: OwnPlatform):
    assert own_platform.state.stat().st_mode & 0o077 == 0
    assert (own_platform.state / "credentials.json").stat().st_mode & 0o077 == 0
