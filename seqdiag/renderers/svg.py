"""A Diagram in, an SVG out: `layout` places it, the template writes it, and this module only chooses the colours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seqdiag.text import Encoded, token

if TYPE_CHECKING:
    from seqdiag.diagram import Diagram
    from seqdiag.renderers.base import RenderOptions

NAME = "svg"
SUFFIXES: tuple[str, ...] = (".svg",)
MEDIA_TYPE = "image/svg+xml"

DASHES = {"life": "3 3", "repeat": "6 3", "guess": "4 2.5", "dots": "0.1 3.4", "pill": "2.5 2"}


class Colour(msgspec.Struct, frozen=True):
    """A paint as the template prints it: its class and its value."""

    name: Encoded
    colour: Encoded


def render(diagram: Diagram, options: RenderOptions) -> bytes:
    """The figure. Theme `auto` is light, and dark where the reader's system is."""
    from seqdiag import templating
    from seqdiag.layout import arrange, theme

    look = "light" if options.theme == "auto" else options.theme
    written = templating.render(
        "svg/figure.svg",
        Path(options.templates) if options.templates else None,
        scene=arrange(diagram, options.times, options.time == "scale"),
        lang=token("zh-CN" if diagram.lang == "zh" else "en"),
        sans=token(theme.SANS),
        families={name: token(family) for name, family in theme.FAMILIES.items()},
        paints={name: Colour(token(name), token(getattr(paint, look))) for name, paint in theme.PAINTS.items()},
        dark=[(token(name), token(paint.dark)) for name, paint in theme.PAINTS.items() if name != "none"]
        if options.theme == "auto"
        else [],
        voices=theme.VOICES,
        marks={name: token(outline) for name, outline in theme.MARKS.items()},
        dashes={name: token(dash) for name, dash in DASHES.items()},
    )
    return written.encode()
