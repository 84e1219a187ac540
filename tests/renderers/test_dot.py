"""Who talks to whom, as Graphviz source."""

from __future__ import annotations

import msgspec

from seqdiag.diagram import Conversation, Diagram, Outcome
from seqdiag.renderers import RENDERERS, RenderOptions
from seqdiag.renderers.dot import MOST_EDGES
from seqdiag.text import Shown
from tests import diagrams


def talk(server: str, port: int, outcome: Outcome = "ok", protocol: str | None = "SMTP") -> Conversation:
    said = 0 if outcome in ("refused", "unanswered") else 10
    return Conversation(1, Shown("a"), Shown(server), port, "tcp", Shown(protocol) if protocol else None, outcome, said, said * 100)


def figure(*conversations: Conversation) -> Diagram:
    return msgspec.structs.replace(diagrams.smtp(), conversations=conversations)


def source(diagram: Diagram) -> str:
    return RENDERERS["dot"].render(diagram, RenderOptions()).decode()


def edges(diagram: Diagram) -> list[str]:
    return [line for line in source(diagram).splitlines() if " -> " in line]


def test_conversations_of_one_kind_are_one_edge() -> None:
    found = edges(figure(talk("b", 25), talk("b", 587), talk("b", 25), talk("c", 25)))
    assert len(found) == 2
    assert "SMTP tcp/25,587" in found[0]
    assert "3 conversations" in found[0] and "30 messages, 3,000 bytes" in found[0]
    assert "1 conversation<" in found[1]


def test_many_ports_are_counted() -> None:
    (edge,) = edges(figure(*(talk("b", port, "refused", None) for port in range(1, 2001))))
    assert "tcp, 2,000 ports" in edge and "messages" not in edge


def test_failures_are_told_without_colour() -> None:
    ok, *failed = edges(figure(talk("b", 25), talk("b", 25, "refused"), talk("b", 25, "unanswered"), talk("b", 25, "reset")))
    assert "arrowhead=normal" in ok and "style=solid" in ok
    for edge, words, head in zip(failed, ("refused", "no answer", "reset"), ("tee", "empty", "teenormal"), strict=True):
        assert f"<I>{words}</I>" in edge and f"arrowhead={head}" in edge


def test_what_is_not_drawn_is_counted() -> None:
    drawn = figure(*(talk(f"b{i}", 25) for i in range(MOST_EDGES + 7)))
    assert len(edges(drawn)) == MOST_EDGES
    assert "7 more pairs of hosts not drawn" in source(drawn)


def test_a_host_that_talks_to_itself_is_one_node() -> None:
    assert "h1 -> h1" in edges(figure(talk("a", 25)))[0]
