"""`seqdiag sessions IN...`: the conversations in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from seqdiag.cli import console
from seqdiag.cli import options as shared

if TYPE_CHECKING:
    from seqdiag.pipeline import SessionRow


@click.command()
@shared.inputs
@shared.selection
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(inputs: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """List the conversations in IN...: ends, protocol, duration, bytes, how each opened and closed, and a verdict."""
    from seqdiag import pipeline

    selection = shared.select(options)
    understood = shared.read(inputs, options)
    rows = [pipeline.session_row(dialogue) for dialogue in pipeline.dialogues(understood, selection)]
    if as_json:
        import msgspec

        console.put(msgspec.json.encode(row) + b"\n" for row in rows)
        return
    console.put_lines(_table(rows))


def _table(rows: Sequence[SessionRow]) -> list[str]:
    """Aligned columns, as wide as the screen, or as they need where it is none."""
    import shutil
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from seqdiag.text import shown, terminal

    colours = console.coloured()
    table = Table(box=None, pad_edge=False, header_style="bold" if colours else "")
    for heading in ("#", "client", "server", "protocol", "start", "duration", "packets", "bytes", "opened", "closed", "verdict"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in ("#", "duration", "packets", "bytes") else "left")
    for row in rows:
        cells = (
            str(row.session),
            row.client,
            row.server,
            row.protocol or row.transport,
            clock(row.first),
            "" if row.first is None or row.last is None else f"{(row.last - row.first) / 1e9:.3f} s",
            f"{row.packets['client']}+{row.packets['server']}",
            f"{row.bytes['client']:,}+{row.bytes['server']:,}",
            row.opened or "",
            row.closed or "",
            row.verdict,
        )
        texts = [Text(terminal(shown(cell))) for cell in cells]
        texts[-1].style = "green" if row.verdict == "ok" else "red"
        table.add_row(*texts)
    page = StringIO()
    width = shutil.get_terminal_size().columns if console.to_terminal() else 400
    Console(
        file=page, width=width, highlight=False, force_terminal=colours, color_system="standard" if colours else None, no_color=not colours
    ).print(table)
    return [line.rstrip() for line in page.getvalue().splitlines()]


def clock(t: int | None) -> str:
    """`2018-12-14 07:44:17` (UTC); the plain seconds where no calendar has that date."""
    import time

    if t is None:
        return ""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(t // 1_000_000_000))
    except (ValueError, OverflowError, OSError):
        return f"{t // 1_000_000_000} s"
