"""The state machine with the path taken, as Graphviz source."""

from __future__ import annotations

import re

import msgspec
import pytest

from seqdiag.diagram import Diagram
from seqdiag.errors import NothingMatched
from seqdiag.renderers import RENDERERS, RenderOptions
from seqdiag.text import Shown
from tests import diagrams
from tests.diagrams import SMTP, move, path

THIN = re.compile(r"penwidth=1[] ]")


def source(diagram: Diagram) -> list[str]:
    return RENDERERS["states"].render(diagram, RenderOptions()).decode().splitlines()


def edges(diagram: Diagram) -> list[str]:
    return [line for line in source(diagram) if " -> " in line]


def test_every_state_stands_there_and_those_not_visited_are_pale() -> None:
    nodes = [line for line in source(diagrams.smtp()) if "peripheries" in line]
    assert [next(name for name in ("connected", "greeted", "closed", "mail", "rcpt") if f">{name}<" in node) for node in nodes] == [
        "connected",
        "greeted",
        "closed",
        "mail",
        "rcpt",
    ]
    assert ["penwidth=1.8" in node for node in nodes] == [True, True, True, False, False]
    assert ["peripheries=2" in node for node in nodes] == [False, False, True, False, False]


def test_the_path_is_thick_and_numbered_and_the_rest_is_there() -> None:
    taken = [edge for edge in edges(diagrams.smtp()) if "penwidth=2.6" in edge]
    assert [text in edge for edge, text in zip(taken[1:], ("1 EHLO 2yz", "2 QUIT 2yz"), strict=True)] == [True, True]
    others = [edge for edge in edges(diagrams.smtp()) if THIN.search(edge)]
    assert any("MAIL 2yz" in edge for edge in others) and not any("EHLO" in edge for edge in others)


def test_a_rule_of_many_states_leads_from_their_list() -> None:
    assert any("connected, greeted, mail, rcpt" in line for line in source(diagrams.smtp()))
    assert sum("QUIT 2yz" in edge and THIN.search(edge) is not None for edge in edges(diagrams.smtp())) == 1


def test_what_is_inferred_is_dashed_and_what_repeats_is_counted() -> None:
    inferred, again = [edge for edge in edges(diagrams.inferred()) if "penwidth=2.6" in edge][1:]
    assert "1 RCPT 2yz" in inferred and "style=dashed" in inferred
    assert "2 RCPT 2yz ×9" in again and "style=solid" in again
    alternating = [move(a, "RCPT 2yz", b) for a, b in [("rcpt", "rcpt"), ("rcpt", "mail"), ("mail", "rcpt")] * 9]
    long = msgspec.structs.replace(diagrams.smtp(), machines=(SMTP,), paths=(path("smtp", "rcpt", *alternating),))
    assert any("1, 4, 7, … RCPT 2yz ×9" in edge for edge in edges(long))


def test_both_ends_of_tcp_are_told_apart_without_colour() -> None:
    text = "\n".join(source(diagrams.aborted()))
    assert "C1 send SYN" in text and "C2 send RST" in text and "S1 send SYN+ACK" in text


def test_sessions_are_clusters_and_one_without_states_is_said() -> None:
    clusters = [line for line in source(diagrams.interleaved()) if "subgraph" in line]
    assert len(clusters) == 2
    one = msgspec.structs.replace(diagrams.interleaved(), paths=diagrams.interleaved().paths[:1])
    assert any("no states to draw for session 2" in line for line in source(one))


def test_a_path_that_is_cut_says_why() -> None:
    cut = msgspec.structs.replace(diagrams.smtp().paths[0], end=Shown("the connection ends here"))
    assert any("the connection ends here" in line for line in source(msgspec.structs.replace(diagrams.smtp(), paths=(cut,))))


def test_no_states_at_all_is_an_error_that_says_so() -> None:
    with pytest.raises(NothingMatched, match="none of the chosen conversations has a state machine"):
        source(msgspec.structs.replace(diagrams.smtp(), paths=()))
