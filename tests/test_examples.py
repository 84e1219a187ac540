"""The examples: whole captures, figures that come out the same byte for byte, and no password in any of them."""

from __future__ import annotations

import base64
import os
import re
import runpy
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from seqdiag.renderers import SUFFIXES

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
DRAW = runpy.run_path(str(EXAMPLES / "draw.py"))
INPUTS: dict[str, Path] = DRAW["inputs"]()
FIGURES: tuple[str, ...] = tuple(DRAW["FIGURES"])
arguments: Callable[[Path, str, Path], list[str]] = DRAW["arguments"]

CAPTURES = sorted(name for name, path in INPUTS.items() if path.suffix == ".pcap")
IN_CLEAR = ["smtp", "pop3", "pop3-wrong-password", "swaks", "rfc-style"]
"""The cases whose input holds a password that anyone can read."""

PROGRAM = Path(sys.executable).with_name("seqdiag")


def seqdiag(*args: str) -> None:
    """Runs a command in this process; any exit code but 0 fails the test."""
    from seqdiag.cli import main

    code = main(list(args))
    assert code == 0, f"seqdiag {' '.join(args)} ended with {code}"


def forms(secret: bytes) -> set[bytes]:
    """The secret raw, and what it looks like inside base64 at each of the three alignments."""
    inside = {base64.b64encode(b"\0" * shift + secret)[4 if shift else 0 : -4] for shift in range(3)}
    return {secret, *inside}


PASSWORD = forms(b"opensesame")
"""All passwords of the recorded clients begin so."""


# -- the captures themselves -----------------------------------------------------------------------------------------


class Packet(NamedTuple):
    port: int
    seq: int
    ack: int
    flags: int
    payload: bytes


FIN, SYN, RST, ACK = 1, 2, 4, 16


def packets(path: Path) -> Iterator[Packet]:
    """A reader of its own, so that the examples are judged by other eyes: nanosecond pcap, Ethernet, IPv4, TCP."""
    data = path.read_bytes()
    magic, link = struct.unpack_from("<I16xI", data)
    assert (magic, link) == (0xA1B23C4D, 1)
    at = 24
    while at < len(data):
        captured, on_wire = struct.unpack_from("<8xII", data, at)
        assert captured == on_wire
        ip = at + 16 + 14
        header, length = (data[ip] & 15) * 4, struct.unpack_from(">H", data, ip + 2)[0]
        port, seq, ack, offset, flags = struct.unpack_from(">H2xIIBB", data, ip + header)
        yield Packet(port, seq, ack, flags, data[ip + header + (offset >> 4) * 4 : ip + length])
        at += 16 + captured


def check_whole(seen: list[Packet]) -> None:
    """One connection: its handshake first, every byte once and in order, and both FINs acknowledged or an RST at the end."""
    assert [p.flags & (SYN | ACK) for p in seen[:3]] == [SYN, SYN | ACK, ACK]
    assert sum(bool(p.flags & SYN) for p in seen) == 2
    assert len({p.port for p in seen}) == 2
    acked = {p.port: p.ack for p in seen if p.flags & ACK}  # the last number that each side acknowledged
    for port in acked:
        (other,) = acked.keys() - {port}
        following = next(p.seq for p in seen if p.port == port) + 1
        for packet in (p for p in seen if p.port == port and p.payload):
            assert packet.seq == following, "a byte is missing or comes twice"
            following += len(packet.payload)
        if not any(p.flags & RST for p in seen):
            assert sum(bool(p.flags & FIN) for p in seen if p.port == port) == 1
            assert acked[other] == following + 1, "the FIN was not acknowledged"


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_is_one_whole_connection(name: str) -> None:
    seen = list(packets(INPUTS[name]))
    check_whole(seen)
    assert any(p.flags & RST for p in seen) == (name == "smtp-rst")


@pytest.mark.parametrize("name", IN_CLEAR)
def test_the_password_is_there_to_be_hidden(name: str) -> None:
    data = INPUTS[name].read_bytes()
    assert any(form in data for form in PASSWORD)


@pytest.mark.parametrize("name", INPUTS)
def test_every_mail_host_is_a_test_name(name: str) -> None:
    hosts = re.findall(rb"(?:EHLO |@)([a-z-]+(?:\.[a-z-]+)+)", INPUTS[name].read_bytes())
    assert {host.rpartition(b".")[2] for host in hosts} <= {b"test"}


# -- their descriptions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INPUTS)
def test_a_readme_names_the_files_that_are_there(name: str) -> None:
    folder = EXAMPLES / name
    named = set(re.findall(r"`([\w.-]+\.[a-z0-9]+)`", (folder / "README.md").read_text("utf-8")))
    assert named == {path.name for path in folder.iterdir()} - {"README.md"}


def test_the_list_of_examples_is_complete() -> None:
    listed = re.findall(r"^\| \[([\w-]+)\]\(\1\)", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE)
    folders = {path.parent.name for path in EXAMPLES.glob("*/README.md")}
    assert sorted(listed) == sorted(INPUTS) == sorted(folders)


# -- the figures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("name", INPUTS)
def test_a_figure_is_drawn_again_as_it_is(name: str, figure: str, tmp_path: Path) -> None:
    """When this fails and the new figure is better: `make examples`, look at it, commit it."""
    output = tmp_path / figure
    seqdiag(*arguments(INPUTS[name], figure, output))
    assert output.read_bytes() == (EXAMPLES / name / figure).read_bytes()


@pytest.mark.parametrize("name", INPUTS)
def test_the_event_list_draws_the_same_figure(name: str, tmp_path: Path) -> None:
    """seqdiag events X | seqdiag draw - -o OUT, with the notes that lie beside X"""
    output = tmp_path / "figure.svg"
    notes = [argument for path in (EXAMPLES / name).glob("*.notes.toml") for argument in ("--notes", path)]
    with subprocess.Popen([PROGRAM, "events", INPUTS[name]], stdout=subprocess.PIPE) as events:
        subprocess.run([PROGRAM, "draw", "-", *notes, "-o", output], stdin=events.stdout, check=True)
    assert events.returncode == 0
    assert output.read_bytes() == (EXAMPLES / name / "figure.svg").read_bytes()


SURROUNDINGS = [
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LC_ALL": "C", "COLUMNS": "40"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "zh_CN.UTF-8", "COLUMNS": "200"},
]


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=lambda env: env["TZ"])
@pytest.mark.parametrize("name", ["smtp", "swaks"])
def test_the_surroundings_change_nothing(name: str, figure: str, surroundings: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / figure
    subprocess.run([PROGRAM, *arguments(INPUTS[name], figure, output)], env={**os.environ, **surroundings}, cwd=tmp_path, check=True)
    assert output.read_bytes() == (EXAMPLES / name / figure).read_bytes()


# -- the password ----------------------------------------------------------------------------------------------------


OUTPUTS = [f"figure{suffix}" for suffix in SUFFIXES if suffix != ".png"] + ["figure.events.jsonl"]
"""One of everything that can be written and has text in it; a PNG shows what the SVG says."""


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("name", INPUTS)
def test_no_output_tells_the_password(name: str, output: str, tool: Callable[[str], str], tmp_path: Path) -> None:
    seqdiag("events" if output.endswith("jsonl") else "draw", str(INPUTS[name]), "-o", str(tmp_path / output))
    data = (tmp_path / output).read_bytes()
    if output.endswith(".pdf"):
        data += subprocess.run([tool("pdftotext"), tmp_path / output, "-"], capture_output=True, check=True).stdout
    counts_only = output.endswith((".dot", ".gv"))  # who talks to whom, not what is said
    assert b"alice" in data or name.endswith("tls") or counts_only
    assert not [form for form in PASSWORD if form in data]


@pytest.mark.parametrize("verb", [["messages"], ["messages", "--json"], ["sessions", "--json"]], ids=" ".join)
@pytest.mark.parametrize("name", IN_CLEAR)
def test_no_list_tells_the_password(name: str, verb: list[str]) -> None:
    done = subprocess.run([PROGRAM, *verb, INPUTS[name]], capture_output=True, check=True)
    assert done.stdout
    assert not [form for form in PASSWORD if form in done.stdout + done.stderr]


@pytest.mark.parametrize("figure", ["figure.svg", "figure.txt"])
@pytest.mark.parametrize("name", IN_CLEAR)
def test_the_password_is_shown_on_request(name: str, figure: str, tmp_path: Path) -> None:
    output = tmp_path / figure
    seqdiag(*arguments(INPUTS[name], figure, output), "--show-secrets")
    data = output.read_bytes()
    assert any(form in data for form in PASSWORD)


# -- recording -------------------------------------------------------------------------------------------------------


def test_the_sessions_can_be_recorded_again(tool: Callable[[str], str], tmp_path: Path) -> None:
    """Real servers and clients: the same cases come out, each one whole (record.sh sees to that)."""
    for name in ("dovecot", "swaks", "tcpdump", "ip", "unshare"):
        tool(name)
    if os.geteuid() != 0:
        pytest.skip("needs root")
    pytest.importorskip("aiosmtpd")
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run([EXAMPLES / "record.sh", tmp_path], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    recorded = {path.parent.name: path for path in (*tmp_path.glob("*/*.pcap"), *tmp_path.glob("*/session.*"))}
    assert recorded.keys() == INPUTS.keys() - {"rfc-style"}
    for name in CAPTURES:
        before, after = list(packets(INPUTS[name])), list(packets(recorded[name]))
        check_whole(after)
        if not name.endswith("tls"):
            assert said(after) == said(before)


def said(seen: list[Packet]) -> bytes:
    """The client's stream."""
    return b"".join(p.payload for p in seen if p.port > 1023)
