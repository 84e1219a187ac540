"""The wheel holds the package and the templates, whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def checked_in(folder: str) -> set[str]:
    """The files below `folder` that git has, or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in listed if (ROOT / name).is_file()}


def test_the_templates_in_the_wheel_are_those_of_the_checkout(wheel: zipfile.ZipFile) -> None:
    packed = {name.removeprefix("seqdiag/"): wheel.read(name) for name in wheel.namelist() if name.startswith("seqdiag/templates/")}
    assert packed == {name: (ROOT / name).read_bytes() for name in checked_in("templates")}
    assert packed


def test_no_python_lies_among_the_templates() -> None:
    """One .py file there breaks editable installs."""
    assert not [name for name in checked_in("templates") if name.endswith(".py")]


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if not name.startswith("seqdiag/templates/")}
    metadata = {name for name in names if ".dist-info/" in name}
    assert names - metadata == checked_in("seqdiag")
    assert "seqdiag/py.typed" in names


def test_both_commands_start_the_program(wheel: zipfile.ZipFile) -> None:
    (path,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    lines = wheel.read(path).decode().split("\n")
    assert {"seqdiag = seqdiag.cli:entry", "wireseq = seqdiag.cli:entry"} <= set(lines)
