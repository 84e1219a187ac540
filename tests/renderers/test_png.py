"""A PNG, read back pixel by pixel by the standard library alone."""

from __future__ import annotations

import re
import struct
import sys
import zlib
from itertools import accumulate
from typing import NamedTuple

import pytest

from seqdiag.diagram import Diagram
from seqdiag.errors import LimitError, ToolMissing, UsageError
from seqdiag.renderers import RenderOptions, fonts, png, svg
from tests import diagrams


class Pixels(NamedTuple):
    width: int
    height: int
    chunks: list[tuple[bytes, bytes]]
    rows: list[bytes]

    def at(self, x: int, y: int) -> tuple[int, ...]:
        size = len(self.rows[0]) // self.width
        return tuple(self.rows[y][x * size : x * size + 3])

    def ink(self, left: float, top: float, right: float, bottom: float) -> int:
        """Dark pixels in a box."""
        return sum(sum(self.at(x, y)) < 400 for y in range(int(top), int(bottom)) for x in range(int(left), int(right)))


def read(data: bytes) -> Pixels:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(kind + content)
        chunks.append((kind, content))
        at += 12 + size
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    assert (depth, colour) == (8, 6)
    raw, step = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT")), 4
    rows, before = [], bytes(width * step)
    for y in range(height):
        line = raw[y * (width * step + 1) : (y + 1) * (width * step + 1)]
        rows.append(before := unfiltered(line[0], line[1:], before, step))
    return Pixels(width, height, chunks, rows)


def unfiltered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return line
    if kind == 2:
        return bytes((a + b) & 255 for a, b in zip(line, above, strict=True))
    if kind == 1:
        done = bytearray(len(line))
        for i in range(step):
            done[i::step] = bytes(x & 255 for x in accumulate(line[i::step]))
        return bytes(done)
    done = bytearray(line)
    for i in range(len(line)):
        a, b, c = (done[i - step] if i >= step else 0), above[i], (above[i - step] if i >= step else 0)
        guess = (a + b) // 2 if kind == 3 else min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
        done[i] = (done[i] + guess) & 255
    return bytes(done)


def size(diagram: Diagram) -> tuple[float, float]:
    found = re.search(rb'width="([\d.]+)" height="([\d.]+)"', svg.render(diagram, RenderOptions()))
    assert found is not None
    return float(found[1]), float(found[2])


LATIN = diagrams.aborted


@pytest.mark.parametrize("scale", [0.25, 1, 1.5, 2])
def test_it_is_as_large_as_the_scene_times_the_scale(scale: float) -> None:
    drawn = read(png.render(LATIN(), RenderOptions(scale=scale)))
    width, height = size(LATIN())
    assert abs(drawn.width - width * scale) <= 1 and abs(drawn.height - height * scale) <= 1
    density = struct.unpack(">IIB", dict(drawn.chunks)[b"pHYs"])
    assert density[0] == density[1] == pytest.approx(96 * scale / 0.0254, abs=1)


def test_text_is_drawn_without_a_font_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "folders", lambda: ())
    drawn = read(png.render(LATIN(), RenderOptions(scale=1)))
    boxes = 0
    for text in re.finditer(
        r'<text [^>]*\bx="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)"([^>]*)>([^<]+)<', svg.render(LATIN(), RenderOptions()).decode()
    ):
        x, y, high = (float(text[i]) for i in (1, 2, 3))
        if "transform" in text[4] or "faint" in text[0]:
            continue
        left = x - high * 1.2 if "anchor" in text[4] else x
        assert drawn.ink(left, y - high, left + high * 2.4, y + 1) > 3, text[0]
        boxes += 1
    assert boxes > 20


def test_it_says_what_it_shows() -> None:
    chunks = read(png.render(diagrams.inferred(), RenderOptions(scale=0.5))).chunks
    said = dict(content.split(b"\0\0\0\0\0") for kind, content in chunks if kind == b"iTXt")
    assert said[b"Title"].decode() == diagrams.inferred().title
    assert said[b"Description"].startswith(b"swaks.log")
    assert next(kind for kind, _ in chunks) == b"IHDR"


def test_themes() -> None:
    grounds = {
        look: read(png.render(LATIN(), RenderOptions(theme=look, scale=0.25))).at(0, 0) for look in ("auto", "light", "dark", "print")
    }  # type: ignore[arg-type]
    assert grounds == {"auto": (255,) * 3, "light": (255,) * 3, "dark": (13, 17, 23), "print": (255,) * 3}


def test_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "MOST_PIXELS", 1_000_000)
    with pytest.raises(LimitError, match=r"^the PNG would have \d+ million pixels, more than 1 million: --scale 1\.\d+ fits$"):
        png.render(LATIN(), RenderOptions())
    read(png.render(LATIN(), RenderOptions(scale=1)))
    monkeypatch.setattr(png, "MOST_PIXELS", 10_000)
    with pytest.raises(LimitError, match=r": draw fewer messages \(--first N, -s N\), or an SVG$"):
        png.render(LATIN(), RenderOptions())


@pytest.mark.parametrize("scale", [0, 0.1, 9, -1, float("nan"), float("inf")])
def test_a_scale_out_of_bounds(scale: float) -> None:
    with pytest.raises(UsageError, match=r"between 0\.25 and 8"):
        png.render(LATIN(), RenderOptions(scale=scale))


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ToolMissing, match=r"^PNG needs the package resvg_py \(pip install 'wireseq\[images\]'\)$"):
        png.render(LATIN(), RenderOptions())
