"""Messages in, their departures and arrivals out: seen, or estimated from where the capture stood."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from seqdiag.diagram import Diagram, Message, Session
from seqdiag.layout.edges import Seen, edges, seen
from seqdiag.layout.scale import px_per_ms
from seqdiag.provenance import Origin
from tests import diagrams

MS = 1_000_000
WAY = {"to_client": 0, "to_server": 12 * MS}


def made(taken_at: str | None, *messages: Message, **ways: int) -> Diagram:
    session = Session(1, "p1", "p2", None, "none", None, taken_at, ways.get("to_client"), ways.get("to_server"))  # type: ignore[arg-type]
    return replace(diagrams.aborted(), sessions=(session,), messages=messages, phases=(), bars=(), notes=())


def sent(t: float, way: int = 1, arrived: float | None = None, t_end: float | None = None, packets: int = 1) -> Message:
    ends = ("p1", "p2") if way > 0 else ("p2", "p1")
    origins = tuple(Origin("a", n) for n in range(1, packets + 1))
    came = None if arrived is None else round(arrived * MS)
    return Message(1, *ends, (), round(t * MS), round((t if t_end is None else t_end) * MS), origins=origins, arrived=came)


def ends(diagram: Diagram) -> list[tuple[float, float]]:
    return [(edge.departs / MS, edge.arrives / MS) for edge in edges(diagram, 2)]


@pytest.mark.parametrize(
    ("taken_at", "ways", "asked", "answered"),
    [
        ("client", WAY, (0, 12), (18, 30)),
        ("server", {"to_client": 12 * MS, "to_server": 0}, (-12, 0), (30, 42)),
        ("between", {"to_client": 2 * MS, "to_server": 10 * MS}, (-2, 10), (20, 32)),
        ("unknown", {}, (0, 0), (30, 30)),
        (None, {}, (0, 0), (30, 30)),
    ],
)
def test_one_capture_adds_the_way_to_the_end_that_it_did_not_see(
    taken_at: str | None, ways: dict[str, int], asked: tuple[float, float], answered: tuple[float, float]
) -> None:
    assert ends(made(taken_at, sent(0), sent(30, -1), **ways)) == [asked, answered]


def test_two_captures_saw_both_ends_and_the_axis_is_the_clients() -> None:
    diagram = made("both", sent(0, arrived=11), sent(20, -1, arrived=33), **WAY)
    assert ends(diagram) == [(0, 11), (20, 33)]
    assert [edge.t for edge in edges(diagram)] == [0, 33 * MS]


@pytest.mark.parametrize(
    ("taken_at", "asked", "answered"),
    [
        ("client", Seen(True, False), Seen(False, True)),
        ("server", Seen(False, True), Seen(True, False)),
        ("between", Seen(False, False), Seen(False, False)),
        ("unknown", Seen(True, False), Seen(True, False)),
        (None, Seen(True, True), Seen(True, True)),
    ],
)
def test_a_capture_saw_what_left_and_came_where_it_stood(taken_at: str | None, asked: Seen, answered: Seen) -> None:
    diagram = made(taken_at, sent(0), sent(30, -1))
    assert tuple(seen(message, diagram.sessions[0]) for message in diagram.messages) == (asked, answered)


def test_a_message_of_packets_that_lie_apart_has_two_edges() -> None:
    assert len(edges(made("client", sent(0, t_end=50, packets=3)), 2)) == 2
    assert len(edges(made("client", sent(0, t_end=1, packets=3)), 2)) == 1
    assert len(edges(made("client", replace(sent(0, t_end=50, packets=3), times=3)), 2)) == 1


def test_the_order_is_that_of_observation_whatever_the_clock_says() -> None:
    assert [edge.message for edge in edges(made(None, sent(50), sent(20, -1), sent(30)))] == [0, 1, 2]


def test_the_scale_lets_the_usual_arrow_fall_and_cuts_few_waits() -> None:
    turns = made("client", *(sent(t, way) for k in range(9) for t, way in ((k * 30, 1), (k * 30 + 29, -1))), **WAY)
    assert px_per_ms(edges(turns)) * 12 == pytest.approx(26, abs=0.1)
    slow = made("client", *(sent(k * 5000) for k in range(9)), **WAY)
    assert px_per_ms(edges(slow)) * 5000 <= 120
    assert px_per_ms(edges(made("client", sent(0), sent(0, -1)))) == 0


def test_the_scale_grows_so_that_packets_can_cross() -> None:
    """The second left 9 ms before the first had come: its row needs room in those 9 ms."""
    crossing = made("client", sent(0), sent(15, -1), sent(400), sent(800, -1), **WAY)
    assert px_per_ms(edges(crossing)) * 9 == pytest.approx(24, rel=0.01)
    hardly = made("client", sent(0), sent(23.9, -1), sent(400), sent(800, -1), **WAY)
    assert px_per_ms(edges(hardly)) == pytest.approx(0.3, rel=0.01)
