"""Changes of life in, stretches out."""

import msgspec

from seqdiag.diagram import Life
from seqdiag.layout.lifelines import Lifeline, lifelines
from tests import diagrams


def told(*turns: tuple[float, Life, bool], before: Life = "none", bottom: float = 100) -> list[tuple[float, float, str]]:
    line = Lifeline({1: (before, False)}, 0)
    for y, life, inferred in turns:
        line.turn(1, life, inferred, y)
    line.finish(bottom)
    return [(s.top, s.bottom, s.look) for s in line.stretches]


def test_a_whole_life() -> None:
    assert told((10, "opening", False), (20, "open", False), (50, "closing", False), (60, "closed", False)) == [
        (0, 10, "none"),
        (10, 20, "thin"),
        (20, 50, "thick"),
        (50, 60, "thin"),
        (60, 68, "thin"),
    ]


def test_inferred_is_hollow_and_what_never_closes_goes_on() -> None:
    assert told((10, "open", True)) == [(0, 10, "none"), (10, 100, "hollow")]


def test_a_column_is_as_alive_as_the_most_alive_of_its_sessions() -> None:
    line = Lifeline({1: ("open", False), 2: ("none", False)}, 0)
    line.turn(2, "opening", False, 10)
    line.turn(1, "closed", False, 20)
    line.turn(2, "closed", False, 30)
    line.finish(99)
    assert [s.look for s in line.stretches] == ["thick", "thin", "thin"] and line.ends == [38]


def test_what_still_arrives_after_the_close_keeps_it_dashed() -> None:
    diagram = diagrams.smtp()
    ys = [float(20 * k) for k, _ in enumerate(diagram.messages)]
    server = lifelines(diagram, ys, ys, -10, 999)["p2"]
    assert [s.look for s in server.stretches] == ["none", "thin", "hollow", "thin", "thin", "none"]
    assert server.ends == [ys[-2] + 8] and server.stretches[-1].bottom == ys[-1] + 8


def test_nothing_is_said_of_a_session_without_states() -> None:
    diagram = diagrams.smtp()
    bare = tuple(msgspec.structs.replace(m, sender_state=None, receiver_state=None) for m in diagram.messages)
    ys = [float(k) for k, _ in enumerate(bare)]
    line = lifelines(msgspec.structs.replace(diagram, messages=bare), ys, ys, 0, 99)["p1"]
    assert [(s.top, s.bottom, s.look) for s in line.stretches] == [(0, 99, "thin")]
