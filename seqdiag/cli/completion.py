"""`seqdiag completion SHELL`: the completion script."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script: `eval "$(seqdiag completion bash)"`."""
    from click.shell_completion import get_completion_class

    from seqdiag.cli.console import put_lines
    from seqdiag.cli.group import cli

    found = get_completion_class(shell)
    assert found is not None
    put_lines([found(cli, {}, "seqdiag", "_SEQDIAG_COMPLETE").source()])
