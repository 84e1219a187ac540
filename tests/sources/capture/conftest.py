"""What every capture test does: read bytes as a capture."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from seqdiag.events import Event, Recording
from seqdiag.sources import capture
from seqdiag.sources.base import Limits


@pytest.fixture
def read() -> Callable[..., Recording]:
    """`read(data)`: the recording that a file of these bytes gives."""

    def from_bytes(data: bytes, limits: Limits | None = None) -> Recording:
        return capture.read(io.BytesIO(data), "x.pcap", limits or Limits())

    return from_bytes


@pytest.fixture
def events(read: Callable[..., Recording]) -> Callable[..., list[Event]]:
    def of_bytes(data: bytes, limits: Limits | None = None) -> list[Event]:
        return read(data, limits).events

    return of_bytes
