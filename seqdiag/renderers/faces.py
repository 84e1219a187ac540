"""A font file in, its faces out: the family that each belongs to, and the characters that it has.

Read from the tables `name` and `cmap` of TrueType, OpenType and collections; a damaged file has no faces.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from struct import error, unpack_from
from typing import BinaryIO

import msgspec

MOST = 1 << 22
"""Bytes of a table; a damaged file may claim any number."""
FAMILY, TYPOGRAPHIC_FAMILY = 1, 16
BITMAPS = {b"CBDT", b"sbix", b"EBDT"}


class Face(msgspec.Struct, frozen=True):
    """`bitmaps`: it has pictures of one size in it, and perhaps nothing else."""

    family: str
    bitmaps: bool
    maps: tuple[bytes, ...]

    def has(self, char: str) -> bool:
        try:
            return any(_in_segments(table, ord(char)) or _in_groups(table, ord(char)) for table in self.maps)
        except error:
            return False


def read(path: Path) -> list[Face]:
    try:
        with path.open("rb") as file:
            return list(_faces(file))
    except (OSError, error, ValueError):
        return []


def _faces(file: BinaryIO) -> Iterator[Face]:
    starts = [0]
    if _at(file, 0, 4) == b"ttcf":
        count = min(unpack_from(">I", _at(file, 8, 4))[0], 256)
        starts = list(unpack_from(f">{count}I", _at(file, 12, 4 * count)))
    maps: dict[int, tuple[bytes, ...]] = {}  # a collection's faces may share one
    for start in starts:
        count = unpack_from(">H", _at(file, start + 4, 2))[0]
        directory = _at(file, start + 12, 16 * count)
        tables = {tag: (at, size) for tag, _, at, size in (unpack_from(">4sIII", directory, 16 * i) for i in range(count))}
        family = _family(_at(file, *tables[b"name"])) if b"name" in tables else ""
        if family and b"cmap" in tables:
            at, size = tables[b"cmap"]
            maps[at] = maps.get(at) or tuple(_maps(_at(file, at, size)))
            yield Face(family, not BITMAPS.isdisjoint(tables), maps[at])


def _family(table: bytes) -> str:
    """The family's English name, the typographic one where there are two."""
    count, strings = unpack_from(">HH", table, 2)
    names: dict[int, str] = {}
    for i in range(count):
        platform, _, language, kind, size, at = unpack_from(">6H", table, 6 + 12 * i)
        if platform == 3 and kind in (FAMILY, TYPOGRAPHIC_FAMILY) and (language == 0x409 or kind not in names):
            names[kind] = table[strings + at : strings + at + size].decode("utf-16-be")
    return names.get(TYPOGRAPHIC_FAMILY) or names.get(FAMILY) or ""


def _maps(table: bytes) -> Iterator[bytes]:
    """The Unicode subtables."""
    for i in range(unpack_from(">H", table, 2)[0]):
        platform, encoding, at = unpack_from(">HHI", table, 4 + 8 * i)
        if platform == 0 or (platform, encoding) in ((3, 1), (3, 10)):
            yield table[at:]


def _in_segments(table: bytes, code: int) -> bool:
    """Format 4: four parallel arrays of ends, starts, deltas and offsets."""
    form, size = unpack_from(">H4xH", table)  # `size`: of each array
    if form != 4 or code > 0xFFFF:
        return False
    i = bisect_left(unpack_from(f">{size // 2}H", table, 14), code)
    if 2 * i >= size:
        return False
    start, delta, offset = (unpack_from(">H", table, 16 + nth * size + 2 * i)[0] for nth in (1, 2, 3))
    if code < start:
        return False
    if not offset:
        return bool((code + delta) & 0xFFFF)
    return bool(unpack_from(">H", table, 16 + 3 * size + 2 * i + offset + 2 * (code - start))[0])


def _in_groups(table: bytes, code: int) -> bool:
    """Format 12: sorted groups of a first code, a last one, and the first's glyph."""
    if unpack_from(">H", table)[0] != 12:
        return False
    low, high = 0, unpack_from(">I", table, 12)[0]
    while low < high:
        middle = (low + high) // 2
        first, last, glyph = unpack_from(">III", table, 16 + 12 * middle)
        if code < first:
            high = middle
        elif code > last:
            low = middle + 1
        else:
            return bool(glyph + code - first)
    return False


def _at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(min(size, MOST))
