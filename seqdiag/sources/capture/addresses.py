"""A packed IP address in, its text out (RFC 5952)."""

from __future__ import annotations

MAPPED = bytes(10) + b"\xff\xff"


def address(packed: bytes) -> str:
    """4 or 16 bytes. An IPv4-mapped address keeps its dots (RFC 5952 §5), whatever Python's version says."""
    if len(packed) == 4:
        return "{}.{}.{}.{}".format(*packed)
    if packed[:12] == MAPPED:
        return "::ffff:" + address(packed[12:])
    import ipaddress

    return ipaddress.IPv6Address(packed).compressed
