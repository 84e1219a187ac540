"""Any input in, a Recording out: the dict of sources, and the choice among them.

Detection looks at the first 64 KiB. An exclusive mark wins outright; otherwise the format that most lines fit, if at
least two do and no rival comes within a fifth of it (a format whose lines are all the winner's as well is no rival).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from seqdiag.errors import InputError, LimitError, UsageError
from seqdiag.events import Recording
from seqdiag.registry import Registry
from seqdiag.sources.base import Limits, Match, Source
from seqdiag.text import shown

if TYPE_CHECKING:
    from seqdiag.sources import capture, eventlist
    from seqdiag.sources.transcripts import cs, exim, exim_client, swaks

    CHECKED: tuple[Source, ...] = (capture, eventlist, swaks, exim, exim_client, cs)

__all__ = ["SOURCES", "Detected", "Limits", "Match", "Opened", "Source", "detect", "input_name", "open_input"]

SOURCES: Registry[Source] = Registry(
    "input format",
    "seqdiag.sources",
    {
        "capture": "seqdiag.sources.capture",
        "eventlist": "seqdiag.sources.eventlist",
        "swaks": "seqdiag.sources.transcripts.swaks",
        "exim": "seqdiag.sources.transcripts.exim",
        "exim-client": "seqdiag.sources.transcripts.exim_client",
        "cs": "seqdiag.sources.transcripts.cs",
    },
)
"""By name; of two that fit equally well, the earlier is the more specific."""

HEAD = 64 << 10
MIN_LINES = 2
RIVAL = 0.8
IN_MEMORY = 16 << 20
CHUNK = 1 << 20


class Detected(NamedTuple):
    """What an input is, and how many lines told so (0: an exclusive mark)."""

    name: str
    lines: int


class Opened(NamedTuple):
    """What was read, and what must be said of how it was understood: "swaks, 40 lines matched", or None where nothing
    was guessed. It is for the reader of the terminal and no part of the recording, so that a figure does not depend on it."""

    recording: Recording
    detected: str | None


def detect(head: bytes) -> Detected | None:
    """The format of an input that begins with `head`; None where none fits, or two do about as well."""
    matches: list[tuple[str, Match]] = []
    for name in SOURCES:
        match = SOURCES[name].recognise(head)
        if match is not None and match.exclusive:
            return Detected(name, 0)
        if match is not None and match.lines >= MIN_LINES:
            matches.append((name, match))
    if not matches:
        return None
    name, best = max(matches, key=lambda item: item[1].lines)
    rivals = [match for other, match in matches if other != name and match.lines > RIVAL * best.lines]
    if any(not match.numbers or not match.numbers <= best.numbers for match in rivals):
        return None
    return Detected(name, best.lines)


def open_input(path: str, from_format: str | None = None, limits: Limits | None = None) -> Opened:
    """Reads one input; `-` is standard input. `from_format`: a name of SOURCES, or None to find out.

    Raises UsageError where there is no such file or format, InputError where the input cannot be read or is of no
    known format.
    """
    limits = limits or Limits()
    name = input_name(path)
    source = SOURCES[from_format] if from_format is not None else None
    with _seekable(path, limits) as stream:
        start = stream.tell()
        head = stream.read(HEAD)
        stream.seek(start)
        if not head:
            raise InputError(f"{name}: empty file")
        detected = None
        if source is None:
            found = detect(head)
            if found is None:
                known = ", ".join(SOURCES)
                raise InputError(f"{name}: of no known format (tried {known}); if it is one of these, name it with --from")
            source = SOURCES[found.name]
            detected = f"{found.name}, {found.lines} lines matched" if found.lines else None
        return Opened(source.read(stream, name, limits), detected)


def input_name(path: str) -> str:
    """The file's name without its folder, as Origins and messages show it: displayable, one line; `stdin` for `-`."""
    if path == "-":
        return "stdin"
    return shown(os.fsencode(os.path.basename(path)).decode("utf-8", "replace")).replace("\n", "\u240a")  # noqa: PTH119


@contextmanager
def _seekable(path: str, limits: Limits) -> Iterator[BinaryIO]:
    """The input as a stream that can go back to its start; a pipe is copied first, to disk where it is large."""
    if path == "-":
        with _rewindable(sys.stdin.buffer, "stdin", limits) as stream:
            yield stream
        return
    try:
        opened = open(path, "rb")  # noqa: PTH123, SIM115
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a directory, not a file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise InputError(f"{path}: cannot be read: {reason}") from None
    with opened, _rewindable(opened, input_name(path), limits) as stream:
        yield stream


@contextmanager
def _rewindable(stream: BinaryIO, name: str, limits: Limits) -> Iterator[BinaryIO]:
    if stream.seekable():
        yield stream
        return
    from tempfile import SpooledTemporaryFile

    with SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
        while chunk := stream.read(CHUNK):
            copy.write(chunk)
            if copy.tell() > limits.max_input:
                raise LimitError(f"{name}: longer than {limits.max_input} bytes (--max-input)")
        copy.seek(0)
        yield cast(BinaryIO, copy)
