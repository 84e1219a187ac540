"""`seqdiag events IN...`: the event list."""

from __future__ import annotations

from typing import Any

import click

from seqdiag.cli import console
from seqdiag.cli import options as shared


@click.command()
@shared.inputs
@shared.output
@shared.selection
@shared.secrets
def command(inputs: tuple[str, ...], output: str, **options: Any) -> None:
    """Write the events of IN... as JSON Lines, secrets masked; `seqdiag draw -` draws the same figure from them."""
    from seqdiag import __version__, eventlist, pipeline

    selection = shared.select(options)
    understood = shared.read(inputs, options)
    chosen = pipeline.dialogues(understood, selection)
    recording = pipeline.shared_events(understood, chosen, options["show_secrets"])
    console.write(output, b"".join(eventlist.write(recording, f"seqdiag {__version__}")), inputs)
