"""Make the Secret with the ring of signing keys, unless it is there. It belongs to no revision of the release."""

import base64
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# Network policies reach a new pod up to some seconds after it has started.
DEADLINE_SECONDS = 120


def call(method: str, path: str, body: dict | None = None) -> int:
    """Ask the API server and return the status; 404 and 409 are answers, not errors."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    request = urllib.request.Request(
        f"https://{f'[{host}]' if ':' in host else host}:{port}{path}",
        data=json.dumps(body).encode() if body else None,
        method=method,
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}", "Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5, context=context) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                return error.code
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def main() -> None:
    """Make the Secret once; whoever comes second leaves it alone."""
    name, namespace = os.environ["SECRET_NAME"], os.environ["SECRET_NAMESPACE"]
    secrets = f"/api/v1/namespaces/{namespace}/secrets"
    if call("GET", f"{secrets}/{name}") == 200:
        print(f"The Secret {name} is there; it stays as it is.")
        return
    with tempfile.TemporaryDirectory() as folder:
        ring = Path(folder) / "ring"
        subprocess.run(["auth", "keys", "init", "--dir", str(ring)], check=True)
        data = {file.name: base64.b64encode(file.read_bytes()).decode() for file in ring.iterdir() if file.is_file()}
    metadata = {"name": name, "namespace": namespace, "labels": json.loads(os.environ["SECRET_LABELS"])}
    status = call("POST", secrets, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    print(f"The Secret {name} {'is made' if status == 201 else 'was made by somebody else meanwhile'}.")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"The API server did not make the Secret: {error}.")
