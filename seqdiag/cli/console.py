"""The two doors out of the program: results to standard output or a file, remarks and errors to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from seqdiag.errors import OutputError

if TYPE_CHECKING:
    from seqdiag.provenance import Finding

MOST_REMARKS = 20
"""Lines of remarks on one input; the rest is counted."""


class ReaderGone(Exception):
    """Whoever read our standard output has seen enough (`| head`). (Click takes a BrokenPipeError for a failure.)"""


def say(text: str) -> None:
    """One remark or error in one line, harmless for a terminal."""
    from seqdiag.text import shown, terminal

    if sys.stderr is not None:  # None: closed by whoever started us
        with suppress(OSError):
            print(f"seqdiag: {terminal(shown(' '.join(text.split())))}", file=sys.stderr)


def say_findings(findings: Iterable[Finding]) -> None:
    """One line each, and one line for all that say the same of different places."""
    alike: dict[str, list[Finding]] = {}
    for finding in findings:
        alike.setdefault(finding.text, []).append(finding)
    for first, *more in list(alike.values())[:MOST_REMARKS]:
        say(f"{first} (and {len(more)} times more)" if more else str(first))
    if len(alike) > MOST_REMARKS:
        say(f"{len(alike) - MOST_REMARKS} more remarks of other kinds")


def put(pieces: Iterable[bytes]) -> None:
    """Bytes to standard output. OutputError where it takes none; ReaderGone where nobody reads on."""
    if sys.stdout is None:
        raise OutputError("standard output: cannot be written: it is closed")
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        raise OutputError(f"standard output: cannot be written: {error.strerror or error}") from None


def put_lines(lines: Iterable[str]) -> None:
    """Lines of text to standard output, in its own encoding; what that lacks is written as an escape."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    put(f"{line}\n".encode(encoding, "backslashreplace") for line in lines)


def write(target: str, content: bytes, inputs: Iterable[str]) -> None:
    """To standard output (`-`) or, whole or not at all, to a file that is none of the inputs."""
    if target == "-":
        put([content])
        return
    from seqdiag import output

    output.write(target, content, inputs)


def to_terminal() -> bool:
    """Whether standard output is a person's screen."""
    return sys.stdout is not None and sys.stdout.isatty()


def coloured() -> bool:
    """`--color`; where it is `auto`, only on a terminal, and not where NO_COLOR is set (no-color.org)."""
    import click

    choice = click.get_current_context().find_root().params.get("color", "auto")
    return choice == "always" or (choice == "auto" and to_terminal() and not os.environ.get("NO_COLOR"))
