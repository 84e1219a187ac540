"""An event list in, the Recording that it was written from out (`seqdiag.eventlist` knows the format)."""

from __future__ import annotations

from typing import BinaryIO, Literal

from seqdiag import eventlist
from seqdiag.events import Recording
from seqdiag.sources.base import Limits, Match

NAME = "eventlist"
KIND: Literal["capture", "transcript", "events"] = "events"


def recognise(head: bytes) -> Match | None:
    """The first line is our own header."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0][:65536]
    is_header = first.startswith(b"{") and b'"seqdiag"' in first and b'"events"' in first
    return Match(1, exclusive=True) if is_header else None


def read(stream: BinaryIO, name: str, limits: Limits) -> Recording:
    """All its events, with the Origins of their first source."""
    return eventlist.read(stream, name)
