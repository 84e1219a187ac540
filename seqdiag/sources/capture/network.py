"""An IPv4 or IPv6 packet in, the transport above it out (RFC 791, RFC 8200); fragments wait until they are whole."""

from __future__ import annotations

import zlib
from struct import Struct

from seqdiag.sources.capture.walk import Packet, Walk

MAX_EXTENSIONS = 64
MAX_PACKET = 1 << 16
RAW_DEFLATE = -15
ROUTING, FRAGMENT, AUTHENTICATION = 43, 44, 51
EXTENSIONS = frozenset((0, ROUTING, 60, AUTHENTICATION, 135, 139, 140))
"""Hop-by-hop, routing, destination options, authentication, mobility, HIP, Shim6: headers that tell their length."""
OTHER_PROTOCOLS = {
    2: "IGMP",
    8: "EGP",
    9: "IGRP",
    33: "DCCP",
    46: "RSVP",
    50: "ESP",
    59: "no next header",
    88: "EIGRP",
    89: "OSPF",
    94: "IP-in-IP (94)",
    97: "EtherIP",
    103: "PIM",
    112: "VRRP",
    115: "L2TPv3",
    124: "IS-IS over IPv4",
    132: "SCTP",
    136: "UDP-Lite",
    137: "MPLS-in-IP",
}

IPV4 = Struct("!BxHHHBB")
IPV6 = Struct("!HBB")


def ipv4(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """The header's total length ends the packet (Ethernet pads behind it); 0 means that the network card splits it later."""
    if len(data) - at < 20:
        return walk.malformed("IPv4 header")
    first, total, identity, fragment, walk.ttl, protocol = IPV4.unpack_from(data, at)
    walk.ip_id = identity
    size = 20 if first == 0x45 else (first & 0x0F) * 4
    if first >> 4 != 4 or size < 20 or size > len(data) - at:
        return walk.malformed("IPv4 header")
    if total:
        if total < size:
            return walk.malformed("IPv4 total length")
        end = bounded(walk, end, at + total)
    pair = data[at + 12 : at + 20]
    if fragment & 0x3FFF:
        more, offset = bool(fragment & 0x2000), (fragment & 0x1FFF) * 8
        whole = walk.fragments.add(walk, (pair, identity, protocol), offset, more, data[at + size : end], end - at - size)
        return transport(walk, whole, 0, len(whole), pair, protocol) if whole is not None else None
    above = walk.ip.get(protocol)
    if above is not None:
        return above(walk, data, at + size, end, pair)
    return transport(walk, data, at + size, end, pair, protocol)


def bounded(walk: Walk, end: int, claim: int) -> int:
    """Where the packet ends by its own claim. An outer header's length binds it; the file's word on the frame does not.

    Tools that shorten captures often make the frame's wire length that of what they left (RFC 791 knows better).
    """
    return claim if end == walk.wire else min(end, claim)


def ipv6(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """A payload length of 0 means that the network card splits it later, or a jumbogram."""
    if len(data) - at < 40:
        return walk.malformed("IPv6 header")
    if data[at] >> 4 != 6:
        return walk.malformed("IPv6 header")
    size, protocol, walk.ttl = IPV6.unpack_from(data, at + 4)
    walk.ip_id = None
    if size:
        end = bounded(walk, end, at + 40 + size)
    pair = data[at + 8 : at + 40]
    above = walk.ip.get(protocol)
    if above is not None:
        return above(walk, data, at + 40, end, pair)
    found = upper_layer(data, at + 40, end, protocol, pair)
    if found is None:
        return walk.malformed("IPv6 extension headers")
    protocol, at, pair = found
    if protocol == FRAGMENT:
        return ipv6_fragment(walk, data, at, end, pair)
    return transport(walk, data, at, end, pair, protocol)


def ipv6_fragment(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """RFC 8200 §4.5. What the fragments make may begin with further extension headers."""
    if min(end, len(data)) - at < 8:
        return walk.malformed("IPv6 fragment header")
    protocol, place, identity = data[at], data[at + 2] << 8 | data[at + 3], data[at + 4 : at + 8]
    whole: bytes | None
    if place & 0xFFF9:
        whole = walk.fragments.add(walk, (pair, identity, protocol), place & 0xFFF8, bool(place & 1), data[at + 8 : end], end - at - 8)
        if whole is None:
            return None
        data, at, end = whole, 0, len(whole)
    else:
        at += 8
    found = upper_layer(data, at, end, protocol, pair)
    if found is None or found[0] == FRAGMENT:
        return walk.malformed("IPv6 extension headers")
    protocol, at, pair = found
    return transport(walk, data, at, end, pair, protocol)


def upper_layer(data: bytes, at: int, end: int, protocol: int, pair: bytes) -> tuple[int, int, bytes] | None:
    """The first protocol that is no extension header, where it begins, and whose it is: from `pair`'s source to the final destination.

    None: cut, or more than 64 headers.
    """
    for _ in range(MAX_EXTENSIONS + 1):
        if protocol not in EXTENSIONS:
            return protocol, at, pair
        if min(end, len(data)) - at < 8:
            return None
        size = (data[at + 1] + 2) * 4 if protocol == AUTHENTICATION else (data[at + 1] + 1) * 8
        if protocol == ROUTING:
            pair = pair[:16] + (final_destination(data, at, min(end, at + size)) or pair[16:])
        protocol = data[at]
        at += size
    return None


def final_destination(data: bytes, at: int, end: int) -> bytes | None:
    """The last address that a routing header has still to visit: the one that the ends know (RFC 8200 §8.1).

    It stands last in types 0 and 2, first in type 4, the segment routing header (RFC 8754 §2).
    """
    kind, left = data[at + 2], data[at + 3]
    last = end - 16 if kind in (0, 2) else at + 8 if kind == 4 else None
    if not left or last is None or not at + 8 <= last <= min(end, len(data)) - 16:
        return None
    return data[last : last + 16]


def transport(walk: Walk, data: bytes, at: int, end: int, pair: bytes, protocol: int) -> Packet | None:
    above = walk.ip.get(protocol)
    if above is None:
        return walk.other(OTHER_PROTOCOLS.get(protocol, f"IP protocol {protocol}"))
    return above(walk, data, at, end, pair)


def authentication(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """RFC 4302: the authentication header tells its length, and what follows is in clear."""
    found = upper_layer(data, at, end, AUTHENTICATION, pair)
    if found is None or found[0] in (AUTHENTICATION, FRAGMENT):
        return walk.malformed("authentication header")
    protocol, at, pair = found
    return transport(walk, data, at, end, pair, protocol)


def compressed(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """IPComp (RFC 3173 §3.1): the protocol, flags, an index of the method; then what DEFLATE made of it (RFC 2394).

    Ends agree on the index by a key exchange, so the bytes tell whether the method was DEFLATE.
    """
    if min(end, len(data)) - at < 4:
        return walk.malformed("IPComp header")
    inflater = zlib.decompressobj(RAW_DEFLATE)
    try:
        whole = inflater.decompress(data[at + 4 : end], MAX_PACKET)
    except zlib.error:
        return walk.other("IPComp")
    if not inflater.eof:
        return walk.malformed("IPComp payload")
    return transport(walk, whole, 0, len(whole), pair, data[at])
