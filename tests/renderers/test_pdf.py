"""A PDF, read back by poppler where there is one, and by its own structure everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from seqdiag.errors import ToolMissing
from seqdiag.renderers import RenderOptions, fonts, pdf
from tests import diagrams


def objects(data: bytes) -> list[bytes]:
    """What the table of contents points at, each checked to be what it says."""
    start = int(data[data.rindex(b"startxref") + 9 : data.rindex(b"%%EOF")])
    rows = data[start:].split(b"trailer")[0].split(b"\n")[3:-1]
    assert data[start:].startswith(b"xref\n0 %d\n" % (len(rows) + 1))
    found = []
    for n, row in enumerate(rows, 1):
        assert len(row) == 19
        assert data[int(row[:10]) :].startswith(b"%d 0 obj" % n)
        found.append(data[int(row[:10]) :].split(b"endobj")[0])
    return found


def page(data: bytes) -> tuple[float, float]:
    found = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert found is not None
    return float(found[1]), float(found[2])


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "folders", lambda: ())


@pytest.mark.usefixtures("bare")
def test_fonts_are_embedded_without_a_font_of_the_system() -> None:
    found = objects(pdf.render(diagrams.aborted(), RenderOptions()))
    embedded = {match[1] for it in found if (match := re.search(rb"/FontName /\w{6}\+([\w-]+)", it)) and b"/FontFile" in it}
    assert {b"LiberationSans", b"LiberationSans-Bold", b"DejaVuSansMono"} <= embedded
    assert not any(b"/Subtype /Image" in it for it in found)


@pytest.mark.parametrize("name", diagrams.ALL)
@pytest.mark.usefixtures("chinese")
def test_same_bytes_however_often(name: str) -> None:
    assert len({pdf.render(diagrams.ALL[name](), RenderOptions()) for _ in range(6)}) == 1


@pytest.mark.parametrize("name", diagrams.ALL)
@pytest.mark.usefixtures("chinese")
def test_its_text_reads_back(name: str, tool: Callable[[str], str], tmp_path: Path) -> None:
    diagram = diagrams.ALL[name]()
    (tmp_path / "x.pdf").write_bytes(pdf.render(diagram, RenderOptions()))
    done = subprocess.run([tool("pdftotext"), tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    said = re.sub(r"\s", "", done.stdout)
    for message in diagram.messages:
        for line in message.lines:
            for run in line.runs:
                assert re.sub(r"\s", "", run.text) in said
    told = subprocess.run([tool("pdfinfo"), tmp_path / "x.pdf"], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    assert re.search(r"^Title: +(.*)$", told.stdout, re.MULTILINE)[1] == diagram.title  # type: ignore[index]


def test_a_px_is_three_quarters_of_a_point_until_the_page_is_too_long() -> None:
    diagram = diagrams.smtp()
    short = page(pdf.render(diagram, RenderOptions()))
    assert 600 < short[0] < 1200
    long = page(pdf.render(msgspec.structs.replace(diagram, messages=diagram.messages * 30, notes=(), bars=()), RenderOptions()))
    assert long[1] == pytest.approx(pdf.LONGEST, abs=1)
    assert long[0] < short[0]


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "svg2pdf_py", None)
    with pytest.raises(ToolMissing, match=r"^PDF needs the package svg2pdf-py \(pip install 'wireseq\[images\]'\)$"):
        pdf.render(diagrams.aborted(), RenderOptions())


def test_a_font_that_cannot_be_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    import svg2pdf_py

    def fails(*arguments: object) -> bytes:
        raise RuntimeError("PDF conversion error: An error occurred while subsetting a font.")

    monkeypatch.setattr(svg2pdf_py, "svg_to_pdf", fails)
    with pytest.raises(ToolMissing, match=r"subsetting a font.*draw a PNG or an SVG"):
        pdf.render(diagrams.aborted(), RenderOptions())
