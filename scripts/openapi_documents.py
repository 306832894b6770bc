"""Write the OpenAPI document of each service into a folder, without a database."""

from __future__ import annotations

import argparse
import base64
import json
import os
import tempfile
from pathlib import Path
from typing import Any

# Any valid values: the documents do not depend on them, and nothing is connected to.
SECRET = "a value of at least thirty-two bytes"  # noqa: S105 # no secret
SETTINGS = {
    "SERVICE_TOKEN_KEY": SECRET, "FINGERPRINT_KEY": SECRET,
    "DATABASE_URL": "postgresql://localhost/none", "REDIS_URL": "redis://localhost:6379/0",
    "AUTH_URL": "http://localhost", "MEMBER_URL": "http://localhost", "PUBLIC_URL": "http://localhost",
    "TOKEN_ISSUER": "issuer", "TOKEN_AUDIENCE": "audience", "PORT": "8080",
    "PAYMENT_WEBHOOK_SECRET": SECRET, "CART_KEY": SECRET, "FACTOR_KEYS": base64.b64encode(bytes(32)).decode(),
}  # fmt: skip


def auth_document() -> dict[str, Any]:
    """Return the document of auth."""
    from platform_auth.app import Auth
    from platform_auth.config import AuthSettings
    from platform_auth.keys.files import init_ring

    with tempfile.TemporaryDirectory() as folder:
        init_ring(Path(folder))
        os.environ["AUTH_KEY_RING_DIR"] = folder
        return Auth(AuthSettings()).api.openapi()  # type: ignore[call-arg]  # read from the environment


def member_document() -> dict[str, Any]:
    """Return the document of member."""
    from platform_member.app import make_app
    from platform_member.config import MemberSettings

    return make_app(MemberSettings())[0].openapi()  # type: ignore[call-arg]


def shop_document() -> dict[str, Any]:
    """Return the document of shop."""
    from platform_shop.app import make_app
    from platform_shop.config import ShopSettings

    return make_app(ShopSettings())[0].openapi()  # type: ignore[call-arg]


DOCUMENTS = {"auth": auth_document, "member": member_document, "shop": shop_document}


def main(folder: Path) -> None:
    """Write one file per service."""
    folder.mkdir(parents=True, exist_ok=True)
    for service, document in DOCUMENTS.items():
        os.environ.update({f"{service.upper()}_{name}": value for name, value in SETTINGS.items()})
        text = json.dumps(document(), ensure_ascii=False, indent=2)
        (folder / f"{service}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    main(parser.parse_args().folder)
