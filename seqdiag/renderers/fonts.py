"""A text in, the fonts to draw it with out, and which of them has which character.

Ours are always first and alone where they suffice, so that a figure of Latin text is the same on every machine. The
system's are asked only for what ours lack, a Simplified Chinese face before any other. What draws PNG and PDF says
nothing where no font has a character: here that is an error.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from seqdiag.errors import ToolMissing
from seqdiag.renderers import faces

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
SANS, MONO = "Liberation Sans", "DejaVu Sans Mono"
OURS = {
    SANS: ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSans-Italic.ttf"),
    MONO: ("DejaVuSansMono.ttf",),
    "Wireseq Control Pictures": ("ControlPictures.ttf",),
}

PREFERRED = ("notosanscjk-", "notosanscjksc", "notosanssc", "sourcehansans", "pingfang", "msyh", "wqy", "droidsansfallback")
"""Faces of Simplified Chinese by how their files' names begin, best first."""
SIMPLIFIED = re.compile(r"\b(SC|CN|GB|YaHei|WenQuanYi)\b")
STYLED = re.compile("black|bold|condensed|italic|light|medium|mono|narrow|oblique|serif|thin")

UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")
VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

IDEOGRAPHS = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
EMOJI = re.compile("[\U0001f000-\U0001faff]")
PACKAGES = ((IDEOGRAPHS, "fonts-noto-cjk"), (EMOJI, "fonts-symbola"), (re.compile(""), "fonts-noto-core"))
"""Debian's package that brings a character, the first that fits."""


class Font(msgspec.Struct, frozen=True):
    """One family: its files, and those characters of the text that it has."""

    family: str
    files: tuple[Path, ...]
    characters: frozenset[str]


def choose(text: str, bitmaps: bool) -> list[Font]:
    """Ours, and those of the system that `text` needs besides. ToolMissing says what to install where none has a character.

    `bitmaps`: whether one of coloured pictures will do.
    """
    wanted = set(text)
    found = [
        Font(family, files := tuple(FOLDER / name for name in names), _has(faces.read(files[0]), wanted)) for family, names in OURS.items()
    ]
    lacking = {char for char in wanted.difference(*(font.characters for font in found)) if not _unseen(char)}
    for path in sorted(_system(), key=_rank) if lacking else ():
        known = [face for face in faces.read(path) if bitmaps or not face.bitmaps]
        known = [face for face in known if SIMPLIFIED.search(face.family)] or known
        has = _has(known[:1], wanted)
        if has & lacking:
            bold = path.with_name(path.name.replace("Regular", "Bold"))
            found.append(Font(known[0].family, (path, bold) if bold != path and bold.is_file() else (path,), has))
            lacking -= has
        if not lacking:
            break
    if lacking:
        raise ToolMissing(_complaint(sorted(lacking)))
    return found


def _has(known: Iterable[faces.Face], characters: Iterable[str]) -> frozenset[str]:
    return frozenset(char for face in known for char in characters if face.has(char))


def drawable(text: str) -> str:
    """Characters that no font can have (private use, unassigned) as U+FFFD."""
    return text.translate({ord(char): "\ufffd" for char in set(text) if unicodedata.category(char) in ("Cn", "Co", "Cs")})


def _unseen(char: str) -> bool:
    """Spaces, and what only tells how its neighbours are drawn."""
    return unicodedata.category(char) in UNSEEN or VARIANTS.match(char) is not None


def _complaint(lacking: list[str]) -> str:
    first = lacking[0]
    package = next(package for pattern, package in PACKAGES if pattern.match(first))
    more = f" or {len(lacking) - 1} more" if len(lacking) > 1 else ""
    return f"no font here has {first} (U+{ord(first):04X}){more}: install one that has (Debian, Ubuntu: {package}), or draw an SVG"


def _rank(path: Path) -> tuple[int, int, str]:
    name = path.name.lower()
    return next((i for i, start in enumerate(PREFERRED) if name.startswith(start)), len(PREFERRED)), len(STYLED.findall(name)), str(path)


def _system() -> Iterator[Path]:
    """Every font file of the system and the user."""
    for folder in folders():
        for place, _, names in os.walk(folder):
            for name in names:
                if name.lower().endswith((".ttf", ".otf", ".ttc", ".otc")):
                    yield Path(place, name)


def folders() -> Iterable[Path]:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - it may be unknown
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", home))
        return Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", local / "Microsoft" / "Windows" / "Fonts"
    if sys.platform == "darwin":
        return Path("/System/Library/Fonts"), Path("/System/Library/AssetsV2"), Path("/Library/Fonts"), home / "Library" / "Fonts"
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    own = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return *(Path(data) / "fonts" for data in shared.split(":") if data), own / "fonts", home / ".fonts"
