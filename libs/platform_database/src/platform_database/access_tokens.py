"""The access-token verifier of a service, with the signing keys that auth publishes."""

from __future__ import annotations

import httpx2

from platform_common.tokens.access import AccessTokenVerifier
from platform_common.tokens.jwks import JwksCache, fetch_over_http
from platform_database.settings import ApiSettings

JWKS_PATH = "/.well-known/jwks.json"


def make_access_token_verifier(client: httpx2.AsyncClient, settings: ApiSettings) -> AccessTokenVerifier:
    """Return a verifier that fetches auth's keys with `client`."""
    keys = JwksCache(fetch_over_http(client, JWKS_PATH))
    return AccessTokenVerifier(keys, settings.token_issuer, settings.token_audience)
