"""Create the Secret with the signing keys if it does not exist. It belongs to no revision of the release."""

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
# NetworkPolicies may apply to a new pod some seconds after its start.
DEADLINE_SECONDS = 120


def call(method: str, path: str, body: dict | None = None) -> int:
    """Call the API server and return the status; 404 and 409 are no errors."""
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
            with urllib.request.urlopen(request, timeout=5, context=context) as response:
                return response.status
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                return error.code
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def main() -> None:
    """Create the Secret once; never change an existing one."""
    name, namespace = os.environ["SECRET_NAME"], os.environ["SECRET_NAMESPACE"]
    secrets = f"/api/v1/namespaces/{namespace}/secrets"
    if call("GET", f"{secrets}/{name}") == 200:
        print(f"The Secret {name} already exists.")
        return
    with tempfile.TemporaryDirectory() as folder:
        ring = Path(folder) / "ring"
        subprocess.run(["auth", "keys", "init", "--dir", str(ring)], check=True)
        data = {file.name: base64.b64encode(file.read_bytes()).decode() for file in ring.iterdir() if file.is_file()}
    metadata = {"name": name, "namespace": namespace, "labels": json.loads(os.environ["SECRET_LABELS"])}
    status = call("POST", secrets, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    print(f"The Secret {name} {'was created' if status == 201 else 'was created concurrently'}.")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"The API server did not create the Secret: {error}.")
