"""Whole sessions from a few words: `talk("S: 220 hi", "C: QUIT")` is a Recording of a captured SMTP session."""

from __future__ import annotations

from collections.abc import Iterable

from seqdiag.connections import track
from seqdiag.events import Endpoint, Event, Point, Recording
from seqdiag.pipeline import Understood
from seqdiag.protocols import Dialogue, decode
from tests.connections import playbook

SEGMENTS = tuple[str, bytes]


def lines(*said: str) -> list[SEGMENTS]:
    """`C: QUIT` as one segment of the client; CRLF is added."""
    return [(line[0].lower(), line[3:].encode() + b"\r\n") for line in said]


def recording(segments: Iterable[SEGMENTS], port: int = 25, close: bool = False) -> Recording:
    """One captured connection with its handshake; `segments` as (c or s, payload)."""
    play = playbook.handshake()
    for side, payload in segments:
        play >> (playbook.c if side == "c" else playbook.s)("PA", payload)
    if close:
        play >> playbook.c("FA") >> playbook.s("FA") >> playbook.c("A")
    events: list[Event] = list(play.events)
    return Recording({"p1": Point("capture", "play.pcap")}, [_moved(event, port) for event in events])


def _moved(event: Event, port: int) -> Event:
    from msgspec.structs import replace

    server = Endpoint(playbook.SERVER.host, port)
    src = server if event.src == playbook.SERVER else event.src  # type: ignore[union-attr]
    dst = server if event.dst == playbook.SERVER else event.dst  # type: ignore[union-attr]
    return replace(event, src=src, dst=dst)


def understood(recording: Recording) -> Understood:
    tracked = track(recording.events)
    return Understood(recording, tracked.connections, tracked.findings, ())


def talk(*said: str, port: int = 25, close: bool = False) -> Understood:
    return understood(recording(lines(*said), port, close))


def dialogue(*said: str, port: int = 25, close: bool = False) -> Dialogue:
    """The decoded dialogue of the only connection."""
    (connection,) = talk(*said, port=port, close=close).connections
    return decode(connection)
