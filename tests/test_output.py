"""A file is written whole or not at all, and never over an input."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from seqdiag import output
from seqdiag.errors import OutputError, UsageError


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_has_the_mode_that_the_mask_allows(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        output.write(tmp_path / "x.svg", b"new")
    finally:
        os.umask(old)
    assert (tmp_path / "x.svg").read_bytes() == b"new"
    assert (tmp_path / "x.svg").stat().st_mode & 0o777 == 0o640


def test_an_old_file_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "x.svg"
    target.write_bytes(b"old and longer")
    target.chmod(0o604)
    output.write(target, b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o604
    assert left_behind(tmp_path) == ["x.svg"]


def test_whoever_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    target = tmp_path / "x.svg"
    target.write_bytes(b"old")
    with target.open("rb") as reader:
        output.write(target, b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize("when", ["fdopen", "chmod", "replace"])
def test_a_failure_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    def fail(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "x.svg"
    target.write_bytes(b"old")
    monkeypatch.setattr(os if when == "fdopen" else Path, when, fail)
    with pytest.raises(OutputError, match=r"x\.svg: cannot be written: No space left on device"):
        output.write(target, b"new")
    monkeypatch.undo()
    assert target.read_bytes() == b"old"
    assert left_behind(tmp_path) == ["x.svg"]


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        output.write(tmp_path / "x.svg", b"new")
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("name", ["nowhere/x.svg", "", "x\0y.svg", "a" * 300 + ".svg"])
def test_what_cannot_be_written_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        output.write(name, b"new")
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("link", ["same", "symlink", "hard link", "folder link", "dots"])
def test_an_input_is_refused_by_whatever_name(tmp_path: Path, link: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    given = folder / "x.pcap"
    given.write_bytes(b"capture")
    target = given
    if link == "symlink":
        target = tmp_path / "y.svg"
        target.symlink_to(given)
    elif link == "hard link":
        target = tmp_path / "y.svg"
        target.hardlink_to(given)
    elif link == "folder link":
        (tmp_path / "other").symlink_to(folder)
        target = tmp_path / "other" / "x.pcap"
    elif link == "dots":
        target = folder / ".." / "in" / "x.pcap"
    with pytest.raises(UsageError, match="is also an input"):
        output.write(target, b"new", ["-", str(tmp_path / "missing"), str(given)])
    assert given.read_bytes() == b"capture"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    output.write(pipe, b"figure")
    reader.join(5)
    assert read == [b"figure"]
    assert pipe.is_fifo()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written: Is a directory"):
        output.write(tmp_path, b"new")
