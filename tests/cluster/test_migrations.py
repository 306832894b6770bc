"""Migrations that fail, and tables that are ahead: someone serves all the time."""

from __future__ import annotations

import base64
import json
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster import RELEASE, ROOT, CommandFailed, component_labels, kubectl, pods, until
from journey import walk_through

STEPS = ROOT / "services" / "member" / "src" / "platform_member" / "migrations" / "versions"
THIS = max(step.name.partition("_")[0] for step in STEPS.glob("[0-9]*.py"))
NEXT = f"{int(THIS) + 1:04}"


def test_a_failed_migration_leaves_the_old_pods_serving(release, works):
    """The next revision's Job cannot reach its database, and its pods wait for tables that never come."""
    good = json.loads(kubectl("get", "secret", f"{RELEASE}-member-database", "-o", "json"))["data"]
    before = release.revision()
    kubectl("create", "-f", "-", stdin=json.dumps(broken_database(good)))
    serving = pods("member")
    try:
        with pytest.raises(CommandFailed):
            release.install("member.database.existingSecret=broken-database", timeout=30)
        assert works()
        assert serving <= pods("member")
        waiting = pods("member") - serving
        assert waiting
        for name in waiting:
            assert "Waiting: The database of MEMBER_DATABASE_URL" in kubectl("logs", name, "-c", "tables")
    finally:
        release.rollback(before)
        kubectl("delete", "secret", "broken-database")
    assert works()


def broken_database(good):
    """A database that is not there, on the server that is."""
    urls = {key: base64.b64decode(good[key]).decode() + "_elsewhere" for key in ("url", "migration-url")}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "broken-database"}, "stringData": urls}


def test_pods_of_this_version_work_on_the_next_versions_tables(release, works):
    """The next version's Job migrates first: pods that serve go on, and pods of this version may still start."""
    before = pods("member")
    with migrated(release):
        assert pods("member") == before
        with release.client() as client:
            walk_through(client)
        # as after a rollback: new pods of this version, and its own Job, which leaves newer tables alone
        release.install(f"member.podAnnotations.mark={uuid.uuid4().hex}")
        until("new pods have replaced the old ones", lambda: not pods("member") & before)
        with release.client() as client:
            walk_through(client)
        assert works()
        assert revision_of_tables() == NEXT


@contextmanager
def migrated(release):
    """The tables of the next version, and afterwards this one's again."""
    code = Path(__file__).with_name("next_schema.py").read_text(encoding="utf-8")
    url = {"secretKeyRef": {"name": f"{RELEASE}-member-database", "key": "migration-url"}}
    container = {
        "name": "migration",
        "image": release.image("member"),
        "command": ["python", "-c", code],
        "env": [{"name": "MEMBER_MIGRATION_DATABASE_URL", "valueFrom": url}],
    }
    labels = component_labels("member-database")
    spec = {"restartPolicy": "Never", "containers": [container]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "next-schema", "labels": labels}, "spec": spec}
    kubectl("create", "-f", "-", stdin=json.dumps(pod))
    try:
        kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/next-schema", "--timeout=90s")
        assert revision_of_tables() == NEXT
        yield
    finally:
        kubectl("delete", "pod", "next-schema", "--wait=false")
        sql("DROP TABLE IF EXISTS member_notes")
        sql("ALTER TABLE members DROP COLUMN IF EXISTS nickname")
        sql(f"UPDATE alembic_version SET version_num = '{THIS}'")


def revision_of_tables():
    return sql("SELECT version_num FROM alembic_version")


def sql(statement):
    """What PostgreSQL itself says, asked in its pod."""
    command = ["psql", "-qXtA", "-U", "postgres", "-d", "member", "-c", statement]
    return kubectl("exec", f"{RELEASE}-postgres-0", "--", *command).strip()
