"""Ladders, as they look."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from seqdiag.diagram import Diagram, Participant, Session
from seqdiag.renderers import RENDERERS, RenderOptions
from seqdiag.renderers.cells import cells
from seqdiag.text import Shown, shown
from tests import diagrams

VECTORS: dict[str, str] = json.loads((Path(__file__).parent.parent / "text_vectors.json").read_text("utf-8"))


def ladder(diagram: Diagram, options: RenderOptions | None = None) -> str:
    return RENDERERS["text"].render(diagram, options or RenderOptions()).decode()


def test_an_abort() -> None:
    assert ladder(diagrams.aborted()) == (
        """\
HTTP: reset by server

   ms  192.0.2.14:53124                      198.51.100.25:80
       ┆                                                    ┆
┈┈┈┈┈┈┈┆┈ Handshake ┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┆
0.000  ├─ SYN seq 0, mss 1460 ─────────────────────────────▶│
       │ ◆ SYN-SENT                          ◇ SYN-RECEIVED │
0.021  ┃◀───────────────── SYN, ACK seq 0, ack 1, mss 1460 ─┤
       ┃ ◆ ESTABLISHED                                      │
0.121  ┠─ ACK ack 1 ───────────────────────────────────────▶┃
       ┃                                      ◇ ESTABLISHED ┃
┈┈┈┈┈┈┈┃┈ HTTP ┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┃
0.300  ┠─ GET / HTTP/1.1 ──────────────────────────────────▶┃
┈┈┈┈┈┈┈┃┈ Abort ┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┃
0.345  ┴◀╫─ RST, ACK seq 1, ack 40 · aborts the connection ─┴
         ◆ CLOSED                                  ◇ CLOSED

Rows in order of observation; vertical distances are not to scale.
"""
    )


def test_a_transcript_in_ascii() -> None:
    assert ladder(diagrams.inferred(), RenderOptions(ascii=True)) == (
        """\
SMTP from a transcript
swaks.log

client                            mx.example.org
:                                              :
:= Handshake (inferred) =======================:
|. SYN .......................................>|
|<.................................. SYN, ACK .|
|. ACK .......................................>|
|= SMTP =======================================|
|<-- 220 mx.example.org ESMTP - service ready -|
|- HELO me ----------------------------------->|
|<------------ 250 mx.example.org - completed -|
|- QUIT -------------------------------------->|
|<------------- 221 Bye - closing the channel -|
|   == === Connection closed with remote  ==   |
|                 == host. ==                  |
|                                              |
"""
    )


@pytest.mark.parametrize(
    "row",
    [
        "         ┃  RCPT TO:<carol@example.org>                                        ┃",
        "  163.9  ┠─ DATA ────────────────────────────────────────────────────────────╳ ┃",
        "  367.9  ┠╌ the same four commands ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶┃",
        "         ┃                ┈┈ the capture lost 2 packets here ┈┈                ┃",
        "         ┃           ⚠ 550 5.1.1 <carol@example.org>: no such user · mailbox   ┃",
        "         ┃             unavailable                                             ┃",
        "  395.0  ┠─ message, 28,412 bytes in 20 segments; Subject: 月次報告書 ────────▶┃",
        "      ⋮  ┃                                                            ⋮ 3.19 s ┃",
    ],
)
def test_marks(row: str) -> None:
    assert row in ladder(diagrams.smtp()).splitlines()


def test_bars_of_the_protocol() -> None:
    assert "         ┃                                            ▪ TRANSACTION 处理状态 ┃" in ladder(diagrams.pop3()).splitlines()


@pytest.mark.parametrize("width", [None, 40, 60, 72, 100, 200])
@pytest.mark.parametrize("name", diagrams.ALL)
def test_never_wider_than_asked(name: str, width: int | None) -> None:
    drawn = ladder(diagrams.ALL[name](), RenderOptions(width=width, times="d"))
    assert max(map(cells, drawn.splitlines())) <= (width or 80)


@pytest.mark.parametrize("width", [50, 80, 120])
def test_nothing_is_cut(width: int) -> None:
    """Without its lines and spaces, a ladder says every text that it was given."""
    for name in diagrams.ALL:
        timed = diagrams.ALL[name]()
        diagram = msgspec.structs.replace(timed, messages=tuple(msgspec.structs.replace(message, t=None) for message in timed.messages))
        drawn = squeezed(ladder(diagram, RenderOptions(width=width)))
        for message in diagram.messages:
            for line in message.lines:
                assert squeezed(line.text()) in drawn, (name, line)


def squeezed(text: str) -> str:
    return "".join(char for char in text if char not in " \n◀▶" and not "\u2500" <= char <= "\u257f" and not char.isspace())


@pytest.mark.parametrize("name", VECTORS)
def test_every_text_reads_back(name: str) -> None:
    it = squeezed(shown(VECTORS[name]))
    drawn = squeezed(ladder(diagrams.hostile(VECTORS[name]), RenderOptions(width=4000)))
    # 2 of the title, 1 phase, 7 of the messages, 2 of the bar, 2 notes, 3 at the foot (heads and states: side by side, by lines)
    assert not it or drawn.count(it) >= (17 if "\n" not in shown(VECTORS[name]) else 3)


@pytest.mark.parametrize("name", VECTORS)
def test_ascii_is_ascii(name: str) -> None:
    assert ladder(diagrams.hostile(VECTORS[name]), RenderOptions(ascii=True)).isascii()


def test_heads_without_room_become_a_key() -> None:
    drawn = ladder(diagrams.interleaved(), RenderOptions(width=40))
    assert "p3  pop.example.org  198.51.100.11:110\n" in drawn
    assert " p1             p2              p3\n" in drawn or "p1" in drawn.split("\n\n")[1].splitlines()[0]


def test_forty_columns() -> None:
    columns = tuple(Participant(f"p{n}", Shown(f"host{n}.example.org"), Shown(""), "client" if n == 1 else "server") for n in range(1, 41))
    message = msgspec.structs.replace(diagrams.inferred().messages[-1], sender="p40", receiver="p1", phase=None)
    sessions = (Session(1, "p1", "p40", None, "open"),)
    wide = msgspec.structs.replace(diagrams.inferred(), participants=columns, sessions=sessions, messages=(message,), phases=(), notes=())
    assert "┼" in ladder(wide)


def test_no_messages_at_all() -> None:
    empty = msgspec.structs.replace(diagrams.inferred(), messages=(), phases=(), notes=(), bars=())
    assert ladder(empty).count("┆") == 4
