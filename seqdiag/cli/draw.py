"""`seqdiag draw IN... [-o OUT]`: the main job."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

from seqdiag.cli import console
from seqdiag.cli import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqdiag.notes import Annotations

FORMATS = {
    "svg": "svg",
    "png": "png",
    "pdf": "pdf",
    "puml": "plantuml",
    "plantuml": "plantuml",
    "mmd": "mermaid",
    "mermaid": "mermaid",
    "txt": "text",
    "text": "text",
    "json": "json",
    "dot": "dot",
    "gv": "dot",
    "states": "states",
    "puml-timing": "puml-timing",
}

BINARY = ("png", "pdf")


@click.command()
@shared.inputs
@shared.output
@click.option(
    "-T", "--format", "format_", type=click.Choice(sorted(FORMATS)), help="The figure's format, where OUT's suffix does not tell."
)
@shared.selection
@shared.secrets
@click.option("--first", type=click.IntRange(1), metavar="N", help="At most so many messages.")
@click.option("--tcp", type=click.Choice(["full", "phases", "none"]), default="phases", show_default=True, help="Which bare TCP segments.")
@click.option("--fold/--no-fold", default=True, help="Leave out what repeats and caps long figures (always said in the caption).")
@click.option("--explain/--no-explain", default=True, help="What reply codes mean, beside the arrow.")
@click.option(
    "-t",
    "times",
    type=click.Choice(["r", "d", "a", "ad"]),
    default="r",
    show_default=True,
    help="Times: relative, delta, absolute, with date.",
)
@click.option("--time", type=click.Choice(["scale", "rows"]), default="scale", show_default=True, help="Time to scale, or even rows (SVG).")
@click.option("--name", "names", multiple=True, metavar="HOST[:PORT]=LABEL", help="A label for an address.")
@click.option("--order", metavar="LABEL[,LABEL..]", help="Columns from the left, by label or address; the others follow.")
@click.option("--notes", metavar="FILE", help="Your notes on the figure (without: INPUT.notes.toml beside a single input).")
@click.option("--no-notes", is_flag=True, help="Leave a notes file out.")
@click.option("--split", type=click.IntRange(1), metavar="N", help="Pages of at most N messages: OUT-1.svg, OUT-2.svg, ...")
@click.option("--title", metavar="TEXT", help="The figure's title.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="The figure's language.")
@click.option(
    "--theme", type=click.Choice(["auto", "light", "dark", "print"]), default="auto", show_default=True, help="Colours (SVG, PNG, PDF)."
)
@click.option(
    "--scale", type=click.FloatRange(0.25, 8), default=2, show_default=True, metavar="N", help="Pixels of a PNG for each px of the SVG."
)
@click.option("--width", type=click.IntRange(40, 10000), metavar="N", help="Cells of a text figure.")
@click.option("--ascii", "ascii_", is_flag=True, help="No character above ASCII in a text figure.")
@click.option("--plantuml-compat", is_flag=True, help="PlantUML source for versions as old as 1.2020.02.")
@click.option("--target", type=click.Choice(["github", "gitlab"]), help="Warn about this site's limits (Mermaid).")
@click.option(
    "--templates", metavar="DIR", type=click.Path(exists=True, file_okay=False), help="Your own templates. They are code: trust them."
)
def command(inputs: tuple[str, ...], output: str, format_: str | None, **options: Any) -> None:
    """Draw captures, event lists or transcripts (IN..., - is standard input) as one sequence diagram.

    Without -o the figure goes to standard output: as text to a terminal, else as SVG.
    """
    from seqdiag import pipeline
    from seqdiag.composer import ComposeOptions, pages
    from seqdiag.errors import DamagedInput, NothingMatched
    from seqdiag.renderers import RenderOptions, for_suffix

    if options["split"] and output == "-":
        raise click.UsageError("--split writes a file for each page: name them with -o")
    if format_ is not None:
        renderer = FORMATS[format_]
    elif output != "-":
        renderer = for_suffix(PurePath(output).suffix)
    else:
        renderer = "text" if console.to_terminal() else "svg"
    if renderer in BINARY and output == "-" and console.to_terminal():
        raise click.UsageError(f"-T {format_}: is not for a terminal; name a file with -o")
    selection = shared.select(options)
    understood = shared.read(inputs, options)
    chosen = pipeline.dialogues(understood, selection)
    many = len(chosen) > pipeline.DRAWN_UNASKED and renderer != "dot"  # (one edge for all of a kind)
    if many and not (selection.any and selection.numbers is not None) and not selection.everything:
        listed = "; ".join(f"{d.connection.number}: {d.connection.client} to {d.connection.server}" for d in chosen[:5])
        raise NothingMatched(f"{understood.source}: {len(chosen)} conversations match ({listed}; ...); choose with -s N, or -s all")
    notes = _notes(inputs, options)
    names = dict(_name(text) for text in options["names"])
    compose = ComposeOptions(
        lang=options["lang"],
        tcp=options["tcp"],
        fold=options["fold"],
        explain=options["explain"],
        show_secrets=options["show_secrets"],
        first=options["first"],
        title=options["title"],
        names=names,
        order=tuple(label.strip() for label in (options["order"] or "").split(",") if label.strip()),
        annotations=notes,
    )
    how = RenderOptions(
        theme=options["theme"],
        scale=options["scale"],
        width=options["width"] or _terminal_width(renderer),
        ascii=options["ascii_"],
        compat=options["plantuml_compat"],
        target=options["target"],
        times=options["times"],
        time=options["time"],
        templates=options["templates"],
    )
    figure = pipeline.diagram(understood, chosen, compose)
    lost = [finding for finding in figure.findings if notes.concerns(finding)]
    if options["strict"] and any(finding.damage for finding in lost):
        raise DamagedInput(f"{next(finding for finding in lost if finding.damage)} (without --strict, the rest is drawn)")
    if not options["quiet"]:
        console.say_findings(lost)
        console.say_findings(finding for dialogue in chosen for finding in dialogue.connection.findings)
        unknown = [d.connection for d in chosen if d.protocol is None and any(d.connection.bytes.values())]
        for c in unknown[: pipeline.DRAWN_UNASKED]:
            console.say(f"conversation {c.number} ({c.client} to {c.server}): no decoder knows its protocol; drawn as bytes")
        if len(unknown) > pipeline.DRAWN_UNASKED:
            console.say(f"{len(unknown) - pipeline.DRAWN_UNASKED} more conversations of unknown protocols; drawn as bytes")
    inputs = (*inputs, notes.source) if notes.source else inputs
    if options["split"]:
        drawn = [pipeline.render(page, renderer, how) for page in pages(figure, options["split"])]
        _write_pages(PurePath(output), drawn, inputs, options["quiet"])
    else:
        console.write(output, pipeline.render(figure, renderer, how), inputs)


def _write_pages(output: PurePath, drawn: Sequence[bytes], inputs: Sequence[str], quiet: bool) -> None:
    """All of them or none."""
    from seqdiag.output import write_all

    names = [str(output.with_name(f"{output.stem}-{number}{output.suffix}")) for number in range(1, len(drawn) + 1)]
    write_all([*zip(names, drawn, strict=True)], inputs)
    if not quiet:
        console.say(f"{len(names)} pages: {names[0]} to {names[-1]}" if len(names) > 1 else f"1 page: {names[0]}")


def _notes(inputs: Sequence[str], options: dict[str, Any]) -> Annotations:
    """The notes file that was named, or lies beside a single input."""
    from seqdiag.notes import Annotations, beside, read

    name = options["notes"]
    if options["no_notes"]:
        return Annotations()
    if name is None:
        found = beside(inputs[0]) if len(inputs) == 1 and inputs[0] != "-" else None
        if found is None or not found.is_file():
            return Annotations()
        if not options["quiet"]:
            console.say(f"notes: {found} (--no-notes leaves them out)")
        name = found
    return read(name)


def _name(text: str) -> tuple[str, str]:
    host, separator, label = text.partition("=")
    if not separator or not host or not label:
        raise click.UsageError(f"--name {text}: say it as HOST=LABEL or HOST:PORT=LABEL")
    return host, label


def _terminal_width(renderer: str) -> int | None:
    if renderer != "text" or not console.to_terminal():
        return None
    import shutil

    return shutil.get_terminal_size().columns
