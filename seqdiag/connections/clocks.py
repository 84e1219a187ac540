"""Packets seen at two points in, how the second point's clock stands to the first's out.

As NTP does it (RFC 5905 §8), and in bounds instead of averages: no packet arrives before it was sent. So a packet from
the first point to the second bounds the second clock's lead from above (arrival minus sending), one the other way from
below. A steady clock's lead is a line; all lines that keep every bound are a convex polygon, and its middle is the
answer. Where the path is quickest each way, the answer is half the difference of both. How the round trip divides into
there and back cannot be observed: half of the smallest round trip is always left as the uncertainty.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from seqdiag.connections.connection import Alignment
from seqdiag.provenance import Nanoseconds

LARGEST_DRIFT = 500e-6
"""Further than this no clock is corrected (RFC 5905 §11.3, 500 PPM): what runs away faster has stepped."""

WINDOW = 8
"""Packets each way, before and after, that tell a step from jitter."""

LEAST = 4
"""So many at least, unless nothing but a step can explain what was seen."""

LEAST_PART = 100
"""A step of less than a hundredth of the round trip is lost in the uncertainty."""

NEXT_TO_NOTHING = 1.02
"""A drift that lessens the uncertainty by less is not claimed."""

MOST_STEPS = 16

Corner = tuple[float, float]
"""A line, by the lead at the first and at the last bound."""


class Bound(NamedTuple):
    """A packet that both points saw: its place at each, the first point's stamp, and the second's stamp minus that.

    `above`: it went from the first point to the second, so that the second clock leads by at most `gap`; else at least.
    """

    places: tuple[int, int]
    t: Nanoseconds
    gap: Nanoseconds
    above: bool


class Clock(NamedTuple):
    """The second clock's lead over the first: `leads[k] + drift * (t - epoch)` in its k-th steady piece.

    `starts`: the places, at each point, where the pieces begin. `stepped`: the point (0 or 1) whose clock jumps there.
    `uncertainty`: by how much any lead may be wrong; None where only one direction was seen, which bounds nothing.
    """

    epoch: Nanoseconds
    drift: float
    leads: tuple[Nanoseconds, ...]
    starts: tuple[tuple[int, ...], tuple[int, ...]]
    stepped: int
    jumps: tuple[Nanoseconds, ...]
    uncertainty: Nanoseconds | None

    def ours(self, stamp: Nanoseconds, places: tuple[int | None, int | None]) -> Nanoseconds:
        """A stamp of the second point by the first point's clock; `places` of that frame, None where it is not."""
        return self._translated(stamp, self._piece(places))

    def order(self, point: int, place: int, stamp: Nanoseconds) -> Nanoseconds:
        """When that was, by the clock that did not step: to sort by."""
        if point == 1:
            return self._translated(stamp, 0 if self.stepped == 0 else self._piece((None, place)))
        return stamp + (self.leads[self._piece((place, None))] - self.leads[0] if self.stepped == 0 else 0)

    def lead(self, bound: Bound) -> Nanoseconds:
        """The second clock's lead when that packet was at the first point."""
        return self.leads[self._piece(bound.places)] + round((bound.t - self.epoch) * self.drift)

    def alignment(self) -> Alignment | None:
        if self.uncertainty is None:
            return None
        steps = tuple((t, after - before) for t, before, after in zip(self.jumps, self.leads, self.leads[1:], strict=False))
        return Alignment(self.epoch, self.leads[0], self.drift * 1e6, self.uncertainty, steps)

    def _piece(self, places: tuple[int | None, int | None]) -> int:
        point = self.stepped if places[self.stepped] is not None else 1 - self.stepped
        return max(0, bisect_right(self.starts[point], places[point] or 0) - 1)

    def _translated(self, stamp: Nanoseconds, piece: int) -> Nanoseconds:
        since = stamp - self.leads[piece] - self.epoch
        return self.epoch + since - round(since * self.drift / (1 + self.drift))


def fixed(lead: Nanoseconds, uncertainty: Nanoseconds | None) -> Clock:
    """A clock that neither drifts nor steps."""
    return Clock(0, 0.0, (lead,), ((0,), (0,)), 1, (), uncertainty)


def synchronous(bounds: Sequence[Bound], resolution: Nanoseconds) -> bool:
    """May both clocks be one, as far as these packets tell?"""
    return all(bound.gap >= -resolution if bound.above else bound.gap <= resolution for bound in bounds)


def fit(bounds: Sequence[Bound], resolution: Nanoseconds) -> Clock:
    """The clock that keeps all bounds, which must come from both directions; `resolution` of the coarser stamps, in ns."""
    clocks, delays, back = [], [], []
    for stepped in (0, 1):  # only in the order of the clock that stepped does a step divide the packets cleanly
        ordered = sorted(bounds, key=lambda bound: bound.places[stepped])
        clock = _clock(_pieces(ordered, resolution), resolution, stepped)
        clocks.append(clock)
        delays.append(sum(abs(bound.gap - clock.lead(bound)) for bound in bounds))
        back.append(sum(max(0, one.t + stepped * one.gap - two.t - stepped * two.gap) for one, two in pairwise(ordered)))
    if not (clocks[0].jumps and clocks[1].jumps):
        return clocks[bool(clocks[1].jumps)]
    if min(delays) * NEXT_TO_NOTHING < max(delays):  # a packet on the wrong side of a step seems to take as much longer
        return clocks[delays[1] < delays[0]]
    return clocks[back[1] >= back[0]]


def _clock(lines: list[_Lines], resolution: Nanoseconds, stepped: int) -> Clock:
    drift = max(lines, key=lambda line: line.span).drift()
    epoch = lines[0].first
    middles = [line.middle(drift) for line in lines]
    error = max(line.error(drift, middle) for line, middle in zip(lines, middles, strict=True))
    leads = tuple(line.base + round(middle - drift * (line.first - epoch)) for line, middle in zip(lines, middles, strict=True))
    starts = tuple(tuple(min(bound.places[point] for bound in line.bounds) for line in lines) for point in (0, 1))
    jumps = tuple(line.bounds[0].t for line in lines[1:])
    return Clock(epoch, drift, leads, (starts[0], starts[1]), stepped, jumps, int(error) + 1 + resolution)


class _Lines:
    """All lines that keep the bounds of one steady piece, as a convex polygon of Corners; `base` is added to each lead.

    Where no line keeps them all (a clock that was slewed meanwhile), they are loosened until one does.
    """

    def __init__(self, bounds: Sequence[Bound], resolution: Nanoseconds) -> None:
        self.bounds = bounds
        self.base = bounds[0].gap
        self.first = min(bound.t for bound in bounds)
        self.span = max(1, max(bound.t for bound in bounds) - self.first)
        self.above = [((b.t - self.first) / self.span, float(b.gap - self.base)) for b in bounds if b.above]
        self.below = [((b.t - self.first) / self.span, float(b.gap - self.base)) for b in bounds if not b.above]
        self.slack = float(resolution)
        self.corners = self._polygon()
        self.steady = bool(self.corners)
        while not self.corners:
            self.slack *= 2
            self.corners = self._polygon()

    def _polygon(self) -> list[Corner]:
        turn = LARGEST_DRIFT * self.span + self.slack
        high = max(gap for _, gap in self.above + self.below) + turn
        low = min(gap for _, gap in self.above + self.below) - turn
        corners: list[Corner] = [(low, low), (high, low), (high, high), (low, high)]
        corners = _clip(_clip(corners, -1.0, 1.0, turn), 1.0, -1.0, turn)
        for at, gap in self.above:
            corners = _clip(corners, 1.0 - at, at, gap + self.slack)
        for at, gap in self.below:
            corners = _clip(corners, at - 1.0, -at, self.slack - gap)
        return corners

    def drift(self) -> float:
        """The slope of the line in the middle, one that some line within the bounds has; 0 where that costs next to nothing."""
        firsts, lasts = [first for first, _ in self.corners], [last for _, last in self.corners]
        slopes = [last - first for first, last in self.corners]
        slope = (min(lasts) + max(lasts) - min(firsts) - max(firsts)) / 2
        best = min(max(slope, min(slopes)), max(slopes)) / self.span
        level = min(slopes) <= 0 <= max(slopes) and self.error(0.0, self.middle(0.0)) <= NEXT_TO_NOTHING * self.error(
            best, self.middle(best)
        )
        return 0.0 if level else best

    def middle(self, drift: float) -> float:
        """The lead at the first bound, of the line with this slope that is in the middle of those within the bounds."""
        rise = drift * self.span
        return (min(gap - at * rise for at, gap in self.above) + max(gap - at * rise for at, gap in self.below)) / 2

    def error(self, drift: float, middle: float) -> float:
        """How far the truth, any line within the bounds, may be from that line between the first and the last bound."""
        end = middle + drift * self.span
        loose = 0.0 if self.steady else 2 * self.slack
        return loose + max(max(abs(first - middle), abs(last - end)) for first, last in self.corners)


def _clip(corners: list[Corner], p: float, q: float, most: float) -> list[Corner]:
    """The part of a convex polygon where p * first + q * last <= most (Sutherland and Hodgman)."""
    over = [p * first + q * last - most for first, last in corners]
    if all(value <= 0 for value in over):
        return corners
    kept: list[Corner] = []
    for index, (corner, value) in enumerate(zip(corners, over, strict=True)):
        before, previous = corners[index - 1], over[index - 1]
        if (value > 0) != (previous > 0):
            part = previous / (previous - value)
            kept.append((before[0] + part * (corner[0] - before[0]), before[1] + part * (corner[1] - before[1])))
        if value <= 0:
            kept.append(corner)
    return kept


def _pieces(bounds: Sequence[Bound], resolution: Nanoseconds) -> list[_Lines]:
    """Cut where a clock stepped."""
    done: list[_Lines] = []
    todo: list[Sequence[Bound]] = [bounds]
    while todo:
        piece = todo.pop()
        lines = _Lines(piece, resolution)
        drift = lines.drift() if lines.steady else 0.0
        cut = _step([bound.gap - round(drift * (bound.t - lines.first)) for bound in piece], piece, not lines.steady)
        if cut is None or len(done) + len(todo) >= MOST_STEPS:
            done.append(lines)
        else:
            todo += [piece[cut:], piece[:cut]]
    return done


def _step(gaps: list[int], bounds: Sequence[Bound], certain: bool) -> int | None:
    """Where both directions' quickest packets jump the same way at once, beyond jitter. A queue delays one direction.

    `certain`: no steady clock can be within these bounds, so that the best place is taken.
    """
    least = 1 if certain else LEAST
    above = [gap for gap, bound in zip(gaps, bounds, strict=True) if bound.above]
    below = [-gap for gap, bound in zip(gaps, bounds, strict=True) if not bound.above]
    place, best, up, down = None, 0.0, 0, 0
    for index, bound in enumerate(bounds):
        around = [
            above[max(0, up - WINDOW) : up],
            above[up : up + WINDOW],
            below[max(0, down - WINDOW) : down],
            below[down : down + WINDOW],
        ]
        up, down = up + bound.above, down + (not bound.above)
        if min(map(len, around)) < least:
            continue
        floors = [min(window) for window in around]
        if (floors[1] > floors[0]) == (floors[3] > floors[2]):  # `below` is turned over
            continue
        size = min(abs(floors[1] - floors[0]), abs(floors[3] - floors[2]))
        trip = floors[0] + floors[2]
        if not certain and (size * LEAST_PART < trip or size <= 2 * max(_spread(window) for window in around)):
            continue
        means = [sum(window) / len(window) for window in around]
        score = min(abs(means[1] - means[0]), abs(means[3] - means[2]))
        if score > best:
            place, best = index, score
    return place


def _spread(window: list[int]) -> int:
    """How far the usual is from the quickest."""
    return sorted(window)[len(window) // 2] - min(window)
