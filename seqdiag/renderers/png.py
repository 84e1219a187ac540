"""A Diagram in, its SVG as pixels out: `options.scale` of them for each px of the SVG, and a size in print to match."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING
from zlib import crc32

from seqdiag.errors import LimitError, UsageError
from seqdiag.renderers.picture import library, picture

if TYPE_CHECKING:
    from seqdiag.diagram import Diagram
    from seqdiag.renderers.base import RenderOptions

NAME = "png"
SUFFIXES: tuple[str, ...] = (".png",)
MEDIA_TYPE = "image/png"

SMALLEST, LARGEST = 0.25, 8
MOST_PIXELS = 100_000_000
"""They take 800 MB while they are drawn. What draws them ends the whole process where memory is short."""
HEADER = 8 + 25
"""Signature and IHDR."""


def render(diagram: Diagram, options: RenderOptions) -> bytes:
    """The figure. LimitError where it has too many pixels."""
    scale = options.scale
    if not SMALLEST <= scale <= LARGEST:
        raise UsageError(f"scale {scale}: a PNG has between {SMALLEST} and {LARGEST} pixels for each px of the SVG")
    resvg = library("resvg_py", "resvg_py", "PNG")
    drawing = picture(diagram, options, bitmaps=True)
    pixels = drawing.width * drawing.height * scale**2
    if pixels > MOST_PIXELS:
        fits = int((MOST_PIXELS / pixels) ** 0.5 * scale * 100) / 100
        how = f"--scale {fits} fits" if fits >= SMALLEST else "draw fewer messages (--first N, -s N), or an SVG"
        raise LimitError(f"the PNG would have {pixels / 1e6:,.0f} million pixels, more than {MOST_PIXELS // 10**6} million: {how}")
    drawn: bytes = resvg.svg_to_bytes(
        svg_string=drawing.svg(),
        skip_system_fonts=True,
        font_files=[str(path) for path in drawing.fonts],
        zoom=scale,
    )
    density = round(96 * scale / 0.0254)  # pixels a metre: px of the SVG are 1/96 inch
    more = _chunk(b"pHYs", pack(">IIB", density, density, 1)) + _text("Title", drawing.title) + _text("Description", drawing.description)
    return drawn[:HEADER] + more + drawn[HEADER:]


def _text(keyword: str, text: str) -> bytes:
    """UTF-8, not compressed, of no named language."""
    return _chunk(b"iTXt", keyword.encode() + b"\0\0\0\0\0" + text.encode()) if text else b""


def _chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", crc32(kind + content))
