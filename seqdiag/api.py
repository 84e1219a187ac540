"""The verbs of the command line as functions: inputs in, a Figure or typed rows out.

Inputs are paths of captures, event lists or transcripts. Times are integer nanoseconds since 1970 (UTC), or None
where the source has none. Errors are `seqdiag.errors`: UsageError (no such file, unknown name), InputError (empty,
unreadable, of no known format), LimitError, NothingMatched, ToolMissing (a library or a font), DamagedInput (`strict` only), OutputError.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Literal, TypeAlias

import msgspec

from seqdiag import __version__, eventlist, output, pipeline
from seqdiag.composer import ComposeOptions, pages
from seqdiag.diagram import Diagram
from seqdiag.errors import DamagedInput
from seqdiag.notes import Annotations
from seqdiag.notes import read as read_notes
from seqdiag.pipeline import MessageRow, Selection, SessionRow
from seqdiag.renderers import RENDERERS, RenderOptions, for_suffix
from seqdiag.words import Lang

Input: TypeAlias = str | os.PathLike[str]


class Figure(msgspec.Struct, frozen=True):
    """A drawn session. Jupyter shows it as it is; `save` writes the format that the file's suffix names."""

    diagram: Diagram
    options: RenderOptions
    inputs: tuple[str, ...] = ()

    def render(self, renderer: str) -> bytes:
        """The bytes of one format, by its renderer's name: svg, png, pdf, plantuml, mermaid, text, json."""
        return RENDERERS[renderer].render(self.diagram, self.options)

    def pages(self, most: int) -> list[Figure]:
        """The same in pages of at most `most` messages, each a figure of its own."""
        return [msgspec.structs.replace(self, diagram=page) for page in pages(self.diagram, most)]

    def save(self, path: Input) -> None:
        """Write `path` whole or not at all. UsageError for a suffix that no renderer writes, OutputError otherwise."""
        content = self.render(for_suffix(PurePath(path).suffix))
        output.write(path, content, self.inputs)

    @property
    def svg(self) -> str:
        return self.render("svg").decode()

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        """The text ladder."""
        return self.render("text").decode()


def draw(
    *inputs: Input,
    session: Sequence[int] | int | None = None,
    lang: Lang = "en",
    tcp: Literal["full", "phases", "none"] = "phases",
    theme: Literal["auto", "light", "dark", "print"] = "auto",
    time: Literal["scale", "rows"] = "scale",
    scale: float = 2,
    title: str | None = None,
    names: Mapping[str, str] | None = None,
    order: Sequence[str] = (),
    notes: Input | None = None,
    explain: bool = True,
    fold: bool = True,
    first: int | None = None,
    show_secrets: bool = False,
    strict: bool = False,
    from_format: str | None = None,
) -> Figure:
    """One figure of the chosen conversations (all, where `session` is None), in order of time.

    `session`: numbers as `sessions` gives them. `names`: labels by `HOST` or `HOST:PORT`. `order`: columns from the left, by
    label or address; the others follow. `notes`: a notes file (docs/notes.md). `first`: at most so many messages. `time`:
    drawn to scale, or in even rows. `scale`: pixels of a PNG for each px of the SVG. Passwords and tokens are hidden unless `show_secrets`.
    """
    understood = _read(inputs, from_format, strict)
    chosen = pipeline.dialogues(understood, _selection(session))
    written = Annotations() if notes is None else read_notes(notes)
    options = ComposeOptions(lang, tcp, fold, explain, show_secrets, first, title, names or {}, tuple(order), written)
    figure = pipeline.diagram(understood, chosen, options)
    lost = next((finding for finding in figure.findings if finding.damage and written.concerns(finding)), None)
    if strict and lost is not None:
        raise DamagedInput(str(lost))
    read = inputs if notes is None else (*inputs, notes)
    return Figure(figure, RenderOptions(theme=theme, time=time, scale=scale), tuple(os.fspath(name) for name in read))


def sessions(*inputs: Input, strict: bool = False, from_format: str | None = None) -> list[SessionRow]:
    """The conversations, in order of their first frame; fields as in `seqdiag sessions --json`."""
    return [pipeline.session_row(d) for d in pipeline.dialogues(_read(inputs, from_format, strict))]


def messages(
    *inputs: Input,
    session: Sequence[int] | int | None = None,
    show_secrets: bool = False,
    strict: bool = False,
    from_format: str | None = None,
) -> list[MessageRow]:
    """What was said, decoded, in order of observation; fields as in `seqdiag messages --json`."""
    chosen = pipeline.dialogues(_read(inputs, from_format, strict), _selection(session))
    return [row for d in pipeline.guarded(chosen, show_secrets) for row in pipeline.message_rows(d)]


def event_list(*inputs: Input, show_secrets: bool = False, strict: bool = False, from_format: str | None = None) -> bytes:
    """The event list (JSON Lines, UTF-8), secrets masked unless `show_secrets`; `draw` reads it back."""
    understood = _read(inputs, from_format, strict)
    recording = pipeline.shared_events(understood, pipeline.dialogues(understood), show_secrets)
    return b"".join(eventlist.write(recording, f"seqdiag {__version__}"))


def _read(inputs: Sequence[Input], from_format: str | None, strict: bool) -> pipeline.Understood:
    understood = pipeline.read(inputs, from_format)
    damage = next((finding for finding in understood.findings if finding.damage), None)
    if strict and damage is not None:
        raise DamagedInput(str(damage))
    return understood


def _selection(session: Sequence[int] | int | None) -> Selection:
    if session is None:
        return Selection()
    return Selection(frozenset((session,) if isinstance(session, int) else session))
