"""Mermaid itself, three majors of it, draws every hostile text as that text, runs nothing and fetches nothing."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqdiag.renderers import RENDERERS, RenderOptions
from seqdiag.text import shown
from tests import diagrams
from tests.conftest import missing

TOOLS = Path(__file__).parent.parent / "tools"
MAJORS = ("mermaid10", "mermaid11", "mermaid12")
VECTORS: dict[str, str] = json.loads((TOOLS.parent / "text_vectors.json").read_text("utf-8"))
EXAMPLES = {f"example_{name}": it for name, it in diagrams.examples().items()}
HOSTILE = {f"hostile_{name}": diagrams.hostile(it) for name, it in VECTORS.items()}
FIGURES = {name: make() for name, make in diagrams.ALL.items()} | EXAMPLES | HOSTILE


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mermaid") / "sources.json"
    path.write_text(json.dumps({name: RENDERERS["mermaid"].render(figure, RenderOptions()).decode() for name, figure in FIGURES.items()}))
    return path


def node(script: str, arguments: list[str], sources: Path, tool: Callable[[str], str]) -> Any:
    if not (TOOLS / "node_modules" / MAJORS[-1]).is_dir():
        missing("tests/tools/node_modules (make tools)")
    command = [tool("node"), TOOLS / script, sources, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("major", MAJORS)
def test_every_source_parses(major: str, sources: Path, tool: Callable[[str], str]) -> None:
    assert node("mermaid_parse.mjs", [major], sources, tool) == {}


@pytest.fixture(scope="module")
def drawn(sources: Path, tool: Callable[[str], str]) -> Any:
    return node("mermaid_draw.mjs", [tool("chromium"), *MAJORS], sources, tool)


def test_no_script_runs_and_no_request_leaves(drawn: Any) -> None:
    assert (drawn["scripts"], drawn["requests"]) == (0, [])


def squeezed(text: str) -> str:
    """A text without spaces and line ends: where lines break and spaces collapse is the drawing's own affair."""
    return re.sub(r"[\s\u200b\u240a]", "", text)


@pytest.mark.parametrize("major", MAJORS)
def test_every_text_reads_back(major: str, drawn: Any) -> None:
    for name, it in VECTORS.items():
        figure = drawn[major][f"hostile_{name}"]
        assert "error" not in figure, (name, figure)
        said = squeezed("".join(figure["texts"]))
        text = squeezed(shown(it))
        # 2 of the title, 2 for those who cannot see it, 6 of the heads (drawn twice),
        # 1 phase, 2 states, 7 of the messages, 2 of the bar, 2 notes, 3 at the foot
        assert not text or said.count(text) >= 27, (name, text, figure["texts"])
        assert not re.search(r"<(script|image|a)[\s>]|javascript:|\son\w+=", re.sub(r">[^<]*<", "><", figure["svg"])), name


@pytest.mark.parametrize("major", MAJORS)
def test_a_session_reads_back(major: str, drawn: Any) -> None:
    said = [squeezed(text) for text in drawn[major]["smtp"]["texts"]]
    for text in (
        "Handshake",
        "SYN-SENT",
        "RCPT TO:<carol@example.org>",
        "⚠ 550 5.1.1 <carol@example.org>: no such user · mailbox unavailable",
    ):
        assert squeezed(text) in said


@pytest.mark.parametrize("major", MAJORS)
def test_every_label_of_every_example_reads_back(major: str, drawn: Any) -> None:
    for name, diagram in EXAMPLES.items():
        said = squeezed("".join(drawn[major][name]["texts"]))
        assert [text for text in diagrams.labels(diagram) if squeezed(text) not in said] == [], name


def test_a_script_that_runs_would_be_seen(tool: Callable[[str], str], tmp_path: Path) -> None:
    """11.9.0 runs what stands in a raw label: the check above can fail."""
    raw = tmp_path / "raw.json"
    raw.write_text(json.dumps({"raw": 'sequenceDiagram\np1->>p2: $$x$$ <img src=x onerror="window.PWNED=1">'}))
    assert node("mermaid_draw.mjs", [tool("chromium"), "mermaid11"], raw, tool)["scripts"] == 1
