"""Placed bands and bars in, their tints, edges and titles out: the phases across the figure, a protocol's states beside it."""

from __future__ import annotations

from itertools import chain, pairwise

import msgspec

from seqdiag.diagram import Bar, Phase
from seqdiag.layout.columns import Columns
from seqdiag.layout.labels import flat
from seqdiag.layout.rows import SCREENFUL, Band
from seqdiag.layout.scene import Box, Group, Text, area, box, stroke, text
from seqdiag.layout.theme import VOICES, WIDE, band_paint
from seqdiag.layout.widths import SLACK, width
from seqdiag.text import Shown

BESIDE = 17  # from the top of a bar to the baseline of a title beside it, under what is said of the message there
BAR_OFF = 8
BAR_WIDTH = 16
DETAIL = 13
IDEOGRAPH = 13.5


class Setting(msgspec.Struct, frozen=True):
    """How a title runs up a strip: stacked ideographs, or one or two turned lines. `length`: px along the strip."""

    lines: tuple[Shown, ...]
    voice: str
    length: float
    stacked: bool = False


def settings(words: Shown, voices: tuple[str, ...], two: bool) -> list[Setting]:
    """The ways to set a title along a strip, the best first."""
    if WIDE.match(words) and all(WIDE.match(char) for char in words):
        return [Setting((words,), "ideograph", IDEOGRAPH * len(words), True)]
    found = [Setting((words,), voice, width(words, voice) * SLACK) for voice in voices]
    if two and " " in words:
        parts = words.split(" ")
        half = min(range(1, len(parts)), key=lambda cut: abs(len(" ".join(parts[:cut])) - len(" ".join(parts[cut:]))))
        pair = (Shown(" ".join(parts[:half])), Shown(" ".join(parts[half:])))
        found.append(Setting(pair, voices[-1], max(width(part, voices[-1]) for part in pair) * SLACK))
    return found


def along(words: Shown, voices: tuple[str, ...], room: float, two: bool = False) -> Setting | None:
    """The best way that fits into `room` px, or none."""
    return next((setting for setting in settings(words, voices, two) if setting.length <= room), None)


def placed(setting: Setting, x: float, middle: float, paint: str) -> list[Text]:
    """A title set along a strip whose middle line is at `x`."""
    size = VOICES[setting.voice].size
    if setting.stacked:
        top = middle - setting.length / 2 + size * 0.9
        return [text(x, top + IDEOGRAPH * k, Shown(char), setting.voice, paint, "middle") for k, char in enumerate(setting.lines[0])]
    pitch = size + 1.5
    base = x + size * 0.35 - pitch * (len(setting.lines) - 1) / 2
    return [text(base + pitch * k, middle, line, setting.voice, paint, "middle", -90) for k, line in enumerate(setting.lines)]


GUTTER_VOICES = ("gutter", "gutter-small")
GUTTER_PAD = 8


def gutter_words(title: Shown) -> Shown:
    return Shown(flat(title).upper())


def wanted_height(title: Shown) -> float:
    """The least height of a band that can show its title."""
    return min(setting.length for setting in settings(gutter_words(title), GUTTER_VOICES, True)) + GUTTER_PAD


def band(phase: Phase, run: Band, columns: Columns, title: Shown, ends: tuple[float, float], beside: bool = True) -> Group:
    """A tinted band with hairline edges; where sessions take turns, only a tint between the two `ends`.

    Its title runs up the gutter, or lies at the top of the band, left of the first lifeline, where the band is too low for that
    and nothing else stands `beside` it.
    """
    tint = band_paint(phase.kind)
    height = run.bottom - run.top
    low, high = ends
    if not run.whole:
        ground = (area(tint, low, run.top, high, run.far_top, high, run.far_bottom, low, run.bottom),) if tint != "none" else ()
        return Group("phase", areas=ground, title=title, session=phase.session, word=Shown(phase.kind))
    top = ((columns.left, run.top), (low, run.top), (high, run.far_top), (columns.right, run.far_top))
    foot = ((columns.left, run.bottom), (low, run.bottom), (high, run.far_bottom), (columns.right, run.far_bottom))
    setting = along(gutter_words(title), GUTTER_VOICES, height - GUTTER_PAD, True)
    texts: tuple[Text, ...] = ()
    if setting:
        times = max(1, round(height / SCREENFUL))  # a long band says its title on every screenful
        middles = (run.top + height * (2 * k + 1) / (2 * times) for k in range(times))
        texts = tuple(one for middle in middles for one in placed(setting, columns.gutter, middle, "soft"))
    elif beside and width(gutter_words(title), "gutter-small") * SLACK <= columns.before - columns.deltas - 16:
        texts = (text(columns.before - 9, run.top + 11, gutter_words(title), "gutter-small", "soft", "end"),)
    return Group(
        "phase",
        strokes=tuple(stroke(*a, *b, "rule", 0.75) for edge in (top, foot) for a, b in pairwise(((12, edge[0][1]), *edge[1:]))),
        texts=texts,
        areas=(area(tint, *chain.from_iterable((*top, *reversed(foot)))),) if tint != "none" else (),
        title=title,
        label=title,
        session=phase.session,
        word=Shown(phase.kind),
    )


def ends_of(ends: tuple[int, int] | None, columns: Columns) -> tuple[float, float]:
    """The x of a session's two lifelines, left one first; the whole field where it is not known."""
    if not columns.lifelines:
        return columns.left, columns.right
    low, high = sorted(columns.lifelines[end] for end in ends) if ends else (columns.lifelines[0], columns.lifelines[-1])
    return (low, high) if high > low else (low - 60, high + 60)


BAR_VOICES = ("gutter-small",)


def bar_room(bars: list[Bar]) -> float:
    """The strip that a column's bars need beside its lifeline."""
    if not bars:
        return 0
    return BAR_OFF + BAR_WIDTH + (DETAIL if any(bar.detail and bar.detail != bar.title for bar in bars) else 0)


def bar(bar: Bar, tint: int, lifeline: float, side: int, top: float, bottom: float, beside: float) -> Group:
    """A state of the protocol from `top` to `bottom`, on `side` (1 right, -1 left) of its lifeline and tied to it.

    Its title runs up the bar. Where that is too short, the title stands beside it, if it needs no more than `beside` px.
    """
    near = lifeline + side * BAR_OFF
    left = near if side > 0 else near - BAR_WIDTH
    height = max(bottom - top - 2, 2)
    boxes: list[Box] = [box(left, top + 1, BAR_WIDTH, height, f"bar-{tint % 3}", "faint", 0.8, 2.5, "pill" if bar.inferred else "")]
    tie = stroke(lifeline + side * 3, top + 1, near, top + 1, "faint", 0.8)
    whole = Shown(f"{bar.title}\n{bar.detail}" if bar.detail else bar.title)
    texts: list[Text] = []
    title = along(flat(bar.title), BAR_VOICES, height - 6)
    middle = (top + bottom) / 2
    if title:
        texts += placed(title, left + BAR_WIDTH / 2, middle, "ink")
    elif width(flat(bar.title), "gutter-small") * SLACK <= beside:
        at = left + BAR_WIDTH + 5 if side > 0 else left - 5
        texts.append(text(at, top + BESIDE, flat(bar.title), "gutter-small", "soft", "start" if side > 0 else "end"))
        return Group(
            "bar", tuple(boxes), (tie,), texts=tuple(texts), title=whole, label=bar.title, session=bar.session, word=Shown(bar.kind)
        )
    detail = along(flat(bar.detail), BAR_VOICES, height - 2) if bar.detail and bar.detail != bar.title else None
    if detail:
        texts += placed(detail, left + BAR_WIDTH + DETAIL / 2 + 1 if side > 0 else left - DETAIL / 2 - 1, middle, "soft")
    return Group("bar", tuple(boxes), (tie,), texts=tuple(texts), title=whole, label=bar.title, session=bar.session, word=Shown(bar.kind))
