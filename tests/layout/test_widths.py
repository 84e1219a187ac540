"""Widths come from a table, so these numbers are the same everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqdiag.layout.theme import VOICES
from seqdiag.layout.widths import advances, clip, width, wrap
from seqdiag.text import shown


@pytest.mark.parametrize(
    ("words", "voice", "px"),
    [
        ("QUIT", "wire", 4 * 0.602 * 12),
        ("il", "caption", 2 * 0.222 * 10.5),
        ("SYN", "flags", (0.667 + 0.667 + 0.722) * 11.5 * 1.07),
        ("中文", "caption", 21),
        ("中文", "wire", 24),
        ("a\u0301", "caption", 0.556 * 10.5),
        ("", "wire", 0),
    ],
)
def test_known_widths(words: str, voice: str, px: float) -> None:
    assert width(words, voice) == pytest.approx(px)


@given(st.text(), st.sampled_from(sorted(VOICES)))
def test_a_width_is_the_sum_of_its_characters(words: str, voice: str) -> None:
    assert width(words, voice) == pytest.approx(sum(advances(words, VOICES[voice])))


@given(st.text(max_size=60).map(shown), st.floats(20, 300))
def test_clipped_text_fits_and_says_so(words: str, room: float) -> None:
    cut = clip(shown(words), "caption", room)
    assert cut == words or (cut.endswith("…") and width(cut, "caption") <= room + 0.1 and words.startswith(cut[:-1]))


@given(st.text(max_size=120).map(shown), st.floats(40, 300))
def test_wrapping_loses_nothing_but_blanks(words: str, room: float) -> None:
    lines = wrap(shown(words), "caption", room)
    assert "".join("".join(lines).split()) == "".join(words.split())
    assert all(width(line, "caption") <= room or len(line) == 1 for line in lines)


def test_wrapping_keeps_a_closing_mark_with_its_ideograph_and_ends_in_an_ellipsis() -> None:
    assert wrap(shown("一二，三四"), "caption", 35) == ["一二，", "三四"]
    assert wrap(shown("one two three four five"), "caption", 50, most=2) == ["one two", "three…"]
