"""What each row needs from top to bottom in, its y out: the order of observation, evenly spaced.

A row is as high as its label; bands, notes and repeated heads are put between rows. y is strictly monotone over all
rows. (A placement to scale replaces this module, and nothing else.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

ABOVE = 6  # clear of the row above
BELOW = 8  # half a pill
EDGE = 4  # between a row and the edge of a band
SCREENFUL = 1100
STRIP = 30
TITLE_MOST = 12  # what a band may grow so that its title fits


class Row(msgspec.Struct, frozen=True):
    """`above`: of the arrow, its label. `height`: from the first to the last edge of the arrow itself. `phase`: an index."""

    above: float
    height: float
    phase: int | None


class Band(msgspec.Struct, frozen=True):
    """A run of rows of one phase; `whole` where the phase has no other. `first` and `last` are rows."""

    phase: int
    top: float
    bottom: float
    first: int
    last: int
    whole: bool


class Rows(msgspec.Struct, frozen=True):
    """y of every row's first and last edge, of every note's top, of every band and repeated head, and of the end."""

    starts: list[float]
    ends: list[float]
    notes: list[float]
    bands: list[Band]
    strips: list[float]
    bottom: float


def whole_phases(phases: Sequence[int | None]) -> set[int]:
    """Those whose rows all follow one another: only they are bands across the figure."""
    runs = [phase for phase, before in zip(phases, [None, *phases], strict=False) if phase is not None and phase != before]
    return {phase for phase, count in Counter(runs).items() if count == 1}


def place(rows: list[Row], notes: list[tuple[int, float]], top: float, titles: dict[int, float]) -> Rows:
    """`notes`: (before which row, height), in order. `titles`: the height that a phase's title would like."""
    starts: list[float] = []
    ends: list[float] = []
    note_tops: list[float] = []
    bands: list[Band] = []
    strips: list[float] = []
    whole = whole_phases([row.phase for row in rows])
    waiting = iter(notes)
    note = next(waiting, None)
    y = screen = top
    phase: int | None = None
    opened, edge = 0, top

    def close(y: float) -> float:
        """Ends the band that stands open; a title that nearly fits is given the room it lacks."""
        if phase is None:
            return y
        if phase in whole:
            y += EDGE
            lack = titles.get(phase, 0) - (y - edge)
            y += lack if 0 < lack <= TITLE_MOST else 0
        bands.append(Band(phase, edge, y, opened, len(starts) - 1, phase in whole))
        return y

    for index, row in enumerate(rows):
        while note is not None and note[0] <= index:
            note_tops.append(y + 4)
            y += note[1] + 8
            note = next(waiting, None)
        if index == 0 or row.phase != phase:
            y = close(y)
            phase, opened, edge = row.phase, index, y
            y += EDGE if phase in whole else 0
        if y - screen > SCREENFUL and len(rows) - index > 10:
            strips.append(y + STRIP / 2)
            y += STRIP
            screen = y
        y += ABOVE + row.above
        starts.append(y)
        y += row.height
        ends.append(y)
        y += BELOW
    while note is not None:
        note_tops.append(y + 4)
        y += note[1] + 8
        note = next(waiting, None)
    y = close(y)
    return Rows(starts, ends, note_tops, bands, strips, y)
