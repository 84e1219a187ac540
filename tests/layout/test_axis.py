"""Nanoseconds in, what stands beside the axis out."""

import msgspec
import pytest

from seqdiag.layout.axis import Clock, Times, moments, unit_for
from seqdiag.layout.edges import edges
from tests import diagrams

MS = 1_000_000


def told(times: Times, *ns: int | None) -> list[tuple[str, str]]:
    made = diagrams.aborted()
    messages = tuple(msgspec.structs.replace(made.messages[0], t=t, t_end=t) for t in ns)
    diagram = msgspec.structs.replace(made, messages=messages)
    found = edges(diagram)
    return [(m.label, m.delta) for m in moments(found, Clock(diagram, found, times)) if m]


@pytest.mark.parametrize(
    ("span", "finest", "shown"),
    [
        (9 * MS, MS, ("ms", "9.000")),
        (24 * MS, MS, ("ms", "24.0")),
        (24 * MS, MS // 50, ("ms", "24.00")),
        (24 * MS, MS // 900, ("ms", "24.000")),
        (9_999 * MS, MS, ("ms", "9,999.0")),
        (25_000 * MS, MS // 50, ("s", "25.000")),
        (5 * 10**15, MS, ("s", "5,000,000.0")),
    ],
)
def test_the_unit_follows_the_span_and_its_decimals_the_smallest_step(span: int, finest: int, shown: tuple[str, str]) -> None:
    unit = unit_for(span, finest)
    assert (unit.name, unit.number(span)) == shown


def test_relative_absolute_and_delta() -> None:
    t = diagrams.START
    assert told("r", t, t + 24 * MS, t + 3_635_400_000) == [("0.0", ""), ("24.0", "+24.0"), ("3,635.4", "+3,611.4")]
    assert told("d", t, t + 24 * MS) == [("", ""), ("", "+24.0")]
    assert told("a", t)[0][0] == "07:44:17.768725"
    assert told("ad", t)[0][0] == "2018-12-14 07:44:17.768725"
    assert told("ad", 10**30)[0][0].startswith("1,000,000")


def test_a_clock_that_goes_back_has_no_negative_delta() -> None:
    assert told("r", 50 * MS, 20 * MS, 30 * MS) == [("0.0", ""), ("-30.0", ""), ("-20.0", "+10.0")]


def test_no_time_no_moment() -> None:
    assert told("r", None, 5, None, 7) == [("0.000", ""), ("0.000", "+0.000")]
    untimed = diagrams.inferred()
    assert set(moments(edges(untimed), Clock(untimed, edges(untimed), "r"))) == {None}
