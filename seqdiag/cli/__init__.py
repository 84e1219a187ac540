"""The command line: one verb, one file; `main(argv)` -> exit code.

Results go to standard output or `-o`, everything else to standard error. An error is one line that names the input,
the place in it and what to do; never a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress


def entry() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command; its exit code. Nothing but SystemExit of our own making leaves it."""
    import click

    from seqdiag.cli.console import ReaderGone, say
    from seqdiag.cli.group import cli
    from seqdiag.errors import OutputError, SeqdiagError

    try:
        result = cli.main(args=list(argv) or ["--help"], prog_name="seqdiag", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as wrong:
        command = wrong.ctx.command_path if wrong.ctx is not None else "seqdiag"
        say(f"{wrong.format_message().rstrip('.')} (`{command} --help` tells more)")
        return 2
    except click.ClickException as wrong:
        say(wrong.format_message())
        return 2
    except click.Abort:
        return 130
    except SeqdiagError as error:
        say(str(error))
        if isinstance(error, OutputError):
            _forget_output()
        return error.exit_code
    except ReaderGone:
        _forget_output()
        return 0
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        say("the input needs more memory than this process may use")
        return 3
    except Exception as bug:
        if os.environ.get("SEQDIAG_DEBUG"):
            raise
        say(f"a bug of seqdiag ({type(bug).__name__}: {bug}); please report it with the input, SEQDIAG_DEBUG=1 shows where")
        return 70


def _forget_output() -> None:
    """What is still buffered for a standard output that takes no more has nowhere to go; the interpreter would try again."""
    with suppress(AttributeError, ValueError):  # it is closed, or no file at all
        number = sys.stdout.fileno()
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
