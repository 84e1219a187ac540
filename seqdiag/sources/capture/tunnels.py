"""A tunnel's packet in, the packet that it carries out: GRE, IP in IP, ERSPAN; VXLAN, Geneve, GTP-U, L2TP over UDP.

Ids that are the same in both directions (VNI, GRE key) become the tunnel's ids. Those that each end chooses for
itself (GTP TEIDs, L2TP and PPTP call ids) do not: they would split a conversation in two.
"""

from __future__ import annotations

from seqdiag.sources.capture.link import ETHERNET_OVER_GRE, ethernet, ip, ppp, typed
from seqdiag.sources.capture.network import ipv6
from seqdiag.sources.capture.walk import Inner, Layer, Packet, Walk

ERSPAN_II, ERSPAN_III = 0x88BE, 0x22EB
CHECKSUM, ROUTING, KEY, SEQUENCE, ACKNOWLEDGMENT, VERSION = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080, 0x0007


def gre(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """RFC 2784 and RFC 2890; version 1 is PPTP's (RFC 2637). The protocol is an EtherType."""
    start, stop = at, min(end, len(data))
    if stop - at < 4:
        return walk.malformed("GRE header")
    flags, kind = data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]
    version = flags & VERSION
    if version > 1 or flags & ROUTING:
        return walk.other("GRE with routing" if version == 0 else "GRE version")
    at += 8 if flags & CHECKSUM else 4
    key = data[at : at + 4] if flags & KEY else b""
    at += len(key)
    at += 4 if flags & SEQUENCE else 0
    if version == 1:
        if not flags & SEQUENCE:
            return walk.other("PPTP acknowledgment")
        at += 4 if flags & ACKNOWLEDGMENT else 0
        key = b""
    if at > stop:
        return walk.malformed("GRE header")
    if kind == ERSPAN_II:
        return walk.inside("erspan", (), ethernet, data, at + (8 if flags & SEQUENCE else 0), end, pair)
    if kind == ERSPAN_III:
        # The last bit of its 12 bytes tells that 8 more follow.
        size = 20 if len(data) > at + 11 and data[at + 11] & 1 else 12
        return walk.inside("erspan", (), ethernet, data, at + size, end, pair)
    if kind == ETHERNET_OVER_GRE and key:
        # NVGRE (RFC 7637): the last byte of the key is a hash of the flow.
        return walk.inside("gre", (int.from_bytes(key[:3], "big"),), ethernet, data, at, end, pair)
    ids = (int.from_bytes(key, "big"),) if key else ()
    if kind not in walk.ethertypes and at == start + 4 and not any(data[at:stop]):
        return walk.other("GRE keep-alive")
    return walk.inside("gre", ids, typed(kind), data, at, end, pair)


def ipv4_inside(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """RFC 2003, and IPv4 in IPv6."""
    return walk.inside("ipip" if len(pair) == 8 else "4in6", (), ip, data, at, end, pair)


def ipv6_inside(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """RFC 4213, and IPv6 in IPv6 (RFC 2473)."""
    return walk.inside("6in4" if len(pair) == 8 else "6in6", (), ipv6, data, at, end, pair)


def vxlan(walk: Walk, data: bytes, at: int, end: int) -> Inner | None:
    """RFC 7348: eight bytes of which the first says that a VNI is there."""
    if len(data) - at < 8 or data[at] & 0x08 == 0 or data[at] & 0x04:
        return None
    return Inner("vxlan", (int.from_bytes(data[at + 4 : at + 7], "big"),), ethernet, at + 8)


def geneve(walk: Walk, data: bytes, at: int, end: int) -> Inner | None:
    """RFC 8926: eight bytes and options; the protocol is an EtherType. Control messages carry no packet."""
    if len(data) - at < 8 or data[at] >> 6 or data[at + 1] & 0x80:
        return None
    kind = data[at + 2] << 8 | data[at + 3]
    layer: Layer = ethernet if kind == ETHERNET_OVER_GRE else typed(kind)
    return Inner("geneve", (int.from_bytes(data[at + 4 : at + 7], "big"),), layer, at + 8 + (data[at] & 0x3F) * 4)


def gtp(walk: Walk, data: bytes, at: int, end: int) -> Inner | None:
    """3GPP TS 29.281 §5: version 1, message 255 (G-PDU) carries an IP packet behind optional fields and extension headers."""
    if len(data) - at < 8 or data[at] >> 4 != 3 or data[at + 1] != 255:
        return None
    optional, extension = data[at] & 0x07, data[at] & 0x04
    at += 8
    if optional:
        following = data[at + 3 : at + 4]
        at += 4
        while extension and following not in (b"\0", b""):
            size = data[at] * 4 if at < len(data) else 0
            if not size:
                return None
            following = data[at + size - 1 : at + size]
            at += size
    return Inner("gtp", (), ip, at)


def l2tp(walk: Walk, data: bytes, at: int, end: int) -> Inner | None:
    """RFC 2661 §3.1: data messages carry PPP behind ids and whatever optional fields the flags name."""
    if len(data) - at < 6:
        return None
    flags = data[at]
    if flags & 0x80 or data[at + 1] & 0x0F != 2:
        return None
    at += 6 + (2 if flags & 0x40 else 0) + (4 if flags & 0x08 else 0)
    if flags & 0x02:
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return Inner("l2tp", (), ppp, at)
