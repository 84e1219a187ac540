"""The errors a user can cause, each with its exit code. Anything else that escapes is a bug of ours (70)."""

from __future__ import annotations


class SeqdiagError(Exception):
    """One line that names the input, the place in it, and what to do."""

    exit_code = 70


class UsageError(SeqdiagError):
    """A wrong option, or a file that is not there."""

    exit_code = 2


class InputError(SeqdiagError):
    """An input that cannot be read: empty, of no known format, or past a limit."""

    exit_code = 3


class LimitError(InputError):
    """A limit was reached; the message names the option that raises it."""


class NothingMatched(SeqdiagError):
    """Nothing matched the selection, or there is nothing in the input."""

    exit_code = 4


class ToolMissing(SeqdiagError):
    """An external tool is missing; the message says what to install."""

    exit_code = 5


class DamagedInput(SeqdiagError):
    """Damaged input under `--strict`."""

    exit_code = 6


class OutputError(SeqdiagError):
    """The output could not be written."""

    exit_code = 7
