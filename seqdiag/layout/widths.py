"""Text in, its width in px out; wide text in, text that fits out. No font is asked, so every machine gives the same.

Sans widths are the advance widths that Arial, Helvetica, Liberation Sans and Arimo share; mono ones are DejaVu Sans
Mono's. A reader's font may be wider: whatever stands to the right of sans text keeps `SLACK` clear of it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import accumulate

from seqdiag.layout.theme import VOICES, WIDE, Voice
from seqdiag.text import Shown

SLACK = 1.12
BOLD = 1.07
MONO = 0.602

# fmt: off
_SANS = (  # per mille of an em, U+0020 to U+007E
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
    556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)
_LATIN1 = (  # U+00A0 to U+00FF
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 552, 400, 549, 333, 333, 333, 576, 537, 278,
    333, 333, 365, 556, 834, 834, 834, 611, 667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556, 556, 556, 556, 556, 889, 500,
    556, 556, 556, 556, 278, 278, 278, 278, 556, 556, 556, 556, 556, 556, 556, 549, 611, 556, 556, 556, 556, 500, 556, 500,
)
# fmt: on
_ASCII = (600,) * 32 + _SANS + (600,)

_BROAD = re.compile("[\u2010-\u2017\u2020-\u2bff\ufffd]")  # dashes, arrows, signs, boxes: up to one em in some sans fonts


@cache
def _advance(char: str, mono: bool) -> float:
    """Of one character that is not ASCII, in em; never less than what a careful reader of the SVG would assume."""
    if unicodedata.combining(char):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 1
    if mono:
        return MONO
    if _BROAD.match(char):
        return 1
    code = ord(char) - 0xA0
    return max(0.6, _LATIN1[code] / 1000) if 0 <= code < len(_LATIN1) else 0.6


def advances(text: str, voice: Voice) -> list[float]:
    """The width of each character, px."""
    scale = voice.size * (BOLD if voice.bold else 1)
    return [
        (_advance(c, voice.mono) if c > "\x7f" else MONO if voice.mono else _ASCII[ord(c)] / 1000) * scale + voice.spacing for c in text
    ]


def width(text: str, name: str) -> float:
    """The width of `text` in the voice called `name`, px."""
    voice = VOICES[name]
    if not text.isascii():
        return sum(advances(text, voice))
    if voice.mono:
        return len(text) * (MONO * voice.size + voice.spacing)
    return sum(map(_ASCII.__getitem__, text.encode())) * voice.size * (BOLD if voice.bold else 1) / 1000 + len(text) * voice.spacing


def clip(text: Shown, name: str, room: float) -> Shown:
    """`text` where it fits into `room` px, else its beginning with an ellipsis (which alone may be wider than no room)."""
    if width(text, name) <= room + 0.05:
        return text
    room -= width("…", name)
    start = text[: int(max(room, 0)) + 1]  # no character but marks is under 1 px
    kept = sum(end <= room for end in accumulate(advances(start, VOICES[name])))
    return Shown(text[:kept].rstrip() + "…")


_ATOM = re.compile(r"\s+|[^\s" + WIDE.pattern[1:-2] + r"]+|" + WIDE.pattern[:-1] + "[，。、；：！？）》」』]*")


def wrap(text: Shown, name: str, room: float, most: int = 1000) -> list[Shown]:
    """`text` in lines of at most `room` px, broken at spaces, between ideographs, and within what is too long.

    At most `most` lines: the last one then ends in an ellipsis.
    """
    lines: list[Shown] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for atom in _ATOM.findall(paragraph):
            size = width(atom, name)
            if used + size > room and line and not atom.isspace():
                lines.append(Shown(line.rstrip()))
                line, used = "", 0.0
            while size > room and len(atom) > 1 and len(lines) <= most:
                kept = max(1, sum(end <= room for end in accumulate(advances(atom[: int(room) + 1], VOICES[name]))))
                lines.append(Shown(atom[:kept]))
                atom = atom[kept:]
                size = width(atom, name)
            line, used = line + atom, used + size
        lines.append(Shown(line.rstrip()))
        if len(lines) > most:
            break
    if len(lines) > most:
        lines[most - 1 :] = [clip(Shown(lines[most - 1] + " " + lines[most] + "…"), name, room - width("…", name))]
        if not lines[-1].endswith("…"):
            lines[-1] = Shown(lines[-1] + "…")
    return lines
