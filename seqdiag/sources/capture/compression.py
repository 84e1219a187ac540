"""A stream in, the same stream without its compression out: gzip, zstd, lz4, or none.

Decompression goes in small steps, so that memory stays flat whatever the ratio. A cut or damaged compressed stream
ends early and says why in `damage`; what came before stands. Only one level is taken off.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from seqdiag.errors import InputError, LimitError, ToolMissing
from seqdiag.sources.base import Limits

if TYPE_CHECKING:
    from types import ModuleType

    from _typeshed import WriteableBuffer

PIECE = 1 << 14
"""Compressed bytes that are read at once."""
ZSTD_PIECE = 1 << 8
"""The same for zstd, whose package gives all output of a piece at once: a block of four bytes can mean 128 KiB."""
RATIO_FROM = 16 << 20
"""Bytes of output below which any ratio is allowed."""


class Opened(io.BufferedReader):
    """A decompressed input: `peek(n)` shows its head without taking it. Made by `opened` only."""

    raw: Layer

    @property
    def damage(self) -> str | None:
        """What was wrong with the compressed stream, known once its end was reached."""
        return self.raw.damage


def opened(stream: BinaryIO, name: str, limits: Limits) -> Opened:
    """The stream without its compression; one that `opened` gave already is returned as it is.

    InputError where compression is nested; ToolMissing where zstd or lz4 needs a package that is not there.
    Reading raises LimitError past `max_input` bytes or `max_ratio`.
    """
    if isinstance(stream, Opened):
        return stream
    head = first(stream)
    layer = next((layer for magic, layer in LAYERS.items() if head.startswith(magic)), Layer)
    result = Opened(layer(stream, head, name, limits), 1 << 16)
    if layer is not Layer and result.peek(4)[:4].startswith(tuple(LAYERS)):
        raise InputError(f"{name}: nested compression is not read; decompress it once")
    return result


def first(stream: BinaryIO) -> bytes:
    """The stream's first four bytes, however slowly a pipe gives them."""
    head = b""
    while len(head) < 4 and (more := stream.read(4 - len(head))):
        head += more
    return head


class Layer(io.RawIOBase):
    """No compression: gives back the bytes that were looked at, then the stream itself."""

    def __init__(self, stream: BinaryIO, head: bytes, name: str, limits: Limits) -> None:
        self.stream = stream
        self.head = head
        self.name = name
        self.limits = limits
        self.taken = 0
        self.given = 0
        self.damage: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer).cast("B")
        piece = self.step(len(room))
        room[: len(piece)] = piece
        self.given += len(piece)
        return len(piece)

    def step(self, room: int) -> bytes:
        """At least one and at most `room` bytes; none at the end."""
        return self.take(room)

    def take(self, size: int) -> bytes:
        """At most `size` bytes of the input."""
        piece, self.head = (self.head[:size], self.head[size:]) if self.head else (self.stream.read(size), b"")
        self.taken += len(piece)
        return piece


class Compressed(Layer):
    """What all compressions share: the two limits, and an end that never is an exception."""

    ended = False

    def step(self, room: int) -> bytes:
        if self.ended:
            return b""
        piece = self.inflate(min(room, 1 << 16))
        total = self.given + len(piece)
        if total > self.limits.max_input:
            raise LimitError(f"{self.name}: decompressed to more than {self.limits.max_input} bytes (--max-input)")
        if total > RATIO_FROM and total > self.taken * self.limits.max_ratio:
            raise LimitError(f"{self.name}: compressed more than {self.limits.max_ratio}:1 (--max-ratio)")
        self.ended = not piece
        return piece

    def inflate(self, room: int) -> bytes:
        """At least one and at most `room` bytes; none at the end, with `damage` set where that came too early."""
        raise NotImplementedError

    def broken(self, what: str) -> bytes:
        self.damage = f"{what} at byte {self.taken} of the compressed input"
        return b""


class Gzip(Compressed):
    """Members of RFC 1952, one after the other; the file name inside is never looked at."""

    rest = b""
    member: Any = None
    checksum = 0
    length = 0

    def inflate(self, room: int) -> bytes:
        while True:
            if self.member is None and not self.open_member():
                return b""
            if not self.rest:
                self.rest = self.take(PIECE)
                if not self.rest:
                    return self.broken("the gzip stream is cut")
            before = self.member.copy()
            try:
                piece: bytes = self.member.decompress(self.rest, room)
            except zlib.error:
                return self.salvage(before)
            self.rest = self.member.unconsumed_tail
            self.checksum = zlib.crc32(piece, self.checksum)
            self.length += len(piece)
            if self.member.eof:
                self.rest = self.member.unused_data
                self.close_member()
            if piece:
                return piece
            if self.ended:
                return b""

    def salvage(self, member: Any) -> bytes:
        """What the damaged piece gave before its damage: one byte of it after the other, once a file."""
        piece = b""
        try:
            for at in range(len(self.rest)):
                piece += member.decompress(self.rest[at : at + 1], 1 << 16)
        except zlib.error:
            pass
        self.broken("the gzip stream is damaged")
        self.ended = True
        return piece[: 1 << 16]

    def need(self, size: int) -> bool:
        while len(self.rest) < size and (piece := self.take(PIECE)):
            self.rest += piece
        return len(self.rest) >= size

    def open_member(self) -> bool:
        """Skips a member's header; False at the end of the input or where no member follows."""
        first_member = self.given == 0 and self.length == 0
        if not self.need(1) or (not first_member and not self.rest.strip(b"\0")):
            return False
        if not self.need(10) or self.rest[:3] != GZIP_MAGIC:
            self.broken("something that is not gzip follows the gzip stream" if not first_member else "the gzip header is cut")
            return False
        flags, self.rest = self.rest[3], self.rest[10:]
        if flags & 4:
            if not self.need(2):
                return bool(self.broken("the gzip header is cut"))
            size = 2 + int.from_bytes(self.rest[:2], "little")
            if not self.need(size):
                return bool(self.broken("the gzip header is cut"))
            self.rest = self.rest[size:]
        for bit in (8, 16):
            while flags & bit and b"\0" not in self.rest:
                if len(self.rest) > 1 << 16 or not self.need(len(self.rest) + 1):
                    return bool(self.broken("the gzip header is cut"))
            if flags & bit:
                self.rest = self.rest.partition(b"\0")[2]
        if flags & 2:
            self.need(2)
            self.rest = self.rest[2:]
        self.member = zlib.decompressobj(-15)
        self.checksum = self.length = 0
        return True

    def close_member(self) -> None:
        """Compares the trailer: CRC-32 and length of what was decompressed."""
        self.member = None
        if not self.need(8):
            self.broken("the gzip stream is cut")
            self.ended = True
        elif self.rest[:8] != self.checksum.to_bytes(4, "little") + (self.length & 0xFFFFFFFF).to_bytes(4, "little"):
            self.broken("gzip CRC mismatch")
        self.rest = self.rest[8:]


class Zstd(Compressed):
    """Frames of RFC 8878 by the package zstandard."""

    member: Any = None
    rest = b""
    ready = b""

    def inflate(self, room: int) -> bytes:
        zstandard = package("zstandard", self.name, "zstd")
        while not self.ready:
            self.rest = self.rest or self.take(ZSTD_PIECE)
            if not self.rest:
                return self.broken("the zstd stream is cut") if self.member is not None else b""
            if self.member is None:
                self.member = zstandard.ZstdDecompressor().decompressobj()
            try:
                self.ready = self.member.decompress(self.rest)
            except zstandard.ZstdError:
                return self.broken("the zstd stream is damaged")
            self.rest = b""
            if self.member.eof:
                self.rest = self.member.unused_data
                self.member = None
        piece, self.ready = self.ready[:room], self.ready[room:]
        return piece


class Lz4(Compressed):
    """LZ4 frames by the package lz4."""

    member: Any = None
    rest = b""

    def inflate(self, room: int) -> bytes:
        lz4 = package("lz4.frame", self.name, "lz4")
        while True:
            self.rest = self.rest or (self.take(PIECE) if self.member is None or self.member.needs_input else b"")
            if self.member is None:
                if not self.rest:
                    return b""
                self.member = lz4.LZ4FrameDecompressor()
            elif self.member.needs_input and not self.rest:
                return self.broken("the lz4 stream is cut")
            try:
                piece: bytes = self.member.decompress(self.rest, room)
            except RuntimeError:
                return self.broken("the lz4 stream is damaged")
            self.rest = b""
            if self.member.eof:
                self.rest = self.member.unused_data or b""
                self.member = None
            if piece:
                return piece


def package(module: str, name: str, compression: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        wanted = module.partition(".")[0]
        raise ToolMissing(f"{name}: {compression} needs the package {wanted} (pip install {wanted})") from None


GZIP_MAGIC = b"\x1f\x8b\x08"
LAYERS: dict[bytes, type[Layer]] = {GZIP_MAGIC: Gzip, b"\x28\xb5\x2f\xfd": Zstd, b"\x04\x22\x4d\x18": Lz4}
