"""The documentation's state machines are those of the code."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


def generator() -> object:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_in_the_documentation_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    assert generator().main(["--check"]) == 0, capsys.readouterr().out  # type: ignore[attr-defined]


def test_the_tcp_table_stands_whole_in_the_documentation() -> None:
    text = (DOCS / "tcp.md").read_text("utf-8")
    assert "| FIN-WAIT-1 | receive FIN | CLOSING |" in text
    assert text.count("| ESTABLISHED |") >= 5
