"""Rows in, y out: to scale where they fit, cut where nothing happens, and a slant that nothing steepens."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seqdiag.layout.edges import MS
from seqdiag.layout.rows import CUT_FROM, Row, place, slide, whole_phases

LEFT, RIGHT = 100.0, 520.0


def row(
    at: float,
    way: int = 1,
    delay: float = 0,
    scale: float = 0,
    label: float = 120,
    rise: float = 15,
    phase: int | None = None,
    index: int = 0,
) -> Row:
    """Of a packet that passes the client at `at` ms and is under way for `delay` ms."""
    fall, key = delay * scale, round(at * MS)
    up, down = (0.0, fall) if way > 0 else (fall, 0.0)
    ends = (key, key + round(delay * MS)) if way > 0 else (key - round(delay * MS), key)
    return Row(index, phase, key, True, *ends, up, down, LEFT, RIGHT, way, rise, label, LEFT + 8, RIGHT - 8, (0, 1), True, (None, None))


def ends(rows: list[Row], ys: list[float]) -> list[tuple[int, float]]:
    """Every instant at either lifeline with its y, in order of time."""
    found = [(one.departs, y - one.up) for one, y in zip(rows, ys, strict=True)]
    found += [(one.arrives, y + one.down) for one, y in zip(rows, ys, strict=True)]
    return sorted(found)


steps = st.lists(st.tuples(st.floats(0.01, 200), st.sampled_from([1, -1])), min_size=1, max_size=30)


@given(steps, st.floats(0, 20), st.sampled_from([0.0, 0.5, 2.0, 9.0]))
def test_what_says_that_it_is_to_scale_is(made: list[tuple[float, int]], delay: float, scale: float) -> None:
    rows, at = [], 0.0
    for step, way in made:
        at += step
        rows.append(row(at, way, delay, scale))
    placed = place(rows, [], 100, {}, scale)
    assert all(b > a for a, b in pairwise(placed.ys))
    for (above, below), (y, low), scaled in zip(pairwise(rows), pairwise(placed.ys), placed.scaled[1:], strict=True):
        exact = scale * (below.key - above.key) / MS
        assert low - y >= exact - 0.01 or (low - y < exact and any(cut.row and cut.top < low for cut in placed.cuts))
        assert not scaled or abs(low - y - exact) < 0.4
    for cut in placed.cuts:
        assert scale * (cut.end - cut.start) / MS > CUT_FROM and placed.ys[cut.row - 1] < cut.bottom <= placed.ys[cut.row]


def test_request_and_answer_fall_alike_and_their_turns_are_to_scale() -> None:
    """24 ms round trip: requests leave half a millisecond after the answer before, the server answers after 10 ms."""
    scale = 2.2
    rows = [row(at, way, 12, scale) for at, way in ((0, 1), (34, -1), (50, 1), (84, -1))]
    placed = place(rows, [], 100, {}, scale)
    assert placed.scaled[1:] == [True, True, True]
    assert [round(b - a, 1) for a, b in pairwise(placed.ys)] == [74.8, 35.2, 74.8]


def test_a_row_that_does_not_fit_moves_down_and_is_not_to_scale() -> None:
    placed = place([row(0), row(0.1)], [], 100, {}, 2.2)
    assert placed.scaled == [False, False] and placed.ys[1] - placed.ys[0] > 20


def test_packets_that_crossed_on_the_way_are_drawn_crossing() -> None:
    """Each was sent before the other had come, so neither answers the other."""
    scale = 3.0
    rows = [row(0, 1, 12, scale), row(15, -1, 12, scale)]
    placed = place(rows, [], 100, {}, scale)
    (sent, came), (answered, _) = ((y - one.up, y + one.down) for one, y in zip(rows, placed.ys, strict=True))
    assert sent < answered < came


def test_a_label_slides_towards_the_receiver_before_it_makes_room() -> None:
    scale = 2.2
    rows = [row(0, 1, 12, scale), row(24.5, -1, 12, scale, label=100)]
    placed = place(rows, [], 100, {}, scale)
    assert placed.middles[0] == (LEFT + RIGHT) / 2 > placed.middles[1]
    assert slide(rows[1], 1)[0] == LEFT + 8


def test_a_long_wait_is_cut_and_says_how_long() -> None:
    (cut,) = place([row(0, 1, 12, 2.2), row(3190, -1, 12, 2.2)], [], 100, {}, 2.2).cuts
    assert (cut.row, cut.end - cut.start) == (1, (3190 - 24) * MS)


def test_without_a_scale_rows_are_even() -> None:
    placed = place([row(at) for at in (0, 1, 5, 500)], [], 0, {}, 0)
    assert {round(b - a, 6) for a, b in pairwise(placed.ys)} == {29} and not placed.cuts and not any(placed.scaled)


def test_only_a_phase_in_one_piece_is_whole() -> None:
    assert whole_phases([0, 0, 1, None, 1, 2, 3, 3]) == {0, 2, 3}


def test_a_note_belongs_to_the_band_above_it() -> None:
    placed = place([row(0, phase=0), row(1, phase=1, index=1)], [(1, 24.0)], 0, {})
    assert placed.bands[0].top < placed.notes[0] < placed.bands[0].bottom


def test_the_edges_of_a_band_run_between_the_arrows_on_either_side() -> None:
    scale = 2.2
    rows = [row(0, 1, 12, scale, phase=0), row(50, -1, 12, scale, phase=1, index=1)]
    placed = place(rows, [], 100, {}, scale, {0})
    assert placed.bands[0].bottom < placed.bands[0].far_bottom == placed.bands[1].far_top


def test_long_figures_repeat_their_heads() -> None:
    assert len(place([row(at) for at in range(200)], [], 0, {}).strips) == 4
    assert place([row(at) for at in range(30)], [], 0, {}).strips == []
