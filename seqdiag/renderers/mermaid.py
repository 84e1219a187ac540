"""Diagram in, Mermaid source out: only what Mermaid 10, 11 and 12 draw alike.

A phase is a tinted `rect` that opens with a note. Mermaid has no italics here, so a middle dot stands between time,
wire text and meaning. Its hosts have limits: `limit()` says when a source is past them, and the source says it itself.
"""

from __future__ import annotations

from pathlib import Path

from seqdiag import templating
from seqdiag.diagram import Diagram
from seqdiag.provenance import Finding
from seqdiag.renderers import base

NAME = "mermaid"
SUFFIXES = (".mmd", ".mermaid")
MEDIA_TYPE = "text/vnd.mermaid"

BANDS = {
    "handshake": "rgba(11, 83, 148, 0.09)",
    "close": "rgba(154, 59, 0, 0.08)",
    "abort": "rgba(179, 38, 30, 0.12)",
    "": "rgba(140, 149, 159, 0.07)",
}
"""By `Phase.kind`, translucent, so that they suit a host's light look and its dark one."""

HIGHLIGHT = "rgba(255, 200, 0, 0.28)"

LIMITS: dict[base.Target | None, tuple[int, str]] = {
    None: (50_000, "Mermaid draws an error instead of more than 50,000 characters (maxTextSize)"),
    "github": (50_000, "GitHub draws an error instead of more than 50,000 characters"),
    "gitlab": (2_000, "GitLab draws no more than 2,000 characters a page before the reader asks for it"),
}


def render(diagram: Diagram, options: base.RenderOptions) -> bytes:
    """The source as UTF-8; a comment leads it where it is past its target's limit."""
    source = templating.render(
        "mermaid/sequence.mmd",
        Path(options.templates) if options.templates else None,
        diagram=diagram,
        stretches=base.stretches(diagram, options.times),
        unit=base.unit(options.times),
        bands=BANDS,
        highlight=HIGHLIGHT,
        outer=",".join(dict.fromkeys((diagram.participants[0].id, diagram.participants[-1].id))),
        flat=base.flat,
        head=base.head,
        ends=base.ends,
        remarks=base.remarks(diagram),
    )
    past = limit(source, options.target)
    return (f"%% {past.text}\n{source}" if past else source).encode()


def limit(source: str, target: base.Target | None) -> Finding | None:
    """What a host will not draw, or None."""
    most, what = LIMITS[target]
    if len(source) <= most:
        return None
    return Finding(f"{what}, and this figure has {len(source):,}: split it with --split N")
