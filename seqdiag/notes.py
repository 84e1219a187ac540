"""The notes file: TOML in, what a person wants said beside a capture out. It survives a redraw, as it is not in the figure.

Each `[[message]]` selects messages, and says what to do with them; docs/notes.md shows it. Whatever the file says that is
not understood is an error, so that no note is lost to a slip of the pen.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path, PurePath
from typing import Annotated, Literal, TypeAlias

import msgspec

from seqdiag.errors import InputError, UsageError
from seqdiag.provenance import Finding, Origin
from seqdiag.text import Shown, shown

SUFFIX = ".notes.toml"
MOST_BYTES = 1 << 20

Number: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]

HEADER = re.compile(r"^[ \t]*\[\[[ \t]*message[ \t]*\]\]", re.MULTILINE)
AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
PLACE = re.compile(r"\.message\[(\d+)\](.*)", re.DOTALL)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which messages (all that is set must fit), and what to do with each of them."""

    session: Number | None = None
    n: Number | None = None
    """As `seqdiag messages` counts within the session."""
    frame: Number | Text | None = None
    """12, or "mail.pcap:12" where several inputs have one."""
    match: Text | None = None
    """The whole text of a line or of a part of it, or its first word: a command's verb, a reply's code."""
    note: Text | None = None
    place: Literal["before", "after"] = "before"
    highlight: bool = False
    hide: bool = False
    text: Text | None = None
    """Own words instead of the label."""

    def __post_init__(self) -> None:
        if self.n is None and self.frame is None and self.match is None:
            raise ValueError("selects no message: give it n, frame or match")
        if not (self.note or self.highlight or self.hide or self.text):
            raise ValueError("does nothing: give it note, highlight, hide or text")
        if self.hide and (self.highlight or self.text):
            raise ValueError("hide leaves nothing to highlight or to replace")
        if self.place != "before" and not self.note:
            raise ValueError("place is for a note, and it has none")

    def __str__(self) -> str:
        """How it selects: `session 1, n 7`."""
        chosen = [(name, getattr(self, name)) for name in ("session", "n", "frame", "match")]
        return ", ".join(
            f"{name} {value!r}" if isinstance(value, str) else f"{name} {value}" for name, value in chosen if value is not None
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Text | None = None
    order: tuple[Text, ...] = ()
    names: dict[Text, Text] = {}
    message: tuple[Entry, ...] = ()


class Annotations(msgspec.Struct, frozen=True):
    """`names` and `order` as on the command line, which wins. `source`: the file's name. `lines`: where each entry begins."""

    messages: tuple[Entry, ...] = ()
    names: dict[str, str] = {}
    order: tuple[str, ...] = ()
    title: str | None = None
    source: Shown = Shown("")
    lines: tuple[int, ...] = ()

    def origin(self, index: int) -> Origin | None:
        """Where in the file an entry begins, where that is known."""
        return Origin(self.source, self.lines[index]) if index < len(self.lines) else None

    def concerns(self, finding: Finding) -> bool:
        """Whether this file is what the finding is about."""
        return finding.origin.source == self.source if finding.origin else finding.text.startswith(f"{self.source}: ")


def beside(name: str | os.PathLike[str]) -> Path:
    """`mail.pcap` in, `mail.notes.toml` out."""
    path = PurePath(name)
    return Path(path.with_name(path.stem + SUFFIX))


def read(name: str | os.PathLike[str]) -> Annotations:
    """UsageError where there is no such file, InputError where it is not understood."""
    path = Path(name)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MOST_BYTES:
        raise InputError(f"{path}: is larger than {MOST_BYTES:,} bytes: no notes file")
    try:
        text = raw.decode()
        table = tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{path}: cannot be read as TOML: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path}: cannot be read as TOML: {error}") from None
    lines = _lines(text, table)
    try:
        file = msgspec.convert(table, _File)
    except msgspec.ValidationError as error:
        raise InputError(_told(path, str(error), lines)) from None
    return Annotations(file.message, file.names, file.order, file.title, Shown(shown(str(path)).replace("\n", "\u240a")), lines)


def _lines(text: str, table: dict[str, object]) -> tuple[int, ...]:
    """The line of each `[[message]]`; none where the headers found are not the entries (one inside a text, an inline table)."""
    found = tuple(text.count("\n", 0, match.start()) + 1 for match in HEADER.finditer(text))
    entries = table.get("message")
    return found if isinstance(entries, list) and len(entries) == len(found) else ()


def _told(path: Path, error: str, lines: tuple[int, ...]) -> str:
    """`mail.notes.toml:12: message 3: unknown field `nte``."""
    match = AT.fullmatch(error)
    what, where = (match["what"], match["path"] or "") if match else (error, "")
    what = what.replace("Object contains", "has an").replace("Expected", "expected").replace("Invalid", "invalid")
    entry = PLACE.fullmatch(where)
    if entry is None:
        return f"{path}: {where.removeprefix('.')}: {what}" if where else f"{path}: {what}"
    index = int(entry[1])
    place = f"{path}:{lines[index]}" if index < len(lines) else str(path)
    return f"{place}: message {index + 1}{entry[2].replace('.', ', ')}: {what}"
