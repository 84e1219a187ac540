"""An ICMP or ICMPv6 error in, what it says of the packet that it quotes out (RFC 792, RFC 4443).

A quoted TCP header is not a segment: it was seen elsewhere, or is seen as a segment of its own.
"""

from __future__ import annotations

from typing import Literal

from seqdiag.events import IcmpError
from seqdiag.sources.capture.addresses import address
from seqdiag.sources.capture.network import upper_layer
from seqdiag.sources.capture.walk import Packet, Walk

ERRORS = frozenset((3, 4, 5, 11, 12))
"""Unreachable, source quench, redirect, time exceeded, parameter problem."""
ERRORS6 = frozenset((1, 2, 3, 4))
"""Unreachable, packet too big, time exceeded, parameter problem."""
QUOTED: dict[int, Literal["tcp", "udp"]] = {6: "tcp", 17: "udp"}


def icmp(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    stop = min(end, len(data))
    if stop - at < 8:
        return walk.malformed("ICMP header")
    inner = at + 8
    if data[at] not in ERRORS or stop - inner < 20 or data[inner] >> 4 != 4:
        return walk.other("ICMP")
    if (data[inner + 6] << 8 | data[inner + 7]) & 0x1FFF:
        return walk.other("ICMP")
    start = inner + (data[inner] & 0x0F) * 4
    return quoted(walk, data, at, stop, pair, data[inner + 9], start, data[inner + 12 : inner + 20])


def icmpv6(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    stop = min(end, len(data))
    if stop - at < 4:
        return walk.malformed("ICMPv6 header")
    inner = at + 8
    if data[at] not in ERRORS6 or stop - inner < 40 or data[inner] >> 4 != 6:
        return walk.other("ICMPv6")
    found = upper_layer(data, inner + 40, stop, data[inner + 6], data[inner + 8 : inner + 40])
    if found is None:
        return walk.other("ICMPv6")
    return quoted(walk, data, at, stop, pair, *found)


def quoted(walk: Walk, data: bytes, at: int, stop: int, pair: bytes, protocol: int, start: int, ends: bytes) -> Packet | None:
    """`start`: where the quoted transport header begins, of which eight bytes are promised and four are enough."""
    version: Literal[4, 6] = 4 if len(ends) == 8 else 6
    transport = QUOTED.get(protocol)
    if transport is None or stop - start < 4:
        return walk.other("ICMP" if version == 4 else "ICMPv6")
    key = ends + data[start : start + 4]
    src, dst = walk.flows.get(key) or walk.flow(key)
    seq = int.from_bytes(data[start + 4 : start + 8], "big") if transport == "tcp" and stop - start >= 8 else None
    return IcmpError(
        origin=walk.origin(),
        t=walk.t,
        reporter=address(pair[: len(pair) // 2]),
        version=version,
        type=data[at],
        code=data[at + 1],
        transport=transport,
        src=src,
        dst=dst,
        seq=seq,
        tunnel=walk.tunnel(),
    )
