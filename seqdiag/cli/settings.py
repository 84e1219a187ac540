"""Settings files in, default values of options out.

A flag wins over SEQDIAG_*, that over `[tool.seqdiag]` of the nearest pyproject.toml, that over the user's own file
(`seqdiag/config.toml` in XDG_CONFIG_HOME, else ~/.config). An option has its long name in all of them: `lang = "zh"`
for every verb that has it, `[tool.seqdiag.draw] lang = "zh"` for one; SEQDIAG_LANG and SEQDIAG_DRAW_LANG likewise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdiag.errors import UsageError

if TYPE_CHECKING:
    from click import Command, Option

Layer = tuple[str, Mapping[str, Any]]
"""Where the values were found, and the values."""

FLAGS_ONLY = frozenset(("help", "version", "no-settings", "output", "show-secrets", "templates"))
"""Never taken from a file or a variable: what shows secrets, runs code or writes must be asked for on the spot."""


def layers() -> list[Layer]:
    """The settings files that there are, the user's own first; UsageError where one is no TOML or no table."""
    found: list[Layer] = []
    user = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")) / "seqdiag" / "config.toml"  # noqa: PTH111
    if user.is_file():
        found.append((str(user), _load(user)))
    for folder in _here():
        project = folder / "pyproject.toml"
        if project.is_file():
            found.append((str(project), _table(_table(_load(project), "tool", project), "seqdiag", project)))
            break
    return found


def defaults(command: Command, verb: str, found: Sequence[Layer], verbs: Sequence[str]) -> dict[str, Any]:
    """The command's parameters by their names in the program, as the files set them. `verb` "" is the program itself."""
    values: dict[str, Any] = {}
    known = dict(options(command))
    for path, layer in found:
        common = {key: value for key, value in layer.items() if key not in verbs}
        own = _table(layer, verb, path)
        for key, value in [*common.items(), *own.items()]:
            option = known.get(key.replace("_", "-"))
            if option is None and key in own:
                raise UsageError(f"{path}: {verb} has no setting {key!r}; known: {', '.join(sorted(known))}")
            if option is not None and isinstance(value, dict):
                raise UsageError(f"{path}: {key} must be a value, not a table")
            if option is not None and option.name is not None:
                values[option.name] = [value] if option.multiple and not isinstance(value, list) else value
    return values


def name_variables(command: Command, verb: str) -> None:
    """Each option reads SEQDIAG_DRAW_LANG, then SEQDIAG_LANG."""
    for long, option in options(command):
        name = long.replace("-", "_").upper()
        option.envvar = [f"SEQDIAG_{verb.upper()}_{name}", f"SEQDIAG_{name}"] if verb else [f"SEQDIAG_{name}"]


def options(command: Command) -> Iterator[tuple[str, Option]]:
    """The options that may be set, by their long names."""
    import click

    for param in command.params:
        if isinstance(param, click.Option):
            long = next((name[2:] for name in param.opts if name.startswith("--")), param.name or "")
            if long not in FLAGS_ONLY:
                yield long, param


def _here() -> list[Path]:
    """The current folder and those above it; none where it was deleted."""
    try:
        here = Path.cwd()
    except OSError:
        return []
    return [here, *here.parents]


def _load(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as TOML: {error}") from None


def _table(table: Mapping[str, Any], key: str, path: object) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{path}: {key} must be a table")
    return value
