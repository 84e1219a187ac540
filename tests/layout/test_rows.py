"""Rows in, y out: strictly downwards, bands around them, notes between them."""

from hypothesis import given
from hypothesis import strategies as st

from seqdiag.layout.rows import Row, place, whole_phases

PLAIN = Row(15, 0, None)


@given(
    st.lists(st.builds(Row, st.floats(0, 90), st.floats(0, 60), st.sampled_from([None, 0, 1, 2])), max_size=40),
    st.lists(st.tuples(st.integers(0, 41), st.floats(20, 60)), max_size=4).map(sorted),
)
def test_y_is_strictly_monotone_and_bands_hold_their_rows(rows: list[Row], notes: list[tuple[int, float]]) -> None:
    placed = place(rows, notes, 100, {0: 80, 1: 300})
    edges = [y for pair in zip(placed.starts, placed.ends, strict=True) for y in pair]
    assert edges == sorted(edges) and len(set(placed.starts)) == len(rows)
    assert len(placed.notes) == len(notes) and placed.notes == sorted(placed.notes)
    for band in placed.bands:
        assert band.top < placed.starts[band.first] <= placed.ends[band.last] < band.bottom <= placed.bottom
    assert all(above.bottom <= below.top for above, below in zip(placed.bands, placed.bands[1:], strict=False))


def test_plain_rows_are_even() -> None:
    placed = place([PLAIN] * 4, [], 0, {})
    assert {b - a for a, b in zip(placed.starts, placed.starts[1:], strict=False)} == {29}


def test_only_a_phase_in_one_piece_is_whole() -> None:
    assert whole_phases([0, 0, 1, None, 1, 2, 3, 3]) == {0, 2, 3}


def test_a_note_belongs_to_the_band_above_it() -> None:
    placed = place([Row(15, 0, 0), Row(15, 0, 1)], [(1, 24.0)], 0, {})
    assert placed.bands[0].top < placed.notes[0] < placed.bands[0].bottom


def test_long_figures_repeat_their_heads() -> None:
    assert len(place([PLAIN] * 200, [], 0, {}).strips) == 4
    assert place([PLAIN] * 30, [], 0, {}).strips == []
