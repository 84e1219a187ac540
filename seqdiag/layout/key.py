"""The marks that occur in a figure in, the key that names them out: nothing else is in it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seqdiag.diagram import Diagram
from seqdiag.layout.lifelines import Lifeline
from seqdiag.layout.rows import Rows
from seqdiag.layout.scene import Box, Dash, Group, Mark, Stroke, Text, box, mark, stroke, text
from seqdiag.layout.widths import SLACK, width
from seqdiag.text import Shown
from seqdiag.words import Lang, say

LINE = 18
SWATCH = 24
SPACE = 22


class Sample(msgspec.Struct, frozen=True):
    """One entry's picture, drawn about (0, 0) at the left end of its middle line."""

    boxes: tuple[Box, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    marks: tuple[Mark, ...] = ()
    texts: tuple[Text, ...] = ()


def _arrow(paint: str, weight: float, dash: Dash = "", head: str = "head-right") -> Sample:
    line = Stroke(9, 0, 24, 0, paint, weight, dash) if head == "head-left" else Stroke(0, 0, 15, 0, paint, weight, dash)
    return Sample(strokes=(line,), marks=(Mark(0 if head == "head-left" else 24, 0, head, paint),))


SAMPLES: dict[str, Sample] = {
    "scale": Sample(strokes=(Stroke(0, 0, 24, 0, "faint", 1.1),), marks=(Mark(12, 0, "dot", "soft"),)),
    "axis": Sample(strokes=(Stroke(0, 0, 24, 0, "faint", 1.7, "dots"), Stroke(12, -3.5, 12, 3.5, "soft", 1.1))),
    "cut": Sample(strokes=(Stroke(0, 0, 24, 0, "faint", 1.1),), marks=(Mark(12, 1.5, "cut", "none", "soft", 1.1),)),
    "from-client": _arrow("client", 1.7),
    "from-server": _arrow("server", 1.7, head="head-left"),
    "estimated": Sample(
        strokes=(Stroke(5, 0, 15, 0, "soft", 1.1),),
        marks=(Mark(3, 0, "ring", "ground", "soft", 1.1), Mark(24, 0, "head-right", "ground", "soft")),
    ),
    "data": Sample(strokes=(Stroke(0, 0, 24, 0, "soft", 1.9),)),
    "control": Sample(strokes=(Stroke(0, 0, 24, 0, "soft", 1.1),)),
    "ack": Sample(strokes=(Stroke(0, 0, 24, 0, "soft", 0.7),)),
    "inferred": Sample(strokes=(Stroke(0, 0, 15, 0, "faint", 1.1, "guess"),), marks=(Mark(24, 0, "head-right", "ground", "faint"),)),
    "repeated": _arrow("alert", 1.7, "repeat"),
    "lost": Sample(strokes=(Stroke(0, 0, 17, 0, "alert", 1.7),), marks=(Mark(19, 0, "cross", "none", "alert", 2),)),
    "abort": Sample(
        strokes=(Stroke(0, 0, 15, 0, "soft", 1.1),), marks=(Mark(24, 0, "head-right", "soft"), Mark(9, 0, "stop", "none", "soft", 2))
    ),
    "refused": Sample(marks=(Mark(6, 4.5, "warning", "alert"), Mark(6, 4.5, "warning-sign", "ground"))),
    "highlight": Sample(boxes=(Box(0, -6, 24, 12, "highlight", radius=3),)),
    "bulk": Sample(boxes=(Box(0, -5, 24, 10, "bulk-client", "client", 0.8),)),
    "open": Sample(strokes=(Stroke(0, 0, 24, 0, "ink", 3.4),)),
    "open-inferred": Sample(boxes=(Box(0, -2, 24, 4, "ground", "ink", 1),)),
    "none": Sample(strokes=(Stroke(0, 0, 24, 0, "faint", 1.2, "life"),)),
    "pill-inferred": Sample(boxes=(Box(0, -5.5, 24, 11, "ground", "soft", 0.9, 5.5, "pill"),)),
    "gap": Sample(strokes=(Stroke(0, 0, 24, 0, "faint", 1.2),), marks=(Mark(12, -2.5, "break", "none", "soft", 1.1),)),
}
"""In the order in which they are named."""


def occurring(diagram: Diagram, lines: Iterable[Lifeline], timed: Rows | None, hollow: bool, broken: bool) -> set[str]:
    """Which of the key's marks occur in a figure: `timed` where it has an axis, `hollow` where an arrow has an estimated end,
    `broken` where one was under way for too long."""
    clients = {session.number: session.client for session in diagram.sessions}
    names = {"estimated"} if hollow else set()
    if timed is not None:
        cut = {cut.row for cut in timed.cuts}
        names |= {"scale" if scaled else "axis" for row, scaled in enumerate(timed.scaled) if row and row not in cut}
        names |= {"cut"} if cut or broken else set()
    weights: set[str] = set()
    for message in diagram.messages:
        names.update(message.marks)
        weights.add(message.weight)
        if not {"inferred", "repeated", "lost"} & set(message.marks):
            names.add("from-client" if message.sender == clients.get(message.session) else "from-server")
        if message.bulk:
            names.add("bulk")
        if any(line.refused for line in message.lines):
            names.add("refused")
        if any(state is not None and state.inferred and state.text for state in (message.sender_state, message.receiver_state)):
            names.add("pill-inferred")
    looks = {stretch.look for line in lines for stretch in line.stretches}
    names |= {name for look, name in (("thick", "open"), ("hollow", "open-inferred"), ("none", "none")) if look in looks}
    if any(note.kind == "gap" for note in diagram.notes):
        names.add("gap")
    return names | weights if len(weights) > 1 else names


def key(names: Iterable[str], lang: Lang, left: float, right: float, top: float) -> tuple[Group | None, float]:
    """The key, in as many lines as it needs between `left` and `right`, and the y below it."""
    wanted = set(names)
    boxes: list[Box] = []
    strokes: list[Stroke] = []
    marks: list[Mark] = []
    texts: list[Text] = []
    x, y = left, top
    for name, sample in SAMPLES.items():
        if name not in wanted:
            continue
        words = Shown(say(lang, f"key.{name}"))
        room = SWATCH + 7 + width(words, "caption") * SLACK
        if x + room > right and x > left:
            x, y = left, y + LINE
        boxes += [box(x + b.x, y + b.y, b.width, b.height, b.fill, b.stroke, b.weight, b.radius, b.dash) for b in sample.boxes]
        strokes += [stroke(x + s.x1, y + s.y1, x + s.x2, y + s.y2, s.paint, s.weight, s.dash) for s in sample.strokes]
        marks += [mark(x + m.x, y + m.y, m.name, m.fill, m.stroke, m.weight) for m in sample.marks]
        texts.append(text(x + SWATCH + 7, y + 3.6, words, "caption", "soft"))
        x += room + SPACE
    if not texts:
        return None, top
    return Group("key", tuple(boxes), tuple(strokes), tuple(marks), tuple(texts)), y + LINE
