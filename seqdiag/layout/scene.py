"""A figure as placed shapes: all of its geometry and none of its markup.

Coordinates are px from the top left corner, y downwards, rounded to a tenth. Every group's areas and boxes are drawn
first, then its strokes, marks, ticks and texts; groups are drawn in order.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from seqdiag.layout.theme import VOICES, WIDE
from seqdiag.provenance import Nanoseconds
from seqdiag.text import Shown

Anchor: TypeAlias = Literal["start", "middle", "end"]
Dash: TypeAlias = Literal["", "life", "repeat", "guess", "dots", "pill"]


class Text(msgspec.Struct, frozen=True):
    """One run on one baseline. `angle` in degrees turns it about its own anchor; `family` is of `theme.FAMILIES`, or empty."""

    x: float
    y: float
    text: Shown
    voice: str
    paint: str
    anchor: Anchor = "start"
    angle: float = 0
    family: str = ""


class Box(msgspec.Struct, frozen=True):
    """`angle` in degrees turns it about its point."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = "none"
    weight: float = 1
    radius: float = 0
    dash: Dash = ""
    angle: float = 0


class Area(msgspec.Struct, frozen=True):
    """A filled outline: its corners as x, y, x, y, ..."""

    corners: tuple[float, ...]
    fill: str


class Stroke(msgspec.Struct, frozen=True):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    paint: str
    weight: float
    dash: Dash = ""


class Mark(msgspec.Struct, frozen=True):
    """A small sign of `theme.MARKS`, placed at its point and turned about it by `angle` degrees."""

    x: float
    y: float
    name: str
    fill: str = "none"
    stroke: str = "none"
    weight: float = 1
    angle: float = 0


class Tick(msgspec.Struct, frozen=True):
    """An instant on the axis; `to_scale` False where the stretch above it is not drawn to scale."""

    x: float
    y: float
    t: Nanoseconds
    to_scale: bool = False


class Group(msgspec.Struct, frozen=True):
    """What belongs together, and what a script may ask of it. `title` is shown on hover; `label` is read aloud.

    `n`: the numbers of its messages within `session`, parted by spaces. `word`: which phase, life or note it is.
    """

    kind: str
    boxes: tuple[Box, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    marks: tuple[Mark, ...] = ()
    texts: tuple[Text, ...] = ()
    ticks: tuple[Tick, ...] = ()
    areas: tuple[Area, ...] = ()
    title: Shown | None = None
    label: Shown | None = None
    session: int | None = None
    n: Shown | None = None
    origin: Shown | None = None
    word: Shown | None = None


class Scene(msgspec.Struct, frozen=True):
    """The whole figure. `px_per_ms` is 0 where no stretch of the axis is to scale."""

    width: float
    height: float
    lang: Literal["en", "zh"]
    title: Shown
    description: Shown
    groups: tuple[Group, ...]
    px_per_ms: float = 0


def px(value: float) -> float:
    """Rounded to a tenth, and an int where it is one: 12, never 12.0 or -0.0."""
    value = round(value, 1)
    whole = int(value)
    return whole if whole == value else value


def text(x: float, y: float, words: Shown, voice: str, paint: str, anchor: Anchor = "start", angle: float = 0) -> Text:
    family = "mono" if VOICES[voice].mono else ""
    if not words.isascii() and WIDE.search(words):
        family = "wide-mono" if family else "wide"
    return Text(px(x), px(y), words, voice, paint, anchor, px(angle), family)


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    stroke: str = "none",
    weight: float = 1,
    radius: float = 0,
    dash: Dash = "",
    angle: float = 0,
) -> Box:
    return Box(px(x), px(y), px(width), px(height), fill, stroke, weight, radius, dash, px(angle))


def area(fill: str, *corners: float) -> Area:
    return Area(tuple(map(px, corners)), fill)


def stroke(x1: float, y1: float, x2: float, y2: float, paint: str, weight: float, dash: Dash = "") -> Stroke:
    return Stroke(px(x1), px(y1), px(x2), px(y2), paint, weight, dash)


def mark(x: float, y: float, name: str, fill: str = "none", stroke: str = "none", weight: float = 1, angle: float = 0) -> Mark:
    return Mark(px(x), px(y), name, fill, stroke, weight, px(angle))
