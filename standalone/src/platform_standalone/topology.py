"""The platform's components and start-up jobs on one machine, and their dependencies."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from platform_routes.table import RouteTableError
from platform_standalone import database
from platform_standalone.credentials import write_private
from platform_standalone.errors import PlatformError
from platform_standalone.front import Front
from platform_standalone.job_cache import UNCHANGED, JobCache, digest
from platform_standalone.joining.registry import SERVICES
from platform_standalone.local_servers import postgres, valkey
from platform_standalone.local_servers.unprivileged import NoUnprivilegedUser
from platform_standalone.log_files import cause
from platform_standalone.nginx.error_log import without_request_data
from platform_standalone.nginx.program import NginxMissing, Program
from platform_standalone.ports import LOOPBACK
from platform_standalone.probes import http_answers, http_ready, postgres_answers, valkey_answers
from platform_standalone.processes import tied_to_parent
from platform_standalone.settings import PlatformSettings
from platform_standalone.steps import Component, Job, Step

DONE = "done"

# How long a job's program may take (seconds).
COMMAND_SECONDS = 120


def plan(settings: PlatformSettings) -> list[Step]:
    """Return every step of a start. Raises PlatformError when a package is missing or the route table is wrong."""
    check_service_settings(settings)
    try:
        return [
            *_stores(settings),
            *_member(settings),
            *_mail(settings),
            *_auth(settings),
            *_shop(settings),
            *_web(settings),
            *_front(settings),
        ]
    except (RouteTableError, NoUnprivilegedUser) as error:
        raise PlatformError(str(error)) from None
    except NginxMissing as error:
        raise PlatformError(f"{error} Install what is missing: scripts/bootstrap.sh up.") from None


def check_service_settings(settings: PlatformSettings) -> None:
    """Raise PlatformError when a service would refuse the variables that the caller has set for it."""
    environments = {
        "auth": ("AuthSettings", settings.auth_environment),
        "member": ("MemberSettings", settings.member_environment),
        "shop": ("ShopSettings", settings.shop_environment),
        "web": ("WebSettings", settings.web_environment),
    }
    checks = [(service, *what) for service, what in environments.items()]
    checks.append(("member", "MailWorkerSettings", settings.mail_worker_environment))
    for service, settings_class, environment in checks:
        # without one, all values are ours
        if not any(name.startswith(f"{service.upper()}_") for name in settings.caller):
            continue
        where = f"platform_{service}.config:{settings_class}"
        checked = subprocess.run(
            [sys.executable, "-P", "-m", "platform_common.check_settings", where],
            env=environment(),
            cwd=settings.checkout / "services" / service,
            capture_output=True,
            text=True,
            check=False,
        )
        if checked.returncode != 0:
            raise PlatformError(f"{service}: {cause(checked.stderr)}")


def _stores(settings: PlatformSettings) -> list[Step]:
    ports, credentials, state = settings.ports, settings.credentials, settings.state
    superuser_url = settings.database_url(postgres.SUPERUSER, credentials.postgres_superuser, "postgres")

    async def make_cluster() -> str:
        made = await asyncio.to_thread(database.make_cluster, state.postgres, credentials.postgres_superuser)
        return DONE if made else UNCHANGED

    async def provision() -> str:
        await database.provision(superuser_url, database.MEMBER, credentials.member_owner, credentials.member_app)
        await database.provision(superuser_url, database.SHOP, credentials.shop_owner, credentials.shop_app)
        return DONE

    return [
        Job("database cluster", make_cluster),
        Component(
            name="postgres",
            command=postgres.server_command(state.postgres, ports.postgres, log_line_prefix="%m [%p] %q%u@%d "),
            probe=postgres_answers(superuser_url),
            address=f"{LOOPBACK}:{ports.postgres}",
            after=["database cluster"],
            environment=settings.common_environment(),
            stop_signal=signal.SIGINT,  # ends connections; its SIGTERM waits for them
            start_seconds=120,  # it may have to recover first
        ),
        Job("database roles", provision, after=["postgres"]),
        *_valkey(
            settings,
            name="valkey",
            port=ports.valkey,
            data=state.valkey,
            user=("auth", credentials.valkey_auth),
            maxmemory=settings.maxmemory("VALKEY_MAXMEMORY"),
            url=settings.session_store_url,
        ),
        # A server of its own: records that fill it stop keyed requests, and no log-in.
        *_valkey(
            settings,
            name="valkey-idempotency",
            port=ports.valkey_idempotency,
            data=state.valkey_idempotency,
            user=("gateway", credentials.valkey_gateway),
            maxmemory=settings.maxmemory("VALKEY_IDEMPOTENCY_MAXMEMORY"),
            url=settings.idempotency_store_url,
        ),
    ]


def _valkey(
    settings: PlatformSettings, name: str, port: int, data: Path, user: tuple[str, str], maxmemory: str, url: str
) -> list[Step]:
    """Return the steps of one Valkey with one user (name and password)."""
    config = settings.state.run / f"{name}.conf"
    users = {user[0]: valkey.AclUser(user[1], valkey.PLATFORM_RULES[user[0]])}

    async def configure() -> str:
        valkey.write_config(config, port, data, users, maxmemory)
        return DONE

    return [
        Job(f"{name} configuration", configure),
        Component(
            name=name,
            command=valkey.server_command(config),
            probe=valkey_answers(url),
            address=f"{LOOPBACK}:{port}",
            after=[f"{name} configuration"],
            environment=settings.common_environment(),
            start_seconds=120,  # it may have much to load
        ),
    ]


def _member(settings: PlatformSettings) -> list[Step]:
    folder = settings.checkout / "services" / "member"

    async def make_administrator() -> str:
        if settings.state.administrator.exists():
            return UNCHANGED
        email, password = settings.administrator_email, settings.credentials.administrator
        said = await run_command(
            _program("member", "create-admin", "--email", email, "--display-name", "Administrator"),
            settings.member_environment() | {"MEMBER_ADMIN_PASSWORD": password},
            folder,
        )
        member = json.loads(said)
        write_private(settings.state.administrator, {"id": member["id"], "email": email, "password": password})
        return DONE

    return [
        _migrations(settings, "member", settings.member_owner_url, settings.member_migration_environment()),
        Job("first administrator", make_administrator, after=["member migrations"]),
        _service(settings, "member", settings.ports.member, settings.member_environment(), after=["member migrations"]),
    ]


def _mail(settings: PlatformSettings) -> list[Step]:
    """Return the mail worker and, where no mail server is named, the mailbox that takes its mails."""
    ports = settings.ports
    worker = Component(
        name="mail-worker",
        command=_program("member", "mail-worker"),
        probe=http_ready(f"http://{LOOPBACK}:{ports.mail_worker}/readyz"),
        address=f"{LOOPBACK}:{ports.mail_worker}",
        after=["member migrations", *(["mailbox"] if settings.has_mailbox else [])],
        environment=settings.mail_worker_environment(),
        cwd=settings.checkout / "services" / "member",
        sources=_sources(settings, "member"),
    )
    if not settings.has_mailbox:
        return [worker]
    options = (
        "--folder",
        str(settings.state.mailbox),
        "--smtp-port",
        str(ports.smtp),
        "--http-port",
        str(ports.mailbox),
    )
    mailbox = Component(
        name="mailbox",
        command=[sys.executable, "-P", "-m", "platform_standalone.mailbox", *options],
        probe=http_ready(f"http://{LOOPBACK}:{ports.mailbox}/readyz"),
        address=f"{LOOPBACK}:{ports.mailbox}",
        environment=settings.common_environment(),
    )
    return [mailbox, worker]


def _auth(settings: PlatformSettings) -> list[Step]:
    folder = settings.checkout / "services" / "auth"

    finished = JobCache(settings.state.finished)

    async def make_keys() -> str:
        # auth itself checks whether the ring is valid.
        if finished.is_done("signing keys", "1") and settings.state.keys.is_dir():
            return UNCHANGED
        command = _program("auth", "keys", "init", "--dir", str(settings.state.keys))
        await run_command(command, settings.common_environment(), folder)
        finished.mark_done("signing keys", "1")
        return DONE

    return [
        Job("signing keys", make_keys),
        _service(settings, "auth", settings.ports.auth, settings.auth_environment(), after=["valkey", "signing keys"]),
    ]


def _shop(settings: PlatformSettings) -> list[Step]:
    folder = settings.checkout / "services" / "shop"

    finished = JobCache(settings.state.finished)

    async def fill_catalogue() -> str:
        products = digest([folder / "src" / "platform_shop" / "demo"])
        if not settings.demo_data:
            return "left out (DEMO_DATA)"
        if finished.is_done("demo data", products):
            return UNCHANGED
        await run_command(_program("shop", "demo-data"), settings.shop_environment(), folder)
        finished.mark_done("demo data", products)
        return DONE

    return [
        _migrations(settings, "shop", settings.shop_owner_url, settings.shop_migration_environment()),
        Job("demo data", fill_catalogue, after=["shop migrations"]),
        _service(settings, "shop", settings.ports.shop, settings.shop_environment(), after=["shop migrations"]),
    ]


def _migrations(settings: PlatformSettings, service: str, owner_url: str, environment: Mapping[str, str]) -> Job:
    folder = settings.checkout / "services" / service
    steps = [
        folder / "src" / f"platform_{service}" / "migrations",
        settings.checkout / "libs" / "platform_database" / "src",
    ]
    name = f"{service} migrations"
    finished = JobCache(settings.state.finished)

    async def migrate() -> str:
        code = digest(steps)
        if finished.is_done(name, f"{code} {await database.revision(owner_url)}"):
            return UNCHANGED
        await run_command(_program(service, "migrate"), environment, folder)
        finished.mark_done(name, f"{code} {await database.revision(owner_url)}")
        return DONE

    return Job(name, migrate, after=["database roles"])


def _web(settings: PlatformSettings) -> list[Step]:
    return [
        _service(settings, "web", settings.ports.web, settings.web_environment()),
    ]


def _front(settings: PlatformSettings) -> list[Step]:
    ports = settings.ports
    front = Front(settings)
    gateway, edge = front.programs()
    return [
        *_joined(front),
        _write("gateway configuration", gateway),
        _nginx(
            gateway,
            probe_url=f"http://{LOOPBACK}:{ports.gateway_status}/ready",
            address=f"{LOOPBACK}:{ports.gateway}",
            after=["gateway configuration", "valkey-idempotency"],
            environment=settings.gateway_environment(),
        ),
        _write("edge configuration", edge),
        _nginx(
            edge,
            probe_url=f"{settings.edge_url}/",
            address=f"{settings.edge_host}:{ports.edge}",
            # Last: behind a reachable edge the whole platform runs.
            after=["edge configuration", "gateway", *sorted(SERVICES), "first administrator", "demo data"],
            environment=settings.common_environment(),
        ),
    ]


def _joined(front: Front) -> list[Step]:
    """Return a job that reports the joined services; none without joined services."""
    registered = front.registered

    async def report() -> str:
        left_out = [f"{name} left out, see make status" for name in registered.faults]
        return ", ".join([*registered.services, *left_out])

    return [Job("joined services", report)] if registered.services or registered.faults else []


def _write(name: str, program: Program) -> Job:
    async def write() -> str:
        program.write()
        return DONE

    return Job(name, write)


def _nginx(
    program: Program, probe_url: str, address: str, after: Sequence[str], environment: Mapping[str, str]
) -> Component:
    probe = http_ready(probe_url) if probe_url.endswith("/ready") else http_answers(probe_url)
    return Component(
        name=program.name,
        command=program.argv,
        probe=probe,
        address=address,
        after=after,
        environment=environment,
        log=f"{program.name}.error",
        error_filter=without_request_data,
        stop_signal=program.drain_signal,
        stop_seconds=5,
    )


def _program(name: str, *arguments: str) -> list[str]:
    """Return the command of a package's own program, from the virtual environment that we run in."""
    return [str(Path(sys.executable).with_name(name)), *arguments]


def _service(
    settings: PlatformSettings, name: str, port: int, environment: Mapping[str, str], after: Sequence[str] = ()
) -> Component:
    return Component(
        name=name,
        command=_program(name, "serve"),
        probe=http_ready(f"http://{LOOPBACK}:{port}/readyz"),
        address=f"{LOOPBACK}:{port}",
        after=after,
        environment=environment,
        cwd=settings.checkout / "services" / name,
        stop_seconds=25,  # requests in flight may take 20 s
        sources=_sources(settings, name),
    )


def _sources(settings: PlatformSettings, service: str) -> list[Path]:
    return [settings.checkout / "services" / service / "src", *sorted(settings.checkout.glob("libs/*/src"))]


async def run_command(command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> str:
    """Run a program to its end and return its output. Raises PlatformError with its last line."""
    process = await asyncio.create_subprocess_exec(
        *tied_to_parent(command, signal.SIGTERM),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
        cwd=cwd,
    )
    name = " ".join([Path(command[0]).name, *command[1:2]])
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            output, complaints = await process.communicate()
    except TimeoutError:
        raise PlatformError(f"{name} did not end within {COMMAND_SECONDS} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        said = cause(complaints.decode(errors="replace"))
        raise PlatformError(f"{name} failed: {said or f'exit code {process.returncode}'}")
    return output.decode()
