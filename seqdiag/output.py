"""Bytes to a file, whole or not at all: a kill leaves the old file or the new one, and an input is never overwritten."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from seqdiag.errors import OutputError, UsageError


def write(path: str | os.PathLike[str], content: bytes, inputs: Iterable[str] = ()) -> None:
    """Write beside the target, then rename. `inputs`: files that `path` must not be."""
    write_all([(path, content)], inputs)


def write_all(files: Sequence[tuple[str | os.PathLike[str], bytes]], inputs: Iterable[str] = ()) -> None:
    """Every file is written beside its target before the first is renamed: where one cannot be, none is replaced."""
    targets = [Path(path) for path, _ in files]
    inputs = [*inputs]
    for target in targets:
        if any(_same(target, name) for name in inputs):
            raise UsageError(f"{target}: is also an input; name another output")
    written: list[tuple[Path, Path]] = []
    target = Path()
    try:
        for target, (_, content) in zip(targets, files, strict=True):
            if target.exists() and not target.is_file():  # /dev/stdout, a pipe: nothing to rename over
                target.write_bytes(content)
            else:
                _beside(target, content, written)
        for temporary, target in written:
            temporary.replace(target)
    except (OSError, ValueError) as error:
        raise OutputError(f"{target}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)


def _beside(target: Path, content: bytes, written: list[tuple[Path, Path]]) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:80]}.", dir=target.parent)
    written.append((Path(temporary), target))
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    mask = os.umask(0)
    os.umask(mask)
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~mask
    Path(temporary).chmod(mode)


def _same(target: Path, name: str) -> bool:
    """Whether the input (`-`: standard input) is that very file, by whatever name or link."""
    try:
        return os.path.samestat(target.stat(), os.fstat(0) if name == "-" else os.stat(name))  # noqa: PTH116
    except (OSError, ValueError):
        return False
