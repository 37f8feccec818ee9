"""Which addresses are near (this machine, the owner's network) and which are on the internet."""

from __future__ import annotations

import ipaddress

# RFC 6598: not routed on the internet; what Tailscale and other private meshes give out.
SHARED = ipaddress.ip_network("100.64.0.0/10")
# RFC 6052: an IPv4 address behind a translator.
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_near(address: str) -> bool:
    """Whether an address (not a name) is this machine's, private or link-local."""
    found = _inner(address)
    if found is None:
        return False
    if found.is_multicast or found.is_unspecified:
        return False
    shared = found.version == 4 and found in SHARED
    return found.is_private or found.is_loopback or found.is_link_local or shared


def is_far(address: str) -> bool:
    """Whether an address is one that everybody on the internet reaches."""
    found = _inner(address)
    return found is not None and found.is_global and not found.is_multicast


def _inner(address: str) -> Address | None:
    """The address that is really meant: IPv6 can carry an IPv4 one (``::ffff:127.0.0.1``)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in TRANSLATED:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        return inner or found
    return found
