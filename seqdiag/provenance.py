"""Where a fact comes from, and when: every later type carries these.

An `Origin` travels from the frame or line that was read to the arrow that is drawn; a `Finding` is a loss said
as a value, so that nothing is given up on in silence.
"""

from __future__ import annotations

import msgspec

Nanoseconds = int
"""Nanoseconds since 1970-01-01 UTC. `None` stands wherever the source has no time."""


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Frame 17 of mail.pcap, line 12 of swaks.log. `index` counts from 1, as Wireshark and editors do."""

    source: str
    index: int

    def __str__(self) -> str:
        return f"{self.source}:{self.index}"


class Finding(msgspec.Struct, frozen=True):
    """Something that had to be given up on, or that a reader must know. `damage` makes `--strict` fail."""

    text: str
    origin: Origin | None = None
    damage: bool = False

    def __str__(self) -> str:
        return f"{self.origin}: {self.text}" if self.origin else self.text
