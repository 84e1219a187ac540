"""Lines and bytes, and the laws that every transcript format keeps."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdiag import eventlist
from seqdiag.errors import InputError, LimitError, SeqdiagError
from seqdiag.events import Point, Recording, SocketAct
from seqdiag.sources import SOURCES, Limits
from seqdiag.sources.transcripts import base

FORMATS = [name for name in SOURCES if SOURCES[name].KIND == "transcript"]
SAMPLES = {
    "swaks": b" -> EHLO x\n<-  250 ok\n",
    "exim": b"  SMTP>> EHLO x\n  SMTP<< 250 ok\n",
    "exim-client": b">>> EHLO x\n<<< 250 ok\n",
    "cs": b"C: EHLO x\nS: 250 ok\n",
}


def read(name: str, text: bytes) -> Recording:
    return SOURCES[name].read(io.BytesIO(text), "x.log", Limits())


def acts(recording: Recording) -> list[SocketAct]:
    return [event for event in recording.events if isinstance(event, SocketAct)]


def test_every_format_has_a_sample() -> None:
    assert set(FORMATS) == set(SAMPLES)


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\nb", [b"a", b"b"]),
        (b"a\rb\r", [b"a", b"b"]),
        (b"a\rb\nc\n", [b"a\rb", b"c"]),
        (b"a\n\nb\n", [b"a", b"", b"b"]),
        (b"", []),
    ],
)
def test_lines_end_with_lf_or_crlf_or_where_there_is_no_lf_with_cr(text: bytes, lines: list[bytes]) -> None:
    assert [line.text for line in base.split(text)] == lines


@pytest.mark.parametrize("encode", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_byte_order_mark_is_no_text(name: str, encode: str) -> None:
    text = SAMPLES[name].decode().encode(encode)
    assert [a.payload for a in acts(read(name, text))] == [b"EHLO x\r\n", b"250 ok\r\n"]
    assert SOURCES[name].recognise(text) == SOURCES[name].recognise(SAMPLES[name])


@pytest.mark.parametrize(
    ("text", "name"), [("é".encode(), "utf-8"), ("你好".encode("gbk"), "gb18030"), (b"caf\xe9", "latin-1")]
)  # fmt: skip
def test_the_charset_is_guessed(text: bytes, name: str) -> None:
    assert base.charset(text) == name


# ---------------------------------------------------------------- laws


@pytest.mark.parametrize("name", FORMATS)
def test_a_line_past_64_kib_is_cut_and_leaves_a_hole(name: str) -> None:
    long = SAMPLES[name].replace(b"EHLO x", b"EHLO x" + b"A" * 100_000).replace(b"250 ok", b"250 ok\n" + SAMPLES[name].splitlines()[0])
    recording = read(name, long)
    sent = [a for a in acts(recording) if a.act == "sent"]
    assert len(sent[0].payload) <= base.MAX_LINE and not sent[0].payload.endswith(b"\n")
    assert sent[1].offset == len(b"EHLO x") + 100_000 + 2, "the next byte's offset counts what was cut"
    assert any("cut after 65536" in e.text and e.about == "damage" for e in recording.events if not isinstance(e, SocketAct))  # type: ignore[union-attr]


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_has_a_time_and_every_event_has_its_line(name: str) -> None:
    recording = read(name, b"\n" + SAMPLES[name])
    assert recording.points == {"p1": Point("transcript", "x.log", "none", 0)}
    assert [(a.t, a.origin.source, a.origin.index, a.conn, a.basis) for a in acts(recording)] == [
        (None, "x.log", 2, "c1", "transcript"),
        (None, "x.log", 3, "c1", "transcript"),
    ]


def check(name: str, recording: Recording) -> None:
    """Offsets leave no hole, and the event list says the same."""
    ends: dict[tuple[str, str, str | None], int] = {}
    for act in acts(recording):
        if act.act in ("sent", "received"):
            key = act.conn, act.act, act.layer
            assert act.offset == ends.get(key, 0)
            ends[key] = act.offset + len(act.payload)
        for run in act.hidden:
            assert act.payload[run.offset : run.offset + run.length] == b"*" * run.length
    assert eventlist.read(io.BytesIO(b"".join(eventlist.write(recording, "t"))), "x") == recording


WORDS = r"""
 -> |<-  | ~> |<~  |<** |**> |=== |*** |  > 0000: 41 42|<   0000: 0D|Trying 1.2.3.4:5...|Connected to 1.2.3.4.|11 lines sent
Connection closed with remote host.|TLS started with cipher a:b:c|AUTH PLAIN UFJPVklERURfQlVUX1JFTU9WRUQ=|Error connecting to 1.2.3.4:5:
  SMTP>> |  SMTP<< |  SMTP(close)>>|  SMTP(shutdown)>>|  SMTP(closed)<<|         250 x|(writing message)|failed: no|********
Connecting to x [1.2.3.4]:5 ... connected|>>> |<<< |??? |???*|+++ 1|End of script|Connecting to x port 5 ... connected|\\x41\\r\\n
Succeeded in starting TLS|TLS terminated|Expected EOF read|C: |S: |R: |Client: |服务器：|    |[x]|<open connection>|<TLS negotiation x>
220 hi|354 go|250-a|QUIT|STARTTLS|DATA|.
"""
PIECES = st.sampled_from(
    [word.encode() for line in WORDS.strip("\n").splitlines() for word in line.split("|")]
    + [b"\n", b"\n", b"\r", b"\0", b"\xff", b"\x1b[31m", b"\t"]
)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(PIECES | st.binary(max_size=6), max_size=40))
def test_any_text_gives_events_or_one_of_our_errors(name: str, pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    try:
        recording = read(name, text)
    except SeqdiagError:
        assert not base.unwrap(text).strip() or not text.strip()
        return
    check(name, recording)


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_input_and_one_past_the_limit(name: str) -> None:
    with pytest.raises(InputError, match="empty"):
        read(name, b"\n \n")
    with pytest.raises(LimitError, match="--max-input"):
        SOURCES[name].read(io.BytesIO(SAMPLES[name]), "x", Limits(max_input=5))


SHAPES = [
    b" " * 60_000 + b"x", b" -" * 30_000 + b">", b"*" * 60_000, b"=== Trying " + b"1:" * 30_000, b"C: " + b"<a " * 20_000, b"S:" * 30_000,
    b" -> AUTH PLAIN " + b"A" * 60_000 + b"!", b"Connecting to " + b"[" * 60_000, b"  SMTP(" + b"(" * 60_000, b">>> " + b"\\x" * 30_000,
    b"<   0000: " + b"41 " * 20_000, b"        12345 " + b"SMTP" * 15_000, b"C: " + b" a" * 30_000, b"[" * 60_000, b"<" + b"a b" * 20_000,
]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_shapes_that_hurt_a_careless_pattern_pass_at_once(name: str) -> None:
    """One quadratic pattern among them took 19 s."""
    start = time.perf_counter()
    for shape in SHAPES:
        SOURCES[name].recognise(shape + b"\n" + shape)
        read(name, SAMPLES[name] + shape + b"\n" + shape + b"\n")
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("name", FORMATS)
def test_many_lines(name: str) -> None:
    start = time.perf_counter()
    assert len(acts(read(name, SAMPLES[name] * 20_000))) == 40_000
    assert time.perf_counter() - start < 5


# ---------------------------------------------------------------- the corpus

KINDS = {"swaks": "swaks", "exim-client": "exim-client", "rfc": "cs"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_said_is_what_the_corpus_says(kind: str, corpus: Path) -> None:
    """Every line with its side, in order, of every transcript; aligning blanks and broken lines of an RFC apart."""
    import json

    files = sorted((corpus / "transcripts" / kind).iterdir())
    wrong = []
    for path in files:
        sessions = json.loads((corpus / "truth" / "transcripts" / kind / (path.name + ".json")).read_text())["sessions"]
        expected = [(side, part.strip()) for s in sessions for side, text, _ in s["events"] for part in text.split("\\r\\n")]
        with path.open("rb") as stream:
            recording = SOURCES[KINDS[kind]].read(stream, path.name, Limits())
        check(kind, recording)
        if _joined(recording) != expected and path.name not in ODD:
            wrong.append(path.name)
    assert files and wrong == []


ODD = {
    "exec-transactions-00636.stdout": "a removed password is asterisks here",
    "0900.stdout": "a bare LF inside one write",
    "rfc1939-section-10.txt": "stage directions are no lines",
    "rfc3030-section-4.txt": "stage directions are no lines",
    "rfc3501-section-8.txt": "a line broken for the page is one line",
    "rfc821-appendix-F.txt": "a line broken for the page is one line",
}


def _joined(recording: Recording) -> list[tuple[str, str]]:
    return [
        ("C" if act.act == "sent" else "S", act.payload.decode("utf-8", "replace").strip())
        for act in acts(recording)
        if act.act in ("sent", "received")
    ]
