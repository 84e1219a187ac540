"""Writes what the documentation takes from the code: the state machines, from the tables that the program walks.

    python docs/generate.py [--check]

Everything between `<!-- from the code: NAME -->` and `<!-- end -->` is replaced; `--check` only says what is stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from seqdiag.connections import states
from seqdiag.protocols import pop3, smtp

DOCS = Path(__file__).parent
BLOCK = re.compile(r"(<!-- from the code: (\S+) -->\n).*?(<!-- end -->)", re.S)
TABLES: dict[str, Mapping[tuple[str, str], str]] = {
    "tcp-states": states.TRANSITIONS,
    "smtp-states": smtp.TRANSITIONS,
    "pop3-states": pop3.TRANSITIONS,
}


def diagram(table: Mapping[tuple[str, str], str]) -> str:
    """A transition table as a Mermaid state diagram, arrows between the same two states joined."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, happened), after in table.items():
        arrows.setdefault((before, after), []).append(happened)
    names = {name: f"s{i}" for i, name in enumerate(dict.fromkeys(name for pair in arrows for name in pair))}
    lines = ["```mermaid", "stateDiagram-v2", *(f'    state "{name}" as {key}' for name, key in names.items())]
    lines += [f"    {names[before]} --> {names[after]}: {', '.join(happened)}" for (before, after), happened in arrows.items()]
    return "\n".join([*lines, "```"])


def table(rows: Mapping[tuple[str, str], str]) -> str:
    """The same as a Markdown table."""
    lines = ["| state | what happens | next state |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {before} | {happened} | {after} |" for (before, happened), after in rows.items())])


def generated(name: str) -> str:
    rows = TABLES[name]
    return f"{diagram(rows)}\n\n{table(rows)}\n"


def main(argv: list[str]) -> int:
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text("utf-8")
        fresh = BLOCK.sub(lambda match: match[1] + "\n" + generated(match[2]) + "\n" + match[3], text)
        if fresh != text:
            stale.append(path.name)
            if "--check" not in argv:
                path.write_text(fresh, "utf-8")
    print("stale:" if "--check" in argv else "written:", ", ".join(stale) or "none")
    return int(bool(stale) and "--check" in argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
