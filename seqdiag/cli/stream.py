"""`seqdiag stream IN -s N --side client|server`: the reassembled bytes of one side, exactly."""

from __future__ import annotations

from typing import Any

import click

from seqdiag.cli import console
from seqdiag.cli import options as shared
from seqdiag.errors import UsageError


@click.command()
@shared.inputs
@click.option("-s", "--session", "number", type=click.IntRange(1), metavar="N", help="The conversation; needed where there are several.")
@click.option("--side", type=click.Choice(["client", "server"]), required=True, help="Whose bytes.")
@shared.output
def command(inputs: tuple[str, ...], number: int | None, side: str, output: str, **options: Any) -> None:
    """Write the reassembled bytes of one side of one conversation, exactly as they were sent. Nothing is hidden in them."""
    from seqdiag import pipeline
    from seqdiag.connections.connection import Chunk, Gap

    understood = shared.read(inputs, options)
    numbers = None if number is None else frozenset((number,))
    chosen = pipeline.dialogues(understood, pipeline.Selection(numbers))
    if len(chosen) > 1:
        raise UsageError(f"{understood.source}: {len(chosen)} conversations; choose one with -s N")
    dialogue = pipeline.guarded(chosen, show_secrets=False)[0]
    steps = [step for step in dialogue.connection.steps if isinstance(step, Chunk | Gap) and step.side == side]
    missing = sum(step.length for step in steps if isinstance(step, Gap))
    if missing and not options["quiet"]:
        console.say(f"{missing} bytes of this side were not captured and are left out")
    if any(placed.pdu.secrets for placed in dialogue.pdus if placed.pdu.side == side) and not options["quiet"]:
        masked = understood.recording.redaction != "none"
        console.say("asterisks stand for a secret that the input had masked" if masked else "these bytes hold a password or token")
    console.write(output, b"".join(step.data for step in steps if isinstance(step, Chunk)), inputs)
