"""Bytes in, displayable text out; displayable text in, one sink's encoding out. Nothing else makes either type.

`Shown` is text that a person may be shown. `Encoded` is `Shown` made harmless for one sink; templates emit nothing
else, so that a forgotten escape is an error and not a hole.
"""

from __future__ import annotations

import re
from typing import NewType

Shown = NewType("Shown", str)
"""Displayable text: no control characters, no bidi overrides, no surrogates."""


class Encoded(str):
    """Text encoded for one sink."""

    __slots__ = ()


def shown(text: str) -> Shown:
    """Any text, made displayable: controls to U+2400 pictures, line ends to LF, bidi marks and surrogates to U+FFFD."""
    return Shown(text)  # TODO(text helper)


def show(raw: bytes) -> Shown:
    """Bytes from the wire, made displayable: UTF-8, then GB18030, then Latin-1."""
    return shown(raw.decode("utf-8", "replace"))  # TODO(text helper)


def xml(text: Shown) -> Encoded:
    """XML text or a double-quoted attribute's value."""
    return Encoded(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"))


TOKEN = re.compile(r"[A-Za-z0-9#%(][A-Za-z0-9#%.,:()/ _+*-]*\Z|\Z")


def token(word: str) -> Encoded:
    """A word of our own vocabulary (class, colour, path, font list), harmless in every sink; anything else is refused."""
    if not TOKEN.match(word):
        raise ValueError(f"not a token: {word!r}")
    return Encoded(word)
