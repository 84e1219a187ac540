"""The program as a shell starts it: help, version, completion, doctor, pipes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seqdiag import __version__
from seqdiag.cli.group import VERBS
from tests.cli.conftest import PROGRAM, SMTP, Run
from tests.conftest import ROOT


def test_version(seqdiag: Run, shell: Run) -> None:
    for flag in ("--version", "-V"):
        assert seqdiag(flag).out == f"seqdiag {__version__}\n"
    assert shell("--version").out == f"seqdiag {__version__}\n"


def test_both_names_start_it() -> None:
    wireseq = PROGRAM.with_name("wireseq")
    done = subprocess.run([wireseq, "--version"], capture_output=True, text=True)
    assert done.stdout == f"seqdiag {__version__}\n"


def test_help_names_every_verb(seqdiag: Run) -> None:
    for args in ((), ("--help",), ("-h",)):
        done = seqdiag(*args)
        assert done.code == 0
        for verb, help_ in VERBS.items():
            assert f"  {verb} " in done.out
            assert help_.split()[0] in done.out


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb(seqdiag: Run, verb: str) -> None:
    for flag in ("--help", "-h"):
        done = seqdiag(verb, flag)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith(f"Usage: seqdiag {verb}")


def test_a_verb_is_a_file_of_its_own() -> None:
    folder = ROOT / "seqdiag" / "cli"
    assert {path.stem for path in folder.glob("*.py")} >= set(VERBS)


def test_an_unknown_verb(seqdiag: Run) -> None:
    done = seqdiag("darw", SMTP)
    assert done.code == 2
    assert "no such command 'darw'; known: draw, sessions" in done.error


def test_without_an_input(seqdiag: Run) -> None:
    done = seqdiag("draw")
    assert done.code == 2
    assert done.error == "Missing argument 'IN...' (`seqdiag draw --help` tells more)"


@pytest.mark.parametrize(
    "command", [("draw", SMTP), ("messages", SMTP), ("sessions", SMTP), ("events", SMTP), ("schema",), ("messages", SMTP, "--json")]
)
def test_a_reader_that_has_seen_enough_ends_it_quietly(shell: Run, command: tuple[object, ...]) -> None:
    done = shell(*command, "| head -c 5")
    assert (done.code, done.err) == (0, "")
    assert len(done.raw) == 5
    gone = shell(*command, "| true")
    assert gone.err == ""
    assert gone.code == 0


@pytest.mark.parametrize("command", [("draw", SMTP), ("messages", SMTP), ("sessions", SMTP), ("events", SMTP), ("schema",), ("doctor",)])
def test_a_standard_output_that_takes_nothing_is_exit_7(shell: Run, command: tuple[object, ...]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    full = shell(*command, ">", "/dev/full")
    assert full.code == 7
    assert full.error == "standard output: cannot be written: No space left on device"
    closed = shell(*command, ">&-")
    assert closed.code == 7
    assert closed.error == "standard output: cannot be written: it is closed"


def test_a_closed_standard_error_leaves_the_figure_whole(shell: Run) -> None:
    Path("cut.pcap").write_bytes(SMTP.read_bytes()[:-7])
    assert shell("draw", "cut.pcap", "2>&-").raw == shell("draw", "cut.pcap").raw


def test_a_terminal_that_lacks_our_letters_gets_escapes(shell: Run) -> None:
    done = shell("messages", SMTP, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.code == 0
    assert b"334 VXNlciBOYW1lAA== \\u201cUser Name\\u201d" in done.raw


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion(seqdiag: Run, name: str) -> None:
    script = seqdiag("completion", name).out
    assert "_SEQDIAG_COMPLETE" in script
    interpreter = shutil.which(name)
    if interpreter is not None:
        assert subprocess.run([interpreter, "-n"], input=script, text=True, capture_output=True).returncode == 0


def test_completion_completes(shell: Run) -> None:
    env = {"_SEQDIAG_COMPLETE": "bash_complete", "COMP_WORDS": "seqdiag dr", "COMP_CWORD": "1"}
    assert shell(env=env).out == "plain,draw\n"
    env |= {"COMP_WORDS": "seqdiag draw --expl", "COMP_CWORD": "2"}
    assert shell(env=env).out == "plain,--explain\n"


def test_doctor_finds_nothing_wrong(seqdiag: Run) -> None:
    done = seqdiag("doctor")
    assert done.code == 0
    assert f"seqdiag {__version__}" in done.out
    assert "problem" not in done.out
    for tool in ("tshark", "dot", "tcpdump"):
        assert f"{tool}: {shutil.which(tool) or 'not found'}" in done.out


def test_doctor_names_the_packages_of_the_extras(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "resvg_py: found (" in seqdiag("doctor").out
    monkeypatch.setitem(sys.modules, "svg2pdf_py", None)
    assert "svg2pdf_py: not found (draws PDF: pip install 'wireseq[images]')" in seqdiag("doctor").out


def test_doctor_warns_of_the_other_seqdiag(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: {"seqdiag": ["wireseq", "Seqdiag"]})
    done = seqdiag("doctor")
    assert done.code == 1
    assert "problem: the abandoned PyPI package `seqdiag` has our import name" in done.out


def test_doctor_misses_the_templates(seqdiag: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("seqdiag.templating.template_folder", lambda: tmp_path)
    done = seqdiag("doctor")
    assert done.code == 1
    assert f"problem: no templates in {tmp_path}" in done.out
