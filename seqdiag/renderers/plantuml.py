"""Diagram in, PlantUML source out (a teoz sequence diagram).

Drawn alike by 1.2020.02 (Debian's) and 1.2026.8, but for labels past 2,000 characters: the new one refuses these on
an arrow, the old one misplaces them in a note (`compat` leaves them on the arrow). A phase is a coloured group, a TCP
state a hexagonal note, a protocol's own state a rectangular one. Ids are p1..pN; no text from the wire is syntax.
"""

from __future__ import annotations

import re
from pathlib import Path

from seqdiag import templating
from seqdiag.diagram import Diagram
from seqdiag.renderers import base

NAME = "plantuml"
SUFFIXES = (".puml", ".plantuml")
MEDIA_TYPE = "text/x-plantuml"

MOST_ON_AN_ARROW = 2000
"""UTF-16 units in an arrow's line; no other line has a limit."""
LONG_ARROW = re.compile(r"^(?P<arrow>(?P<sender>p\d+) \S+ (?P<receiver>p\d+)) : (?P<label>.{900,})$", re.MULTILINE)


def render(diagram: Diagram, options: base.RenderOptions) -> bytes:
    """The source as UTF-8. A theme other than `dark` or `print` is light: PlantUML cannot follow the reader's."""
    source = templating.render(
        "plantuml/sequence.puml",
        Path(options.templates) if options.templates else None,
        diagram=diagram,
        stretches=base.stretches(diagram, options.times),
        unit=base.unit(options.times),
        colours=base.PALETTES[options.theme],
        flat=base.flat,
        head=base.head,
        ends=base.ends,
        remarks=base.remarks(diagram),
    )
    return (source if options.compat else LONG_ARROW.sub(_with_note, source)).encode()


def _with_note(arrow: re.Match[str]) -> str:
    if len(arrow[0].encode("utf-16-le")) // 2 < MOST_ON_AN_ARROW:
        return arrow[0]
    return f"{arrow['arrow']}\nnote over {arrow['sender']}, {arrow['receiver']} : {arrow['label']}"
