"""Laws of every renderer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from seqdiag.errors import UsageError
from seqdiag.renderers import RENDERERS, SUFFIXES, RenderOptions, for_suffix
from tests import diagrams

VECTORS: dict[str, str] = json.loads((Path(__file__).parent.parent / "text_vectors.json").read_text("utf-8"))
TEXTUAL = ("plantuml", "mermaid", "text")


@pytest.mark.parametrize("name", list(RENDERERS))
def test_a_renderer_is_what_the_tables_say(name: str) -> None:
    renderer = RENDERERS[name]
    assert name == renderer.NAME
    assert tuple(suffix for suffix in SUFFIXES if SUFFIXES[suffix] == name) == renderer.SUFFIXES
    assert "/" in renderer.MEDIA_TYPE


def test_suffixes() -> None:
    assert (for_suffix(".puml"), for_suffix(".MMD")) == ("plantuml", "mermaid")
    with pytest.raises(UsageError, match=r"'\.doc'.*known: \.svg"):
        for_suffix(".doc")


def test_an_unknown_renderer_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown renderer 'visio'; known: dot, json, mermaid"):
        RENDERERS["visio"]


@pytest.mark.parametrize("figure", diagrams.ALL)
@pytest.mark.parametrize("name", list(RENDERERS))
@pytest.mark.usefixtures("chinese")
def test_same_diagram_same_bytes(name: str, figure: str) -> None:
    first, second = (RENDERERS[name].render(diagrams.ALL[figure](), RenderOptions()) for _ in range(2))
    assert first == second
    if name in diagrams.READABLE:
        assert first.decode().endswith("\n")
        assert b"\r" not in first


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("name", diagrams.READABLE)
def test_every_renderer_survives_every_text(name: str, vector: str) -> None:
    drawn = RENDERERS[name].render(diagrams.hostile(VECTORS[vector]), RenderOptions()).decode()
    assert not {char for char in drawn if (char < " " and char != "\n") or "\x7f" <= char <= "\x9f" or char in "\u202e\u2067\ufeff\u2028"}


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("name", ["plantuml", "mermaid", "dot", "states", "puml-timing"])
def test_no_text_makes_a_line_of_its_own(name: str, vector: str) -> None:
    """The source has the same lines, by their first words, whatever the text is."""

    def words(text: str) -> list[str]:
        drawn = RENDERERS[name].render(diagrams.hostile(text), RenderOptions(compat=True)).decode()
        return [re.split("[ :]", line)[0] for line in drawn.splitlines()]

    assert words(VECTORS[vector] or " ") == words("x")


@pytest.mark.parametrize("name", TEXTUAL)
def test_every_theme_and_every_form_of_time(name: str) -> None:
    drawn = {
        (theme, times): RENDERERS[name].render(diagrams.smtp(), RenderOptions(theme=theme, times=times)).replace(b"#58;", b":")  # type: ignore[arg-type]
        for theme in ("auto", "light", "dark", "print")
        for times in ("r", "d", "a", "ad")
    }
    assert len({drawn["auto", times] for times in ("r", "d", "a", "ad")}) == 4
    assert b"07:44:17.768725" in drawn["light", "a"]
    assert b"2018-12-14 07:44:17.768725" in drawn["light", "ad"]


@pytest.mark.parametrize("name", TEXTUAL)
def test_templates_of_the_users_own(name: str, tmp_path: Path) -> None:
    for template in ("plantuml/sequence.puml", "mermaid/sequence.mmd", "text/ladder.txt"):
        (tmp_path / template).parent.mkdir(exist_ok=True)
        (tmp_path / template).write_text("mine\n")
    assert RENDERERS[name].render(diagrams.smtp(), RenderOptions(templates=str(tmp_path))) == b"mine\n"


@pytest.mark.parametrize("name", TEXTUAL)
def test_what_is_hidden_stays_one_word_and_nothing_is_explained_on_demand(name: str) -> None:
    brief = msgspec.structs.replace(diagrams.smtp(), explained=False)
    drawn = RENDERERS[name].render(brief, RenderOptions()).decode()
    assert "hidden" in drawn
    assert "service ready" not in drawn
    assert "service ready" in RENDERERS[name].render(diagrams.smtp(), RenderOptions()).decode()
