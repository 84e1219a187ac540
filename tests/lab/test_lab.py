"""Real sockets over a path that loses packets, recorded at both ends: nothing that is told of them is wrong.

Each run is recorded anew, so that numbers, times and acknowledgments are never the same twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.lab.facts import judge
from tests.lab.truth import SIDES, Run
from tests.lab.view import View, views

SCENARIOS = ("refused", "abort", "server-closes", "half-close", "simul-close", "pop3")
OPTIONS = (
    ("--delay", "12,21", "--jitter", "1", "--seed", "11", "--loss", "0.03", "--clock-offset-ms=-1734.5", "--clock-drift-ppm=61"),
    ("--delay", "25,9", "--jitter", "2", "--seed", "12", "--jitter-reorders", "--clock-offset-ms=420", "-6"),
)
"""The one loses, the other reorders, over IPv6."""


@pytest.fixture(scope="session")
def lab(shared: Path, tool: Callable[[str], str]) -> Path:
    """The program that records, where it can."""
    tool("tcpdump")
    tool("ip")
    if os.geteuid() != 0:
        missing("root, to make network namespaces")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        missing("/dev/net/tun")
    program = shared / "recipes" / "lab" / "lab.py"
    if not program.is_file():
        missing("the lab beside the corpus")
    return program


@pytest.mark.parametrize("options", OPTIONS, ids=("losing", "reordering"))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_told_is_wrong(scenario: str, options: tuple[str, ...], lab: Path, tmp_path: Path) -> None:
    run = record(lab, scenario, options, tmp_path)
    told = list(views(run))
    assert {view.point if isinstance(view, View) else view for view in told} == {*SIDES, "both"}
    verdicts = [verdict for view in told if isinstance(view, View) for verdict in judge(view)]
    assert [verdict for verdict in verdicts if verdict.grade == "WRONG"] == []
    assert {"opened", "closed"} <= {verdict.fact for verdict in verdicts if verdict.grade == "right"}


def record(lab: Path, scenario: str, options: tuple[str, ...], folder: Path) -> Run:
    """A run; its program ends with 1 where an end's part failed, which loss can bring about."""
    command = [sys.executable, str(lab), "--out", str(folder), *options, "--", "scenario", scenario]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in (0, 1) and (folder / "truth.jsonl").is_file(), done.stderr
    return Run(folder)
