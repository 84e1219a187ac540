"""Diagram in, its own JSON out: every field of `seqdiag.diagram`, two spaces deep."""

from __future__ import annotations

import re

import msgspec

from seqdiag.diagram import Diagram
from seqdiag.renderers.base import RenderOptions
from seqdiag.text import shown

NAME = "json"
SUFFIXES = (".json",)
MEDIA_TYPE = "application/json"

_UNSEEN = re.compile(r"[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""What a file's name may bring in that a terminal would obey."""


def render(diagram: Diagram, options: RenderOptions) -> bytes:
    """`msgspec.json.decode(render(d, o), type=Diagram) == d`."""
    try:
        plain = msgspec.json.encode(diagram)
    except UnicodeEncodeError:  # a source's file name that is not UTF-8: its bytes are lone surrogates here
        plain = msgspec.json.encode(_displayable(msgspec.to_builtins(diagram)))
    formatted = msgspec.json.format(plain, indent=2).decode()
    return (_UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", formatted) + "\n").encode()


def _displayable(value: object) -> object:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {key: _displayable(inner) for key, inner in value.items()}
    return [_displayable(inner) for inner in value] if isinstance(value, list | tuple) else value
