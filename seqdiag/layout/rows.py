"""What each edge needs in, its y out: to scale where rows fit, apart where they do not, cut where nothing happens for long.

One pass from the top: every row takes the least y that all above it permit. An arrow falls by its delay and nothing
steepens it: rows give way, the scale gives way, a slant never does. `px_per_ms` 0 gives even rows of level arrows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from seqdiag.layout.edges import MS
from seqdiag.provenance import Nanoseconds

ABOVE = 6  # clear of what is above, in even rows
BELOW = 8  # half a pill
CLEAR = 9  # of a slanted label and the arrow above it
EDGE = 4  # between a row and the edge of a band
TICK = 13  # between two times
TURN = 12  # what the edge of a band needs besides
SCREENFUL = 1100
STRIP = 30
TITLE_MOST = 12  # what a band may grow so that its title fits
STEEPEST = 96  # px that an arrow falls at most
CUT_FROM = 120  # a stretch in which nothing happens and that would be longer is cut
CUT = 46
TO_SCALE = 0.35
RECALLED = 3  # arrows of either direction that a row is held against


class Row(msgspec.Struct, frozen=True):
    """One edge of a message, placed by its y on the axis: it left `up` px above that and came `down` px below.

    `left` and `right`: x of its two ends, `way` 1 where it runs to the right. `rise`: how far its label reaches above it,
    from `low` to `high` in a row that it can slide along. `gaps`: the columns that it covers, from, to. `plain`: nothing of
    it but the arrow and its label stands between those columns. `beside`: for either outer side, from where to where texts
    stand, about the end there. `depth`: how far it reaches below its end. `below`: by how much it must lie below another message.
    """

    message: int
    phase: int | None
    key: Nanoseconds
    timed: bool
    departs: Nanoseconds
    arrives: Nanoseconds
    up: float
    down: float
    left: float
    right: float
    way: int
    rise: float
    width: float
    low: float
    high: float
    gaps: tuple[int, int]
    plain: bool
    beside: tuple[tuple[float, float] | None, tuple[float, float] | None]
    depth: float = 0
    last: bool = True
    below: tuple[int, float] | None = None

    @property
    def begin(self) -> float:
        """y of the arrow at its left end, from its y on the axis."""
        return -self.up if self.way > 0 else self.down

    @property
    def finish(self) -> float:
        """Likewise at its right end."""
        return self.down if self.way > 0 else -self.up

    @property
    def top(self) -> float:
        return -self.up - self.rise

    @property
    def bottom(self) -> float:
        return max(self.down, self.depth)


class Band(msgspec.Struct, frozen=True):
    """A run of rows of one phase; `whole` where the phase has no other. `first` and `last` are rows. Its edges run from the
    first column (`top`, `bottom`) to the last (`far_top`, `far_bottom`)."""

    phase: int
    top: float
    bottom: float
    first: int
    last: int
    whole: bool
    far_top: float
    far_bottom: float


class Cut(msgspec.Struct, frozen=True):
    """Time left out, from y `top` to y `bottom`, before a row; `start` and `end` are instants."""

    row: int
    top: float
    bottom: float
    start: Nanoseconds
    end: Nanoseconds


class Rows(msgspec.Struct, frozen=True):
    """y of every row on the axis, x of its label's middle, whether it is to scale from the row above; and y of all else."""

    ys: list[float]
    middles: list[float]
    scaled: list[bool]
    cuts: list[Cut]
    notes: list[float]
    bands: list[Band]
    strips: list[float]
    bottom: float


def whole_phases(phases: Sequence[int | None]) -> set[int]:
    """Those whose rows all follow one another: only they are bands across the figure."""
    runs = [phase for phase, before in zip(phases, [None, *phases], strict=False) if phase is not None and phase != before]
    return {phase for phase, count in Counter(runs).items() if count == 1}


class _Low(NamedTuple):
    """How far down something reaches, and between which columns it stands (a row of its own where it is no plain arrow)."""

    y: float
    columns: tuple[int, int]


NOTHING = _Low(-1e9, (-1, -1))


def _columns(row: Row, index: int) -> tuple[int, int]:
    return row.gaps if row.plain else (-2 - index, 0)


class Placer:
    """Places rows one after another; `place` is its only use."""

    def __init__(
        self,
        rows: Sequence[Row],
        notes: Sequence[tuple[int, float]],
        top: float,
        titles: dict[int, float],
        px_per_ms: float,
        opening: set[int],
    ) -> None:
        self.rows = rows
        self.notes = notes
        self.titles = titles
        self.scale = px_per_ms / MS
        self.opening = opening
        self.clear = CLEAR if px_per_ms else ABOVE + BELOW
        self.whole = whole_phases([row.phase for row in rows])
        self.floor = self.screen = self.edge = top
        self.floor_low = top  # of any ink
        self.ys: list[float] = []
        self.scaled: list[bool] = []
        self.cuts: list[Cut] = []
        self.note_tops: list[float] = []
        self.strips: list[float] = []
        self.runs: list[tuple[int | None, int, int]] = []  # phase, first row, last row
        self.above: list[list[int]] = []  # of each row the arrows that it was held against
        self.plain: dict[tuple[tuple[int, int], int], list[int]] = {}  # (columns, direction) -> the last plain rows between them
        self.lows: dict[int, tuple[_Low, _Low]] = {}  # gap -> the lowest bottom in it, and the lowest of other columns than that
        self.beside = [top - BELOW, top - BELOW]
        self.row_of: dict[int, int] = {}
        self.latest: Nanoseconds | None = None
        self.timed: int | None = None  # the last row that has a time

    def place(self) -> Rows:
        waiting = list(self.notes)
        done = 0
        for index, row in enumerate(self.rows):
            while waiting and waiting[0][0] <= row.message and (row.last or waiting[0][0] <= done):
                self._note(waiting.pop(0)[1])
            if index == 0 or row.phase != self.rows[index - 1].phase:
                self._turn(index)
            if self.floor_low - self.screen > SCREENFUL and len(self.rows) - index > 10:
                self.strips.append(self.floor_low + STRIP / 2)
                self.floor = self.floor_low = self.screen = self.floor_low + STRIP
            self._row(index, row)
            done += row.last
        bottom = self.floor_low
        for _, height in waiting:
            self._note(height)
        self._close(len(self.rows))
        bottom = max(self.floor_low, bottom)
        bands = self._bands(bottom)
        bottom = max([bottom, *(max(band.bottom, band.far_bottom) for band in bands)])
        middles = [self._middle(index) for index in range(len(self.rows))]
        return Rows(self.ys, middles, self.scaled, self.cuts, self.note_tops, bands, self.strips, bottom)

    def _note(self, height: float) -> None:
        self.note_tops.append(self.floor_low + 4)
        self.floor = self.floor_low = self.floor_low + 8 + height

    def _turn(self, index: int) -> None:
        """A phase ends, another begins."""
        self._close(index)
        self.runs.append((self.rows[index].phase, index, index))
        self.edge = self.floor_low

    def _close(self, index: int) -> None:
        """A title that nearly fits is given the room it lacks."""
        if not self.runs:
            return
        phase, first, _ = self.runs[-1]
        self.runs[-1] = (phase, first, index - 1)
        if phase in self.whole:
            lack = self.titles.get(phase, 0) - (self.floor_low + EDGE - self.edge) if phase is not None else 0
            if 0 < lack <= TITLE_MOST:
                self.floor = self.floor_low = self.floor_low + lack

    # -- one row -----------------------------------------------------------------------------------------------

    def _row(self, index: int, row: Row) -> None:
        turned = index > 0 and row.phase != self.rows[index - 1].phase and bool({row.phase, self.rows[index - 1].phase} & self.whole)
        spare = TURN if turned or index == 0 else 0
        if turned and (row.gaps != self.rows[index - 1].gaps or not row.plain):
            self.floor = self.floor_low
        y = self.floor - row.top + (ABOVE if self.floor >= self.floor_low else 0) + spare
        recalled = self._recalled(row)
        self.above.append(recalled)
        y = max([y, *(self.ys[i] + self._need(i, index, spare) for i in recalled)])
        y = max(y, self._outside(row), self._blocked(row, index) - row.top + spare)
        if row.below is not None and row.below[0] in self.row_of:
            y = max(y, self.ys[self.row_of[row.below[0]]] + row.below[1])
        scaled = False
        if self.ys and row.timed and self.timed is not None:
            y = max(y, self.ys[self.timed] + TICK)
        if self.scale and row.timed and self.timed is not None and self.latest is not None:
            quiet = self.scale * (row.departs - self.latest)
            if quiet > CUT_FROM:
                low = self.floor_low - BELOW
                above = row.up + max(row.rise - 16, 0) + (spare if index else 0)
                y = max(y, low + CUT + above)
                self.cuts.append(Cut(index, low, y - above, self.latest, row.departs))
            else:
                exact = self.ys[self.timed] + self.scale * (row.key - self.rows[self.timed].key)
                y = max(y, exact)
                scaled = y - exact < TO_SCALE
        self.ys.append(y)
        self.scaled.append(scaled)
        self._took(index, row, y)

    def _took(self, index: int, row: Row, y: float) -> None:
        self.row_of[row.message] = index
        if row.timed:
            self.timed = index
            drawn = round(STEEPEST / self.scale) if self.scale else 0  # an arrow that is broken ends sooner than its packet came
            arrives = min(row.arrives, row.key + drawn)
            self.latest = arrives if self.latest is None else max(self.latest, arrives)
        if row.plain:
            known = self.plain.setdefault((row.gaps, row.way), [])
            known.append(index)
            del known[:-RECALLED]
        low = _Low(y + row.bottom + BELOW + ABOVE, _columns(row, index))
        for gap in range(*row.gaps):
            first, second = self.lows.get(gap, (NOTHING, NOTHING))
            if first.columns == low.columns:
                first = max(first, low)
            elif low.y > first.y:
                first, second = low, first
            else:
                second = max(second, low)
            self.lows[gap] = first, second
        for side, block in enumerate(row.beside):
            if block is not None:
                self.beside[side] = max(self.beside[side], y + self._end(row, side) + block[1])
        self.floor_low = max(self.floor_low, y + row.bottom + BELOW)

    def _alike(self, i: int, row: Row) -> bool:
        """Is row i a plain arrow between the same columns?"""
        return self.rows[i].plain and self.rows[i].gaps == row.gaps

    def _end(self, row: Row, side: int) -> float:
        return row.finish if side else row.begin

    def _outside(self, row: Row) -> float:
        """Clear of the texts that stand beside the outer lifelines."""
        free = [self.beside[side] + 1 - block[0] - self._end(row, side) for side, block in enumerate(row.beside) if block is not None]
        return max(free, default=-1e9)

    def _blocked(self, row: Row, index: int) -> float:
        """Below all between its columns, but the plain arrows between just these: of those `_need` knows more."""
        columns = _columns(row, index)
        lows = (self.lows[gap] for gap in range(*row.gaps) if gap in self.lows)
        return max((first.y if first.columns != columns else second.y for first, second in lows), default=NOTHING.y)

    def _recalled(self, row: Row) -> list[int]:
        if not row.plain:
            return []
        return sorted({i for way in (1, -1) for i in self.plain.get((row.gaps, way), ())})

    def _need(self, i: int, j: int, spare: float) -> float:
        """What y of row j must be more than that of row i: both are plain arrows between the same columns."""
        above, row = self.rows[i], self.rows[j]
        left, right = above.begin - row.begin, above.finish - row.finish  # how much deeper the one above lies at either end
        need = max(left, right) + (row.rise + spare if spare else 0)
        if row.rise or not self.scale:
            need = max(need, min(self._over(row, left, right, 0.0), self._over(row, left, right, 1.0)))
        # What left before the other had come is drawn so, whatever its label needs.
        if above.way != row.way and row.departs < above.arrives:
            need = min(need, max(above.down + row.up - 1, 1))
        return need

    def _over(self, row: Row, left: float, right: float, slid: float) -> float:
        """For a label that has slid by this share towards the receiver, clear of an arrow that lies deeper by `left` and `right`."""
        steep = (right - left) / (row.right - row.left)
        low, high = slide(row, slid)
        return row.rise + self.clear + left + (steep * ((high if steep > 0 else low) - row.left))

    def _middle(self, j: int) -> float:
        """Where the label comes to stand: slid no further than the arrows above make it."""
        row = self.rows[j]
        shares = (share / 8 for share in range(9))
        deeper = [(self.ys[j] - self.ys[i], self.rows[i].begin - row.begin, self.rows[i].finish - row.finish) for i in self.above[j]]
        fits = (s for s in shares if all(free >= self._over(row, left, right, s) - 0.01 for free, left, right in deeper))
        low, high = slide(row, next(fits, 1.0) if deeper and row.rise else 0.0)
        return (low + high) / 2

    # -- bands -------------------------------------------------------------------------------------------------

    def _bands(self, bottom: float) -> list[Band]:
        """Edges are cuts between the events of either lifeline; waits belong to what follows an opening and precedes a close."""
        bands: list[Band] = []
        edges = [self._edge(k) for k in range(len(self.runs))]
        for k, (phase, first, last) in enumerate(self.runs):
            if phase is None:
                continue
            top, far_top = edges[k]
            low, far_low = edges[k + 1] if k + 1 < len(edges) else (bottom + EDGE, bottom + EDGE)
            bands.append(Band(phase, top, low, first, last, phase in self.whole, far_top, far_low))
        return bands

    def _edge(self, k: int) -> tuple[float, float]:
        """Above run k, at the first and at the last column."""
        _, first, last = self.runs[k]
        row = self.rows[first]
        level = self.ys[first] + row.top - EDGE
        if k == 0:
            return level - ABOVE + EDGE / 2, level - ABOVE + EDGE / 2
        before, above_first, above_last = self.runs[k - 1]
        above = self.rows[above_last]
        notes = max((top for top in self.note_tops if top < level), default=0)
        if not (row.plain and above.plain) or row.gaps != above.gaps or notes > self.ys[above_last]:
            low = max(self.ys[i] + self.rows[i].bottom for i in range(above_first, above_last + 1))
            return (max(level, low + 2),) * 2
        found = []
        for side in (0, 1):
            end = max(self.ys[i] + self._end(self.rows[i], side) for i in range(above_first, above_last + 1) if self._alike(i, row))
            begin = min(self.ys[i] + self._end(self.rows[i], side) for i in range(first, last + 1) if self._alike(i, row))
            found.append(end + min(9, (begin - end) / 2) if before in self.opening else max(end + 3, begin - row.rise - EDGE))
        return found[0], found[1]


def slide(row: Row, share: float) -> tuple[float, float]:
    """Where a label stands that has slid by `share` of what it can from its row's middle towards the receiver."""
    spare = max(row.high - row.low - row.width, 0) / 2
    middle = (row.low + row.high) / 2 + row.way * spare * share
    return middle - row.width / 2, middle + row.width / 2


def place(
    rows: Sequence[Row],
    notes: Sequence[tuple[int, float]],
    top: float,
    titles: dict[int, float],
    px_per_ms: float = 0,
    opening: set[int] = frozenset(),  # type: ignore[assignment]
) -> Rows:
    """`notes`: (before which message, height), in order. `titles`: the height that a phase's title would like. `opening`: the
    phases behind which a wait belongs to what follows."""
    return Placer(rows, notes, top, titles, px_per_ms, opening).place()
