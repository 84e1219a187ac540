"""Bytes to a file, whole or not at all: a kill leaves the old file or the new one, and an input is never overwritten."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from seqdiag.errors import OutputError, UsageError


def write(path: str | os.PathLike[str], content: bytes, inputs: Iterable[str] = ()) -> None:
    """Write beside the target, then rename. `inputs`: files that `path` must not be."""
    target = Path(path)
    for name in inputs:
        if name != "-" and target.exists() and os.path.exists(name) and os.path.samefile(target, name):  # noqa: PTH110, PTH121
            raise UsageError(f"{target}: is also an input; name another output")
    if target.exists() and not target.is_file():  # /dev/stdout, a pipe: nothing to rename over
        _into(target, content)
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:80]}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            mask = os.umask(0)
            os.umask(mask)
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~mask
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from None


def _into(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from None
