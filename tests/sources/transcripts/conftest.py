"""`told`: a transcript in, what was read from it out, one short line an event."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from seqdiag.events import Event, Recording, Remark, SocketAct, Tls
from seqdiag.sources import SOURCES, Limits

ARROWS = {"sent": "C", "received": "S"}


def shown(event: Event) -> str:
    """`c1 C: EHLO x`, `c1 S(tls): 250 x`, `c1 (connected 10.0.0.1:25)`, `c1 # a comment`."""
    match event:
        case SocketAct(act="sent" | "received"):
            layer = f"({event.layer})" if event.layer else ""
            text = event.payload.decode("utf-8", "backslashreplace")
            return f"{event.conn} {ARROWS[event.act]}{layer}: {text[:-2] if text.endswith(chr(13) + chr(10)) else text + '|'}"
        case SocketAct():
            how = " ".join(str(x) for x in (event.act, event.remote if event.act == "connected" else None, event.by, event.error) if x)
            return f"{event.conn} ({how})"
        case Tls():
            return f"{event.conn} ({' '.join(x for x in ('tls', event.how, event.version, event.cipher) if x)})"
        case Remark():
            mark = {"comment": "#", "finding": "?", "damage": "!"}[event.about]
            return f"{event.conn or '-'} {mark} {event.text}"
    raise AssertionError(event)


@pytest.fixture(scope="session")
def reading() -> Callable[[str, bytes], Recording]:
    return lambda source, text: SOURCES[source].read(io.BytesIO(text), "x.log", Limits())


@pytest.fixture(scope="session")
def told(reading: Callable[[str, bytes], Recording]) -> Callable[[str, str | bytes], list[str]]:
    def tell(source: str, text: str | bytes) -> list[str]:
        return [shown(event) for event in reading(source, text if isinstance(text, bytes) else text.encode()).events]

    return tell
