"""How the tests of the command line run it: `seqdiag(...)` in this process, `shell(...)` as a program of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.sources.capture import craft

EXAMPLES = ROOT / "examples"
SMTP = EXAMPLES / "smtp" / "smtp.pcap"
POP3 = EXAMPLES / "pop3" / "pop3.pcap"
RST = EXAMPLES / "smtp-rst" / "smtp-rst.pcap"
SWAKS = EXAMPLES / "swaks" / "session.log"
PROGRAM = Path(sys.executable).with_name("seqdiag")


class Done(NamedTuple):
    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The objects of JSON Lines."""
        return [json.loads(line) for line in self.raw.splitlines()]

    @property
    def error(self) -> str:
        """The one line that an error says; a command that failed says nothing else on its last line, and no traceback."""
        assert self.code != 0
        lines = self.err.splitlines()
        assert lines and lines[-1].startswith("seqdiag: ")
        assert "Traceback" not in self.err
        return lines[-1].removeprefix("seqdiag: ")


Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder, with no settings of whoever runs the tests."""
    import os

    for name in list(os.environ):
        if name.startswith("SEQDIAG_") and name not in ("SEQDIAG_CORPUS", "SEQDIAG_REQUIRE_TOOLS"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def seqdiag(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*args: object, stdin: bytes = b"") -> Done:
        from seqdiag.cli import main

        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsysbinary.readouterr()
        code = main([str(arg) for arg in args])
        out, err = capsysbinary.readouterr()
        return Done(code, out, err.decode())

    return run


@pytest.fixture
def shell() -> Run:
    """`shell("draw", x, "| head -1")`: a line of sh, with the program for its first word."""

    def run(*args: object, stdin: bytes = b"", env: dict[str, str] | None = None) -> Done:
        import os

        line = " ".join(["exec", str(PROGRAM), *map(str, args)]) if not any("|" in str(a) for a in args) else None
        line = line or " ".join([str(PROGRAM), *map(str, args)])
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"], input=stdin, capture_output=True, env=os.environ | (env or {}), timeout=60
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    return run


def conversation(number: int, said: bytes = b"220 x\r\n", port: int = 25, start: float = 0.0) -> list[tuple[float, bytes]]:
    """One short captured conversation of client 10.0.1.`number`: packets with their times."""
    client, server = bytes((10, 0, 1, number)), craft.SERVER
    mine, its = 1000 * number, 5000 * number
    up = {"src": client, "dst": server}
    down = {"src": server, "dst": client}
    packets = [
        craft.ipv4(craft.tcp(dport=port, seq=mine, ack=0, flags=0x02), **up),
        craft.ipv4(craft.tcp(sport=port, dport=40000, seq=its, ack=mine + 1, flags=0x12), **down),
        craft.ipv4(craft.tcp(dport=port, seq=mine + 1, ack=its + 1, flags=0x10), **up),
        craft.ipv4(craft.tcp(said, sport=port, dport=40000, seq=its + 1, ack=mine + 1), **down),
        craft.ipv4(craft.tcp(b"QUIT\r\n", dport=port, seq=mine + 1, ack=its + 1 + len(said)), **up),
    ]
    return [(start + number + k / 100, craft.ethernet(packet)) for k, packet in enumerate(packets)]


def capture(*conversations: list[tuple[float, bytes]]) -> bytes:
    """A pcap file of them, in order of time."""
    timed = sorted((packet for talk in conversations for packet in talk), key=lambda packet: packet[0])
    records = (craft.record(data, seconds=craft.T0 + int(t), fraction=round(t % 1 * 1e6)) for t, data in timed)
    return craft.pcap_header() + b"".join(records)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A capture of nine conversations."""
    path = tmp_path / "many.pcap"
    path.write_bytes(capture(*(conversation(number) for number in range(1, 10))))
    return path
