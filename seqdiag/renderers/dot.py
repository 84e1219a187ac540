"""Diagram in, Graphviz source out: who spoke with whom. A host is a node, all conversations of one kind are an edge.

The edge leads from who opened to who was asked. One that failed is told by its line, its head and a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seqdiag.diagram import Conversation, Diagram, Outcome
from seqdiag.renderers import graphs
from seqdiag.renderers.base import PALETTES, RenderOptions
from seqdiag.text import Shown, shown
from seqdiag.words import Lang, say

NAME = "dot"
SUFFIXES: tuple[str, ...] = (".dot", ".gv")
MEDIA_TYPE = "text/vnd.graphviz"

LINES: dict[Outcome, dict[str, str]] = {
    "ok": {"style": "solid", "arrowhead": "normal"},
    "refused": {"style": "dashed", "arrowhead": "tee"},
    "unanswered": {"style": "dotted", "arrowhead": "empty"},
    "reset": {"style": "solid", "arrowhead": "teenormal"},
}

MOST_EDGES = 200
"""Past that Graphviz takes minutes and no reader follows."""

PORTS_BY_NAME = 3


class Kind(NamedTuple):
    """What the conversations of one edge have in common."""

    client: Shown
    server: Shown
    transport: str
    protocol: Shown | None
    outcome: Outcome


def render(diagram: Diagram, options: RenderOptions) -> bytes:
    palette = PALETTES[options.theme]
    edges: dict[Kind, list[Conversation]] = {}
    for one in diagram.conversations:
        edges.setdefault(Kind(one.client, one.server, one.transport, one.protocol, one.outcome), []).append(one)
    drawn = list(edges)[:MOST_EDGES]
    remarks = [shown(say(diagram.lang, "dot.more", count=len(edges) - len(drawn)))] if len(drawn) < len(edges) else []
    graph = graphs.digraph("hosts", diagram, palette, remarks, rankdir="LR", nodesep="0.5", ranksep="1.2")
    ids = {host: f"h{i}" for i, host in enumerate(dict.fromkeys(host for kind in drawn for host in kind[:2]), 1)}
    for host, name in ids.items():
        graph.node(name, label=graphs.label(graphs.said("name", host, palette.ink)), color=palette.client, fillcolor=palette.pill)
    for kind in drawn:
        failed = kind.outcome != "ok"
        colour = palette.alert if failed else palette.client
        words = [say(diagram.lang, f"dot.{kind.outcome}")] if failed else []
        lines = [graphs.said("wire", shown(_service(kind, edges[kind], diagram.lang)), colour)]
        lines += [
            graphs.said("words", shown(text), palette.alert if text in words else palette.grey)
            for text in (*words, *_counts(edges[kind], diagram.lang))
        ]
        graph.edge(ids[kind.client], ids[kind.server], label=graphs.label(*lines), color=colour, penwidth="1.7", **LINES[kind.outcome])
    return graphs.source(graph)


def _service(kind: Kind, conversations: Sequence[Conversation], lang: Lang) -> str:
    """`SMTP tcp/25`; many ports are counted."""
    ports = sorted({one.port for one in conversations if one.port is not None})
    if len(ports) > PORTS_BY_NAME:
        where = f"{kind.transport}, {say(lang, 'dot.ports', count=len(ports))}"
    else:
        where = "/".join(filter(None, (kind.transport, ",".join(map(str, ports)))))
    return f"{kind.protocol} {where}" if kind.protocol else where


def _counts(conversations: Sequence[Conversation], lang: Lang) -> list[str]:
    """Two lines: how many conversations, and what was said in them; a failed one may have said nothing."""
    messages, size = sum(one.messages for one in conversations), sum(one.bytes for one in conversations)
    lines = [say(lang, "dot.conversations", count=len(conversations))]
    if messages or size:
        joint = "，" if lang == "zh" else ", "
        lines.append(joint.join((say(lang, "dot.messages", count=messages), say(lang, "dot.bytes", count=size))))
    return lines
