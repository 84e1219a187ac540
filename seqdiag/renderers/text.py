"""Diagram in, a ladder of box-drawing characters out (or of ASCII), for terminals, mail and RFC drafts.

A label stands at its sender's end of the arrow; one that is too long is wrapped, never cut. A thick lifeline is an
established connection; a filled mark is a state that was seen, a hollow one a state that was concluded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from seqdiag import templating
from seqdiag.diagram import Diagram, Life, Line, Message, Note, Participant
from seqdiag.renderers import base
from seqdiag.renderers.cells import Strip, cells, wrap
from seqdiag.text import Shown

NAME = "text"
SUFFIXES = (".txt",)
MEDIA_TYPE = "text/plain"

DEFAULT_WIDTH = 80
LEAST_SPAN = 16
"""Cells from one lifeline to the next, at least: with many columns a figure may become wider than asked."""
MARGIN = 7
"""What an arrow's row needs beside its label: `─ ` and ` ─▶`, and its end."""


class Pen(msgspec.Struct, frozen=True):
    """What a ladder is drawn with. `life` is a lifeline by its state, `right` and `left` its tees where an arrow leaves."""

    life: dict[Life, str]
    tee_right: dict[Life, str]
    tee_left: dict[Life, str]
    solid: str
    dashed: str
    to_right: str
    to_left: str
    lost: str
    abort: str
    crossing: str
    rule: str
    wait: str
    seen: str
    concluded: str
    end: str
    bar: str
    dot: str
    refused: str
    highlight: str


LIVES: tuple[Life, ...] = ("none", "opening", "open", "closing", "closed")
ALIVE: tuple[Life, ...] = ("open", "opening", "closing", "none", "closed")


def _by_life(characters: str) -> dict[Life, str]:
    return dict(zip(LIVES, characters, strict=True))


BOXES = Pen(_by_life("┆│┃│ "), _by_life("├├┠├├"), _by_life("┤┤┨┤┤"), *"─╌▶◀╳╫┼┈⋮◆◇┴▪·⚠»")
ASCII = Pen(_by_life(":||| "), _by_life("|||||"), _by_life("|||||"), *"-.><X#+=:*o+=-!>")

_PLAIN = {"…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "--", "·": "-", "×": "x", "µ": "u", "\u00a0": " "}
_NOT_ASCII = re.compile(r"[^\n\x20-\x7e]")


def render(diagram: Diagram, options: base.RenderOptions) -> bytes:
    """The ladder as UTF-8, at most `options.width` cells wide (80 where it is None)."""
    ladder = Ladder(diagram, options)
    source = templating.render(
        "text/ladder.txt",
        Path(options.templates) if options.templates else None,
        above=[*ladder.wrapped(diagram.title), *ladder.wrapped(diagram.subtitle), *ladder.key()],
        lines=ladder.lines(),
        below=[line for remark in base.remarks(diagram) for line in ladder.wrapped(remark)],
    )
    return source.encode()


class Ladder:
    """One figure: where its lifelines stand, what has become of them, and row by row what happens between them."""

    def __init__(self, diagram: Diagram, options: base.RenderOptions) -> None:
        self.diagram = diagram
        self.ascii = options.ascii
        self.pen = ASCII if options.ascii else BOXES
        self.width = options.width or DEFAULT_WIDTH
        self.unit = base.unit(options.times) if diagram.timed else ""
        self.stretches = base.stretches(diagram, options.times)
        rows = [row for stretch in self.stretches for row in stretch.rows if isinstance(row, base.Row)]
        self.axis = max((len(row.time) for row in rows if row.time), default=-2) + 2
        self.column = {participant.id: index for index, participant in enumerate(diagram.participants)}
        self.heads = [[self.plain(line) for line in base.head(participant).split("\n")] for participant in diagram.participants]
        self.at = self._columns(rows)
        if not self._heads_fit():
            self.heads = [[participant.id] for participant in diagram.participants]
        self.life = {participant.id: self._life_before(participant) for participant in diagram.participants}

    # --- where things stand ---

    def _columns(self, rows: Sequence[base.Row]) -> list[int]:
        """Each lifeline's cell: as far apart as labels and heads wish, else as the width allows."""
        least = [LEAST_SPAN] * (len(self.column) - 1)
        wishes = list(least)
        for row in rows:
            one, other = sorted((self.column[row.message.sender], self.column[row.message.receiver]))
            wish = MARGIN + max((cells(line) for said in self.labels(row.message) for line in said.split("\n")), default=0)
            for index in range(one, other):
                wishes[index] += max(0, -(-(wish - sum(wishes[one:other])) // (other - index)))
        for index in range(len(wishes)):
            wishes[index] = max(wishes[index], self._head_size(index) + self._head_size(index + 1) + 2)
        asked, spare = sum(wishes) - sum(least), max(0, self.width - 1 - self.axis - sum(least))
        at = [self.axis]
        for gap, wish in zip(least, wishes, strict=True):
            at.append(at[-1] + (wish if asked <= spare else gap + (wish - gap) * spare // asked))
        return at

    def _head_size(self, index: int) -> int:
        """What a head takes on one side of its lifeline: all of it at the figure's edge, else a half."""
        size = max(map(cells, self.heads[index]))
        return size if index in (0, len(self.heads) - 1) else size // 2 + 1

    def _heads_fit(self) -> bool:
        spans = zip(self.at, self.at[1:], strict=False)
        return all(self._head_size(index) + self._head_size(index + 1) < right - left for index, (left, right) in enumerate(spans))

    def _life_before(self, participant: Participant) -> Life:
        """A column of several sessions is as alive as the most alive of them."""
        lives = [s.before(participant.id) for s in self.diagram.sessions if participant.id in (s.client, s.server)]
        return next((life for life in ALIVE if life in lives), "none")

    # --- words ---

    def plain(self, text: str) -> str:
        """A text in the characters that may be printed."""
        return _NOT_ASCII.sub(lambda match: _PLAIN.get(match[0], f"<U+{ord(match[0]):04X}>"), text) if self.ascii else text

    def wrapped(self, text: Shown) -> list[Shown]:
        return [Shown(line.rstrip(" ")) for line in wrap(self.plain(text), self.width)] if text else []

    def key(self) -> list[Shown]:
        """Who p1, p2, ... are, where the heads have no room above their columns."""
        if self.heads != [[participant.id] for participant in self.diagram.participants]:
            return []
        return [
            line
            for participant in self.diagram.participants
            for line in self.wrapped(Shown(f"{participant.id}  {base.head(participant)}".replace("\n", "  ")))
        ]

    def labels(self, message: Message) -> list[str]:
        """The lines of a label, a mark before the first where it is highlighted."""
        lines = [self.label(line) for line in message.lines]
        return [f"{self.pen.highlight} {lines[0]}", *lines[1:]] if lines and "highlight" in message.marks else lines

    def label(self, line: Line) -> str:
        """A line of a label: a mark where it refuses, what was said, and what it means."""
        mark = f"{self.pen.refused} " if line.refused else ""
        meaning = f" {self.pen.dot} {line.meaning}" if line.meaning and self.diagram.explained else ""
        return mark + self.plain(line.text() + meaning)

    # --- rows ---

    def lines(self) -> Iterator[Shown]:
        """The figure from its heads to the end of its lifelines."""
        for strip in self._strips():
            yield Shown(str(strip))

    def _strips(self) -> Iterator[Strip]:
        yield from self._top()
        for stretch in self.stretches:
            if stretch.title is not None:
                yield from self._rule(stretch.title)
            for row in stretch.rows:
                yield from self._note(row) if isinstance(row, Note) else self._message(row)
        if set(self.life.values()) != {"closed"}:
            yield self._blank()

    def _blank(self) -> Strip:
        """A row in which nothing happens: the lifelines."""
        strip = Strip()
        for end, at in zip(self.column, self.at, strict=True):
            strip.put(at, self.pen.life[self.life[end]])
        return strip

    def _top(self) -> Iterator[Strip]:
        last = len(self.heads) - 1
        for number in range(max(map(len, self.heads), default=0)):
            strip = Strip()
            if number == 0 and self.axis:
                strip.put(self.axis - 2 - len(self.unit), self.unit)
            for index, head in enumerate(self.heads):
                if number < len(head):
                    size = cells(head[number])
                    shift = 0 if index == 0 else size - 1 if index == last else size // 2
                    strip.put(self.at[index] - shift, head[number])
            yield strip
        yield self._blank()

    def _rule(self, title: Shown) -> Iterator[Strip]:
        for number, line in enumerate(wrap(self.plain(title), max(8, self.at[-1] - self.at[0] - 6))):
            strip = Strip()
            if number == 0:
                strip.put(0, self.pen.rule * (self.at[-1] + 1))
            for end, at in zip(self.column, self.at, strict=True):
                strip.put(at, self.pen.life[self.life[end]].replace(" ", self.pen.rule if number == 0 else " "))
            strip.put(self.at[0] + 2, f" {line} ")
            yield strip

    def _note(self, note: Note) -> Iterator[Strip]:
        """A remark in the middle of its session's span."""
        columns = [self.at[self.column[end]] for end in base.ends(self.diagram, note.session)]
        left, right = columns[0], columns[-1]
        for line in wrap(self.plain(note.text), max(8, right - left - 9)):
            strip = self._blank()
            text = f"{self.pen.rule * 2} {line} {self.pen.rule * 2}"
            strip.put(max(left + 1, (left + right + 1 - cells(text)) // 2), text)
            yield strip

    def _message(self, row: base.Row) -> Iterator[Strip]:
        message = row.message
        if row.wait:
            yield from self._beside([(message.sender, f"{self.pen.wait} {row.wait}")], self.pen.wait)
        *above, last = self._label(row)
        for left, line in above:
            yield self._blank().put(left, line)
        ended = []
        for end, state in ((message.sender, message.sender_state), (message.receiver, message.receiver_state)):
            if state is not None:
                if state.life == "closed" != self.life[end]:
                    ended.append(self.at[self.column[end]])
                self.life[end] = state.life
        arrow = self._arrow(row, *last)
        for at in ended:
            arrow.put(at, self.pen.end)
        yield arrow
        states = [(end, f"{self.pen.concluded if it.inferred else self.pen.seen} {it.text}") for end, it in row.states]
        bars = [(bar.participant, f"{self.pen.bar} {bar.title} {bar.detail}".rstrip()) for bar in row.bars]
        yield from self._beside(states + bars)

    def _label(self, row: base.Row) -> list[tuple[int, str]]:
        """Each line of a label and the cell where it begins: at the sender's end, all on one edge."""
        sender, receiver = self._ends(row)
        room = max(8, abs(receiver - sender) - MARGIN)
        lines = [
            piece if number == 0 else f"  {piece}"
            for line in self.labels(row.message)
            for number, piece in enumerate(wrap(line, room, indent=2))
        ]
        left = sender + 3 if sender <= receiver else sender - 2 - max(map(cells, lines), default=0)
        return [(left, line) for line in lines] or [(left, "")]

    def _ends(self, row: base.Row) -> tuple[int, int]:
        return self.at[self.column[row.message.sender]], self.at[self.column[row.message.receiver]]

    def _arrow(self, row: base.Row, left: int, label: str) -> Strip:
        """The arrow with the last line of its label on it."""
        pen, stroke = self.pen, row.stroke
        sender, receiver = self._ends(row)
        strip = self._blank()
        if row.time:
            strip.put(self.axis - 2 - len(row.time), row.time)
        step = 1 if receiver >= sender else -1
        tip = receiver - step * (2 if stroke.lost else 1)
        line = pen.dashed if stroke.dashed else pen.solid
        first, last = sorted((sender, tip))
        strip.put(first + 1, line * (last - first - 1))
        for at in self.at:
            if first < at < last:
                strip.put(at, pen.crossing)
        tees = pen.tee_right if step > 0 else pen.tee_left
        strip.put(sender, tees[self.life[row.message.sender]])
        strip.put(tip, pen.lost if stroke.lost else pen.to_right if step > 0 else pen.to_left)
        if stroke.abort:
            strip.put(tip - step, pen.abort)
        return strip.put(left - 1, f" {label} ") if label else strip

    def _beside(self, words: Sequence[tuple[str, str]], axis: str = "") -> Iterator[Strip]:
        """Words next to lifelines, in one row where they do not touch: right of each, but left of the last."""
        strip: Strip | None = None
        for end, text in words:
            index = self.column[end]
            inner = max(index, 1) - 1 if index == len(self.at) - 1 else index
            room = self.at[inner + 1] - self.at[inner] - 4 if len(self.at) > 1 else self.width
            for line in wrap(self.plain(text), max(8, room)):
                left = self.at[index] - 1 - cells(line) if index and inner < index else self.at[index] + 2
                if strip is not None and not strip.free(left - 1, cells(line) + 2):
                    yield strip
                    strip = None
                strip = (strip or self._blank()).put(left, line)
                if axis and self.axis:
                    strip.put(self.axis - 3, axis)
        if strip is not None:
            yield strip
