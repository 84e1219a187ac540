"""A Diagram in; out comes what PNG and PDF are made of: an SVG of one look, whose every character has a font.

What draws it takes one family for a text, and where that lacks a character is not to be trusted to find another: so
each text names one family that is there, and a stretch that this one lacks is a `<tspan>` that names its own.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import msgspec

from seqdiag.errors import ToolMissing, UsageError
from seqdiag.renderers import fonts, svg

if TYPE_CHECKING:
    from seqdiag.diagram import Diagram
    from seqdiag.renderers.base import RenderOptions

NAMESPACE = "http://www.w3.org/2000/svg"
SVG = f"{{{NAMESPACE}}}"


class Picture(msgspec.Struct, frozen=True):
    """`width` and `height` in px."""

    root: ElementTree.Element
    width: float
    height: float
    title: str
    description: str
    fonts: tuple[Path, ...]

    def svg(self, by: float = 1) -> str:
        """The SVG, `by` times as wide and high."""
        self.root.attrib |= {"width": f"{self.width * by:.2f}", "height": f"{self.height * by:.2f}"}
        ElementTree.register_namespace("", NAMESPACE)
        return ElementTree.tostring(self.root, "unicode")


def picture(diagram: Diagram, options: RenderOptions, *, bitmaps: bool) -> Picture:
    """Theme `auto` is light: neither PNG nor PDF knows how its reader's system looks. `bitmaps`: as `fonts.choose` has it."""
    look = msgspec.structs.replace(options, theme="light" if options.theme == "auto" else options.theme)
    drawn = fonts.drawable(svg.render(diagram, look).decode())
    try:
        root = ElementTree.fromstring(drawn)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
    except (ElementTree.ParseError, KeyError, ValueError):  # a template of the user's own
        raise UsageError(f"{options.templates}: svg/figure.svg gives no SVG with a width and a height in px") from None
    texts = list(root.iter(f"{SVG}text"))
    chosen = fonts.choose("".join(element.text or "" for element in texts), bitmaps)
    for element in texts:
        _set(element, element.get("font-family") or root.get("font-family") or "", chosen)
    return Picture(
        root=root,
        width=width,
        height=height,
        title=root.findtext(f"{SVG}title") or "",
        description=root.findtext(f"{SVG}desc") or "",
        fonts=tuple(path for font in chosen for path in font.files),
    )


def _set(element: ElementTree.Element, families: str, chosen: list[fonts.Font]) -> None:
    """One text in families that are there."""
    by_name = {font.family: font for font in chosen}
    names = [name.strip() for name in families.split(",")]
    base = by_name[next((name for name in names if name in by_name), fonts.MONO if "monospace" in names else fonts.SANS)]
    stretches = list(_stretches(element.text or "", [base, *chosen]))
    element.set("font-family", base.family)
    if any(font is not base for _, font in stretches):
        element.text = None
        for stretch, font in stretches:
            ElementTree.SubElement(element, f"{SVG}tspan", {"font-family": font.family}).text = stretch


def _stretches(text: str, chosen: list[fonts.Font]) -> Iterator[tuple[str, fonts.Font]]:
    """The text cut where the font changes; what no font has (it is unseen) stays with what is before it."""
    found: list[tuple[str, fonts.Font]] = []
    for char in text:
        before = found[-1][1] if found else chosen[0]
        found.append((char, next((font for font in chosen if char in font.characters), before)))
    for _, group in groupby(found, key=lambda pair: pair[1].family):
        stretch = list(group)
        yield "".join(char for char, _ in stretch), stretch[0][1]


def library(module: str, distribution: str, form: str) -> Any:
    """What draws it; ToolMissing where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ToolMissing(f"{form} needs the package {distribution} (pip install 'wireseq[images]')") from None
