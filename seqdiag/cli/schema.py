"""`seqdiag schema`: the event list's JSON Schema."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """Print the JSON Schema of one line of the event list, made from the types that read it."""
    import json

    from seqdiag import eventlist
    from seqdiag.cli.console import put

    put([json.dumps(eventlist.schema(), indent=2, ensure_ascii=False).encode(), b"\n"])
