"""The segments of one conversation as two points captured them in, one order of sightings in one clock out.

    if same(a, b):
        for sighting in join(a, b).sightings:
            connection.segment(..., sighting.segment)

Each sighting is one packet once: as the point at its sender's side saw it, with the first point's clock and addresses;
when it arrived at the other end; and whether it was lost on the way. Feed them to one connection in this order: neither
point's order of observation is ever broken, and no packet comes before what caused it. What two points cannot tell
stays None: no transit time where the clocks cannot be aligned, no loss where a capture may itself have missed it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from msgspec.structs import replace

from seqdiag.connections.clocks import Bound, Clock, fit, fixed, synchronous
from seqdiag.connections.connection import Alignment
from seqdiag.connections.matching import Flow, Packet, Places, Window
from seqdiag.events import ACK, FIN, PSH, RST, SYN, Endpoint, Segment
from seqdiag.provenance import Nanoseconds

Points = tuple[Sequence[Segment], Sequence[Segment]]


class Sighting(NamedTuple):
    """One packet. `a` and `b`: the places of its frames in what was given, () where that point did not see it.

    `segment`: as its sender's point saw it, or the other where that did not; `t` by the first point's clock. Where offload
    cut or joined it, one sighting a packet of the finest cut. `arrived`: at the point at the other end, by the same
    clock, within the alignment's uncertainty; never before it was sent. `copies`: how often it arrived; 2 or more: the
    network duplicated it. `fate`: `lost` on proof (no copy arrived while the receiver's point was capturing), else None.
    """

    segment: Segment
    arrived: Nanoseconds | None = None
    fate: Literal["lost"] | None = None
    copies: int = 0
    a: Places = ()
    b: Places = ()


class Joined(NamedTuple):
    """`near`: the end, by its address at a, at whose side a's point stands, b's at the other; None where nothing tells.

    `alignment`: None where nothing bounds the clocks from both sides; then nothing has `arrived`. `missed`: sequence
    numbers that each point's own end acknowledged and its capture did not hold: capture loss, not network loss.
    """

    sightings: list[Sighting]
    alignment: Alignment | None
    near: Endpoint | None
    missed: tuple[int, int] = (0, 0)


def same(a: Sequence[Segment], b: Sequence[Segment]) -> bool:
    """Are these one conversation? True on proof only.

    Equal addresses and ports, and a segment with equal sequence and acknowledgment numbers; or other addresses (NAT),
    equal initial sequence numbers of both ends, and equal bytes wherever both captured the same ones.
    """
    if not a or not b or a[0].src == a[0].dst:
        return False
    if {a[0].src, a[0].dst} == {b[0].src, b[0].dst}:
        seen = {_mark(s) for s in a}
        return any(_mark(s) in seen for s in b)
    opening, its = _opening(a), _opening(b)
    if opening is None or its is None or opening[2:] != its[2:]:
        return False
    ends = {its[0]: opening[0], its[1]: opening[1]}
    bytes_ = {(s.src, s.seq): s.payload for s in a if s.payload and not s.hidden}
    return all(
        have[: len(s.payload)] == s.payload[: len(have)]
        for s in b
        if s.payload and not s.hidden and (have := bytes_.get((ends[s.src], s.seq))) is not None
    )


def _mark(s: Segment) -> tuple[Endpoint, int, int | None, int]:
    return s.src, s.seq, s.ack, s.flags & (SYN | FIN | RST)


def _opening(segments: Sequence[Segment]) -> tuple[Endpoint, Endpoint, int, int] | None:
    """The client, the server, and the initial sequence number of each, from a SYN-ACK or from both ends' SYNs."""
    syns: dict[Endpoint, int] = {}
    for s in segments:
        if s.flags & SYN and not s.flags & RST:
            if s.flags & ACK and s.ack is not None:
                return s.dst, s.src, (s.ack - 1) & 0xFFFFFFFF, s.seq
            syns[s.src] = s.seq
            if len(syns) == 2:
                (one, first), (two, second) = sorted(syns.items(), key=lambda item: item[1])
                return one, two, first, second
    return None


def join(a: Sequence[Segment], b: Sequence[Segment], synced: bool = False, torn: tuple[bool, bool] = (False, False)) -> Joined:
    """Both in file order, of one conversation (`same`), frames that a capture holds twice taken out.

    `synced`: the clocks are known to agree to their resolution, which is taken at its word unless a packet arrives before
    it was sent. `torn`: which of the captures lost frames by its own account; many holes are found without.
    """
    if not a or not b:
        return Joined([Sighting(s, a=(i,)) for i, s in enumerate(a)] + [Sighting(s, b=(i,)) for i, s in enumerate(b)], None, None)
    points: Points = (a, b)
    here, there = _ends(a, b)
    flows = (Flow(points, (here[0], there[0])), Flow(points, (here[1], there[1])))
    for flow in flows:
        flow.certain()
    resolution = max(_resolution(a), _resolution(b))
    near = _nearer(points, flows, resolution)
    joint = _Joint(points, flows, near, _clock(points, flows, near, resolution, synced), torn)
    for flow in flows:
        joint.settle(flow)
    return joint.told(dict(zip(there, here, strict=True)))


def _ends(a: Sequence[Segment], b: Sequence[Segment]) -> tuple[tuple[Endpoint, Endpoint], tuple[Endpoint, Endpoint]]:
    """Both ends by their addresses at a, and the same ends by their addresses at b."""
    here, there = (a[0].src, a[0].dst), (b[0].src, b[0].dst)
    if set(here) == set(there):
        return here, here
    opening, its = _opening(a), _opening(b)
    return (opening[:2], its[:2]) if opening and its else (here, there)


def _resolution(segments: Sequence[Segment]) -> Nanoseconds:
    """Of the stamps, by the zeros that all of them end in: 1 ns to 1 s."""
    step = 1_000_000_000
    for s in segments:
        while s.t is not None and s.t % step:
            step //= 10
    return step


def _bounds(points: Points, flow: Flow, above: bool) -> list[Bound]:
    found = []
    for packet in flow.packets:
        if packet.sure and packet.places[0] and packet.places[1]:
            i, j = packet.places[0][0], packet.places[1][0]
            t, u = points[0][i].t, points[1][j].t
            if t is not None and u is not None:
                found.append(Bound((i, j), t, u - t, above))
    return found


def _nearer(points: Points, flows: tuple[Flow, Flow], resolution: Nanoseconds) -> Endpoint | None:
    """The end at whose side the first point stands: by the times, which no offset of the clocks can fake, and by TTL.

    From question to answer it is longer at the side of who asks, by the round trip between both points: of neighbours in
    time that travelled in opposite directions, each says so once. Each hop lowers the TTL.
    """
    bounds = sorted(_bounds(points, flows[0], True) + _bounds(points, flows[1], False))
    trips = sorted((one.gap - two.gap) * (1 if one.above else -1) for one, two in pairwise(bounds) if one.above != two.above)
    trip = trips[len(trips) // 2] if trips else 0
    by_time = 0 if abs(trip) <= resolution else 1 if trip > 0 else -1
    hops = []
    for bound in bounds:
        one, two = (points[point][place].ttl for point, place in enumerate(bound.places))
        if one is not None and two is not None:
            hops.append(one - two if bound.above else two - one)
    by_hops = (sum(hop > 0 for hop in hops) > len(hops) / 2) - (sum(hop < 0 for hop in hops) > len(hops) / 2)
    if by_time and by_hops and by_time != by_hops:
        return None
    return {1: flows[0].sender, -1: flows[1].sender}.get(by_time or by_hops)


def _clock(points: Points, flows: tuple[Flow, Flow], near: Endpoint | None, resolution: Nanoseconds, synced: bool) -> Clock:
    bounds = [bound for flow in flows for bound in _bounds(points, flow, flow.sender == near)]
    if synced and (near is None or synchronous(bounds, resolution)):
        return fixed(0, resolution if near is not None else None)
    gaps = sorted(bound.gap for bound in bounds)
    if near is None:  # side by side, or nothing tells
        return fixed(gaps[len(gaps) // 2] if gaps else 0, None)
    above = [bound.gap for bound in bounds if bound.above]
    if not above or len(above) == len(bounds):  # one direction only: as if it had taken no time
        return fixed(min(above) if above else gaps[-1] if gaps else 0, None)
    return fit(bounds, resolution)


class _Joint:
    """Both flows, in one clock. `watched`: from when to when each point captured, for certain."""

    def __init__(self, points: Points, flows: tuple[Flow, Flow], near: Endpoint | None, clock: Clock, torn: tuple[bool, bool]) -> None:
        self.points, self.flows, self.near, self.clock, self.torn = points, flows, near, clock, torn
        self.times: tuple[list[Nanoseconds], list[Nanoseconds]] = (self._times(0), self._times(1))
        self.watched = tuple((min(times), max(times)) for times in self.times)
        far = next((flow.senders[1] for flow in flows if flow.sender != near), None) if near is not None else None
        self.missed = (_missed(points[0], near), _missed(points[1], far))
        quickest = [min(self._delays(flow), default=None) for flow in flows]
        trip = sum(delay or 0 for delay in quickest) if None not in quickest else 0
        for flow, delay in zip(flows, quickest, strict=True):
            if delay is not None and trip:  # nothing is sent again before a round trip has passed
                flow.doubt(self._sender(flow), self._stamp, delay + trip)
        self.windows = {flow.sender: self._window(self._delays(flow), trip) for flow in flows}

    def _times(self, point: int) -> list[Nanoseconds]:
        """Each frame's time by the clock that did not step; file order rules, so that none is before the one before."""
        times, latest = [], None
        for place, s in enumerate(self.points[point]):
            if s.t is not None:
                t = self.clock.order(point, place, s.t)
                latest = t if latest is None else max(latest, t)
            times.append(latest or 0)
        return times

    def _stamp(self, point: int, place: int) -> Nanoseconds:
        t = self.points[point][place].t
        return self.times[point][place] if t is None else self.clock.order(point, place, t)

    def _sender(self, flow: Flow) -> int:
        return 0 if self.near in (flow.sender, None) else 1

    def _window(self, delays: Sequence[Nanoseconds], trip: Nanoseconds) -> Window | None:
        """How long packets took, and as much again as they differ; at least half a round trip, as few tell little."""
        if not delays:
            return None
        margin = max(max(delays) - min(delays), trip // 2)
        return Window(min(delays) - margin, max(delays) + margin)

    def _delays(self, flow: Flow) -> list[Nanoseconds]:
        """Of those packets that are sure, in no order."""
        sender = self._sender(flow)
        return [
            self._stamp(1 - sender, packet.places[1 - sender][0]) - self._stamp(sender, packet.places[sender][0])
            for packet in flow.packets
            if packet.sure and packet.places[0] and packet.places[1] and self.near is not None
        ]

    def settle(self, flow: Flow) -> None:
        flow.rest(self._sender(flow), self._stamp, self.windows[flow.sender])

    # -- the outcome -----------------------------------------------------------------------------------------------

    def told(self, names: dict[Endpoint, Endpoint]) -> Joined:
        """`names`: of each end at b, its name at a."""
        torn = self._torn()
        rows = []
        for flow in self.flows:
            for packet in flow.packets:
                point = self._sender(flow) if packet.places[self._sender(flow)] else 1 - self._sender(flow)
                place = packet.places[point][0]
                rows.append((self.times[point][place], point, place, packet.start, self._sighting(flow, packet, torn, names)))
        rows.sort(key=lambda row: row[:4])
        aligned = self.clock.alignment() if self.near is not None else None
        missed = sum(end - start for start, end in self.missed[0]), sum(end - start for start, end in self.missed[1])
        return Joined([row[4] for row in rows], aligned, self.near, missed)

    def _sighting(self, flow: Flow, packet: Packet, torn: tuple[bool, bool], names: dict[Endpoint, Endpoint]) -> Sighting:
        sender = self._sender(flow)
        point = sender if packet.places[sender] else 1 - sender
        place = packet.places[point][0]
        s = _cut(self.points[point][place], packet.start - flow.starts[point][place], packet.end - flow.starts[point][place])
        if point == 1:
            s = replace(s, t=self._ours(packet, 1), src=names[s.src], dst=names[s.dst])
        got = packet.places[1 - sender]
        arrived = self._ours(packet, 1 - sender) if got and packet.sure and self.near and self.clock.uncertainty is not None else None
        if arrived is not None and s.t is not None:
            arrived = max(arrived, s.t)
        lost = not got and packet.sure and self._lost(flow, packet, sender, torn[1 - sender])
        return Sighting(s, arrived, "lost" if lost else None, len(got) if self.near else 0, *packet.places)

    def _ours(self, packet: Packet, point: int) -> Nanoseconds | None:
        """When the first point's clock would have stamped the packet's frame at `point`."""
        t = self.points[point][packet.places[point][0]].t
        if t is None or point == 0:
            return t
        return self.clock.ours(t, (packet.places[0][0] if packet.places[0] else None, packet.places[1][0]))

    # -- loss ------------------------------------------------------------------------------------------------------

    def _lost(self, flow: Flow, packet: Packet, sender: int, torn: bool) -> bool:
        """Nothing arrived, although the receiver's point was capturing before and after it should have."""
        window = self.windows[flow.sender]
        if window is None or self.points[sender][packet.places[sender][0]].t is None:
            return False
        sent = self._stamp(sender, packet.places[sender][0])
        receiver = 1 - sender
        first, last = self.watched[receiver]
        if sent + window.early < first or sent + window.late > last:
            return False
        if not torn:
            return True
        return self._refused(flow, packet, receiver, sent + window.late)

    def _refused(self, flow: Flow, packet: Packet, receiver: int, late: Nanoseconds) -> bool:
        """A capture with holes proves a loss only where the receiver went on to ask for just these bytes."""
        other = self.flows[1 - self.flows.index(flow)]
        replies = other.places[receiver]
        index = bisect_left(replies, late, key=lambda place: self.times[receiver][place])
        if packet.start == packet.end or index == len(replies):
            return False
        ack = self.points[receiver][replies[index]].ack
        return ack is not None and (ack - flow.base - packet.start) & 0xFFFFFFFF < packet.end - packet.start

    def _torn(self) -> tuple[bool, bool]:
        """Which capture has holes for certain: its end acknowledged what it does not hold, or the other point holds what
        its end sent meanwhile. (A reset may be forged on the way: it proves nothing.)"""
        torn = [own or bool(missed) for own, missed in zip(self.torn, self.missed, strict=True)]
        for flow in self.flows:
            sender, window = self._sender(flow), self.windows[flow.sender]
            for packet in flow.packets:
                if window is None or packet.places[sender] or not packet.sure:
                    continue
                place = packet.places[1 - sender][0]
                sent = self._stamp(1 - sender, place) - window.late
                first, last = self.watched[sender]
                if sent >= first and sent <= last and not self.points[1 - sender][place].flags & RST:
                    torn[sender] = True
        return torn[0], torn[1]


def _missed(segments: Sequence[Segment], end: Endpoint | None) -> list[tuple[int, int]]:
    """Sequence numbers that `end`, beside this point, acknowledged before the capture held them. Relative to the first."""
    held: list[tuple[int, int]] = []  # what lies ahead of `next`
    missed: list[tuple[int, int]] = []
    base: int | None = None
    upto = 0
    for s in segments if end is not None else ():
        if s.src != end and s.flags & RST:
            continue
        number = s.ack if s.src == end else s.seq
        if number is None or (s.src == end and not s.flags & ACK):
            continue
        if base is None:
            base = number
        at = upto + ((number - base - upto + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        if s.src != end:
            stop = at + s.occupied
            if stop > upto:
                insort(held, (at, stop))
        elif at > upto and not s.flags & RST:
            missed += _holes(upto, at, held)
            upto = at
        while held and held[0][0] <= upto:
            upto = max(upto, held.pop(0)[1])
    return missed


def _holes(start: int, end: int, held: list[tuple[int, int]]) -> list[tuple[int, int]]:
    holes = []
    for a, b in held:
        if a > start and start < end:
            holes.append((start, min(a, end)))
        start = max(start, b)
    return [*holes, (start, end)] if start < end else holes


def _cut(s: Segment, start: int, end: int) -> Segment:
    """The part of a segment from `start` to `end`, in sequence numbers from its own."""
    whole = s.occupied
    if start == 0 and end == whole:
        return s
    syn = bool(s.flags & SYN)
    a, b = max(0, start - syn), min(end - syn, s.length)
    flags = s.flags & ~(SYN if start else 0) & ~(FIN | PSH if end < whole else 0)
    hidden = tuple(
        h._replace(
            offset=max(h.offset, a) - a, length=min(h.offset + h.length, b) - max(h.offset, a), shown=h.shown if h.offset >= a else None
        )
        for h in s.hidden
        if h.offset < b and h.offset + h.length > a
    )
    return replace(s, seq=(s.seq + start) & 0xFFFFFFFF, flags=flags, payload=s.payload[a:b], length=b - a, hidden=hidden)
