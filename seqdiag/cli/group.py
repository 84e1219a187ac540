"""The verbs by name. A verb's module is imported when the verb is used, or when its help is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

from seqdiag import __version__
from seqdiag.cli import settings

VERBS = {
    "draw": "Draw a capture, an event list or a transcript as a sequence diagram.",
    "sessions": "List the conversations in it: who, when, how opened and closed.",
    "messages": "List what was said, decoded, one line each.",
    "stream": "Write the reassembled bytes of one side of one conversation.",
    "events": "Write the event list; `seqdiag draw -` reads it back.",
    "schema": "Print the JSON Schema of the event list.",
    "doctor": "Check the installation and name the optional tools found.",
    "completion": "Print the shell completion script.",
}


class Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"seqdiag.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        settings.name_variables(command, cmd_name)
        if ctx.obj:
            ctx.default_map = {cmd_name: settings.defaults(command, cmd_name, ctx.obj, list(VERBS))}
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(f"no such command {args[0]!r}; known: {', '.join(VERBS)}", ctx)
        return super().resolve_command(ctx, args)


def _settings(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Before any other parameter: the settings files, for this command and (`obj`) for the verb."""
    settings.name_variables(cli, "")
    if not value and not ctx.resilient_parsing:
        ctx.obj = settings.layers()
        ctx.default_map = settings.defaults(cli, "", ctx.obj, list(VERBS))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="seqdiag", message="%(prog)s %(version)s")
@click.option("--no-settings", is_eager=True, expose_value=False, is_flag=True, callback=_settings, help="Read no settings file.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours on a terminal (NO_COLOR is obeyed by auto)."
)
def cli(color: str) -> None:
    """Turn protocol sessions (packet captures, recordings, transcripts) into sequence diagrams."""
