"""What must find room in, where lifelines stand out."""

from itertools import pairwise

from seqdiag.layout.columns import MOST, Needs, place


def gaps(needs: Needs) -> list[float]:
    return [b - a for a, b in pairwise(place(needs).lifelines)]


def test_two_stand_420_apart_and_wider_for_a_label() -> None:
    assert gaps(Needs([100, 100], {}, {})) == [420]
    assert gaps(Needs([100, 100], {(0, 1): 600}, {})) == [632]


def test_many_stand_240_apart_and_a_spanning_label_spreads_them_evenly() -> None:
    assert gaps(Needs([80] * 4, {}, {})) == [240] * 3
    assert gaps(Needs([80] * 4, {(0, 3): 808}, {})) == [280] * 3


def test_past_the_most_they_close_up_as_far_as_heads_permit() -> None:
    assert place(Needs([100, 100], {(0, 1): 5000}, {})).width <= MOST
    assert gaps(Needs([150] * 60, {(0, 1): 900}, {})) == [166] * 59


def test_pills_bars_times_and_meanings_have_room_outside() -> None:
    columns = place(Needs([100, 100], {}, {}, times=40, deltas=30, gutter=True, pills=(80, 90), bars=(0, 24), meanings=120))
    assert columns.axis is not None and columns.left < columns.times < columns.axis < columns.deltas
    assert columns.lifelines[0] - columns.deltas >= 80 + 12
    assert columns.meaning >= columns.lifelines[-1] + 24 and columns.right >= columns.meaning + 120


def test_no_column_at_all() -> None:
    assert place(Needs([], {}, {})).lifelines == ()
