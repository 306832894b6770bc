"""The guide's commands for backup and restore, run as they are written."""

from __future__ import annotations

import subprocess

from cluster import NAMESPACE, STRANGE_NAMESPACE, kubectl, until
from outside import guide, make_namespace


def shell(commands, folder):
    commands = commands.replace("NAMESPACE=member-platform\n", f"NAMESPACE={NAMESPACE}\n")
    subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, check=True, timeout=300)


def test_what_was_backed_up_comes_back(release, log_in, works, tmp_path):
    headers, member = log_in()
    own = f"/api/members/{member['id']}"
    with release.client() as client:
        before = client.patch(own, headers=headers, json={"display_name": "Before the backup"}).json()
        products = client.get("/api/shop/products?limit=5").json()["items"]
        assert products
        shell(guide("sh", "pg_dump"), tmp_path)
        assert client.patch(own, headers=headers, json={"display_name": "After the backup"}).status_code == 200

    shell(guide("sh", "pg_restore"), tmp_path)

    for component in ("member", "shop"):
        kubectl("rollout", "status", f"deployment/member-platform-{component}", "--timeout=180s")
    until("the platform works again", works)
    with release.client() as client:
        assert client.get(own, headers=headers).json() == before
        assert client.get("/api/shop/products?limit=5").json()["items"] == products
    saved = (tmp_path / "secrets.yaml").read_text(encoding="utf-8")
    elsewhere = saved.replace(f"namespace: {NAMESPACE}\n", f"namespace: {STRANGE_NAMESPACE}\n")
    make_namespace(STRANGE_NAMESPACE)
    kubectl("create", "--dry-run=server", "-f", "-", namespace=STRANGE_NAMESPACE, stdin=elsewhere)
    for name in ("auth-keys", "member-database", "member-factors", "member-fingerprint", "service-token", "shop-keys"):
        assert f"name: member-platform-{name}\n" in saved
