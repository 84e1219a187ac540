"""Settings files in, default values of every verb's options out.

A flag wins over SEQDIAG_*, that over `[tool.seqdiag]` of the nearest pyproject.toml, that over the user's own file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seqdiag.errors import UsageError


def settings(verbs: Iterable[str]) -> dict[str, Any]:
    """`{"draw": {"lang": "zh"}, ...}`: top-level values are for every verb, `[tool.seqdiag.draw]` for one."""
    values: dict[str, Any] = {}
    user = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "seqdiag" / "config.toml"
    if user.is_file():
        values |= _load(user)
    for folder in (Path.cwd(), *Path.cwd().parents):
        project = folder / "pyproject.toml"
        if project.is_file():
            values |= _load(project).get("tool", {}).get("seqdiag", {})
            break
    names = set(verbs)
    common = {_key(key): value for key, value in values.items() if key not in names}
    return {verb: common | {_key(key): value for key, value in values.get(verb, {}).items()} for verb in names}


def _key(name: str) -> str:
    return name.replace("-", "_")


def _load(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as TOML: {error}") from None
