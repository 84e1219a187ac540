"""Lines and mail bodies out of a side's bytes, however they are cut."""

from __future__ import annotations

import pytest

from seqdiag.protocols.base import HiddenRun
from seqdiag.protocols.base.lines import LIMIT, SMUGGLED, Line, Lines, joined, summary, unstuffed, with_hidden


def lines_of(data: bytes, step: int) -> list[Line]:
    lines, found = Lines(), []
    for at in range(0, len(data), step):
        lines.feed(at, data[at : at + step])
        while line := lines.line():
            found.append(line)
    if rest := lines.rest():
        found.append(rest)
    return found


@pytest.mark.parametrize("step", [1, 3, 100])
def test_lines(step: int) -> None:
    found = lines_of(b"a\r\nb\n\r\nc\rd\r\ntail", step)
    assert [line.text for line in found] == [b"a", b"b", b"", b"c\rd", b"tail"]
    assert [line.start for line in found] == [0, 3, 5, 7, 12]
    assert [line.whole for line in found] == [True] * 4 + [False]


@pytest.mark.parametrize("step", [999, 10**6])
def test_a_line_without_end_comes_in_pieces(step: int) -> None:
    found = lines_of(b"x" * (2 * LIMIT + 10) + b"\nnext\n", step)
    assert [(line.head, len(line.raw)) for line in found] == [(True, LIMIT), (False, LIMIT), (False, 11), (True, 5)]


def test_hidden_runs_travel_with_their_line() -> None:
    lines = Lines()
    lines.feed(100, b"PASS **", [HiddenRun(105, 107, "password", "al")])
    lines.feed(107, b"**\r\nNOOP\r\n", [HiddenRun(107, 109, "password")])
    first, second = lines.line(), lines.line()
    assert first and first.hidden == (HiddenRun(105, 109, "password", "al"),)
    assert second and second.hidden == ()
    assert [tuple(secret[:4]) for secret in with_hidden(first, ())] == [(5, 9, "password", "al")]


@pytest.mark.parametrize(
    ("data", "crlf", "size", "taken"),
    [
        (b"hi\r\n.\r\nQUIT", True, 4, 7),
        (b".\r\nQUIT", True, 0, 3),
        (b"hi\n.\nmore\r\n.\r\n", True, 11, 14),
        (b"hi\n.\nQUIT", False, 3, 5),
        (b".\nQUIT", False, 0, 2),
        (b"hi\r\n.\r\nQUIT", False, 4, 7),
    ],
)
def test_bodies(data: bytes, crlf: bool, size: int, taken: int) -> None:
    for step in (1, 2, 100):
        lines, body = Lines(), None
        for at in range(0, len(data), step):
            lines.feed(at, data[at : at + step])
            body = body or lines.body(crlf)
        assert body and (body.size, len(body.raw)) == (size, taken)


@pytest.mark.parametrize(
    ("data", "smuggled"),
    [
        (b"a\n.\n", 1),
        (b"a\n.\r\n", 1),
        (b"a\r\n.\n", 1),
        (b"a\r\n.\rx", 1),
        (b"a\r.\r", 1),
        (b"a\r\n.\r\n", 0),
        (b"a\r\n..\r\n", 0),
        (b"a.\n", 0),
    ],
)
def test_what_may_be_smuggled(data: bytes, smuggled: int) -> None:
    assert bool(SMUGGLED.search(data)) == bool(smuggled)


def test_unstuffed() -> None:
    assert unstuffed(b"..a\r\n.b\r\nc.\r\n..\r\n") == b".a\r\nb\r\nc.\r\n.\r\n"


def test_joined_keeps_the_first_line_as_text() -> None:
    whole = joined([Line(5, b"ab\r\n", 2), Line(9, b"c\r\n", 1)])
    assert (whole.start, whole.raw, whole.text, whole.end) == (5, b"ab\r\nc\r\n", b"ab", 12)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["aa", "bb"], "aa, bb"),
        (["a" * 8, "b"], "aaaaaaaa…"[:7] + ", …"),
        (["aaaa", "bbbb", "cc"], "aaaa, …"),
        (["x" * 20], "x" * 9 + "…"),
    ],
)
def test_summary(texts: list[str], said: str) -> None:
    assert len(summary(texts, 10)) <= 10
    if len(texts) != 2 or texts[0] != "a" * 8:
        assert summary(texts, 10) == said
