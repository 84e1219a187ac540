"""Graphviz itself draws every hostile text as that text, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from seqdiag.renderers import RENDERERS, RenderOptions
from seqdiag.text import shown
from tests import diagrams

VECTORS: dict[str, str] = json.loads((Path(__file__).parent.parent / "text_vectors.json").read_text("utf-8"))
PLACES = {"dot": 4, "states": 6}
"""Title, subtitle, host, service; title, subtitle, state and its meaning, step, end."""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=list(PLACES))
def drawn(request: pytest.FixtureRequest, tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The name of the renderer, and a folder with every figure, drawn by one process."""
    program, name = tool("dot"), request.param
    folder = tmp_path_factory.mktemp(name)
    figures = {name: make() for name, make in diagrams.ALL.items()} | {f"example_{name}": it for name, it in diagrams.examples().items()}
    figures |= {f"hostile_{name}": diagrams.hostile(it) for name, it in VECTORS.items()}
    for figure, it in figures.items():
        (folder / f"{figure}.dot").write_bytes(RENDERERS[name].render(it, RenderOptions()))
    files = sorted(folder.glob("*.dot"))
    done = subprocess.run([program, "-Tsvg", "-O", *files], capture_output=True, text=True, timeout=170, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return name, folder


def said(figure: Path) -> str:
    texts = ElementTree.parse(figure).getroot().iter(f"{SVG}text")
    return squeezed("".join("".join(element.itertext()) for element in texts))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def test_every_text_reads_back(drawn: tuple[str, Path]) -> None:
    name, folder = drawn
    for vector, it in VECTORS.items():
        text, found = squeezed(shown(it)), said(folder / f"hostile_{vector}.dot.svg")
        assert not text or found.count(text) >= PLACES[name], (vector, text, found)


def test_nothing_is_linked_and_no_node_is_forged(drawn: tuple[str, Path]) -> None:
    _, folder = drawn
    nodes = set()
    for figure in (folder / f"hostile_{vector}.dot.svg" for vector in VECTORS if VECTORS[vector]):
        elements = list(ElementTree.parse(figure).getroot().iter())
        assert {element.tag.removeprefix(SVG) for element in elements}.isdisjoint({"a", "image", "script"}), figure.name
        nodes.add(sum(element.get("class") == "node" for element in elements))
    assert len(nodes) == 1


def test_a_session_reads_back(drawn: tuple[str, Path]) -> None:
    name, folder = drawn
    found = said(folder / "example_smtp.dot.svg")
    for text in {"dot": ("127.0.0.1", "SMTPtcp/25", "19messages,859bytes"), "states": ("greeted", "1EHLO2yz", "7QUIT2yz")}[name]:
        assert text in found
