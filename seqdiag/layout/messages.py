"""One message and its place in, the shapes of its arrow, label, meanings and states out."""

from __future__ import annotations

import msgspec

from seqdiag.diagram import Message, State
from seqdiag.layout.field import Loop, PillSpot, Room
from seqdiag.layout.labels import BASELINE, PITCH, Ink, Label, flat, measured, place_stack
from seqdiag.layout.scene import Dash, Group, Stroke, Text, box, mark, stroke, text
from seqdiag.layout.theme import VOICES
from seqdiag.layout.widths import clip, width
from seqdiag.text import Shown

LINE_WEIGHT = {"data": 1.7, "control": 1.1, "ack": 0.8}
OFF = 2.0  # between an arrow and the middle of a lifeline
LOST = 0.9  # of the way
LOOP = 18
PILL = 15
PILL_PAD = 7
PILL_MOST = 160
PILL_LEAST = 30
MEANING_MOST = 320
LOW_RISE = 12  # of a row whose label is not above its first edge
LABEL_RISE = 10  # from a baseline to the top of its letters


class Place(msgspec.Struct, frozen=True):
    """Where one message goes: the two lifelines, the arrow's first and last edge, the room of its label, its states and meanings.

    `band`: the paint behind it.
    """

    sender: float
    receiver: float
    start: float
    end: float
    label: Room | Loop
    sender_pill: PillSpot
    receiver_pill: PillSpot
    meaning: float
    meaning_room: float
    band: str


def rise(lines: int) -> float:
    """How far a label of so many lines reaches above its arrow; a stack keeps clear of the arrow above it."""
    return BASELINE + LABEL_RISE + PITCH * (max(lines, 1) - 1) + (4 if lines > 1 else 0)


def arrow_height(message: Message, lines: int) -> float:
    """From the first to the last edge of the arrow: 0 for a plain one."""
    if message.sender == message.receiver:
        return max(LOOP, PITCH * (lines - 1) + LOOP)
    return max(34, PITCH * lines + 16) if message.bulk else 0


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
        last = _loop(ink, labels, place, place.label, look)
    else:
        last = _line(ink, strokes, labels, place, place.label, look, message, role)
    if explained:
        _meanings(ink.texts, message, len(labels), place, last, upright)
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
    for state, at, y in ((message.sender_state, place.sender_pill, place.start), (message.receiver_state, place.receiver_pill, place.end)):
        words = pill_words(state, at.room)
        if state is not None and words is not None:
            groups.append(pill(state, words, message.session, at, y))
    return groups


def _line(
    ink: Ink, strokes: list[Stroke], labels: list[Label], place: Place, room: Room, look: Arrow, message: Message, role: str
) -> float:
    """An arrow, or for bulk data a filled band between two; returns the last line's baseline."""
    way = 1 if place.receiver > place.sender else -1
    tail, tip = place.sender + way * OFF, place.receiver - way * (OFF + 0.5)
    head = "head-right" if way > 0 else "head-left"
    if "lost" in message.marks:
        tip = tail + (tip - tail) * LOST
    if message.bulk:
        low, high = sorted((tail, tip))
        ink.boxes.append(box(low, place.start, high - low, place.end - place.start, f"bulk-{role}"))
    for y, weight in ((place.start, 1.1), (place.end, look.weight)) if message.bulk else ((place.start, look.weight),):
        lost = "lost" in message.marks
        strokes.append(stroke(tail, y, tip if lost else tip - way * 8, y, look.paint, weight, look.dash))
        if lost:
            ink.marks.append(mark(tip, y, "cross", stroke=look.paint, weight=2))
        elif look.hollow:
            ink.marks.append(mark(tip, y, head, "ground", look.paint))
        else:
            ink.marks.append(mark(tip, y, head, look.paint))
        if "abort" in message.marks:
            ink.marks.append(mark(tip - way * 14, y, "stop", stroke=look.paint, weight=2))
    baseline = place.start - BASELINE
    if message.bulk:
        baseline = (place.start + place.end) / 2 + 4 + PITCH * (len(labels) - 1) / 2
    centre = room.middle
    if labels and room.across and not message.bulk:  # other lifelines do not strike through the words
        size = max(label.width for label in labels) + 6
        top = baseline - LABEL_RISE - PITCH * (len(labels) - 1)
        ink.boxes.append(box(centre - size / 2, top - 1, size, baseline - top + 4, place.band))
    alert = "lost" in message.marks or "repeated" in message.marks
    if labels:
        place_stack(ink, labels, centre, baseline, alert)
    return baseline


def _loop(ink: Ink, labels: list[Label], place: Place, loop: Loop, look: Arrow) -> float:
    """A message to oneself: out, down and back, with its label beside it."""
    way = loop.way
    at = place.sender + way * OFF
    ink.marks.append(mark(at, place.start, "loop-right" if way > 0 else "loop-left", stroke=look.paint, weight=look.weight))
    head = "head-left" if way > 0 else "head-right"
    ink.marks.append(mark(at + way * 0.5, place.start + LOOP, head, "ground" if look.hollow else look.paint, look.paint))
    size = max((label.width for label in labels), default=0)
    centre = loop.low + size / 2 if way > 0 else loop.high - size / 2
    baseline = place.start + LOOP / 2 + 4 + PITCH * (len(labels) - 1)
    if labels:
        place_stack(ink, labels, centre, baseline, False)
    return baseline


def _meanings(texts: list[Text], message: Message, lines: int, place: Place, last: float, upright: bool) -> None:
    """Each line's meaning on that line's own baseline, in the column at the right; a state that stands there comes first."""
    for index, line in enumerate(message.lines[:lines]):
        if not line.meaning:
            continue
        baseline = last - PITCH * (lines - 1 - index)
        x, room = place.meaning, place.meaning_room
        for state, (side, near, space), y in (
            (message.sender_state, place.sender_pill, place.start),
            (message.receiver_state, place.receiver_pill, place.end),
        ):
            size = pill_width(pill_words(state, space))
            if size and side > 0 and near + size > x - 4 and near < x + 4 and baseline > y - 20 and baseline - 10 < y + 10:
                x, room = near + size + 8, room - (near + size + 8 - x)
                baseline = y + 3.5 if lines == 1 and not message.bulk else baseline
        words = clip(flat(line.meaning), "meaning", max(room, 40))
        for piece in measured(words, "meaning", upright, 0):
            x += piece.gap
            texts.append(text(x, baseline, piece.text, piece.voice, "alert" if line.refused else VOICES[piece.voice].paint))
            x += piece.room()
