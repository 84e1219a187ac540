"""All renderers by name, and by the suffix of the file that they write. None is imported before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqdiag.errors import UsageError
from seqdiag.registry import Registry
from seqdiag.renderers.base import Renderer, RenderOptions

if TYPE_CHECKING:
    from seqdiag.renderers import dot, json, mermaid, pdf, plantuml, png, states, svg, text, timing

    CHECKED: tuple[Renderer, ...] = (dot, json, mermaid, pdf, plantuml, png, states, svg, text, timing)

__all__ = ["RENDERERS", "SUFFIXES", "RenderOptions", "Renderer", "for_suffix"]

RENDERERS: Registry[Renderer] = Registry(
    "renderer",
    "seqdiag.renderers",
    {
        "svg": "seqdiag.renderers.svg",
        "png": "seqdiag.renderers.png",
        "pdf": "seqdiag.renderers.pdf",
        "plantuml": "seqdiag.renderers.plantuml",
        "mermaid": "seqdiag.renderers.mermaid",
        "text": "seqdiag.renderers.text",
        "json": "seqdiag.renderers.json",
        "dot": "seqdiag.renderers.dot",
        "states": "seqdiag.renderers.states",
        "puml-timing": "seqdiag.renderers.timing",
    },
)

SUFFIXES = {
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".puml": "plantuml",
    ".plantuml": "plantuml",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".txt": "text",
    ".json": "json",
    ".dot": "dot",
    ".gv": "dot",
}
"""The renderers' own SUFFIXES, known without importing them."""


def for_suffix(suffix: str) -> str:
    """`.puml` in, `plantuml` out."""
    try:
        return SUFFIXES[suffix.lower()]
    except KeyError:
        raise UsageError(f"no renderer writes {suffix!r} files; known: {', '.join(SUFFIXES)} (or name one with -T)") from None
