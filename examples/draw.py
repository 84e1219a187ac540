"""Draws the figures of every example, or of the named ones: a case's one input in, its five figures beside it out.

.venv/bin/python examples/draw.py [CASE...]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
FIGURES = {
    "figure.svg": (),
    "figure.zh.svg": ("--lang", "zh"),
    "figure.puml": (),
    "figure.mmd": (),
    "figure.txt": (),
}
"""A figure's file name, and the options that it is drawn with besides `-o`."""


def inputs() -> dict[str, Path]:
    """Every case by its name, with the capture, log or text that its figures are drawn from."""
    found = [*EXAMPLES.glob("*/*.pcap"), *EXAMPLES.glob("*/session.*")]
    return {path.parent.name: path for path in sorted(found)}


def arguments(source: Path, figure: str, output: Path) -> list[str]:
    """What `seqdiag` is called with to draw that figure of `source` into the file `output`."""
    return ["draw", str(source), *FIGURES[figure], "-o", str(output)]


def main(names: list[str]) -> None:
    program = Path(sys.executable).with_name("seqdiag")
    for name, source in inputs().items():
        if names and name not in names:
            continue
        for figure in FIGURES:
            subprocess.run([program, *arguments(source, figure, source.with_name(figure))], check=True)
        print(source.parent.relative_to(EXAMPLES.parent), *FIGURES)


if __name__ == "__main__":
    main(sys.argv[1:])
