"""Two Valkeys, master and replica, watched by three sentinels that make the replica master when the master fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import redis

from platform_standalone.ports import reserve_port
from platform_testing.process import ServerProcess
from platform_testing.valkey import server_command

NAME = "idem"
PASSWORD = "of the servers"
SENTINEL_PASSWORD = "of the sentinels"
LIMIT_SECONDS = 60.0


class Watched:
    """The five processes, not started yet; their ports are known from the beginning."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ports = [reserve_port(), reserve_port()]
        self.sentinel_ports = [reserve_port() for _ in range(3)]
        self._processes: dict[int, ServerProcess] = {}

    @property
    def config(self) -> dict[str, object]:
        """The plugin's configuration of Redis."""
        return {
            "sentinel_master": NAME,
            "sentinel_nodes": [{"host": "127.0.0.1", "port": port} for port in self.sentinel_ports],
            "sentinel_role": "master",
            "sentinel_password": SENTINEL_PASSWORD,
            "password": PASSWORD,
            "timeout": 400,
        }

    def heal(self) -> None:
        """Start what does not run, and wait until there are a master, a replica in step, and three sentinels."""
        for port in self.ports:
            self._start(port, self._server_lines(port), [])
        if not any(port in self._processes for port in self.sentinel_ports):
            # a sentinel looks for replicas every ten seconds: there must be one when it looks first
            _wait(lambda: any(self._has_replica(port) for port in self.ports))
        for port in self.sentinel_ports:
            self._start(port, self._sentinel_lines(), ["--sentinel"])
        _wait(self._is_one_master)
        _wait(self._is_whole)

    def stop(self) -> None:
        """End all of it."""
        for process in self._processes.values():
            process.stop()

    def master(self) -> int:
        """Return the port of the server that is the master, as the sentinels see it."""
        with self._sentinel(self.sentinel_ports[0]) as sentinel:
            return int(sentinel.sentinel_get_master_addr_by_name(NAME)[1])

    def client(self, port: int) -> redis.Redis:
        """Return a client of a server."""
        return redis.Redis(port=port, password=PASSWORD, socket_timeout=2)

    def pid(self, port: int) -> int:
        """Return the process of a server or sentinel."""
        return self._processes[port].pid

    def kill(self, port: int) -> None:
        """End a server or sentinel as a crash would."""
        self._processes.pop(port).kill()

    def fail_over(self) -> None:
        """Let the sentinels make the replica master, as an operator would."""
        before = self.master()
        with self._sentinel(self.sentinel_ports[0]) as sentinel:
            _wait(lambda: bool(sentinel.execute_command("SENTINEL FAILOVER", NAME)))
        self.wait_for_another_master(before)

    def wait_for_another_master(self, before: int) -> int:
        """Wait until the sentinels name another master than `before`; return its port."""
        _wait(lambda: self.master() != before)
        return self.master()

    def wait_replicated(self, port: int) -> None:
        """Wait until the master's replica has all that was written so far."""
        with self.client(port) as client:
            # WAIT is about what its own connection wrote, and that comes after everything else
            client.set("last", "one")
            assert client.wait(1, 5000) == 1

    def _sentinel(self, port: int) -> redis.Redis:
        return redis.Redis(port=port, password=SENTINEL_PASSWORD, socket_timeout=2)

    def _start(self, port: int, lines: list[str], arguments: list[str]) -> None:
        if port in self._processes:
            return
        home = self._folder / str(port)
        config = home / "valkey.conf"
        if not home.exists():
            # written once: the servers keep in it what the sentinels tell them
            home.mkdir(parents=True)
            config.write_text("\n".join(["bind 127.0.0.1", f"port {port}", f'dir "{home}"', *lines]) + "\n")
        self._processes[port] = ServerProcess([*server_command(config), *arguments], home / "log")

    def _server_lines(self, port: int) -> list[str]:
        lines = [f'requirepass "{PASSWORD}"', f'masterauth "{PASSWORD}"', "appendonly yes", 'save ""']
        lines += ["repl-diskless-sync-delay 0", "repl-ping-replica-period 1"]
        if port != self.ports[0]:
            lines.append(f"replicaof 127.0.0.1 {self.ports[0]}")
        return lines

    def _sentinel_lines(self) -> list[str]:
        return [
            f"sentinel monitor {NAME} 127.0.0.1 {self.ports[0]} 2",
            f'sentinel auth-pass {NAME} "{PASSWORD}"',
            f"sentinel down-after-milliseconds {NAME} 1500",
            f"sentinel failover-timeout {NAME} 4000",
            f'requirepass "{SENTINEL_PASSWORD}"',
            f'sentinel sentinel-pass "{SENTINEL_PASSWORD}"',
        ]

    def _is_one_master(self) -> bool:
        """Demote whatever else believes to be the master; the sentinels would, but take ten seconds to be sure."""
        master = self.master()
        for port in self.ports:
            with self.client(port) as client:
                if port != master and client.info("replication")["role"] == "master":
                    client.replicaof("127.0.0.1", master)
        return True

    def _is_whole(self) -> bool:
        masters = set()
        for port in self.sentinel_ports:
            with self._sentinel(port) as sentinel:
                state = sentinel.sentinel_master(NAME)
            if state["num-other-sentinels"] != 2 or state["num-slaves"] != 1 or state["is_odown"] or state["is_sdown"]:
                return False
            masters.add(state["port"])
        if len(masters) != 1:
            return False
        return self._has_replica(masters.pop())

    def _has_replica(self, port: int) -> bool:
        with self.client(port) as client:
            replication = client.info("replication")
        replica = replication.get("slave0", {})
        return replication["role"] == "master" and replica.get("state") == "online" and int(replica["lag"]) <= 1


def _wait(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    problem: Exception | None = None
    while True:
        try:
            if what():
                return
            problem = None
        except redis.RedisError as error:
            problem = error
        assert time.monotonic() < deadline, f"it did not come true in time ({problem!r})"
        time.sleep(0.05)
