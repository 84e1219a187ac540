"""What an input is: by its head, by its name `-`, or by what the user says."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqdiag import eventlist
from seqdiag.errors import InputError, LimitError, UsageError
from seqdiag.events import Recording
from seqdiag.sources import SOURCES, Detected, Limits, detect, input_name, open_input

SWAKS = b"=== Trying 192.0.2.1:25...\n=== Connected to 192.0.2.1.\n<-  220 hi\n -> QUIT\n<-  221 bye\n"
EXIM = b"LOG: MAIN\n  SMTP<< 220 hi\n  SMTP>> QUIT\n  SMTP<< 221 bye\n"
CLIENT = b"Connecting to 127.0.0.1 port 25 ... connected\n??? 220\n<<< 220 hi\n>>> quit\nEnd of script\n"
CS = b"C: QUIT\nS: 221 bye\n"
EVENTS = b"".join(eventlist.write(Recording({}, []), "t"))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (SWAKS, Detected("swaks", 5)),
        (b"=== Trying 192.0.2.1:25...\n*** Error connecting to 192.0.2.1:25:\n*** \tConnection refused\n", Detected("swaks", 2)),
        (EXIM, Detected("exim", 3)),
        (CLIENT, Detected("exim-client", 4)),
        (CS, Detected("cs", 2)),
        ("客户端：QUIT\n服务器：221 再见\n".encode("gb18030"), Detected("cs", 2)),
        (EVENTS, Detected("eventlist", 0)),
        (EVENTS + SWAKS, Detected("eventlist", 0)),
        (SWAKS + b" -> C: not a mark\n -> S: not a mark\n", Detected("swaks", 7)),
        (SWAKS * 3 + CS, Detected("swaks", 15)),
    ],
)
def test_recognised(head: bytes, expected: Detected) -> None:
    assert detect(head) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0" * 4096,
        b"hello\nworld\n",
        b" -> EHLO x",
        b"C: QUIT\n",
        b"C: QUIT\nC: QUIT\n",
        b"C:\\Windows\\x\nS:\\y\n",
        b"< Server: nginx\n> GET / HTTP/1.1\n",
        b"HTTP/1.1 200 OK\r\nServer: nginx\r\nServer: x\r\n",
        b">>> EHLO x\n>>> SERVER: 250 ok\n>>> QUIT\n",
        b">>> TLS 1.3, Handshake\n<<< TLS 1.3, Handshake\n",
        SWAKS[54:] + CS + CS[:8],
        b'{"v":1,"kind":"data"}\n' * 5,
    ],
)
def test_refused(head: bytes) -> None:
    assert detect(head) is None


def test_two_formats_that_fit_about_as_well_are_refused_and_one_inside_the_other_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from seqdiag.sources.base import Match

    class Fake:
        def __init__(self, *numbers: int) -> None:
            self.numbers = frozenset(numbers)

        def recognise(self, head: bytes) -> Match:
            return Match(len(self.numbers), numbers=self.numbers)

    def found(**fakes: Fake) -> Detected | None:
        class Sources(dict[str, Fake]):
            pass

        monkeypatch.setattr("seqdiag.sources.SOURCES", Sources(fakes))
        return detect(b"x")

    ten = range(1, 11)
    assert found(a=Fake(*ten), b=Fake(*range(11, 19))) == Detected("a", 10), "8 of 10 is a fifth less"
    assert found(a=Fake(*ten), b=Fake(*range(11, 20))) is None, "9 of 10 is a rival"
    assert found(a=Fake(*ten), b=Fake(*range(2, 11))) == Detected("a", 10), "nested"
    assert found(a=Fake(*ten), b=Fake(*ten)) == Detected("a", 10), "a tie goes to the more specific, which stands first"


def test_of_the_samples_each_is_taken_for_what_it_is(shared: Path, corpus: Path) -> None:
    """Also those that were not looked at when the patterns were written: everything else is refused."""
    kinds = {"swaks": "swaks", "exim-client": "exim-client", "rfc": "cs"}
    wrong = []
    for path in [*(shared / "transcripts").iterdir(), *(corpus / "transcripts").rglob("*.*")]:
        prefix = path.name.split("_")[0]
        expected = kinds.get(path.parent.name) or {"swaks": "swaks", "exim": "exim", "rfc": "cs"}.get(prefix)
        with path.open("rb") as stream:
            found = detect(stream.read(65536))
        if (found.name if found else None) not in (expected, *(OTHERS if not expected else ())):
            wrong.append((path.name, expected, found))
    assert wrong == []


OTHERS = tuple(name for name in SOURCES if name not in ("swaks", "exim", "exim-client", "cs", "capture", "eventlist"))
"""Formats that have come later: a sample that is none of the first may be one of these."""


# ---------------------------------------------------------------- opening


def test_what_was_guessed_is_said_beside_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(SWAKS)
    opened = open_input(str(path))
    assert opened.detected == "swaks, 5 lines matched"
    assert opened.recording.points["p1"].source == "x.txt"
    assert open_input(str(path), "swaks") == (opened.recording, None), "nothing was guessed"


def test_a_format_that_the_user_names_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b" -> QUIT\n")
    with pytest.raises(InputError, match=r"x\.txt: of no known format \(tried capture, .*\); .*--from"):
        open_input(str(path))
    assert len(open_input(str(path), "swaks").recording.events) == 1
    with pytest.raises(UsageError, match="unknown input format 'x'"):
        open_input(str(path), "x")


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        open_input(str(tmp_path / "absent"))
    with pytest.raises(UsageError, match="is a directory"):
        open_input(str(tmp_path))
    with pytest.raises(InputError, match="not a file name"):
        open_input("a\0b")
    (tmp_path / "empty").touch()
    with pytest.raises(InputError, match="empty: empty file"):
        open_input(str(tmp_path / "empty"))


def test_names_are_shown_without_their_folder() -> None:
    assert (input_name("-"), input_name("/a/b/c.pcap"), input_name(os.fsdecode(b"/a/\xff.pcap"))) == ("stdin", "c.pcap", "�.pcap")


class Pipe(io.RawIOBase):
    """Standard input that comes in small pieces and cannot go back."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self.data.read(min(7, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(data))))

    return put


def test_standard_input_is_detected_and_read_whole(piped: Callable[[bytes], None]) -> None:
    piped(SWAKS * 3000)
    opened = open_input("-")
    assert opened.detected == "swaks, 400 lines matched"
    assert opened.recording.points["p1"].source == "stdin" and len(opened.recording.events) == 3000 * 4


def test_standard_input_has_a_limit(piped: Callable[[bytes], None]) -> None:
    piped(SWAKS * 3000)
    with pytest.raises(LimitError, match="stdin: longer than 1000 bytes"):
        open_input("-", None, Limits(max_input=1000))


def test_a_source_that_is_not_needed_is_not_imported() -> None:
    """A capture or an event list is drawn in a fifth of a second: it does not wait for the transcripts."""
    code = (
        f"import sys, seqdiag.sources as s; assert s.detect({EVENTS!r}).name == 'eventlist'\n"
        "print([m for m in sys.modules if 'transcripts.' in m or m in ('tempfile', 'dataclasses')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
