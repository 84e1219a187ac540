"""Every command that README.md shows is run, and ends well."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

OURS = re.compile(r"\$ (?:.*\| *)?(?:seqdiag|wireseq)\b")
NOT_RUN = re.compile(r"<!-- not run: \S.* -->")


class Block(NamedTuple):
    mark: str
    """The last line above it that is not blank."""
    language: str
    commands: list[str]
    """Its `$` lines; one that ends in a backslash goes on in the next line, as in a shell."""


def blocks(markdown: str) -> Iterator[Block]:
    mark, fence, body = "", None, ""
    for line in markdown.replace("\\\n", " ").splitlines():
        if fence is None and line.startswith("```"):
            fence, body = line.removeprefix("```").strip(), ""
        elif fence is not None and line.startswith("```"):
            yield Block(mark, fence, [line for line in body.splitlines() if line.startswith("$ ")])
            mark, fence = "", None
        elif fence is not None:
            body += line + "\n"
        elif line.strip():
            mark = line.strip()


def to_run(markdown: str) -> list[list[str]]:
    """The commands of the shell blocks that use this program, without those under `<!-- not run: REASON -->`."""
    return [
        block.commands
        for block in blocks(markdown)
        if block.language in ("console", "sh", "bash") and any(map(OURS.match, block.commands)) and not NOT_RUN.fullmatch(block.mark)
    ]


README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("lines", to_run(README), ids=lambda lines: lines[0][:60])
def test_a_block_of_the_readme_runs(lines: list[str], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    for line in lines:
        command = ["bash", "-o", "pipefail", "-c", line.removeprefix("$ ")]
        done = subprocess.run(command, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_the_readme_shows_commands() -> None:
    assert to_run(README)


def test_no_command_of_the_readme_is_passed_over() -> None:
    """Each `$ seqdiag` line is either run or in a block that says why not."""
    found = [line for line in README.replace("\\\n", " ").splitlines() if OURS.match(line)]
    run = [line for lines in to_run(README) for line in lines]
    excused = [line for block in blocks(README) if NOT_RUN.fullmatch(block.mark) for line in block.commands]
    assert [line for line in found if line not in run + excused] == []


def test_blocks_are_found_as_they_are_meant() -> None:
    markdown = """\
Text.

```console
$ seqdiag draw a.pcap \\
    -o a.svg
drawn
$ cat a.svg
```

```console
$ make test
```

<!-- not run: it needs a server -->
```sh
$ seqdiag record --connect localhost:25 -o x.svg
```

```python
$ seqdiag none
```
"""
    assert to_run(markdown) == [["$ seqdiag draw a.pcap      -o a.svg", "$ cat a.svg"]]
