"""Cells of a terminal: counted, wrapped, and put in a row."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqdiag.renderers.cells import Strip, cells, wrap

TEXT = st.text(st.sampled_from("ab  漢字e\u0301ｱ📧"), max_size=40)


@pytest.mark.parametrize(("text", "size"), [("", 0), ("abc", 3), ("漢字", 4), ("e\u0301", 1), ("ｱ", 1), ("📧", 2), ("→", 1)])
def test_cells(text: str, size: int) -> None:
    assert cells(text) == size


@pytest.mark.parametrize(
    ("text", "width", "pieces"),
    [
        ("one two three", 8, ["one two ", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a\nb", 8, ["a", "b"]),
        ("月次報告書", 5, ["月次", "報告", "書"]),
        ("", 5, [""]),
    ],
)
def test_wrap(text: str, width: int, pieces: list[str]) -> None:
    assert wrap(text, width) == pieces


@given(TEXT, st.integers(2, 20))
def test_wrapped_pieces_are_the_text_and_fit(text: str, width: int) -> None:
    pieces = wrap(text, width)
    assert "".join(pieces) == text
    assert all(cells(piece) <= width for piece in pieces)


@given(TEXT, st.integers(0, 30), TEXT, st.integers(0, 30))
def test_what_is_put_last_stands_where_it_was_put(under: str, first: int, over: str, second: int) -> None:
    under, over = under.lstrip("\u0301"), over.lstrip("\u0301")  # a mark with nothing to combine with gets a cell
    strip = Strip().put(first, under).put(second, over)
    assert unicodedata.normalize("NFC", over).rstrip() in unicodedata.normalize("NFC", str(strip) + " " * 40)
    assert cells(str(strip)) <= max(first + cells(under), second + cells(over))


def test_half_a_wide_character_is_never_left() -> None:
    assert str(Strip().put(0, "漢字").put(1, "xx")) == " xx"


def test_free() -> None:
    strip = Strip().put(3, "x")
    assert strip.free(0, 3) and strip.free(4, 10)
    assert not strip.free(2, 2)
