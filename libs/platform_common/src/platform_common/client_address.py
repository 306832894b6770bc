"""What counts as one client where requests are limited by address."""

from __future__ import annotations

import ipaddress

# One client usually controls all addresses of this network (RFC 6177).
IPV6_SITE_BITS = 64


def address_block(address: str) -> str:
    """Return the unit that rate limits count as one client: an IPv4 address, or an IPv6 /64 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), IPV6_SITE_BITS), strict=False).network_address) + "/64"
