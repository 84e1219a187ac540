"""A note in, its slim row out: a break in the lifelines for what the capture lacks, words for what someone remarked."""

from __future__ import annotations

import msgspec

from seqdiag.diagram import Note
from seqdiag.layout.field import Room
from seqdiag.layout.labels import measured
from seqdiag.layout.scene import Box, Group, Mark, Stroke, Text, box, mark, stroke, text
from seqdiag.layout.theme import VOICES
from seqdiag.layout.widths import SLACK, wrap
from seqdiag.text import Shown

LINE = 14
PAD = 5
MOST_LINES = 3
MARGIN = 26


class MeasuredNote(msgspec.Struct, frozen=True):
    """Its lines, each with its width in px, and the height of its row."""

    lines: tuple[tuple[Shown, float], ...]
    height: float
    voice: str


def measure_note(note: Note, place: Room, upright: bool) -> MeasuredNote:
    """As many as three lines; the whole text is in the title of its group."""
    room = max(place.size - 2 * MARGIN, 30) / SLACK
    lines = wrap(note.text, "meaning", room, MOST_LINES)
    sized = tuple((line, sum(piece.gap + piece.width for piece in measured(line, "meaning", upright, 0))) for line in lines)
    return MeasuredNote(sized, LINE * len(lines) + 2 * PAD, "meaning-upright" if upright else "meaning")


def note_group(note: Note, measured_note: MeasuredNote, top: float, place: Room, ends: tuple[float, float]) -> Group:
    """The row of a note from `top` on; the lifelines at `ends` break where something is missing."""
    low, high = ends
    middle = place.middle
    centre = top + measured_note.height / 2
    widest = max((size for _, size in measured_note.lines), default=0)
    boxes: list[Box] = []
    strokes: list[Stroke] = []
    marks: list[Mark] = []
    paint = "alert" if note.kind in ("gap", "finding") else "soft"
    if note.kind in ("gap", "missing"):
        for x in (low, high):
            boxes.append(box(x - 5, centre - 3, 10, 6, "ground"))
            marks.append(mark(x, centre - 2.5, "break", stroke="soft", weight=1.1))
        reach = widest / 2 * SLACK + 10
        for start, end in ((low + 10, middle - reach), (middle + reach, high - 10)):
            if end - start > 8:
                strokes.append(stroke(start, centre, end, centre, paint, 0.9, "dots"))
    if note.kind not in ("gap", "missing") or widest * SLACK > high - low - 30:
        size = widest * SLACK + 20 + (12 if note.kind == "finding" else 0)
        boxes.append(
            box(middle - size / 2, top + 1, size, measured_note.height - 2, "head", "alert" if note.kind == "finding" else "rule", 0.9, 3)
        )
    texts: list[Text] = []
    shift = 0.0
    if note.kind == "finding":
        shift = 8
        at = middle - widest / 2 - 8
        marks.append(mark(at, centre + 4.4, "warning", fill="alert"))
        marks.append(mark(at, centre + 4.4, "warning-sign", fill="ground"))
    for index, (line, size) in enumerate(measured_note.lines):
        x = middle - size / 2 + shift
        baseline = top + PAD + LINE * index + 10.5
        pieces = measured(line, "meaning", measured_note.voice == "meaning-upright", 0)
        for piece in pieces:
            x += piece.gap
            colour = paint if note.kind in ("gap", "finding") else VOICES[piece.voice].paint
            if len(pieces) == 1:
                texts.append(text(x + piece.width / 2, baseline, piece.text, piece.voice, colour, "middle"))
            else:
                texts.append(text(x, baseline, piece.text, piece.voice, colour))
            x += piece.width
    return Group(
        "note",
        tuple(boxes),
        tuple(strokes),
        tuple(marks),
        tuple(texts),
        title=note.text,
        session=note.session,
        word=Shown(note.kind),
    )
