"""Whatever is fed to it, the program ends in its own errors or in a figure, and soon.

SEQDIAG_MUTANTS=1000000 runs so many instead of a few thousand.
"""

from __future__ import annotations

import io
import os
import runpy
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqdiag import eventlist, pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.connections import track
from seqdiag.errors import SeqdiagError
from seqdiag.renderers import RenderOptions
from seqdiag.sources import SOURCES, detect
from seqdiag.sources.base import Limits
from tests.conftest import ROOT
from tests.diagrams import READABLE
from tests.mutants import mutant

MUTANTS = int(os.environ.get("SEQDIAG_MUTANTS", "20000"))
BATCH = 1000
SLOWEST = 2.0
LIMITS = Limits(max_input=1 << 26)
EXAMPLES = sorted(ROOT.glob("examples/*/*.pcap")) + sorted(ROOT.glob("examples/*/session.*"))


def understand(data: bytes, name: str) -> pipeline.Understood | None:
    """As `pipeline.read`, from memory; None where the format is not recognised."""
    found = detect(data[: 64 << 10])
    if found is None:
        return None
    recording = SOURCES[found.name].read(io.BytesIO(data), name, LIMITS)
    tracked = track(recording.events)
    return pipeline.Understood(recording, tracked.connections, tracked.findings, ())


def event_list(known: pipeline.Understood, show: bool = False) -> bytes:
    return b"".join(eventlist.write(pipeline.shared_events(known, pipeline.dialogues(known), show), "test"))


@pytest.fixture(scope="module")
def seeds() -> list[tuple[str, bytes]]:
    """Our captures and transcripts, and the event list of each, half of them with their secrets masked."""
    given = [(path.name, path.read_bytes()) for path in EXAMPLES]
    assert len(given) >= 10
    lists = []
    for k, (name, data) in enumerate(given):
        known = understand(data, name)
        assert known is not None, name
        lists.append((f"{name}.events.jsonl", event_list(known, bool(k % 2))))
    return given + lists


@pytest.mark.parametrize("batch", range(max(MUTANTS // BATCH, 1)))
def test_a_mutant_ends_in_an_error_of_ours_or_in_a_figure(seeds: list[tuple[str, bytes]], batch: int) -> None:
    drawn = 0
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        name, data, r = mutant(number, seeds)
        began = time.process_time()
        try:
            known = understand(data, name)
            if known is None:
                continue
            chosen = pipeline.dialogues(known)[:8]
            options = ComposeOptions(
                lang=r.choice(("en", "zh")), tcp=r.choice(("full", "phases", "none")), fold=r.random() < 0.8, show_secrets=r.random() < 0.2
            )
            figure = pipeline.diagram(known, chosen, options)
            for dialogue in pipeline.guarded(chosen, options.show_secrets):
                pipeline.session_row(dialogue)
                assert sum(1 for _ in pipeline.message_rows(dialogue)) == len(dialogue.pdus)
            if number % 4 == 0:
                renderer = r.choice(READABLE)
                content = pipeline.render(figure, renderer, RenderOptions(ascii=r.random() < 0.2, times=r.choice(("r", "d", "a", "ad"))))
                assert not set(b"\x00\x07\x08\x1b") & set(content), (number, renderer)
            if number % 8 == 0:
                understand(event_list(known), name)
            drawn += 1
        except SeqdiagError as error:
            assert str(error).strip()
        except Exception as error:
            raise AssertionError(f"mutant {number} of {name}: {type(error).__name__}: {error}") from error
        assert time.process_time() - began < SLOWEST, f"mutant {number} of {name} took {time.process_time() - began:.1f} s"
    assert drawn > BATCH // 10


# --- third-party vectors ------------------------------------------------------------------------------------------

ANY = (0, 3, 4)
EXPECTED = {"a00": (0,), "a01": (3,), "a02": (3,), "a03": (4,), "a04": (0,), "a19": (3,), "a23": (3,), "b02": (3,), "b05": (3,)}
"""The exit codes that the table beside the captures names."""


@pytest.fixture(scope="module")
def vectors(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hostile captures, transcripts and event lists, written by their scripts."""
    folder = tmp_path_factory.mktemp("vectors")
    for name in ("pcap", "transcripts", "events", "payloads"):
        (folder / name).mkdir()
    old, here = sys.argv, Path.cwd()
    try:
        os.chdir(folder)
        for script in ("build_pcaps.py", "build_text.py"):
            shutil.copy(shared / "vectors" / script, folder)
            sys.argv = [script, "pcap"]
            runpy.run_path(str(folder / script), run_name="__main__")
    finally:
        sys.argv = old
        os.chdir(here)
    return folder


def everything(path: Path, capsysbinary: pytest.CaptureFixture[bytes], *verbs: tuple[str, ...]) -> Iterator[tuple[int, bytes, str]]:
    from seqdiag.cli import main

    for verb in verbs:
        capsysbinary.readouterr()
        began = time.process_time()
        code = main([verb[0], str(path), *verb[1:]])
        taken = time.process_time() - began
        out, err = capsysbinary.readouterr()
        said = err.decode()
        assert code != 70, (path.name, verb, said)
        assert "Traceback" not in said
        assert "\x1b" not in said
        assert len(said.splitlines()) < 60, (path.name, len(said.splitlines()))
        assert taken < 10, (path.name, verb, taken)
        yield code, out, said


def test_hostile_captures(vectors: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    files = sorted(path for path in (vectors / "pcap").iterdir() if path.suffix != ".tsv")
    assert len(files) >= 90
    for path in files:
        allowed = EXPECTED.get(path.name[:3], ANY)
        for code, out, said in everything(
            path, capsysbinary, ("draw", "-s", "all", "-T", "svg"), ("sessions", "--json"), ("draw", "-s", "1", "-T", "txt")
        ):
            assert code in allowed, (path.name, code, said)
            assert b"\x1b" not in out, path.name
            assert bool(out) == (code == 0), path.name
            assert len(out) < 8 << 20, (path.name, len(out))


def test_strict_refuses_a_cut_capture(vectors: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for name in ("a04_rechdr_truncated.pcap", "c05_trailer_mismatch.pcapng"):
        ((code, out, _),) = everything(vectors / "pcap" / name, capsysbinary, ("draw", "--strict"))
        assert (code, out) == (6, b""), name


def test_no_output_holds_a_canary(vectors: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A password in one-byte segments, TLS keys in the file, credentials in transcripts."""
    verbs = (("draw", "-T", "svg"), ("draw", "-T", "json", "--tcp", "full"), ("messages", "--json"), ("events",))
    for path in (
        vectors / "pcap" / "f02_one_byte_segments.pcap",
        vectors / "pcap" / "c22_dsb_tls_keys.pcapng",
        vectors / "transcripts" / "swaks_auth.txt",
    ):
        for _, out, said in everything(path, capsysbinary, *verbs):
            assert b"CANARY" not in out, path.name
            assert "CANARY" not in said, path.name


def test_hostile_transcripts(vectors: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    files = sorted((vectors / "transcripts").iterdir())
    assert len(files) >= 20
    for path in files:
        for code, out, said in everything(path, capsysbinary, ("draw", "-T", "svg"), ("messages", "--json")):
            assert code in ANY, (path.name, code, said)
            assert b"\x1b" not in out
    forged = vectors / "transcripts" / "swaks_body_forges_markers.txt"
    ((_, out, _),) = everything(forged, capsysbinary, ("messages", "--json"))
    assert out.count(b'"sender":"server"') == 2
    assert b"FORGED" not in out


def test_hostile_event_lists(vectors: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Their keys are of another scheme: each is refused by its first line, or read for what it has of ours."""
    header = b'{"seqdiag":"events","version":1,"generator":"t","points":{"p1":{"kind":"capture","source":"x"}},"clocks":{}}\n'
    for path in sorted((vectors / "events").iterdir()):
        content = path.read_bytes()
        for given in (content, header + content, header + content.partition(b"\n")[2]):
            path.write_bytes(given)
            for code, _, said in everything(path, capsysbinary, ("draw", "-s", "1"), ("sessions", "--json")):
                assert code in ANY, (path.name, code, said)


def test_malformed_captures_of_the_corpus(corpus: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    files = sorted(path for path in (corpus / "malformed").iterdir() if path.is_file())
    assert files
    for path in files:
        for code, out, said in everything(path, capsysbinary, ("draw", "-s", "1", "-T", "svg"), ("messages", "--json")):
            assert code in ANY, (path.name, code, said)
            assert bool(out) == (code == 0) or not out
