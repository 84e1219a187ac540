"""A TCP segment or UDP datagram in, its event out (RFC 9293 §3.1, RFC 768)."""

from __future__ import annotations

from struct import Struct

from seqdiag.events import ACK, NO_OPTIONS, Datagram, Options, Segment
from seqdiag.provenance import Origin
from seqdiag.sources.capture.walk import Packet, Walk

TCP = Struct("!4xIIBBH")
UDP = Struct("!HHH")
TIMES = Struct("!II")
SACK_BLOCK = Struct("!II")
TCP_NUMBER = 6
ONLY_TIMES = b"\x01\x01\x08\x0a"
"""The options of nearly every segment: NOP, NOP, timestamps."""
END_OF_OPTIONS, NOP, MSS, WINDOW_SCALE, SACK_PERMITTED, SACK, TIMESTAMPS, FAST_OPEN, EXPERIMENT = 0, 1, 2, 3, 4, 5, 8, 34, 254
FAST_OPEN_EXPERIMENT = b"\xf9\x89"


def tcp(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """The payload is what was captured of it, its length that on the wire."""
    if end - at < 20 or len(data) - at < 20:
        return walk.malformed("TCP header")
    seq, ack, words, flags, window = TCP.unpack_from(data, at)
    body = at + (words >> 4) * 4
    if body == at + 20:
        options = NO_OPTIONS
    elif body < at + 20 or body > end:
        return walk.malformed("TCP data offset")
    elif body == at + 32 and data[at + 20 : at + 24] == ONLY_TIMES and len(data) >= body:
        options = Options(ts=TIMES.unpack_from(data, at + 24))
    else:
        options = tcp_options(data[at + 20 : body])
    key = pair + data[at : at + 4]
    src, dst = walk.flows.get(key) or walk.flow(key)
    return Segment(
        Origin(walk.name, walk.number),
        walk.t,
        src,
        dst,
        flags,
        seq,
        ack if flags & ACK else None,
        window,
        data[body:end],
        end - body,
        options,
        walk.tunnel() if walk.outer else None,
        (),
        "p1",
        walk.ttl,
        walk.ip_id,
        len(data) >= end and checksum(data[at:end], pair) != 0,
    )


def checksum(segment: bytes, pair: bytes) -> int:
    """The one's complement sum of a TCP segment and its pseudo-header (RFC 9293 §3.1): 0 where the checksum is right.

    2^16 is 1 modulo 2^16 - 1, so that the sum of 16-bit words is one division of the whole number.
    """
    whole = int.from_bytes(segment, "big") << (len(segment) % 2 * 8)
    return (whole + int.from_bytes(pair, "big") + TCP_NUMBER + len(segment)) % 0xFFFF


def tcp_options(raw: bytes) -> Options:
    """RFC 9293 §3.2. A length that cannot be true ends them; what came before it stands."""
    mss: int | None = None
    wscale: int | None = None
    ts: tuple[int, int] | None = None
    sack_ok = fast_open = False
    sack: tuple[tuple[int, int], ...] = ()
    at = 0
    while at < len(raw):
        kind = raw[at]
        if kind == END_OF_OPTIONS:
            break
        if kind == NOP:
            at += 1
            continue
        size = raw[at + 1] if at + 1 < len(raw) else 0
        if size < 2 or at + size > len(raw):
            break
        value = raw[at + 2 : at + size]
        if kind == MSS and size == 4:
            mss = int.from_bytes(value, "big")
        elif kind == WINDOW_SCALE and size == 3:
            wscale = value[0]
        elif kind == SACK_PERMITTED and size == 2:
            sack_ok = True
        elif kind == SACK and size > 2 and size % 8 == 2:
            sack = tuple(SACK_BLOCK.iter_unpack(value))
        elif kind == TIMESTAMPS and size == 10:
            ts = TIMES.unpack(value)
        elif kind == FAST_OPEN or (kind == EXPERIMENT and value[:2] == FAST_OPEN_EXPERIMENT):
            fast_open = True
        at += size
    return Options(mss, wscale, sack_ok, sack, ts, fast_open)


def udp(walk: Walk, data: bytes, at: int, end: int, pair: bytes) -> Packet | None:
    """A length of 0 means that the network card splits the datagram later. Tunnels are known by their ports."""
    if end - at < 8 or len(data) - at < 8:
        return walk.malformed("UDP header")
    sport, dport, size = UDP.unpack_from(data, at)
    if size:
        if size < 8:
            return walk.malformed("UDP length")
        end = min(end, at + size)
    opener = walk.udp.get(dport) or walk.udp.get(sport)
    if opener is not None:
        inner = opener(walk, data, at + 8, end)
        if inner is not None:
            return walk.inside(inner.kind, inner.ids, inner.layer, data, inner.at, end, pair)
    key = pair + data[at : at + 4]
    src, dst = walk.flows.get(key) or walk.flow(key)
    tunnel = walk.tunnel() if walk.outer else None
    return Datagram(Origin(walk.name, walk.number), walk.t, src, dst, data[at + 8 : end], end - at - 8, tunnel)
