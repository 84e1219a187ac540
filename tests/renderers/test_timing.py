"""The timing diagram as PlantUML source."""

from __future__ import annotations

from seqdiag.diagram import Diagram
from seqdiag.renderers import RENDERERS, RenderOptions
from tests import diagrams


def source(diagram: Diagram) -> list[str]:
    return RENDERERS["puml-timing"].render(diagram, RenderOptions()).decode().splitlines()


def test_a_lane_for_each_end_and_for_the_protocol() -> None:
    lanes = [line for line in source(diagrams.smtp()) if line.startswith(("robust", "concise"))]
    assert [lane.split(" as ")[1] for lane in lanes] == ["p1s1", "p2s1", "m1x0"]
    assert lanes[2] == 'concise "SMTP" as m1x0'


def test_states_stand_at_their_times() -> None:
    lines = source(diagrams.smtp())
    at = lines.index("@24")
    assert lines[at + 1 : at + 3] == ['p1s1 is "ESTABLISHED"', "p2s1 -> p1s1 : SYN, ACK"]
    assert lines[lines.index("@0") + 1 : lines.index("@0") + 3] == [
        'p1s1 is "SYN<U+002D>SENT"'.replace("<U+002D>", "-"),
        'p2s1 is "<i>SYN-RECEIVED (inferred)</i>"',
    ]
    assert any("Time in milliseconds" in line for line in lines)


def test_a_short_one_counts_microseconds_and_one_without_times_its_messages() -> None:
    assert "@345" in source(diagrams.aborted())
    lines = source(diagrams.inferred())
    assert "@1" in lines and "@8" in lines and any("axis counts messages" in line for line in lines)


def test_labels_without_room_are_counted() -> None:
    lines = source(diagrams.smtp())
    arrows = [line for line in lines if " -> " in line]
    bare = sum(" : " not in arrow for arrow in arrows)
    assert len(arrows) == len(diagrams.smtp().messages) and bare > 0
    assert any(f"{bare} arrows have no room" in line for line in lines)
