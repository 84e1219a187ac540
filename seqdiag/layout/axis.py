"""Times in, the axis and the words beside it out. Nanoseconds become "+1.2" here, and nowhere else.

One unit per figure, chosen so that neighbouring rows differ and no number is long: three decimals of a millisecond
for sessions under 10 ms, as many as the smallest step needs up to 10 s, seconds beyond.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from seqdiag.diagram import Diagram
from seqdiag.layout.columns import Columns
from seqdiag.layout.edges import Edge
from seqdiag.layout.rows import Rows
from seqdiag.layout.scene import Group, Mark, Stroke, Text, Tick, mark, px, stroke, text
from seqdiag.provenance import Nanoseconds
from seqdiag.text import Shown
from seqdiag.words import duration

Times: TypeAlias = Literal["r", "d", "a", "ad"]
"""Relative to the first message, delta only, time of day, time of day with date: tshark's letters."""

MS = 1_000_000
S = 1_000_000_000
LONG = S


class Unit(msgspec.Struct, frozen=True):
    name: str
    nanoseconds: int
    decimals: int

    def number(self, t: Nanoseconds) -> str:
        return f"{t / self.nanoseconds:,.{self.decimals}f}"


UNITS = ((10 * MS, Unit("ms", MS, 3)), (10 * S, Unit("ms", MS, 1)), (3600 * S, Unit("s", S, 3)))
LONGEST = Unit("s", S, 1)


def unit_for(span: Nanoseconds, finest: Nanoseconds) -> Unit:
    """The unit for a figure that lasts `span` and whose smallest step is `finest`: no step of a millisecond's unit reads 0."""
    unit = next((unit for limit, unit in UNITS if span < limit), LONGEST)
    if unit.nanoseconds == MS and unit.decimals == 1:
        return Unit(unit.name, MS, 1 if finest >= MS // 20 else 2 if finest >= MS // 200 else 3)
    return unit


class Moment(msgspec.Struct, frozen=True):
    """One row's time: what is printed in either column, and the tick's time, which never goes back.

    `long`: the wait above it stands out.
    """

    tick: Nanoseconds
    label: Shown
    delta: Shown
    long: bool = False


class Clock:
    """Tells each row's time in turn: `clock.tell(t)` from the top of the figure to its foot."""

    def __init__(self, diagram: Diagram, edges: Sequence[Edge], times: Times) -> None:
        known = [edge.t for edge in edges if edge.t is not None] if diagram.timed else []
        self.start = diagram.since[0] if diagram.since else known[0] if known else 0
        self.known = bool(known)
        self.times = times
        steps = [step for a, b in pairwise(known) if (step := b - a) > 0]
        self.unit = unit_for(max(known) - min(known) if known else 0, min(steps, default=S))
        self.above: Nanoseconds | None = None
        self.last: Nanoseconds | None = diagram.since[1] if diagram.since else None

    @property
    def heading(self) -> Shown:
        return Shown("UTC" if self.times in ("a", "ad") else self.unit.name)

    def delta_heading(self, delta: str) -> Shown:
        """Names the unit where the column of times does not."""
        return Shown(delta if self.times == "r" else f"{delta}, {self.unit.name}")

    def tell(self, t: Nanoseconds) -> Moment:
        """A row at `t`. Where the clock went back there is no delta, and the tick repeats the greatest time above."""
        step = None if self.last is None else t - self.last
        self.last = t
        self.above = t if self.above is None else max(self.above, t)
        delta = "" if step is None or step < 0 else f"+{self.unit.number(step)}"
        return Moment(self.above, Shown("" if self.times == "d" else self.label(t)), Shown(delta), step is not None and step >= LONG)

    def label(self, t: Nanoseconds) -> str:
        if self.times == "r":
            return self.unit.number(t - self.start)
        seconds, rest = divmod(t, S)
        try:
            clock = time.gmtime(seconds)
        except (OverflowError, OSError, ValueError):  # a year that the C library cannot tell
            return f"{t / S:,.6f}"
        shape = "%Y-%m-%d %H:%M:%S" if self.times == "ad" else "%H:%M:%S"
        return f"{time.strftime(shape, clock)}.{rest // 1000:06d}"


def moments(edges: Sequence[Edge], clock: Clock) -> list[Moment | None]:
    """What the axis says of each edge; nothing at all where the source has no times."""
    return [clock.tell(edge.t) if clock.known and edge.t is not None else None for edge in edges]


def axis_groups(told: Sequence[Moment | None], placed: Rows, columns: Columns) -> list[Group]:
    """The axis with its ticks, times and deltas.

    It is solid where it is to scale, dotted where rows and not time set the distance, broken where time is cut out.
    """
    if columns.axis is None:
        return []
    x = columns.axis
    marks: list[Mark] = []
    texts: list[Text] = []
    ticks: list[Tick] = []
    strokes: list[Stroke] = []
    cuts = {cut.row: cut for cut in placed.cuts}
    above: float | None = None
    for row, (moment, y, scaled) in enumerate(zip(told, placed.ys, placed.scaled, strict=True)):
        cut = cuts.get(row)
        if cut is not None and above is not None:
            middle = (cut.top + cut.bottom) / 2
            strokes += [stroke(x, above, x, middle - 3, "faint", 1.1), stroke(x, middle + 3, x, y, "faint", 1.1)]
            marks.append(mark(x, middle, "cut", stroke="soft", weight=1.1))
            left_out = Shown(duration(cut.end - cut.start))
            texts.append(text(x - 9, middle + 3.4, left_out, "delta", "faint", "end"))
        elif above is not None and moment is not None:
            strokes.append(stroke(x, above, x, y, "faint", 1.1 if scaled else 1.7, "" if scaled else "dots"))
        if moment is None:
            continue
        above = y
        first = not ticks
        if not (scaled or first):
            marks.append(mark(x, y, "tick", stroke="soft", weight=1.2))
        ticks.append(Tick(px(x), px(y), moment.tick, scaled or first))
        if moment.label:
            texts.append(text(columns.times, y + 3.7, moment.label, "time", "soft", "end"))
        if moment.delta:
            voice, paint = ("delta-long", "ink") if moment.long else ("delta", "faint")
            texts.append(text(columns.deltas, y + 3.5, moment.delta, voice, paint, "end"))
    return [Group("axis", (), tuple(strokes), tuple(marks), tuple(texts), tuple(ticks))]


def heading_texts(clock: Clock, columns: Columns, delta: str, y: float) -> list[Text]:
    """What stands over the columns of times."""
    if columns.axis is None:
        return []
    over = [text(columns.deltas, y, clock.delta_heading(delta), "delta", "faint", "end")]
    return over if clock.times == "d" else [text(columns.times, y, clock.heading, "time", "soft", "end"), *over]
