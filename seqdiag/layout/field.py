"""Placed columns and their bars in, the free stretches of a row out: for a label, a loop, a state, a note.

A row holds one message or one note, so it may take whatever the bars leave, and pass lifelines where it must.
"""

from __future__ import annotations

from typing import NamedTuple

from seqdiag.layout.columns import LOOP_REACH, MEANING_OFF, PILL_OFF, Columns

CLEAR = 8  # between words and a lifeline or a bar
LABEL_FREE = 320  # what a label may take where columns are narrower
NOTE_FREE = 260


class Room(NamedTuple):
    """From `low` to `high`; `across` where it passes lifelines, which must then not strike through words."""

    low: float
    high: float
    across: bool = False

    @property
    def size(self) -> float:
        return self.high - self.low

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


class Loop(NamedTuple):
    """A message to oneself goes to one side (1 right, -1 left); its label stands from `low` to `high`."""

    way: int
    low: float
    high: float


class PillSpot(NamedTuple):
    """A state stands on `side` (1 right, -1 left) of its lifeline, from `near` on, and has `room` px."""

    side: int
    near: float
    room: float


class Field:
    """`bars`: the room that a column's bars take on one side (1 right, -1 left) of its lifeline."""

    def __init__(self, columns: Columns, bars: dict[tuple[int, int], float]) -> None:
        self.columns = columns
        self.xs = columns.lifelines
        self.bars = bars
        self.barred = {column for column, _ in bars}

    def gap(self, k: int) -> Room:
        """Between lifelines k and k + 1."""
        return Room(self.xs[k] + CLEAR + self.bars.get((k, 1), 0), self.xs[k + 1] - CLEAR - self.bars.get((k + 1, -1), 0))

    def between(self, i: int, j: int) -> Room:
        """From lifeline i to lifeline j, or the widest gap on the way where bars stand in it."""
        low, high = sorted((i, j))
        if high - low == 1:
            return self.gap(low)
        if any(low < column < high for column in self.barred) or (low, 1) in self.bars or (high, -1) in self.bars:
            return max((self.gap(k) for k in range(low, high)), key=lambda gap: gap.size)
        return Room(self.xs[low] + CLEAR, self.xs[high] - CLEAR, True)

    def label(self, i: int, j: int, size: float, alone: bool) -> Room:
        """For a label of `size` px over an arrow from i to j; `alone` where nothing else stands in its row.

        Over an arrow that passes lifelines: in the gap nearest its middle, then nearest its sender, that holds the label.
        """
        low, high = sorted((i, j))
        whole = self.between(i, j)
        if whole.across:
            middle, sender = (self.xs[low] + self.xs[high]) / 2, self.xs[i]
            holding = [gap for gap in (self.gap(k) for k in range(low, high)) if gap.size >= size]
            return min(holding, key=lambda gap: (abs(gap.middle - middle), abs(gap.middle - sender)), default=whole)
        if size > whole.size and alone and not self.bars:
            return self.widened(whole, min(size, LABEL_FREE), self.xs[0] + CLEAR, self.xs[-1] - CLEAR)
        return whole

    def widened(self, stretch: Room, size: float, least: float, most: float) -> Room:
        """At least `size`, about the same middle, within `least` and `most`."""
        size = min(max(size, stretch.size), most - least)
        low = min(max(stretch.middle - size / 2, least), most - size)
        return Room(low, low + size, True)

    def loop(self, i: int) -> Loop:
        """To the right of its lifeline, and for the last one to its left."""
        way = -1 if i == len(self.xs) - 1 and i > 0 else 1
        reach = max(LOOP_REACH, self.bars.get((i, way), 0) + CLEAR)
        if way < 0:
            return Loop(way, self.gap(i - 1).low, self.xs[i] - reach)
        return Loop(way, self.xs[i] + reach, self.gap(i).high if i + 1 < len(self.xs) else self.columns.meaning - MEANING_OFF)

    def side(self, i: int, other: int) -> int:
        """Where lifeline i's states stand in a row that it shares with `other`: away from it."""
        return -self.loop(i).way if i == other else 1 if i > other else -1

    def pill(self, i: int, other: int) -> PillSpot:
        side = self.side(i, other)
        near = self.xs[i] + side * (PILL_OFF + self.bars.get((i, side), 0))
        outer = self.columns.right if i == len(self.xs) - 1 else self.columns.meaning - 6
        end = outer if side > 0 else self.columns.deltas + 6
        for column in sorted((column for column in self.barred if side * (column - i) > 0), key=lambda column: abs(column - i))[:1]:
            end = self.xs[column] - side * (CLEAR + self.bars.get((column, -side), 0))
        return PillSpot(side, near, side * (end - near))

    def note(self, i: int, j: int) -> Room:
        """For a note across the session between i and j."""
        if i == j:
            loop = self.loop(i)
            return Room(loop.low, loop.high)
        whole = self.between(i, j)
        return whole if self.bars else self.widened(whole, NOTE_FREE, self.columns.left, self.columns.right)
