"""`seqdiag messages IN...`: the decoded dialogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seqdiag.cli import console
from seqdiag.cli import options as shared

if TYPE_CHECKING:
    from seqdiag.pipeline import MessageRow


@click.command()
@shared.inputs
@shared.selection
@shared.secrets
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(inputs: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """List what was said in IN..., decoded, one line each, in order of observation."""
    from seqdiag import pipeline

    selection = shared.select(options)
    understood = shared.read(inputs, options)
    chosen = pipeline.guarded(pipeline.dialogues(understood, selection), options["show_secrets"])
    if as_json:
        import msgspec

        encoder = msgspec.json.Encoder()
        console.put(encoder.encode(row) + b"\n" for dialogue in chosen for row in pipeline.message_rows(dialogue))
        return
    from seqdiag.text import shown, terminal

    def line(row: MessageRow, start: int | None) -> str:
        time = "" if row.t is None or start is None else f"{(row.t - start) / 1e9:.6f}"
        arrow = "-->" if row.sender == "client" else "<--"
        return f"{row.session}  {row.n:>4}  {time:>12}  {arrow}  {terminal(shown(row.text.replace(chr(10), ' ')))}"

    console.put_lines(line(row, dialogue.connection.first) for dialogue in chosen for row in pipeline.message_rows(dialogue))
