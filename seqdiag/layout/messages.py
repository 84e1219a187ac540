"""One message and its place in, the shapes of its arrow, label, meanings and states out."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from seqdiag.diagram import Message, State
from seqdiag.layout.edges import Seen
from seqdiag.layout.field import Loop, PillSpot, Room
from seqdiag.layout.labels import BASELINE, PITCH, Baseline, Ink, Label, flat, measured, place_stack
from seqdiag.layout.scene import Area, Dash, Group, Stroke, Text, area, box, mark, stroke, text
from seqdiag.layout.theme import VOICES
from seqdiag.layout.widths import clip, width
from seqdiag.text import Shown

LINE_WEIGHT = {"data": 1.7, "control": 1.1, "ack": 0.8}
OFF = 2.0  # between an arrow and the middle of a lifeline
LOST = 0.9  # of the way
BREAK = 0.12
LOOP = 18
PILL = 15
PILL_PAD = 7
PILL_MOST = 160
PILL_LEAST = 30
MEANING_MOST = 320
SLANTED = 4  # px: a smaller fall is level to the eye
LOW_RISE = 12  # of a row whose label is not above its first edge
LABEL_RISE = 10  # from a baseline to the top of its letters


class Way(NamedTuple):
    """One edge of an arrow: y where it leaves and where it comes."""

    leaves: float
    comes: float


class Place(msgspec.Struct, frozen=True):
    """Where one message goes: the two lifelines, its first and last edge (one, or two), its label, its states and meanings.

    `band`: the paint behind it. `seen`: which ends were captured; the others are hollow. `centre`: of its label.
    `inside`: nothing else lies between the edges. `broken`: its packet was under way for longer than its fall can show.
    """

    sender: float
    receiver: float
    edges: tuple[Way, ...]
    seen: Seen
    label: Room | Loop
    centre: float
    sender_pill: PillSpot
    receiver_pill: PillSpot
    meaning: float
    meaning_room: float
    band: str
    inside: bool = True
    broken: bool = False

    @property
    def last(self) -> Way:
        return self.edges[-1]

    @property
    def slope(self) -> float:
        return (self.last.comes - self.last.leaves) / (self.receiver - self.sender) if self.receiver != self.sender else 0

    @property
    def slanted(self) -> bool:
        return abs(self.last.comes - self.last.leaves) > SLANTED

    @property
    def right(self) -> float:
        """y at the end next to the meanings."""
        return self.last.comes if self.receiver > self.sender else self.last.leaves


def rise(lines: int) -> float:
    """How far a label of so many lines reaches above its arrow; a stack keeps clear of the arrow above it."""
    return BASELINE + LABEL_RISE + PITCH * (max(lines, 1) - 1) + (4 if lines > 1 else 0)


def bulk_height(lines: int) -> float:
    """What the label of bulk data needs between the first and the last edge."""
    return max(34, PITCH * lines + 16)


def loop_height(lines: int) -> float:
    return max(LOOP, PITCH * (lines - 1) + LOOP)


def meanings_at(place_right: float, slanted: bool) -> float:
    """The baseline of the last line's meaning: beside a slanted arrow's end, or as high as the label of a level one."""
    return place_right + (3.5 if slanted else -BASELINE)


def pill_words(state: State | None, room: float = PILL_MOST) -> Shown | None:
    """What a pill says; clipped where it would be wider than `room` px, and left to the message's title where there is none."""
    if state is None or not state.text or room < PILL_LEAST:
        return None
    return clip(flat(state.text), "pill", (min(room, PILL_MOST) - 2 * PILL_PAD) / 1.06)


def pill_width(words: Shown | None) -> float:
    return 0 if words is None else width(words, "pill") * 1.06 + 2 * PILL_PAD


def pill(state: State, words: Shown, session: int, at: PillSpot, y: float) -> Group:
    """A state as a pill that begins at an x and runs to one side; dashed where it is inferred."""
    size = pill_width(words)
    left = at.near if at.side > 0 else at.near - size
    outline = (
        box(left, y - PILL / 2, size, PILL, "ground", "soft", 0.9, 7.5, "pill")
        if state.inferred
        else box(left, y - PILL / 2, size, PILL, "ground", "edge", 1, 7.5)
    )
    words_at = text(left + size / 2, y + 3.4, words, "pill", VOICES["pill"].paint, "middle")
    return Group("state", (outline,), texts=(words_at,), title=state.text, session=session, word=Shown(state.life))


class Arrow(msgspec.Struct, frozen=True):
    paint: str
    weight: float
    dash: Dash
    hollow: bool


def arrow_of(message: Message, role: str) -> Arrow:
    """How a message's arrow is drawn; `role` is its sender's."""
    weight = LINE_WEIGHT[message.weight]
    marks = message.marks
    if "inferred" in marks:
        return Arrow("faint", weight, "guess", True)
    if "repeated" in marks:
        return Arrow("alert", weight, "repeat", False)
    if "lost" in marks or (
        "refused" in marks and all(line.refused for line in message.lines) == any(line.refused for line in message.lines)
    ):
        return Arrow("alert", weight, "", False)
    return Arrow(role, weight, "", False)


def draw(message: Message, labels: list[Label], place: Place, role: str, upright: bool, title: Shown, explained: bool) -> list[Group]:
    """The message's group, and a group for each state that it leads to."""
    ink = Ink([], [], [])
    strokes: list[Stroke] = []
    look = arrow_of(message, role)
    if isinstance(place.label, Loop):
        _loop(ink, labels, place, place.label, look)
    else:
        _arrow(ink, strokes, place, look, message, role)
        _label(ink, labels, place, place.label, message)
    if explained:
        _meanings(ink.texts, message, len(labels), place, upright)
    numbers = " ".join(str(line.n) for line in message.lines if line.n is not None)
    groups = [
        Group(
            "message",
            tuple(ink.boxes),
            tuple(strokes),
            tuple(ink.marks),
            tuple(ink.texts),
            title=title,
            session=message.session,
            n=Shown(numbers) if numbers else None,
            origin=flat(str(message.origins[0])) if message.origins else None,
        )
    ]
    ends = ((message.sender_state, place.sender_pill, place.last.leaves), (message.receiver_state, place.receiver_pill, place.last.comes))
    for state, at, y in ends:
        words = pill_words(state, at.room)
        if state is not None and words is not None:
            groups.append(pill(state, words, message.session, at, y))
    return groups


def _arrow(ink: Ink, strokes: list[Stroke], place: Place, look: Arrow, message: Message, role: str) -> None:
    """One edge, or two with the filled ground of what was under way between them."""
    way = 1 if place.receiver > place.sender else -1
    tail, tip = place.sender + way * OFF, place.receiver - way * (OFF + 0.5)
    lost = "lost" in message.marks
    if lost:
        tip = tail + (tip - tail) * LOST
    for edge in place.edges:
        weight = 1.1 if edge is not place.last else look.weight
        line = Baseline(place.sender, edge.leaves, place.slope)
        end = tip if lost else tip - way * 8
        strokes.append(stroke(tail, line.at(tail), end, line.at(end), look.paint, weight, look.dash))
        if lost:
            ink.marks.append(mark(tip, line.at(tip), "cross", stroke=look.paint, weight=2))
        else:
            hollow = look.hollow or not place.seen.arrival
            head = "head-right" if way > 0 else "head-left"
            ink.marks.append(
                mark(tip, line.at(tip), head, "ground" if hollow else look.paint, look.paint if hollow else "none", angle=line.angle)
            )
        if place.broken:
            middle = tail + (tip - tail) * BREAK
            ink.boxes.append(box(middle - 4, line.at(middle) - 3, 8, 6, place.band))
            ink.marks.append(mark(middle, line.at(middle) + 1.5, "cut", stroke=look.paint, weight=1.1))
        if not place.seen.departure:
            ink.marks.append(mark(place.sender, edge.leaves, "ring", "ground", look.paint, 1.1))
        if "abort" in message.marks:
            stop = tip - way * 14
            ink.marks.append(mark(stop, line.at(stop), "stop", stroke=look.paint, weight=2, angle=line.angle))


def bulk(place: Place, role: str) -> Area:
    """The ground of what was under way between a message's first and its last edge; it lies under all messages."""
    way = 1 if place.receiver > place.sender else -1
    tail, tip = place.sender + way * OFF, place.receiver - way * OFF
    first, last = (Baseline(place.sender, edge.leaves, place.slope) for edge in (place.edges[0], place.last))
    return area(f"bulk-{role}", tail, first.at(tail), tip, first.at(tip), tip, last.at(tip), tail, last.at(tail))


def _label(ink: Ink, labels: list[Label], place: Place, room: Room, message: Message) -> None:
    if not labels:
        return
    line = Baseline(place.sender, place.last.leaves, place.slope)
    off = float(BASELINE)
    if len(place.edges) > 1 and place.inside:  # in the middle of what is filled
        off = max(off, (place.last.leaves - place.edges[0].leaves) / 2 - 4 - PITCH * (len(labels) - 1) / 2)
    on = Baseline(place.centre, line.at(place.centre) - off, place.slope)
    lit = "highlight" in message.marks
    if lit or (room.across and len(place.edges) == 1):  # other lifelines do not strike through the words
        size = max(label.width for label in labels) + 6
        high = LABEL_RISE + PITCH * (len(labels) - 1)
        left = place.centre - size / 2
        ground = "highlight" if lit else place.band
        ink.boxes.append(box(left, on.at(left) - high - 1, size, high + 4, ground, radius=3 if lit else 0, angle=on.angle))
    place_stack(ink, labels, on, "lost" in message.marks or "repeated" in message.marks)


def _loop(ink: Ink, labels: list[Label], place: Place, loop: Loop, look: Arrow) -> None:
    """A message to oneself: out, down and back, with its label beside it."""
    way = loop.way
    at, start = place.sender + way * OFF, place.last.leaves
    ink.marks.append(mark(at, start, "loop-right" if way > 0 else "loop-left", stroke=look.paint, weight=look.weight))
    head = "head-left" if way > 0 else "head-right"
    ink.marks.append(mark(at + way * 0.5, start + LOOP, head, "ground" if look.hollow else look.paint, look.paint))
    size = max((label.width for label in labels), default=0)
    centre = loop.low + size / 2 if way > 0 else loop.high - size / 2
    if labels:
        place_stack(ink, labels, Baseline(centre, start + LOOP / 2 + 4 + PITCH * (len(labels) - 1)), False)


def _meanings(texts: list[Text], message: Message, lines: int, place: Place, upright: bool) -> None:
    """Each line's meaning beside the arrow's end, in the column at the right; a state that stands there comes first."""
    if isinstance(place.label, Loop):
        last = place.last.leaves + LOOP / 2 + 4 + PITCH * (lines - 1)
    else:
        last = meanings_at(place.right, place.slanted or len(place.edges) > 1)
    for index, line in enumerate(message.lines[:lines]):
        if not line.meaning:
            continue
        baseline = last - PITCH * (lines - 1 - index)
        x, room = place.meaning, place.meaning_room
        for state, (side, near, space), y in (
            (message.sender_state, place.sender_pill, place.last.leaves),
            (message.receiver_state, place.receiver_pill, place.last.comes),
        ):
            size = pill_width(pill_words(state, space))
            if size and side > 0 and near + size > x - 4 and near < x + 4 and baseline > y - 20 and baseline - 10 < y + 10:
                x, room = near + size + 8, room - (near + size + 8 - x)
                baseline = y + 3.5 if lines == 1 else baseline
        words = clip(flat(line.meaning), "meaning", max(room, 40))
        for piece in measured(words, "meaning", upright, 0):
            x += piece.gap
            texts.append(text(x, baseline, piece.text, piece.voice, "alert" if line.refused else VOICES[piece.voice].paint))
            x += piece.room()
