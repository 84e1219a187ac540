"""What a source is: bytes of one input in, a Recording out. One format a file (or a folder, for captures)."""

from __future__ import annotations

from typing import BinaryIO, Literal, NamedTuple, Protocol

import msgspec

from seqdiag.events import Recording


class Limits(msgspec.Struct, frozen=True):
    """How much an input may ask of us; each field is a command-line option of the same name."""

    max_packet: int = 262_144
    """Bytes of one packet."""
    max_block: int = 16 << 20
    """Bytes of one pcapng block."""
    max_input: int = 4 << 30
    """Bytes of one decompressed input."""
    max_ratio: int = 200
    """Compression ratio after the first 16 MiB of output."""
    max_fragments: int = 4096
    """IP datagrams being reassembled at once."""
    max_fragment_bytes: int = 16 << 20


class Match(NamedTuple):
    """How well an input's head fits a format. `exclusive`: a mark that no other format has (it wins outright).
    `numbers`: which lines fit, so that a format nested in another's lines is told from a rival."""

    lines: int
    exclusive: bool = False
    numbers: frozenset[int] = frozenset()


class Source(Protocol):
    """A module of `sources/`."""

    NAME: str
    KIND: Literal["capture", "transcript", "events"]

    def recognise(self, head: bytes) -> Match | None:
        """`head`: up to the first 64 KiB of the (decompressed) input. None: certainly not this format."""
        ...

    def read(self, stream: BinaryIO, name: str, limits: Limits) -> Recording:
        """`name`: the input's file name without its folder, for Origins and messages.

        Damage is a Remark among the events, in its place. InputError only where nothing can be read at all,
        LimitError where a limit was reached.
        """
        ...
