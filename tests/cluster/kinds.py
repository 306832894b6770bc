"""The operator's kinds, as they are in this repository."""

from __future__ import annotations

from cluster import ROOT, helm, kubectl, run


def install_kinds() -> None:
    """Have the cluster know the operator's kinds, as they are in this repository."""
    chart = ROOT / "charts" / "member-platform-crds"
    rendered = run(helm(), "template", "member-platform-crds", chart, "--kube-version", "1.34.0")
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=rendered)
    names = [f"crd/{plural}.memberplatform.dev" for plural in ("protectedroutes", "routegrants", "signingkeyrings")]
    kubectl("wait", "--for=condition=Established", *names, "crd/clusterkopfpeerings.kopf.dev", "--timeout=60s")
