"""One sender's segments as two points captured them in, which of them are the same packet out.

Not frame by frame: offload joins segments at one point and splits them at the other, so that a packet is a range of
sequence numbers. Copies of the same bytes are told apart by what differs in them (IP id, timestamp, acknowledgment,
window), as far as the path leaves it alone; where nothing differs, by when they must have arrived; else not at all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import NamedTuple

from seqdiag.events import ACK, FIN, RST, SYN, Endpoint, Segment
from seqdiag.provenance import Nanoseconds

FIELDS: dict[str, Callable[[Segment], Hashable]] = {
    "ip_id": lambda s: s.ip_id,
    "ts": lambda s: s.options.ts,
    "sack": lambda s: s.options.sack,
    "window": lambda s: s.window,
}
"""What may tell two copies apart; a middlebox may rewrite each of them."""

MOST_PIECES = 64
"""Packets that offload makes of one segment (64 KiB)."""

MOST_COPIES = 4 * MOST_PIECES
"""Frames that one may have to be compared with, so that a hostile capture of copies takes no quadratic time."""

ENOUGH = 8
"""Pairs of packets close in time that show whether a path keeps their order."""

Places = tuple[int, ...]
Run = tuple[int, int, int]
"""Sequence numbers [start, end), unwrapped, and the place of the frame that carries them."""


class Packet(NamedTuple):
    """The places of its frames at both points, in order of capture (more than one: copies), and its sequence numbers.

    `sure`: no other pairing of the frames is possible.
    """

    places: tuple[Places, Places]
    start: int
    end: int
    sure: bool = True


class Window(NamedTuple):
    """When a packet sent at t may have arrived: `early` to `late` nanoseconds later, all in one clock."""

    early: Nanoseconds
    late: Nanoseconds


class Flow:
    """What `sender` (by its address at each point) sent. `certain` first, then `rest` once the clocks are aligned."""

    def __init__(self, points: tuple[Sequence[Segment], Sequence[Segment]], senders: tuple[Endpoint, Endpoint]) -> None:
        self.points = points
        self.sender, self.senders = senders[0], senders
        self.places = tuple([i for i, s in enumerate(points[k]) if s.src == senders[k]] for k in (0, 1))
        self.base = next((points[k][i].seq for k in (0, 1) for i in self.places[k][:1]), 0)
        self.starts: tuple[dict[int, int], dict[int, int]] = (self._unwrapped(0), self._unwrapped(1))
        self.fields = self._kept()
        ids = [points[k][i].ip_id or 0 for k in (0, 1) for i in self.places[k]]
        # Ids that are mostly different (not 0, not a constant) name one packet each.
        self.named = "ip_id" in self.fields and 4 * len(set(ids) - {0}) > len([number for number in ids if number])
        self.packets: list[Packet] = []
        self.alike: list[tuple[Places, Places]] = []
        self.runs: tuple[list[Run], list[Run]] = ([], [])

    def _unwrapped(self, point: int) -> dict[int, int]:
        """Sequence numbers past 2^32, each near the one before it (RFC 9293 §3.4)."""
        starts, near = {}, 0
        for place in self.places[point]:
            near += ((self.points[point][place].seq - self.base - near + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
            starts[place] = near
        return starts

    def _span(self, point: int, place: int) -> tuple[int, int]:
        s = self.points[point][place]
        start = self.starts[point][place]
        return start, start + s.occupied

    def _groups(self, key: Callable[[Segment], Hashable]) -> dict[Hashable, tuple[list[int], list[int]]]:
        groups: dict[Hashable, tuple[list[int], list[int]]] = {}
        for point in (0, 1):
            for place in self.places[point]:
                groups.setdefault(key(self.points[point][place]), ([], []))[point].append(place)
        return groups

    def _kept(self) -> tuple[str, ...]:
        """The fields that the path does not rewrite: alike in most of the segments that are unique without them."""
        pairs = [(self.points[0][p[0]], self.points[1][q[0]]) for p, q in self._groups(_plain).values() if len(p) == len(q) == 1]
        return tuple(name for name, of in FIELDS.items() if 2 * sum(of(s) == of(r) for s, r in pairs) >= len(pairs))

    # -- without time --------------------------------------------------------------------------------------------

    def certain(self) -> None:
        """Match what matches in one way only."""
        readers = [FIELDS[name] for name in self.fields]
        groups = self._groups(lambda s: (*_plain(s), *[reader(s) for reader in readers]))
        for p, q in groups.values():
            if not p or not q:
                for point, places in enumerate((p, q)):
                    self.runs[point].extend((*self._span(point, place), place) for place in places)
            elif len(p) == len(q) == 1 or (self.named and self.points[0][p[0]].ip_id):
                self.packets.append(Packet((tuple(p), tuple(q)), *self._span(0, p[0])))
            else:
                self.alike.append((tuple(p), tuple(q)))
        lone = _lone(self.runs[0]), _lone(self.runs[1])
        self._overlay(lone, None)

    def _overlay(self, runs: tuple[list[Run], list[Run]], fits: Callable[[int, int], bool] | None) -> None:
        """Match ranges that frames of both points share; each byte of a frame once."""
        theirs = sorted(runs[1])
        starts = [run[0] for run in theirs]
        longest = max((end - start for start, end, _ in theirs), default=0)
        taken: dict[Run, list[tuple[int, int]]] = {}
        for run in runs[0]:
            start, end, place = run
            near = theirs[bisect_right(starts, start - longest) : bisect_left(starts, end)]
            for other in near[:MOST_COPIES]:
                if not self._kin(place, other[2]) or (fits and not fits(place, other[2])):
                    continue
                free = _without((max(start, other[0]), min(end, other[1])), taken.get(run, []) + taken.get(other, []))
                for a, b in free:
                    self.packets.append(Packet(((place,), (other[2],)), a, b))
                    taken.setdefault(run, []).append((a, b))
                    taken.setdefault(other, []).append((a, b))
        for point in (0, 1):
            kept: list[Run] = []
            for run in self.runs[point]:
                used = taken.get(run)
                kept += [run] if not used else [(a, b, run[2]) for a, b in _without(run[:2], used)]
            self.runs[point][:] = kept

    def _kin(self, here: int, there: int) -> bool:
        """May these be pieces of one segment? Offload gives all its pieces the same timestamp and acknowledgment."""
        s, r = self.points[0][here], self.points[1][there]
        if (s.flags ^ r.flags) & (SYN | RST) or s.ack != r.ack or ("ts" in self.fields and s.options.ts != r.options.ts):
            return False
        if not (self.named and s.ip_id and r.ip_id):
            return True
        later = (r.ip_id - s.ip_id + 0x8000) % 0x10000 - 0x8000  # the pieces of one segment are numbered from its own id
        return later == 0 if s.seq == r.seq else abs(later) <= MOST_PIECES

    # -- by time -------------------------------------------------------------------------------------------------

    def rest(self, sender: int, stamp: Callable[[int, int], Nanoseconds], window: Window | None) -> None:
        """Match what is left. `sender`: the point where it was sent; `stamp` of a point's place, in one clock."""
        fifo = window is not None and self._keeps_order(sender, stamp, window)
        for alike in self.alike:
            sent, got = (sorted((stamp(point, place), place) for place in alike[point]) for point in (sender, 1 - sender))
            pairs = _by_time(sent, got, window, fifo)
            for mine, theirs, sure in pairs:
                places = (tuple(mine), tuple(theirs)) if sender == 0 else (tuple(theirs), tuple(mine))
                point = 0 if places[0] else 1
                self.packets.append(Packet(places, *self._span(point, places[point][0]), sure))
        if window is not None:

            def fits(here: int, there: int) -> bool:
                delay = stamp(1, there) - stamp(0, here)
                return window.early <= (delay if sender == 0 else -delay) <= window.late

            whole = [run for run in self.runs[0] if run[0] < run[1]], [run for run in self.runs[1] if run[0] < run[1]]
            self._overlay(whole, fits)
        for point in (0, 1):
            for start, end, place in self.runs[point]:
                self.packets.append(Packet(((place,), ()) if point == 0 else ((), (place,)), start, end))

    def _sure(self, sender: int) -> list[tuple[int, int, int]]:
        """Of those packets that are: where sent, where arrived, and which of `packets`; in order of sending."""
        return sorted(
            (p.places[sender][0], p.places[1 - sender][0], index)
            for index, p in enumerate(self.packets)
            if p.sure and p.places[0] and p.places[1]
        )

    def doubt(self, sender: int, stamp: Callable[[int, int], Nanoseconds], latest: Nanoseconds) -> None:
        """Where copies look alike, a packet that took longer than `latest` and that others overtook is not sure: it may be
        a later copy's arrival, where each capture lacks a frame."""
        if self.named or ("ts" in self.fields and any(self.points[0][place].options.ts for place in self.places[0])):
            return
        first = len(self.points[1 - sender])
        for sent, got, index in reversed(self._sure(sender)):
            if got > first and stamp(1 - sender, got) - stamp(sender, sent) > latest:
                self.packets[index] = self.packets[index]._replace(sure=False)
            first = min(first, got)

    def _keeps_order(self, sender: int, stamp: Callable[[int, int], Nanoseconds], window: Window) -> bool:
        """Did all of many packets that could have overtaken one another arrive as they were sent?"""
        near = [
            one[1] < two[1]
            for one, two in pairwise(self._sure(sender))
            if stamp(sender, two[0]) - stamp(sender, one[0]) < window.late - window.early
        ]
        return len(near) >= ENOUGH and all(near)


Pair = tuple[list[int], list[int], bool]
"""Places where it was sent (one), where it arrived (any number), and whether that is sure."""


def _by_time(sent: list[tuple[Nanoseconds, int]], got: list[tuple[Nanoseconds, int]], window: Window | None, fifo: bool) -> list[Pair]:
    """Pair them, in order, within each cluster: sendings with arrivals that more than one of them may have caused.

    A cluster of one sending is sure, with all its copies. So is one from which as many arrived as were sent, on a path that
    keeps the order (`fifo`). In any other somebody's arrival may be another's. Where some arrival is nobody's, the window
    is wrong, and nothing is sure.
    """
    landed = [u for u, _ in got]
    reach = [(bisect_left(landed, t + window.early), bisect_right(landed, t + window.late)) if window else (0, len(got)) for t, _ in sent]
    pairs: list[Pair] = []
    first, seen = 0, 0
    strays: list[int] = []
    while first < len(sent):
        start, stop = reach[first]
        last = first + 1
        while last < len(sent) and reach[last][0] < stop:
            stop = max(stop, reach[last][1])
            last += 1
        start = max(start, seen)
        strays += [place for _, place in got[seen:start]]
        mine, theirs = [place for _, place in sent[first:last]], [place for _, place in got[start:stop]]
        if len(mine) == 1 and window:
            pairs.append((mine, theirs, True))
        else:
            sure = len(mine) == len(theirs) and (fifo or len(mine) == 1)
            pairs += [(mine[k : k + 1], theirs[k : k + 1], sure) for k in range(max(len(mine), len(theirs)))]
        first, seen = last, max(seen, stop)
    strays += [place for _, place in got[seen:]]
    return [(mine, theirs, sure and not strays) for mine, theirs, sure in pairs] + [([], [place], False) for place in strays]


def _plain(s: Segment) -> tuple[int, int, int, int | None]:
    """What no path changes in a segment that it leaves whole."""
    return s.seq, s.length, s.flags & (SYN | FIN | RST | ACK), s.ack


def _lone(runs: list[Run]) -> list[Run]:
    """Those whose bytes no other carries."""
    ordered = sorted(run for run in runs if run[0] < run[1])
    alone, reach = [], -(1 << 62)
    for index, run in enumerate(ordered):
        if run[0] >= reach and (index + 1 == len(ordered) or ordered[index + 1][0] >= run[1]):
            alone.append(run)
        reach = max(reach, run[1])
    return alone


def _without(span: tuple[int, int], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of [start, end) that none of `taken` covers."""
    start, end = span
    parts = []
    for a, b in sorted(taken):
        if b <= start or a >= end:
            continue
        if a > start:
            parts.append((start, a))
        start = max(start, b)
    if start < end:
        parts.append((start, end))
    return parts
