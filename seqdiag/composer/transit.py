"""One dialogue in, how long its packets were under way out: seen by two captures, estimated from one.

Half of the smallest round trip is taken for each way, as the asymmetry of a path cannot be observed, and never so much
that an answer would leave before what it answers had come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seqdiag.connections.connection import Chunk, Control, Side, Timeline, other
from seqdiag.diagram import Wait
from seqdiag.exchanges import unanswered_for, waits
from seqdiag.protocols import Dialogue
from seqdiag.provenance import Nanoseconds

SILENCE = 1_000_000_000
"""A side that lets its peer wait for less before the peer gives up is not called silent, ns."""


class Transit(NamedTuple):
    """Nanoseconds between the capture (with two of them: the other end) and each end; None where nothing tells."""

    to_client: Nanoseconds | None
    to_server: Nanoseconds | None


UNKNOWN = Transit(None, None)


def transit(dialogue: Dialogue) -> Transit:
    connection = dialogue.connection
    if connection.evidence == ("loopback",):
        return Transit(0, 0)
    if connection.alignment is not None:
        return Transit(_shortest(dialogue, "server"), _shortest(dialogue, "client"))
    if connection.legs is None or connection.taken_at == "unknown":
        return UNKNOWN
    to_server, to_client = connection.legs
    return Transit(
        0 if connection.taken_at == "client" else min([to_client, *_answers(dialogue, "client")]) // 2,
        0 if connection.taken_at == "server" else min([to_server, *_answers(dialogue, "server")]) // 2,
    )


def _shortest(dialogue: Dialogue, sender: Side) -> Nanoseconds | None:
    """The shortest way of what `sender` sent, by two captures."""
    steps = (s for s in dialogue.connection.steps if isinstance(s, Chunk | Control) and s.side == sender)
    return min((s.arrived - s.t for s in steps if s.arrived is not None and s.t is not None), default=None)


def _answers(dialogue: Dialogue, side: Side) -> Iterator[Nanoseconds]:
    """From each thing said to `side` until its answer, as captured."""
    connection = dialogue.connection
    pdus = [placed.pdu for placed in dialogue.pdus]
    lines: dict[Side, Timeline] = {one: Timeline(connection.steps, one) for one in (side, other(side))}
    for pdu in pdus:
        if pdu.side != side or pdu.answers is None or pdu.answers >= len(pdus) or pdus[pdu.answers].side == side:
            continue
        asked = lines[other(side)].when(pdus[pdu.answers].start, pdus[pdu.answers].end)[1]
        answered = lines[side].when(pdu.start, pdu.end)[0]
        if asked is not None and answered is not None and answered >= asked:
            yield answered - asked
    fin = next((s.t for s in connection.steps if isinstance(s, Control) and s.what == "FIN" and s.side != side and s.fate is None), None)
    acks = (s.t for s in connection.steps if isinstance(s, Control) and s.what == "ACK" and s.phase == "close" and s.side == side)
    ack = next(acks, None)
    if fin is not None and ack is not None and ack >= fin:
        yield ack - fin


def waits_of(dialogue: Dialogue) -> dict[int, Wait]:
    """Who let the other wait before message `n`, for how long, by n; only where the network's share is known."""
    return {wait.n: Wait(wait.side, wait.wait) for wait in waits(dialogue) if wait.wait is not None}


def silence(dialogue: Dialogue) -> Wait | None:
    """The server's, where it never answered what the client said last, and the client gave up."""
    silent = unanswered_for(dialogue)
    return Wait("server", silent, silent=True) if silent is not None and silent >= SILENCE else None
