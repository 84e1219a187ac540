"""The law of the drawn figure, read from the SVG alone: `faults(svg)` names every breach in one line."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise

from seqdiag.layout.theme import Voice
from seqdiag.layout.widths import advances

SVG = "{http://www.w3.org/2000/svg}"
FORBIDDEN = {SVG + tag for tag in ("script", "foreignObject", "image", "use", "a", "tspan", "marker", "animate", "set", "iframe")}
Corners = list[tuple[float, float]]


def texts(root: ET.Element) -> Iterator[tuple[str, Corners]]:
    """Every printed text with the four corners of its ink, clockwise."""
    for element in root.iter(SVG + "text"):
        words = element.text or ""
        size = float(element.attrib["font-size"])
        mono, bold = "Mono" in element.get("font-family", ""), element.get("font-weight") == "bold"
        wide = sum(advances(words, Voice(size, mono=mono, bold=bold, spacing=float(element.get("letter-spacing", 0)))))
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        start = {"middle": wide / 2, "end": wide}.get(element.get("text-anchor", "start"), 0)
        left, top, right, bottom = -start, -size * 0.72, wide - start, size * 0.18
        turn = re.fullmatch(r"rotate\((\S+) (\S+) (\S+)\)", element.get("transform", f"rotate(0 {x} {y})"))
        assert turn and float(turn[2]) == x and float(turn[3]) == y
        sine, cosine = math.sin(math.radians(float(turn[1]))), math.cos(math.radians(float(turn[1])))
        if words.strip():
            yield (
                words,
                [
                    (x + a * cosine - b * sine, y + a * sine + b * cosine)
                    for a, b in ((left, top), (right, top), (right, bottom), (left, bottom))
                ],
            )


def overlap(a: Corners, b: Corners) -> bool:
    """No line parts them (separating axes of two convex outlines)."""
    for outline in (a, b):
        for (x1, y1), (x2, y2) in pairwise([*outline, outline[0]]):
            size = math.hypot(x2 - x1, y2 - y1) or 1
            nx, ny = (y2 - y1) / size, (x1 - x2) / size
            p, q = ([nx * x + ny * y for x, y in one] for one in (a, b))
            if max(p) <= min(q) + 0.05 or max(q) <= min(p) + 0.05:
                return False
    return True


def faults(svg: bytes | str) -> list[str]:
    root = ET.fromstring(svg)
    found = []
    scale = float(root.attrib["data-px-per-ms"])
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    if root.get("viewBox") != f"0 0 {root.get('width')} {root.get('height')}" or root.get("role") != "img":
        found.append("no viewBox or role")
    if [child.tag for child in root][:2] != [SVG + "title", SVG + "desc"]:
        found.append("no title and description first")
    placed = sorted(texts(root), key=lambda item: min(y for _, y in item[1]))
    for index, (words, at) in enumerate(placed):
        if any(x < -0.05 or x > wide + 0.05 or y < 0 or y > high for x, y in at):
            found.append(f"outside: {words[:40]!r} {at}")
        for other, there in placed[index + 1 :]:
            if min(y for _, y in there) > max(y for _, y in at):
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
        ticks = [
            (float(tick.attrib["cy"]), int(tick.attrib["data-t"]), tick.attrib["data-scale"] == "true")
            for tick in axis.iter(SVG + "circle")
        ]
        for above, below in pairwise(ticks):
            if below[0] <= above[0] or below[1] < above[1]:
                found.append(f"time goes up: {above}, {below}")
            if below[2] and abs(below[0] - above[0] - scale * (below[1] - above[1]) / 1e6) > 0.5:
                found.append(f"not to scale though it says so: {above}, {below}")
    return found
