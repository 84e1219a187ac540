"""Damaged inputs by the thousand, the same for everyone: `mutant(7)` is always the same bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

EVIL = (
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
    b"99999999999999999999",
    b"-1",
    b"null",
    b"[[",
    b'"',
    b"\r\n",
    b".\r\n",
    b"*",
)
BYTES = (0, 255, 127, 128, 10, 13, 32, 34, 42)


def _flip(r: random.Random, data: bytearray, at: int) -> None:
    data[at] ^= 1 << r.randrange(8)


def _set(r: random.Random, data: bytearray, at: int) -> None:
    data[at] = r.choice(BYTES)


def _remove(r: random.Random, data: bytearray, at: int) -> None:
    del data[at : at + r.randrange(1, 40)]


def _insert(r: random.Random, data: bytearray, at: int) -> None:
    data[at:at] = r.randbytes(r.randrange(1, 8))


def _repeat(r: random.Random, data: bytearray, at: int) -> None:
    start = r.randrange(len(data))
    data[at:at] = data[start : start + r.randrange(1, 80)]


def _overwrite(r: random.Random, data: bytearray, at: int) -> None:
    start, size = r.randrange(len(data)), r.randrange(1, 60)
    data[at : at + size] = data[start : start + size]


def _cut(r: random.Random, data: bytearray, at: int) -> None:
    del data[at : len(data) if r.random() < 0.2 else at + 1]


def _evil(r: random.Random, data: bytearray, at: int) -> None:
    value = r.choice(EVIL)
    data[at : at + len(value)] = value


WAYS: tuple[Callable[[random.Random, bytearray, int], None], ...] = (_flip, _set, _remove, _insert, _repeat, _overwrite, _cut, _evil)


def mutant(number: int, seeds: Sequence[tuple[str, bytes]]) -> tuple[str, bytes, random.Random]:
    """The name of the input that it was made of, its bytes, and the random numbers for whoever goes on with it."""
    r = random.Random(number)
    name, seed = seeds[number % len(seeds)]
    data = bytearray(seed)
    for _ in range(r.choice((1, 1, 2, 4, 8, 32))):
        if data:
            r.choice(WAYS)(r, data, r.randrange(len(data)))
    return name, bytes(data), r
