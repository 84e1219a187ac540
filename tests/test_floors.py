"""The floors hold, and each contract of [tool.importlinter] notices when somebody steps over it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def broken(folder: Path) -> set[str]:
    """The names of the contracts that lint-imports finds broken in that checkout."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, env={"COLUMNS": "1000"})
    names = set(re.findall(r"^(.+) BROKEN\b", done.stdout, re.MULTILINE))
    assert done.returncode == bool(names), done.stdout + done.stderr
    assert " KEPT" in done.stdout, done.stdout + done.stderr
    return names


@pytest.fixture(scope="module")
def today() -> set[str]:
    return broken(ROOT)


def test_the_package_keeps_its_floors(today: set[str]) -> None:
    assert today == set()


FLOORS = "A module imports only from floors below its own, and siblings do not know one another"
GRAMMARS = "No grammar knows another; what they share is in protocols.base"
FORMATS = "No transcript format knows another; what they share is in transcripts.base"
GEOMETRY = "Of the renderers only svg knows layout"
PURE = "The pure modules know no clock, no socket, no process, and no third party but msgspec"
DOORS = "Every third party has one door"
NETWORK = "Only the recorder has a socket"

STEPS = {
    "up a floor": ({"text.py": "from seqdiag import events"}, {FLOORS}),
    "to a sibling": ({"eventlist/planted.py": "import seqdiag.templating"}, {FLOORS}),
    "inside a function": ({"connections/planted.py": "def late():\n    import seqdiag.layout"}, {FLOORS}),
    "a module without a floor": ({"planted.py": "x = 1"}, {FLOORS}),
    "between grammars": ({"protocols/planted.py": "x = 1", "protocols/planted2.py": "from seqdiag.protocols import planted"}, {GRAMMARS}),
    "between formats": (
        {"sources/transcripts/planted.py": "x = 1", "sources/transcripts/planted2.py": "from seqdiag.sources.transcripts.planted import x"},
        {FORMATS},
    ),
    "geometry in a text renderer": ({"renderers/planted.py": "import seqdiag.layout"}, {GEOMETRY}),
    "a clock in a pure module": ({"provenance.py": "import time"}, {PURE}),
    "a process in a grammar": ({"protocols/planted.py": "import subprocess"}, {PURE}),
    "a second door": ({"sources/planted.py": "import pyshark"}, {DOORS}),
    "a socket in a source": ({"sources/planted.py": "import socket"}, {NETWORK}),
    "for the type checker only": (
        {"text.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from seqdiag import events"},
        set(),
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_over_a_floor_is_noticed(step: str, today: set[str], tmp_path: Path) -> None:
    planted, expected = STEPS[step]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "seqdiag", tmp_path / "seqdiag", ignore=shutil.ignore_patterns("__pycache__"))
    for name, code in planted.items():
        with (tmp_path / "seqdiag" / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{code}\n")
    assert broken(tmp_path) - today == expected


CLOCK = re.compile(
    r"\btime\.(?:time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|process_time|localtime|sleep)\b"
    r"|\bfrom time import\b|\b(?:datetime|date)\.(?:now|utcnow|today)\b"
)


def test_no_figure_asks_the_clock() -> None:
    """Same input, same bytes: only what records or speaks to a person may know what time it is."""
    free = {"recorder", "cli"}
    for path in (ROOT / "seqdiag").rglob("*.py"):
        if path.relative_to(ROOT / "seqdiag").parts[0] not in free:
            assert CLOCK.findall(path.read_text("utf-8")) == [], path
