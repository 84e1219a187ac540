"""Stretches, times and strokes, as every textual renderer sees them."""

from __future__ import annotations

import pytest

from seqdiag.diagram import Note
from seqdiag.renderers import base
from tests import diagrams
from tests.diagrams import START


def test_stretches_are_cut_where_the_phase_changes() -> None:
    found = base.stretches(diagrams.smtp(), "r")
    assert [(stretch.title, stretch.kind, len(stretch.rows)) for stretch in found] == [
        ("Handshake", "handshake", 3),
        ("SMTP", "dialogue", 3),
        ("Authentication", "authentication", 6),
        ("Mail transaction", "mail", 7),
        ("SMTP", "dialogue", 2),
        ("Close", "close", 4),
    ]


def test_sessions_that_interleave_split_each_other() -> None:
    found = base.stretches(diagrams.interleaved(), "r")
    assert [(stretch.title, len(stretch.rows)) for stretch in found] == [("1: SMTP", 1), ("2: POP3", 1), ("1: SMTP", 2), ("2: POP3", 3)]


def test_notes_stand_in_their_phase_or_outside() -> None:
    found = base.stretches(diagrams.inferred(), "r")
    assert [stretch.title for stretch in found] == ["Handshake (inferred)", "SMTP", None]
    assert isinstance(found[-1].rows[0], Note)
    assert any(isinstance(row, Note) for row in base.stretches(diagrams.smtp(), "r")[3].rows)


def test_no_message_is_lost() -> None:
    for make in diagrams.ALL.values():
        diagram = make()
        rows = [row for stretch in base.stretches(diagram, "r") for row in stretch.rows]
        assert tuple(row.message for row in rows if isinstance(row, base.Row)) == diagram.messages
        assert tuple(row for row in rows if isinstance(row, Note)) == diagram.notes


def test_a_row_knows_what_begins_at_it() -> None:
    rows = base.rows(diagrams.pop3(), "r")
    assert [row.wait for row in rows].count("1.22 s") == 1
    assert [bar.title for row in rows for bar in row.bars] == ["AUTHORIZATION", "TRANSACTION", "UPDATE"]
    assert [(end, state.text) for end, state in rows[0].states] == [("p1", "SYN-SENT"), ("p2", "SYN-RECEIVED")]


MS = 1_000_000
INSTANTS = [START, None, START + 24 * MS, START + 1_524 * MS + 123_000]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("r", ["0.0", None, "24.0", "1,524.1"]),
        ("d", ["+0.0", None, "+24.0", "+1,500.1"]),
        ("a", ["07:44:17.768725", None, "07:44:17.792725", "07:44:19.292848"]),
        ("ad", ["2018-12-14 07:44:17.768725", None, "2018-12-14 07:44:17.792725", "2018-12-14 07:44:19.292848"]),
    ],
)
def test_stamps(form: base.Times, words: list[str | None]) -> None:
    assert base.stamp(INSTANTS, form) == words


def test_stamps_of_a_fast_session_have_three_decimals() -> None:
    assert base.stamp([START, START + 21_000], "r") == ["0.000", "0.021"]
    assert base.stamp([None, None], "r") == [None, None]


def test_a_clock_that_goes_back() -> None:
    assert base.stamp([START, START - 5 * MS], "r") == ["0.0", "-5.0"]


@pytest.mark.parametrize(
    ("ns", "words"),
    [(0, "00:00:00.000000"), (1_500, "00:00:00.000001500"), (-1_000_000_000, "23:59:59.000000"), (10**30, f"{10**21}.000000")],
)
def test_any_instant_has_words(ns: int, words: str) -> None:
    assert base.utc(ns, with_date=False) == words


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (204 * MS, "204 ms"),
        (3_190 * MS, "3.19 s"),
        (25_000 * MS, "25.0 s"),
        (1_500_000 * MS, "25 min"),
        (24_100_000, "24.1 ms"),
        (900, "900 ns"),
    ],
)
def test_durations(ns: int, words: str) -> None:
    assert base.duration(ns) == words


def test_strokes() -> None:
    rows = {row.message.text().split("\n")[0]: row.stroke for row in base.rows(diagrams.smtp(), "r")}
    assert rows["MAIL FROM:<alice@example.net>"] == base.Stroke("alert", dashed=False, thin=False, lost=True, abort=False)
    assert rows["the same four commands"] == base.Stroke("alert", dashed=True, thin=False, lost=False, abort=False)
    assert rows["250 2.1.0 Ok"].voice == "server"  # one of its lines refuses, not all
    assert rows["ACK ack 1"] == base.Stroke("client", dashed=False, thin=True, lost=False, abort=False)
    assert base.rows(diagrams.aborted(), "r")[-1].stroke == base.Stroke("alert", dashed=False, thin=True, lost=False, abort=True)
    assert base.rows(diagrams.inferred(), "r")[0].stroke.voice == "faint"
