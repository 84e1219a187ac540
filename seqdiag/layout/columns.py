"""What each row needs across in, the place of every column out: gutter, times, lifelines, meanings, and the width.

Lifelines stand 240 to 420 px apart and wider where a label needs it. Where the figure would pass `MOST` px they move
closer again, down to what their heads permit, and labels are clipped.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec

MOST = 1400
MARGIN = 12
GUTTER = 22
PILL_OFF = 12
MEANING_OFF = 14
HEAD_GAP = 16
LABEL_MARGIN = 16
LOOP_REACH = 40


class Needs(msgspec.Struct):
    """What must find room, px. `spans[i, j]`: the widest label between columns i < j. `pills`: the widest to the left of the
    first lifeline and to the right of the last. `bars`: likewise, the strip of the protocol's own states."""

    heads: list[float]
    spans: dict[tuple[int, int], float]
    loops: dict[int, float]
    times: float = 0
    deltas: float = 0
    gutter: bool = False
    pills: tuple[float, float] = (0, 0)
    bars: tuple[float, float] = (0, 0)
    meanings: float = 0


class Columns(msgspec.Struct, frozen=True):
    """x of everything that stands in a column. `axis` None where there are no times; `before`: left of the first lifeline's bars."""

    gutter: float
    left: float
    times: float
    axis: float | None
    deltas: float
    before: float
    lifelines: tuple[float, ...]
    meaning: float
    right: float
    width: float


def usual(count: int) -> float:
    """The distance of lifelines that needs no reason."""
    return {2: 420.0, 3: 340.0}.get(count, 240.0)


def spread(needs: Needs, room: float) -> list[float]:
    """The distances between neighbouring lifelines."""
    heads = needs.heads
    least = [(a + b) / 2 + HEAD_GAP for a, b in pairwise(heads)]
    wanted = [max(usual(len(heads)), gap) for gap in least]
    for (i, j), width in sorted(needs.spans.items(), key=lambda item: item[0][1] - item[0][0]):
        lack = width + 2 * LABEL_MARGIN - sum(wanted[i:j])
        if lack > 0:
            for k in range(i, j):
                wanted[k] += lack / (j - i)
    for i, width in needs.loops.items():
        side = min(i, len(wanted) - 1)
        if wanted:
            wanted[side] = max(wanted[side], width + 60)
    slack = sum(wanted) - sum(least)
    share = min(1.0, max(0.0, (room - sum(least)) / slack)) if slack > 0 else 0.0
    return [round(low + (high - low) * share) for low, high in zip(least, wanted, strict=True)]


def place(needs: Needs) -> Columns:
    left = MARGIN + (GUTTER if needs.gutter else 0)
    x = float(left)
    times = deltas = x
    axis = None
    if needs.deltas or needs.times:
        times = x + 10 + needs.times
        axis = times + 9
        deltas = axis + 9 + needs.deltas
        x = deltas
    before = needs.bars[0] + (PILL_OFF + needs.pills[0] + 10 if needs.pills[0] else 0)
    heads = needs.heads or [0.0]
    first = round(max(x + before + 14, MARGIN + heads[0] / 2, left + 20))
    beside = needs.bars[1]
    if len(needs.heads) == 1:  # its loops have no other column to reach into
        beside += LOOP_REACH + min(max(needs.loops.get(0, 0) + LABEL_MARGIN, 200), usual(2))
    after = beside + max(PILL_OFF + needs.pills[1] if needs.pills[1] else 0, MEANING_OFF + needs.meanings if needs.meanings else 0)
    after = max(after + 14, heads[-1] / 2, 30)
    lifelines = [float(first)]
    for gap in spread(needs, MOST - first - after - MARGIN):
        lifelines.append(lifelines[-1] + gap)
    width = round(max(lifelines[-1] + after + MARGIN, 480))
    return Columns(
        gutter=MARGIN + GUTTER / 2,
        left=left,
        times=times,
        axis=axis,
        deltas=deltas,
        before=lifelines[0] - needs.bars[0],
        lifelines=tuple(lifelines[: len(needs.heads)]),
        meaning=lifelines[-1] + beside + MEANING_OFF,
        right=width - MARGIN,
        width=width,
    )
