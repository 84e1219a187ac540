"""The only door to Graphviz's package: a graph in our look, and labels whose texts cannot be markup.

Every label is of Graphviz's HTML-like kind, so that wire text, words and numbers differ in face as they do elsewhere;
every id is ours. `dot` itself is not needed: what is written is its source.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from graphviz import Digraph

from seqdiag.diagram import Diagram
from seqdiag.renderers.base import Palette
from seqdiag.text import Encoded, Shown, dot, token

__all__ = ["Digraph", "digraph", "label", "said", "source"]

Face: TypeAlias = Literal["title", "name", "pale", "wire", "words", "upright", "step"]
FACES: dict[Face, str] = {
    "title": '<FONT POINT-SIZE="15"><B>{}</B></FONT>',
    "name": '<FONT POINT-SIZE="13">{}</FONT>',
    "pale": '<FONT POINT-SIZE="13" COLOR="{colour}">{}</FONT>',
    "wire": '<FONT FACE="DejaVu Sans Mono" POINT-SIZE="10.5" COLOR="{colour}">{}</FONT>',
    "step": '<FONT FACE="DejaVu Sans Mono" POINT-SIZE="10.5" COLOR="{colour}"><B>{}</B></FONT>',
    "words": '<FONT POINT-SIZE="10" COLOR="{colour}"><I>{}</I></FONT>',
    "upright": '<FONT POINT-SIZE="10" COLOR="{colour}">{}</FONT>',
}
IDEOGRAPH = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


def said(face: Face, text: Shown, colour: str) -> Encoded:
    """A text in one face, for `label`. Ideographs are never slanted."""
    if face == "words" and IDEOGRAPH.search(text):
        face = "upright"
    return Encoded(FACES[face].format(dot(text), colour=token(colour)))


def label(*lines: Encoded) -> str:
    """Lines one below the other, as the value of a `label`."""
    return f"<{'<BR/>'.join(lines)}>"


def digraph(name: str, diagram: Diagram, palette: Palette, remarks: list[Shown], **attributes: str) -> Digraph:
    """An empty graph under the figure's title; the remarks stand below it."""
    head = [said("title", diagram.title, palette.ink)]
    head += [said("words", text, palette.grey) for text in (diagram.subtitle, *remarks) if text]
    graph = Digraph(name)
    graph.attr("graph", bgcolor=palette.ground, fontname="Arial", fontcolor=palette.ink, labelloc="t", label=label(*head))
    graph.attr("graph", pad="0.2", **attributes)
    graph.attr("node", shape="box", style="rounded,filled", fontname="Arial", fontcolor=palette.ink, margin="0.16,0.08")
    graph.attr("edge", fontname="Arial", arrowsize="0.8")
    return graph


def source(graph: Digraph) -> bytes:
    """The graph as UTF-8. (Only the package's own indentation is of tabs.)"""
    return str(graph.source).replace("\t", "    ").encode()
