"""A Diagram in, its SVG as a page of a PDF out: vectors, text that can be searched, fonts embedded.

What converts it writes fonts in an order that changes from run to run; `orderly` numbers the objects anew, as they
are met from the catalogue on, so that the same figure has the same bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seqdiag.errors import ToolMissing
from seqdiag.renderers.picture import library, picture

if TYPE_CHECKING:
    from seqdiag.diagram import Diagram
    from seqdiag.renderers.base import RenderOptions

NAME = "pdf"
SUFFIXES: tuple[str, ...] = (".pdf",)
MEDIA_TYPE = "application/pdf"

POINTS = 0.75
"""To a px of the SVG."""
LONGEST = 14_400
"""Points of a page's side that every reader takes; a longer figure is made smaller."""

REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
ENTRIES = re.compile(rb"(?:^ *+/\S+ \d+ 0 R\n){2,}", re.MULTILINE)


def render(diagram: Diagram, options: RenderOptions) -> bytes:
    """The figure on a page of its own size."""
    svg2pdf = library("svg2pdf_py", "svg2pdf-py", "PDF")
    drawing = picture(diagram, options, bitmaps=False)
    known = svg2pdf.FontDatabase()
    for path in drawing.fonts:
        known.load_font_file(str(path))
    size = min(POINTS, LONGEST / max(drawing.width, drawing.height))
    try:
        return orderly(svg2pdf.svg_to_pdf(drawing.svg(size), known), drawing.title)
    except RuntimeError as error:  # of a font of the system
        raise ToolMissing(f"a font of this system does not go into a PDF ({error}): draw a PNG or an SVG") from None


def orderly(pdf: bytes, title: str) -> bytes:
    """The same document, its objects in the order in which they are met, with a title."""
    start = int(pdf[pdf.rindex(b"startxref") + 9 : pdf.rindex(b"%%EOF")])
    table, trailer = pdf[start:].split(b"trailer", 1)
    offsets = {n: int(row[:10]) for n, row in enumerate(table.split(b"\n")[2:]) if row[17:18] == b"n"}
    after = dict(zip(sorted(offsets.values()), [*sorted(offsets.values())[1:], start], strict=True))
    objects = {n: pdf[offset : after[offset]].split(b" obj", 1)[1] for n, offset in offsets.items()}

    roots = [int(re.search(rb"/%s (\d+)" % key, trailer)[1]) for key in (b"Root", b"Info")]  # type: ignore[index]
    objects[roots[1]] = (
        b"\n<<\n  /Creator (seqdiag)\n  /Producer (svg2pdf)\n  /Title <%s>\n>>\nendobj\n\n"
        % (b"\xfe\xff" + title.encode("utf-16-be")).hex().encode()
    )
    numbers: dict[int, int] = {}
    ahead = roots[::-1]
    while ahead:
        number = ahead.pop()
        if number not in numbers:
            numbers[number] = len(numbers) + 1
            objects[number] = _sorted(objects[number])
            ahead += [int(found) for found in REFERENCE.findall(_head(objects[number]))][::-1]

    written = bytearray(pdf[: min(offsets.values())])
    places = []
    for old, new in numbers.items():
        head = _head(objects[old])
        places.append(len(written))
        written += b"%d 0 obj" % new + REFERENCE.sub(lambda found: b"%d 0 R" % numbers[int(found[1])], head) + objects[old][len(head) :]
    end = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(places) + 1) + b"".join(b"%010d 00000 n\r\n" % place for place in places)
    written += b"trailer\n<<\n  /Size %d\n  /Root 1 0 R\n  /Info %d 0 R\n>>\nstartxref\n%d\n%%%%EOF" % (
        len(places) + 1,
        numbers[roots[1]],
        end,
    )
    return bytes(written)


def _head(content: bytes) -> bytes:
    """An object without its stream."""
    return content.split(b"\nstream\n", 1)[0]


def _sorted(content: bytes) -> bytes:
    """Neighbouring entries of a dictionary that are references, by name."""
    head = _head(content)
    return ENTRIES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), head) + content[len(head) :]
