"""A client of the platform by HTTPS."""

from __future__ import annotations

import ssl

import httpx2
from cluster import BASE_URL


class ByTls(httpx2.HTTPTransport):
    """The way to the edge for HTTPS: its address is this machine's to know, the name is asked for by SNI."""

    def handle_request(self, request):
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=httpx2.URL(BASE_URL).host)
        return super().handle_request(request)


def by_tls(release, certificate):
    """A client that trusts this one certificate."""
    return httpx2.Client(
        base_url=f"https://{release.host}",
        transport=ByTls(verify=ssl.create_default_context(cadata=certificate)),
        headers={"Host": release.host},
        timeout=15,
    )
