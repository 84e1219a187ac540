"""All segments of one connection in, what kind of capture it was and where it was taken out.

Said before anything else is concluded: copies are left out of the analysis, a segment with a wrong checksum yields to
its good copy, and every word about times depends on the place. What the evidence does not settle is "unknown".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seqdiag.connections.connection import Quality, Side, TakenAt
from seqdiag.events import ACK, RST, SYN, Endpoint, Segment
from seqdiag.provenance import Nanoseconds

MILLISECOND = 1_000_000
COPY_SOON = 50 * MILLISECOND
"""Within so long, an equal packet with an equal IP id is the same packet: no stack sends an id again so soon."""
COPY_AT_ONCE = MILLISECOND
UNTOUCHED = frozenset((64, 128, 255))
"""The TTLs that packets start with: one of them was not forwarded by any router (or 64, 128 hops short of 128, 255)."""
NEAR = MILLISECOND
"""A stack that answers within this, and ten times faster than the other leg, is on this machine or beside it."""
MOSTLY = 0.8


class Vantage(NamedTuple):
    """`copies`, `corrupt`: positions in the list that the analysis skips. `legs`: SYN to SYN-ACK, SYN-ACK to ACK (ns)."""

    taken_at: TakenAt
    evidence: tuple[str, ...]
    quality: Quality
    copies: frozenset[int]
    corrupt: frozenset[int]
    legs: tuple[Nanoseconds, Nanoseconds] | None


def survey(segments: Sequence[Segment], client: Endpoint, server: Endpoint, hosts_are_one: bool) -> Vantage:
    """`hosts_are_one`: both addresses are of this machine (loopback)."""
    sides: dict[Endpoint, Side] = {client: "client", server: "server"}
    twice = copies(segments)
    open_sums = _open_checksums(segments, sides)
    bad = [i for i, s in enumerate(segments) if s.bad_checksum and sides[s.src] not in open_sums and i not in twice]
    good = {(s.src, s.seq, s.length) for i, s in enumerate(segments) if not s.bad_checksum and i not in twice} if bad else set()
    corrupt = frozenset(i for i in bad if (segments[i].src, segments[i].seq, segments[i].length) in good)
    legs = _legs([s for i, s in enumerate(segments) if i not in twice], client)
    taken_at, evidence = _place(segments, sides, open_sums, legs, hosts_are_one)
    mss: dict[Endpoint, int] = {}
    for s in segments:
        if s.flags & SYN and s.options.mss:
            mss[s.src] = s.options.mss
    senders = {s.src for s in segments}
    quality = Quality(
        copies=len(twice),
        bad_checksums=len(bad),
        open_checksums=open_sums,
        offloaded=sum(1 for s in segments if s.length > mss.get(s.dst, 1 << 16)),
        snapped=sum(1 for s in segments if len(s.payload) < s.length),
        one_sided=sides[segments[0].src] if len(senders) == 1 and len(segments) > 1 and segments[0].ack is not None else None,
    )
    return Vantage(taken_at, evidence, quality, twice, corrupt, legs)


def copies(segments: Sequence[Segment]) -> frozenset[int]:
    """Positions of packets that stand in the capture a second time: `-i any`, a SPAN port, or doubled on the way."""
    found = set()
    latest: dict[tuple[Endpoint, int, int | None, int, int, int | None], Segment] = {}
    for i, s in enumerate(segments):
        key = s.src, s.seq, s.ack, s.flags, s.length, s.ip_id
        before = latest.get(key)
        if before is not None and _same(s, before):
            found.add(i)
        else:
            latest[key] = s
    return frozenset(found)


def same_packet(s: Segment, other: Segment) -> bool:
    """Are these one packet, captured twice?"""
    marks = ((one.src, one.seq, one.ack, one.flags, one.length, one.ip_id) for one in (s, other))
    return next(marks) == next(marks) and _same(s, other)


def _same(s: Segment, other: Segment) -> bool:
    """Are these, equal in sender, numbers, flags, length and IP id, one packet?"""
    if s.window != other.window or s.options != other.options or s.t is None or other.t is None:
        return False
    apart = abs(s.t - other.t)
    if s.payload != other.payload and not (s.bad_checksum or other.bad_checksum):
        return False
    if s.ip_id:
        return apart <= COPY_SOON
    # Without an id a segment sent again at once looks alike; timestamps tell, and a second TTL does.
    return apart <= COPY_AT_ONCE and (s.ttl != other.ttl or bool(s.length and s.options.ts))


def _open_checksums(segments: Sequence[Segment], sides: dict[Endpoint, Side]) -> tuple[Side, ...]:
    """Senders of whom (nearly) no segment has a right checksum: the network card computes it later.

    Nearly: a stack computes some by itself, such as the ACK that answers a FIN in TIME-WAIT.
    """
    found: list[Side] = []
    for end, side in sides.items():
        sums = [s.bad_checksum for s in segments if s.src == end]
        if len(sums) > 1 and sum(sums) >= MOSTLY * len(sums):
            found.append(side)
    return tuple(found)


def _legs(segments: Sequence[Segment], client: Endpoint) -> tuple[Nanoseconds, Nanoseconds] | None:
    """Of an opening without repeats: SYN to SYN-ACK, and SYN-ACK to the ACK that ends it."""
    syns = [s for s in segments[:12] if s.flags & SYN and s.t is not None]
    if [bool(s.flags & ACK) for s in syns] != [False, True] or syns[0].src != client or syns[1].src == client:
        return None
    syn, synack = syns
    if synack.ack is None or not 1 <= (synack.ack - syn.seq) & 0xFFFFFFFF <= 1 + syn.length:
        return None
    ack = next(
        (s for s in segments[:12] if s.src == client and s.flags & (SYN | RST | ACK) == ACK and s.ack == (synack.seq + 1) & 0xFFFFFFFF),
        None,
    )
    if ack is None or ack.t is None or ack.length or syn.t is None or synack.t is None:
        return None
    legs = synack.t - syn.t, ack.t - synack.t
    return legs if min(legs) >= 0 else None


def _place(
    segments: Sequence[Segment],
    sides: dict[Endpoint, Side],
    open_sums: tuple[Side, ...],
    legs: tuple[Nanoseconds, Nanoseconds] | None,
    hosts_are_one: bool,
) -> tuple[TakenAt, tuple[str, ...]]:
    if hosts_are_one:
        return "both", ("loopback",)
    votes: list[tuple[TakenAt, str]] = []
    if len(open_sums) == 1:
        votes.append((open_sums[0], "checksums left open"))
    ttls = {side: {s.ttl for s in segments if s.src == end} for end, side in sides.items()}
    untouched = {side for side, seen in ttls.items() if seen and None not in seen and seen <= UNTOUCHED}
    if len(untouched) == 1 and all(ttls.values()):
        votes.append((next(iter(untouched)), "TTL untouched"))
    elif not untouched and all(ttls.values()) and not any(None in seen for seen in ttls.values()):
        votes.append(("between", "TTL of both lowered"))
    if legs is not None:
        server_leg, client_leg = legs
        if client_leg < NEAR and server_leg > 10 * client_leg:
            votes.append(("client", "SYN-ACK acknowledged at once"))
        elif server_leg < NEAR and client_leg > 10 * server_leg:
            votes.append(("server", "SYN answered at once"))
        elif min(legs) > NEAR and any(vote == "between" for vote, _ in votes):
            votes.append(("between", "neither leg is short"))
    places = {vote for vote, _ in votes}
    if len(places) == 1:
        return places.pop(), tuple(word for _, word in votes)
    if places == {"client", "between"} or places == {"server", "between"}:
        # A router's worth of hops lies on both sides: near to one end, but not on it.
        return "between", tuple(word for vote, word in votes if vote == "between")
    return "unknown", tuple(word for _, word in votes)
