"""Messages and their y in, each lifeline's stretches out: dashed, thin, thick or hollow, and where it ends.

A column may serve many sessions at once; it looks as alive as the most alive of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from seqdiag.diagram import Diagram, Life
from seqdiag.layout.scene import Box, Group, Stroke, box, mark, stroke
from seqdiag.text import Shown

Look: TypeAlias = Literal["none", "thin", "thick", "hollow", "closed"]

LOOKS: tuple[tuple[tuple[Life, bool], Look], ...] = (  # the most alive first
    (("open", False), "thick"),
    (("open", True), "hollow"),
    (("opening", False), "thin"),
    (("opening", True), "thin"),
    (("closing", False), "thin"),
    (("closing", True), "thin"),
    (("none", False), "none"),
    (("none", True), "none"),
)
END = 8  # px below the event that closes


class Stretch(msgspec.Struct, frozen=True):
    top: float
    bottom: float
    look: Look


class Lifeline:
    """One column, told of each change of life from the top down."""

    def __init__(self, lives: dict[int, tuple[Life, bool]], top: float) -> None:
        self.lives = lives
        self.counts: dict[tuple[Life, bool], int] = {}
        for life in lives.values():
            self.counts[life] = self.counts.get(life, 0) + 1
        self.top = top
        self.look = self.now()
        self.stretches: list[Stretch] = []
        self.ends: list[float] = []
        self.last = top

    def now(self) -> Look:
        return next((look for life, look in LOOKS if self.counts.get(life)), "closed")

    def turn(self, session: int, life: Life, inferred: bool, y: float) -> None:
        before, after = self.lives.get(session), (life, inferred)
        if before is not None:
            self.counts[before] -= 1
        self.lives[session] = after
        self.counts[after] = self.counts.get(after, 0) + 1
        look = self.now()
        if look != self.look:
            self.cut(y, look)

    def cut(self, y: float, look: Look) -> None:
        """From `y` on it looks like `look`."""
        if y > self.top:
            self.stretches.append(Stretch(self.top, y, self.look))
        self.top = y
        if look == "closed":
            self.stretches.append(Stretch(y, y + END, "thin"))
            self.ends.append(y + END)
            self.top = y + END
        self.look = look

    def finish(self, bottom: float) -> None:
        """A closed lifeline goes on, dashed, only as far as something still reaches it."""
        if self.look == "closed":
            bottom = self.last + END if self.last > self.top else self.top
        if bottom > self.top:
            self.stretches.append(Stretch(self.top, bottom, "none" if self.look == "closed" else self.look))


def lifelines(diagram: Diagram, starts: Sequence[float], ends: Sequence[float], top: float, bottom: float) -> dict[str, Lifeline]:
    """By participant. A column whose sessions have no states at all is a plain thin line: nothing is said of it."""
    lives: dict[str, dict[int, tuple[Life, bool]]] = {participant.id: {} for participant in diagram.participants}
    silent = {session.number for session in diagram.sessions if session.life_before == "none"}
    silent -= {message.session for message in diagram.messages if message.sender_state or message.receiver_state}
    for session in diagram.sessions:
        for name in {session.client, session.server} & lives.keys():
            before = session.before(name)
            lives[name][session.number] = ("opening", False) if session.number in silent else (before, before == "open")
    lines = {name: Lifeline(own or {0: ("opening", False)}, top) for name, own in lives.items()}
    for message, start, end in zip(diagram.messages, starts, ends, strict=True):
        for name, state, y in ((message.sender, message.sender_state, start), (message.receiver, message.receiver_state, end)):
            line = lines[name]
            if state is not None:
                line.turn(message.session, state.life, state.inferred, y)
            line.last = y
    for line in lines.values():
        line.finish(bottom)
    return lines


def group(line: Lifeline, name: str, x: float) -> Group:
    """What is drawn of one lifeline at `x`."""
    boxes: list[Box] = []
    strokes: list[Stroke] = []
    for stretch in line.stretches:
        if stretch.look == "hollow":
            boxes.append(box(x - 2, stretch.top, 4, stretch.bottom - stretch.top, "ground", "ink", 1))
        elif stretch.look == "thick":
            strokes.append(stroke(x, stretch.top, x, stretch.bottom, "ink", 3.4))
        else:
            strokes.append(stroke(x, stretch.top, x, stretch.bottom, "faint", 1.2, "life" if stretch.look == "none" else ""))
    marks = (mark(x, y, "end", stroke="ink", weight=2) for y in line.ends)
    return Group("lifeline", tuple(boxes), tuple(strokes), tuple(marks), word=Shown(name))
