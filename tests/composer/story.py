"""A Diagram told line by line, so that a test of the composer reads like a transcript."""

from __future__ import annotations

from typing import Any

from seqdiag import pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.diagram import Diagram, State
from seqdiag.events import Point, Recording
from tests.connections.playbook import Playbook
from tests.talk import understood


def compose(given: Playbook | pipeline.Understood, **options: Any) -> Diagram:
    """What the pipeline draws of a play or of what was understood."""
    if isinstance(given, Playbook):
        given = understood(Recording({"p1": Point("capture", "play.pcap")}, list(given.events)))
    return pipeline.diagram(given, pipeline.dialogues(given), ComposeOptions(**options))


def _state(state: State | None) -> str:
    return "-" if state is None else f"{state.text}{'?' if state.inferred else ''}"


def story(diagram: Diagram, states: bool = False) -> list[str]:
    """`dialogue C: QUIT` for each message (its lines parted by ` | `), `* words` for each note; with states on request."""
    told: list[str] = []
    for i, message in enumerate(diagram.messages):
        told += [f"* {note.text}" for note in diagram.notes if note.before == i]
        side = "C" if diagram.participants[int(message.sender[1:]) - 1].role == "client" else "S"
        kind = diagram.phases[message.phase].kind if message.phase is not None else ""
        marks = "".join(f" !{mark}" for mark in message.marks)
        after = f" -> {_state(message.sender_state)} / {_state(message.receiver_state)}" if states else ""
        told.append(f"{kind} {side}: {' | '.join(line.text() for line in message.lines)}{marks}{after}")
    return told + [f"* {note.text}" for note in diagram.notes if note.before == len(diagram.messages)]


def bars(diagram: Diagram) -> list[tuple[str, int, int]]:
    return [(bar.title, bar.first, bar.last) for bar in diagram.bars]
