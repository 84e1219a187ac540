"""The look, as data: what each paint is in light, dark and print, and how each voice is set. No geometry."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

SANS = (
    "Arial, Liberation Sans, Arimo, Helvetica, Noto Sans, Noto Sans CJK SC, Source Han Sans SC, PingFang SC, "
    "Microsoft YaHei, DejaVu Sans, sans-serif"
)
MONO = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, Noto Sans Mono CJK SC, Noto Sans CJK SC, monospace"

WIDE_SANS = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, Arial, sans-serif"
WIDE_MONO = "Noto Sans Mono CJK SC, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, monospace"
FAMILIES = {"mono": MONO, "wide": WIDE_SANS, "wide-mono": WIDE_MONO}
"""Where text is not plain sans. What holds ideographs names a Simplified Chinese face first: renderers that take one face
for a whole text would otherwise take any that has the glyph, and regional faces place full-width punctuation differently."""

ThemeName: TypeAlias = Literal["auto", "light", "dark", "print"]


WIDE = re.compile(  # ideographs, kana, hangul, full-width forms, emoji: upright in every voice, one em each
    "[\u1100-\u115f\u2329\u232a\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f"
    "\uff01-\uff60\uffe0-\uffe6\U00016fe0-\U0001b2ff\U0001f000-\U0001faff\U00020000-\U0003fffd]+"
)


class Paint(msgspec.Struct, frozen=True):
    """One role's colour in each look. `print` is grey, and every pair that must be told apart differs in shape too."""

    light: str
    dark: str
    print: str


PAINTS: dict[str, Paint] = {
    "none": Paint("none", "none", "none"),
    "ground": Paint("#ffffff", "#0d1117", "#ffffff"),
    "ink": Paint("#1f2328", "#e6edf3", "#000000"),
    "soft": Paint("#57606a", "#9198a1", "#3a3a3a"),
    "faint": Paint("#6e7781", "#8b949e", "#555555"),
    "rule": Paint("#b6c0cb", "#30363d", "#999999"),
    "head": Paint("#f6f8fa", "#161b22", "#ffffff"),
    "edge": Paint("#24292f", "#8b949e", "#000000"),
    "chip": Paint("#e4e7eb", "#30363d", "#e2e2e2"),
    "chip-edge": Paint("#8c959f", "#6e7681", "#777777"),
    "client": Paint("#0b5394", "#79b8ff", "#000000"),
    "server": Paint("#9a3b00", "#ffab70", "#000000"),
    "alert": Paint("#b3261e", "#ff7b72", "#000000"),
    "bulk-client": Paint("#e3edf8", "#12304f", "#ededed"),
    "bulk-server": Paint("#f9e9de", "#3a2415", "#ededed"),
    "highlight": Paint("#fff3b8", "#4d3f00", "#d9d9d9"),
    "band-handshake": Paint("#eef4fb", "#132339", "#f4f4f4"),
    "band-tls": Paint("#f4f0fa", "#221b34", "#f8f8f8"),
    "band-authentication": Paint("#f8f6ea", "#1d1c12", "#f8f8f8"),
    "band-mail": Paint("#eef6f2", "#0f201b", "#f8f8f8"),
    "band-close": Paint("#fbf2ec", "#2b1d17", "#f4f4f4"),
    "band-abort": Paint("#fcecea", "#371719", "#eeeeee"),
    "bar-0": Paint("#dfe6ee", "#1d2836", "#ffffff"),
    "bar-1": Paint("#e3efdf", "#22331f", "#e4e4e4"),
    "bar-2": Paint("#f6e8cd", "#3a2c14", "#d0d0d0"),
}


class Voice(msgspec.Struct, frozen=True):
    """How a kind of text is set: size and letter spacing in px, and its usual paint."""

    size: float
    paint: str = "ink"
    mono: bool = False
    bold: bool = False
    italic: bool = False
    spacing: float = 0


VOICES: dict[str, Voice] = {
    "title": Voice(15, bold=True),
    "subtitle": Voice(11, "soft"),
    "role": Voice(9.5, "soft"),
    "name": Voice(13, bold=True),
    "address": Voice(10.7, "soft", mono=True),
    "strip": Voice(10, "soft"),
    "wire": Voice(12, mono=True),
    "flags": Voice(11.5, bold=True),
    "decoded": Voice(10.8, "soft", italic=True),
    "upright": Voice(10.8, "soft"),
    "number": Voice(10, "soft", mono=True),
    "wire-wide": Voice(12, mono=True),
    "number-wide": Voice(10, "soft", mono=True),
    "chip": Voice(9.5, "soft"),
    "meaning": Voice(10.5, "soft", italic=True),
    "meaning-upright": Voice(10.5, "soft"),
    "time": Voice(10.5, "soft"),
    "delta": Voice(9.5, "faint"),
    "delta-long": Voice(9.5, bold=True),
    "pill": Voice(9.5),
    "wait": Voice(10.8, italic=True),
    "wait-upright": Voice(10.8),
    "gutter": Voice(10.5, "soft", spacing=0.8),
    "gutter-small": Voice(8.5, "soft", spacing=0.4),
    "ideograph": Voice(11.5, "soft"),
    "bar": Voice(8.5, "soft", spacing=0.4),
    "caption": Voice(10.5, "soft"),
}

UPRIGHT = {"decoded": "upright", "meaning": "meaning-upright"}
"""What italic voices become in a Chinese figure."""

IDEOGRAPHS = {**UPRIGHT, "wire": "wire-wide", "number": "number-wide"}
"""What a voice becomes for a stretch of ideographs: never slanted, and set in a face of their own."""

MARKS: dict[str, str] = {
    "head-right": "l-10 -3.9 2.3 3.9 -2.3 3.9z",
    "head-left": "l10 -3.9 -2.3 3.9 2.3 3.9z",
    "cross": "m-5 -5l10 10m0 -10l-10 10",
    "stop": "m0 -6v12",
    "warning": "l5.5 -9.8 5.5 9.8z",
    "warning-sign": "m4.9 -3l-.2 -3.6h1.6l-.2 3.6zm0 .8h1.2v1.2h-1.2z",
    "break": "m-6 -1l12 -5m-12 12l12 -5",
    "end": "m-7 0h14",
    "tick": "m-3.5 0h7",
    "ring": "m-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0",
    "dot": "m-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0 -4.4 0",
    "cut": "m-6 1.5l12 -6m-12 9l12 -6",
    "loop-right": "h26a4 4 0 0 1 4 4v10a4 4 0 0 1 -4 4h-18",
    "loop-left": "h-26a4 4 0 0 0 -4 4v10a4 4 0 0 0 4 4h18",
}
"""Outlines as SVG path data relative to the point at which they are placed."""

BANDS = frozenset(name.removeprefix("band-") for name in PAINTS if name.startswith("band-"))


def band_paint(kind: str) -> str:
    """The tint of a phase; the dialogue has none."""
    return f"band-{kind}" if kind in BANDS else "none"
