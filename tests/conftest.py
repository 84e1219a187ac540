"""Fixtures for every test: the optional corpus, and optional tools that must be there when SEQDIAG_REQUIRE_TOOLS=1."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def missing(what: str) -> None:
    """Skip, or fail where the run must be complete."""
    if os.environ.get("SEQDIAG_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{what} is missing, and this run requires every optional tool")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """`tool("tshark")`: its path, or a skip with a reason."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing(name)
        return str(path)

    return find


@pytest.fixture(scope="session")
def chinese() -> None:
    """Skips where PNG and PDF have no font for Chinese text."""
    from seqdiag.errors import ToolMissing
    from seqdiag.renderers import fonts

    try:
        fonts.choose("中文", bitmaps=False)
    except ToolMissing:
        missing("a font for Chinese (fonts-noto-cjk)")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Third-party captures and transcripts that are not part of the project."""
    path = Path(os.environ.get("SEQDIAG_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not path.is_dir():
        pytest.skip("needs the corpus (SEQDIAG_CORPUS)")
    return path


@pytest.fixture(scope="session")
def shared(corpus: Path) -> Path:
    """The folder of hostile vectors and generators that stands beside the corpus."""
    return corpus.parent
