"""A Diagram as JSON reads back as the same Diagram."""

from __future__ import annotations

import msgspec
import pytest

from seqdiag.diagram import Diagram
from seqdiag.renderers import RENDERERS, RenderOptions
from tests import diagrams


@pytest.mark.parametrize("name", diagrams.ALL)
def test_reads_back(name: str) -> None:
    diagram = diagrams.ALL[name]()
    drawn = RENDERERS["json"].render(diagram, RenderOptions())
    assert msgspec.json.decode(drawn, type=Diagram) == diagram


def test_a_file_name_that_is_not_utf_8() -> None:
    drawn = RENDERERS["json"].render(diagrams.hostile("a\udcffb"), RenderOptions())
    assert msgspec.json.decode(drawn, type=Diagram).findings[0].origin.source == "a\ufffdb"  # type: ignore[union-attr]
