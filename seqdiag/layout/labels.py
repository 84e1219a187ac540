"""A message's lines in, measured pieces out; measured pieces and a place in, texts, chips and warning marks out.

A piece is a stretch of one line in one voice: a run, cut where the script changes if its voice slants.
"""

from __future__ import annotations

from math import atan, degrees

import msgspec

from seqdiag.diagram import Line, Run, RunKind
from seqdiag.layout.scene import Box, Mark, Text, box, mark, text
from seqdiag.layout.theme import IDEOGRAPHS, UPRIGHT, VOICES, WIDE
from seqdiag.layout.widths import SLACK, clip, width
from seqdiag.text import Shown

PITCH = 14
BASELINE = 5
GAP = 6
WARNING = 15
CHIP_PAD = 5
CHIP_MOST = 90
SHORTEST = 24  # of a piece that is worth beginning
ELLIPSIS = width("…", "upright")

VOICE_OF: dict[RunKind, str] = {
    "wire": "wire",
    "flags": "flags",
    "decoded": "decoded",
    "again": "decoded",
    "hidden": "chip",
    "number": "number",
}


class Piece(msgspec.Struct, frozen=True):
    """`width`: as measured. `gap`: what must stay free before it."""

    text: Shown
    voice: str
    width: float
    gap: float

    def room(self) -> float:
        """What it may need in the reader's font."""
        return self.width if VOICES[self.voice].mono or self.voice == "chip" else self.width * SLACK


class Label(msgspec.Struct, frozen=True):
    """One measured line."""

    pieces: tuple[Piece, ...]
    width: float
    refused: bool


def flat(words: str) -> Shown:
    """One line: a line end within it is shown as its picture."""
    return Shown(words.replace("\n", "␊")) if "\n" in words else Shown(words)


def by_script(words: Shown, voice: str, upright: bool) -> list[tuple[Shown, str]]:
    """`words` in its voice and its ideographs in that voice's twin; in a Chinese figure all that would slant is upright."""
    if upright and voice in UPRIGHT:
        return [(words, UPRIGHT[voice])]
    twin = IDEOGRAPHS.get(voice)
    if twin is None or words.isascii():
        return [(words, voice)]
    parts: list[tuple[Shown, str]] = []
    start = 0
    for match in WIDE.finditer(words):
        parts.append((Shown(words[start : match.start()]), voice))
        parts.append((Shown(match[0]), twin))
        start = match.end()
    parts.append((Shown(words[start:]), voice))
    return [part for part in parts if part[0]]


def measured(words: Shown, voice: str, upright: bool, gap: float) -> list[Piece]:
    """One run in one or more pieces. Where it is cut, blanks become place: they would collapse."""
    parts = by_script(words, voice, upright)
    if len(parts) == 1:
        return [Piece(words, parts[0][1], width(words, parts[0][1]), gap)] if words else []
    pieces = []
    for part, own in parts:
        bare = Shown(part.strip())
        if bare:
            before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
            pieces.append(Piece(bare, own, width(bare, own), gap + width(before, own)))
            gap = width(after, own) + (0.3 if VOICES[own].mono else 1)
        else:
            gap += width(part, own)
    return pieces


def label(line: Line, upright: bool) -> Label:
    """One line of a message, measured."""
    pieces: list[Piece] = []
    for run in joined(line.runs):
        words = flat(run.text)
        if run.kind == "hidden":
            words = clip(words, "chip", CHIP_MOST)
            pieces.append(Piece(words, "chip", width(words, "chip") + 2 * CHIP_PAD, GAP if pieces else 0))
        else:
            pieces += measured(words, VOICE_OF[run.kind], upright, GAP if pieces else 0)
    return Label(tuple(pieces), extent(pieces, line.refused), line.refused)


OURS = ("decoded", "again")


def joined(runs: tuple[Run, ...]) -> list[Run]:
    """Neighbouring decoded runs as one: apart, each would need the room of a wider font behind it."""
    found: list[Run] = []
    for run in runs:
        ours = run.kind in OURS
        if found and ours and found[-1].kind in OURS:
            found[-1] = Run(Shown(f"{found[-1].text} · {run.text}"), "decoded")
        else:
            found.append(run)
    return found


def extent(pieces: list[Piece], refused: bool) -> float:
    """All but the last piece need the room of a wider font, so that the next one stays clear."""
    total = WARNING if refused else 0.0
    for index, piece in enumerate(pieces):
        total += piece.gap + (piece.room() if 0 < index < len(pieces) - 1 else piece.width)
    return total


def fitted(whole: Label, room: float) -> Label:
    """`whole`, or its beginning with an ellipsis where it is wider than `room`."""
    if whole.width <= room + 0.05 or not whole.pieces:
        return whole
    left = room - (WARNING if whole.refused else 0)
    kept: list[Piece] = []
    for piece in whole.pieces:
        left -= piece.gap
        if piece.room() <= left:
            kept.append(piece)
            left -= piece.room()
            continue
        if piece.voice != "chip" and (left >= SHORTEST or not kept):
            kept.append(clipped(piece, left))
        elif left >= ELLIPSIS or not kept:
            kept.append(Piece(Shown("…"), "upright", ELLIPSIS, piece.gap))
        else:
            last = kept.pop()
            kept.append(clipped(last, last.room()) if last.voice != "chip" else Piece(Shown("…"), "upright", ELLIPSIS, last.gap))
        break
    return Label(tuple(kept), extent(kept, whole.refused), whole.refused)


def clipped(piece: Piece, room: float) -> Piece:
    """Its beginning, with an ellipsis."""
    words = clip(Shown(piece.text + "…"), piece.voice, room if VOICES[piece.voice].mono else room / SLACK)
    return Piece(words, piece.voice, width(words, piece.voice), piece.gap)


class Ink(msgspec.Struct):
    """What has been placed so far."""

    boxes: list[Box]
    marks: list[Mark]
    texts: list[Text]


class Baseline(msgspec.Struct, frozen=True):
    """A line to write on: through (x, y), falling `slope` px a px."""

    x: float
    y: float
    slope: float = 0

    def at(self, x: float) -> float:
        return self.y + self.slope * (x - self.x)

    @property
    def angle(self) -> float:
        return degrees(atan(self.slope))

    def raised(self, by: float) -> Baseline:
        return Baseline(self.x, self.y - by, self.slope)


def place_stack(ink: Ink, lines: list[Label], last: Baseline, alert: bool) -> None:
    """Puts lines above one another, as a block centred on the x of the last line's baseline, left edges aligned.

    A refused line is red; where `alert`, what we say of the message (decoded text) is red too.
    """
    left = last.x - max(line.width for line in lines) / 2
    for index, line in enumerate(lines):
        place_line(ink, line, left, last.raised(PITCH * (len(lines) - 1 - index)), alert, len(lines) == 1)


def place_line(ink: Ink, line: Label, x: float, on: Baseline, alert: bool, centred: bool) -> None:
    """Puts one line with its left edge at `x`.

    A single piece that stands alone is anchored in its middle, the first of several where it meets the second, so
    that a wider font makes the line grow on both sides.
    """
    if line.refused:
        ink.marks.append(mark(x, on.at(x) + 0.5, "warning", fill="alert", angle=on.angle))
        ink.marks.append(mark(x, on.at(x) + 0.5, "warning-sign", fill="ground", angle=on.angle))
        x += WARNING
    alone = len(line.pieces) == 1
    for index, piece in enumerate(line.pieces):
        x += piece.gap
        red = line.refused or (alert and piece.voice in ("decoded", "upright"))
        paint = "alert" if red else VOICES[piece.voice].paint
        if piece.voice == "chip":
            middle = x + piece.width / 2
            y = on.at(middle)
            ink.boxes.append(box(x, on.at(x) - 10, piece.width, 13, "chip", "chip-edge", 0.8, 3, angle=on.angle))
            ink.texts.append(text(middle, y - 0.2, piece.text, "chip", VOICES["chip"].paint, "middle", on.angle))
        else:
            if alone and centred and not line.refused:
                at, anchor = x + piece.width / 2, "middle"
            elif index == 0 and not alone:
                at, anchor = x + piece.width, "end"
            else:
                at, anchor = x, "start"
            ink.texts.append(text(at, on.at(at), piece.text, piece.voice, paint, anchor, on.angle))  # type: ignore[arg-type]
        x += piece.room() if index else piece.width
