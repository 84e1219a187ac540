"""Options that several verbs share, and what they mean to the pipeline."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqdiag.cli import console
from seqdiag.errors import DamagedInput, UsageError

if TYPE_CHECKING:
    from seqdiag.pipeline import Selection, Understood

NUMBERS = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
DECODE_AS = re.compile(r"\s*(tcp|udp)\.port\s*==\s*([0-9]{1,5})\s*,\s*(\S+)\s*")

F = TypeVar("F", bound=Callable[..., Any])


def inputs(function: F) -> F:
    """IN... and how to read it."""
    return _decorate(
        function,
        click.argument("inputs", nargs=-1, metavar="IN...", callback=_with_points),
        click.option(
            "--points",
            metavar="A,B",
            is_eager=True,
            expose_value=False,
            callback=_remember_points,
            help="Inputs that are captures of the same conversations at two points (found out without, where it shows).",
        ),
        click.option("--clocks-synced", is_flag=True, help="The clocks of two capture points are known to agree."),
        click.option("--from", "from_format", metavar="FORMAT", help="The input's format, where detection is wrong or refuses."),
        click.option("--strict", is_flag=True, help="Damaged input is an error (exit 6)."),
        click.option("-q", "--quiet", is_flag=True, help="No remarks on standard error; errors are still said."),
        click.option("--max-packet", type=click.IntRange(1), metavar="BYTES", help="Largest packet (262144)."),
        click.option("--max-block", type=click.IntRange(1), metavar="BYTES", help="Largest pcapng block (16 MiB)."),
        click.option("--max-input", type=click.IntRange(1), metavar="BYTES", help="Largest decompressed input (4 GiB)."),
        click.option("--max-ratio", type=click.IntRange(1), metavar="N", help="Largest compression ratio after 16 MiB (200)."),
    )


def _remember_points(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    ctx.meta["points"] = tuple(name for name in (value or "").split(",") if name)


def _with_points(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    names = (*value, *ctx.meta.get("points", ()))
    if not names and not ctx.resilient_parsing:
        raise click.MissingParameter(ctx=ctx, param=param)
    return names


def selection(function: F) -> F:
    """Which conversations."""
    return _decorate(
        function,
        click.option(
            "-s", "--session", "sessions", metavar="N[,N..]", help="Conversations by number (`sessions` lists them): 1,4-6 or all."
        ),
        click.option("--host", "hosts", multiple=True, metavar="ADDRESS", help="Only conversations with this address."),
        click.option("--port", "ports", multiple=True, type=click.IntRange(1, 65535), metavar="N", help="Only with this port."),
        click.option("--proto", "protocols", multiple=True, metavar="NAME", help="Only this protocol: smtp, pop3, tls."),
        click.option("-d", "--decode-as", multiple=True, metavar="tcp.port==N,NAME", help="Read this port as this protocol."),
    )


def secrets(function: F) -> F:
    return _decorate(function, click.option("--show-secrets", is_flag=True, help="Show passwords and tokens instead of [hidden]."))


def output(function: F) -> F:
    return _decorate(function, click.option("-o", "--output", metavar="OUT", default="-", help="The file to write; - is standard output."))


def _decorate(function: F, *decorators: Callable[[F], F]) -> F:
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


def read(names: Sequence[str], options: dict[str, Any]) -> Understood:
    """The inputs read; what was understood and given up on goes to standard error."""
    from seqdiag import pipeline
    from seqdiag.sources.base import Limits

    limits = {key: options[key] for key in ("max_packet", "max_block", "max_input", "max_ratio") if options.get(key) is not None}
    points = bool(click.get_current_context().meta.get("points"))
    understood = pipeline.read(names, options.get("from_format"), Limits(**limits), points=points, synced=options["clocks_synced"])
    if not options.get("quiet"):
        for sentence in understood.detected:
            console.say(sentence)
        console.say_findings(understood.findings)
    damage = next((finding for finding in understood.findings if finding.damage), None)
    if options.get("strict") and damage is not None:
        raise DamagedInput(f"{damage} (without --strict, the rest is drawn)")
    return understood


def select(options: dict[str, Any]) -> Selection:
    from seqdiag.pipeline import Selection, check_protocols

    decode_as = dict(map(_decode_as, options["decode_as"]))
    protocols = [name.lower() for name in options["protocols"]]
    check_protocols([*protocols, *decode_as.values()])
    numbers, everything = _numbers(options["sessions"])
    return Selection(numbers, everything, tuple(map(_host, options["hosts"])), tuple(options["ports"]), tuple(protocols), decode_as)


def _host(text: str) -> str:
    """An address as captures write it: `[::1]` and `0:0::1` are `::1`. A name stays as it is."""
    import ipaddress

    bare = text.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare


def _numbers(text: str | None) -> tuple[frozenset[int] | None, bool]:
    if text is None:
        return None, False
    text = str(text)  # a settings file may say 3
    if text.strip() == "all":
        return None, True
    numbers: set[int] = set()
    for part in text.split(","):
        match = NUMBERS.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 0 < first <= last < 1_000_000:
            raise UsageError(f"-s {text}: conversations are numbers: 1,4-6, or all")
        numbers.update(range(first, last + 1))
    return frozenset(numbers), False


def _decode_as(text: str) -> tuple[tuple[str, int], str]:
    match = DECODE_AS.fullmatch(text)
    if match is None:
        raise UsageError(f"-d {text}: say it as tcp.port==2525,smtp")
    return (match[1], int(match[2])), match[3].lower()
