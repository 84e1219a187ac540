"""The free stretches of a row."""

from seqdiag.layout.columns import Needs, place
from seqdiag.layout.field import Field

FOUR = place(Needs([80] * 4, {}, {}, times=30, deltas=30, meanings=100))
FIELD = Field(FOUR, {})
BARRED = Field(FOUR, {(1, 1): 30.0})


def test_a_label_over_its_own_gap() -> None:
    low, high, across = FIELD.label(1, 2, 100, True)
    assert FOUR.lifelines[1] < low < high < FOUR.lifelines[2] and not across


def test_over_an_arrow_that_passes_lifelines_it_takes_the_middle_gap_then_the_senders() -> None:
    assert FIELD.label(0, 3, 100, True) == FIELD.gap(1)
    assert FIELD.label(0, 2, 100, True) == FIELD.gap(0)
    assert FIELD.label(2, 0, 100, True) == FIELD.gap(1)


def test_a_label_wider_than_any_gap_passes_lifelines_only_where_no_bar_stands() -> None:
    assert FIELD.label(0, 3, 400, True).across
    assert BARRED.label(0, 3, 400, True) == BARRED.gap(0)


def test_states_stand_away_from_the_other_end_and_loops_away_from_states() -> None:
    assert (FIELD.pill(0, 1).side, FIELD.pill(1, 0).side) == (-1, 1)
    assert FIELD.loop(1).way == 1 and FIELD.pill(1, 1).side == -1
    assert FIELD.loop(3).way == -1 and FIELD.pill(3, 3).side == 1


def test_a_state_ends_before_a_bar() -> None:
    pill = BARRED.pill(2, 3)
    assert pill.near - pill.room > FOUR.lifelines[1] + 30
