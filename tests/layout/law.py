"""The law of the drawn figure, read from the SVG alone: `faults(svg)` names every breach in one line."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise

from seqdiag.layout.theme import Voice
from seqdiag.layout.widths import advances

SVG = "{http://www.w3.org/2000/svg}"
FORBIDDEN = {SVG + tag for tag in ("script", "foreignObject", "image", "use", "a", "tspan", "marker", "animate", "set", "iframe")}
Box = tuple[float, float, float, float]


def texts(root: ET.Element) -> Iterator[tuple[str, Box]]:
    """Every printed text with the box of its ink: left, top, right, bottom."""
    for element in root.iter(SVG + "text"):
        words = element.text or ""
        size = float(element.attrib["font-size"])
        mono, bold = "Mono" in element.get("font-family", ""), element.get("font-weight") == "bold"
        wide = sum(advances(words, Voice(size, mono=mono, bold=bold, spacing=float(element.get("letter-spacing", 0)))))
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        start = {"middle": wide / 2, "end": wide}.get(element.get("text-anchor", "start"), 0)
        left, top, right, bottom = -start, -size * 0.72, wide - start, size * 0.18
        if turn := element.get("transform"):
            assert turn.startswith("rotate(-90 "), turn
            left, top, right, bottom = top, -right, bottom, -left
        if words.strip():
            yield words, (x + left, y + top, x + right, y + bottom)


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] - 0.05 and b[0] < a[2] - 0.05 and a[1] < b[3] - 0.05 and b[1] < a[3] - 0.05


def faults(svg: bytes | str) -> list[str]:
    root = ET.fromstring(svg)
    found = []
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    if root.get("viewBox") != f"0 0 {root.get('width')} {root.get('height')}" or root.get("role") != "img":
        found.append("no viewBox or role")
    if [child.tag for child in root][:2] != [SVG + "title", SVG + "desc"]:
        found.append("no title and description first")
    placed = sorted(texts(root), key=lambda item: item[1][1])
    for index, (words, at) in enumerate(placed):
        if at[0] < -0.05 or at[1] < 0 or at[2] > wide + 0.05 or at[3] > high:
            found.append(f"outside: {words[:40]!r} {at}")
        for other, there in placed[index + 1 :]:
            if there[1] > at[3]:
                break
            if overlap(at, there):
                found.append(f"overlap: {words[:30]!r} {at} and {other[:30]!r} {there}")
    for element in root.iter():
        if element.tag in FORBIDDEN:
            found.append(f"not allowed: {element.tag}")
        for name, value in element.attrib.items():
            if name.startswith("on") or name.endswith("href") or name == "textLength":
                found.append(f"not allowed: {name}")
            if name in ("x", "y", "width", "height", "cx", "cy", "d", "transform") and re.search(
                r"\.0\b|-0(?![.\d])|\.\d\d|e-|nan|inf", value
            ):
                found.append(f"not a number of one decimal: {name}={value!r}")
    for axis in (group for group in root.iter(SVG + "g") if group.get("class") == "axis"):
        ticks = [(float(tick.attrib["cy"]), int(tick.attrib["data-t"])) for tick in axis.iter(SVG + "circle")]
        if any(below[0] <= above[0] or below[1] < above[1] for above, below in pairwise(ticks)):
            found.append("time goes up")
    return found
