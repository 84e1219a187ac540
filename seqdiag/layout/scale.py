"""Edges in, the figure's scale out: how many px a millisecond is, so that slants can be seen and few waits must be cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from seqdiag.layout.edges import MS, Edge
from seqdiag.layout.rows import CUT_FROM

SLANT = 26
"""px that the usual arrow falls, where waits permit it."""
MOST_SLANT = 72
"""px that it falls at most so that packets can be drawn crossing."""
ROW = 24
WAITS = 0.8
"""Of the steps this share is not cut."""


def px_per_ms(edges: Sequence[Edge]) -> float:
    """0 where there are no times, or none that differ."""
    timed = [edge for edge in edges if edge.t is not None]
    steps = sorted(step for a, b in pairwise(timed) if (step := b.key - a.key) > 0)
    ways = sorted(way for edge in timed if (way := edge.before + edge.after) > 0)
    if not steps:
        return 0
    most = CUT_FROM / (steps[min(int(WAITS * len(steps)), len(steps) - 1)] / MS)
    usual = SLANT / (ways[len(ways) // 2] / MS) if ways else 1.7 * ROW / (steps[len(steps) // 2] / MS)
    scale = min(usual, most)
    if not ways:
        return _short(scale)
    steepest = MOST_SLANT / (ways[len(ways) // 2] / MS)
    return _short(max([scale, *(wanted for wanted in _overtaking(timed) if wanted <= steepest)]))


def _overtaking(timed: Sequence[Edge]) -> Iterator[float]:
    """The scales at which what left before another packet had come can be drawn so, though its row needs room."""
    for a, b in pairwise(timed):
        overlap = a.arrives - b.departs
        if overlap > 0 and a.message != b.message:
            same = a.before == b.before and a.after == b.after
            yield ROW / ((a.before + a.after if same else overlap) / MS)


def _short(scale: float) -> float:
    """Three significant digits, so that the scale can be said."""
    return float(f"{scale:.3g}")
