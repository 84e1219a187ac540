"""The command line: one verb, one file; `main(argv)` -> exit code.

Results go to standard output or `-o`, everything else to standard error. An error is one line that names the input,
the place in it and what to do; never a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def entry() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command; its exit code. Nothing but SystemExit of our own making leaves it."""
    import click

    from seqdiag.cli.group import cli
    from seqdiag.errors import SeqdiagError
    from seqdiag.text import shown, terminal

    def complain(text: str) -> None:
        print(f"seqdiag: {terminal(shown(' '.join(text.split())))}", file=sys.stderr)

    try:
        result = cli.main(args=list(argv), prog_name="seqdiag", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as wrong:
        complain(wrong.format_message())
        return 2
    except click.Abort:
        return 130
    except SeqdiagError as error:
        complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        # The reader has seen enough (`| head`); what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        complain("the input needs more memory than this process may use")
        return 3
    except Exception as bug:
        if os.environ.get("SEQDIAG_DEBUG"):
            raise
        complain(f"a bug of seqdiag ({type(bug).__name__}: {bug}); please report it with the input, SEQDIAG_DEBUG=1 shows where")
        return 70
