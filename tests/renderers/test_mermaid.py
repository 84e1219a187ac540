"""Mermaid source, line by line."""

from __future__ import annotations

import re

import pytest

from seqdiag.diagram import Diagram
from seqdiag.renderers import RENDERERS, RenderOptions, mermaid
from tests import diagrams

SYNTAX = re.compile(
    r"sequenceDiagram|title .+|accTitle: .+|accDescr: .+|participant p\d+ as .+|rect rgba\([\d., ]+\)|end"
    r"|Note over p\d+(,p\d+)?: .+|p\d+-?-(>>|x|\))p\d+: .+"
)


def source(diagram: Diagram, options: RenderOptions | None = None) -> list[str]:
    return RENDERERS["mermaid"].render(diagram, options or RenderOptions()).decode().splitlines()


@pytest.mark.parametrize("name", diagrams.ALL)
def test_only_syntax_that_every_major_has(name: str) -> None:
    lines = source(diagrams.ALL[name]())
    assert [line for line in lines if not SYNTAX.fullmatch(line)] == []
    assert lines.count("end") == sum(line.startswith("rect") for line in lines)


def test_a_transcript() -> None:
    assert source(diagrams.inferred()) == [
        "sequenceDiagram",
        "title SMTP from a transcript · swaks.log",
        "accTitle: SMTP from a transcript",
        "accDescr: swaks.log",
        "participant p1 as client",
        "participant p2 as mx.example.org",
        "rect rgba(11, 83, 148, 0.09)",
        "Note over p1,p2: Handshake (inferred)",
        "p1--)p2: SYN",
        "p2--)p1: SYN, ACK",
        "p1--)p2: ACK",
        "end",
        "rect rgba(140, 149, 159, 0.07)",
        "Note over p1,p2: SMTP",
        "p2->>p1: 220 mx.example.org ESMTP · service ready",
        "p1->>p2: HELO me",
        "p2->>p1: 250 mx.example.org · completed",
        "p1->>p2: QUIT",
        "p2->>p1: 221 Bye · closing the channel",
        "end",
        "Note over p1,p2: === Connection closed with remote host.",
    ]


def test_lost_resent_refused() -> None:
    lines = source(diagrams.smtp())
    assert any(line.startswith("p1-xp2: 163.9 ms<br/>MAIL FROM#58;#60;alice@example.net#62;<br/>RCPT") for line in lines)
    assert "p1-->>p2: 367.9 ms · the same four commands" in lines
    assert any("<br/>⚠ 550 5.1.1 #60;carol@example.org#62;#58; no such user · mailbox unavailable<br/>" in line for line in lines)


@pytest.mark.parametrize(
    ("target", "size", "warning"),
    [
        (None, 50_000, None),
        (None, 50_001, "maxTextSize"),
        (
            "github",
            50_001,
            "GitHub draws an error instead of more than 50,000 characters, and this figure has 50,001: split it with --split N",
        ),
        ("gitlab", 2_001, "GitLab draws no more than 2,000 characters a page"),
    ],
)
def test_limits(target: str | None, size: int, warning: str | None) -> None:
    found = mermaid.limit("x" * size, target)  # type: ignore[arg-type]
    assert found is None if warning is None else found is not None and warning in found.text


def test_a_figure_past_a_limit_says_so_in_a_comment() -> None:
    assert source(diagrams.smtp(), RenderOptions(target="gitlab"))[0].startswith("%% GitLab draws no more than 2,000 characters")
    assert source(diagrams.smtp(), RenderOptions(target="github"))[0] == "sequenceDiagram"
