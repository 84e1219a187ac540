"""Messages in, their edges out: when the first and the last byte of each left one end and came to the other.

A message of one packet has one edge. What one capture did not see is estimated by the session's way from the capture to
each end; a second capture saw both. Where nothing is known of the way, departure and arrival are one instant.
"""

from __future__ import annotations

import msgspec

from seqdiag.diagram import Diagram, Message, Session
from seqdiag.provenance import Nanoseconds

MS = 1_000_000
LONG = 14
"""px that the first and the last packet of a message must lie apart to be drawn as two edges."""


class Edge(msgspec.Struct, frozen=True):
    """`t`: the instant that the axis tells, None without one. It left `before` nanoseconds earlier and came `after` later.

    `message`: an index. `key`: its place in the figure. `last`: the message ends with it.
    """

    message: int
    t: Nanoseconds | None
    before: Nanoseconds
    after: Nanoseconds
    key: Nanoseconds
    last: bool = True

    @property
    def departs(self) -> Nanoseconds:
        return self.key - self.before

    @property
    def arrives(self) -> Nanoseconds:
        return self.key + self.after


class Seen(msgspec.Struct, frozen=True):
    """Which ends of an arrow were captured."""

    departure: bool = True
    arrival: bool = True


def seen(message: Message, session: Session | None) -> Seen:
    """A capture sees what passes it: what leaves the end where it stands, and what comes there. A transcript is taken at its word."""
    if session is None or session.taken_at is None:
        return Seen()
    if session.taken_at == "both":
        return Seen(True, message.arrived is not None or session.to_server == session.to_client == 0)
    if session.taken_at in ("between", "unknown"):
        return Seen(session.taken_at == "unknown", False)
    at_sender = message.sender == (session.client if session.taken_at == "client" else session.server)
    return Seen(at_sender, not at_sender)


def under_way(message: Message, session: Session | None) -> tuple[Nanoseconds, Nanoseconds, Nanoseconds]:
    """What the axis adds to the message's own times, how long before that it left, and how long after it came."""
    if session is None or message.sender == message.receiver:
        return 0, 0, 0
    from_client = message.sender == session.client
    to_sender, to_receiver = (session.to_client, session.to_server) if from_client else (session.to_server, session.to_client)
    if session.taken_at != "both":
        return 0, to_sender or 0, to_receiver or 0
    if message.arrived is None or message.t_end is None:
        return 0, 0, to_receiver or 0
    way = max(message.arrived - message.t_end, 0)
    # Where both ends were captured the axis is the client's.
    return (0, 0, way) if from_client else (way, way, 0)


def edges(diagram: Diagram, px_per_ms: float = 0) -> list[Edge]:
    """Of all messages, in order of time; of one session in the order of its messages, whatever a clock says.

    A message of several packets has two edges where they lie apart to the eye; bulk data always has.
    """
    sessions = {session.number: session for session in diagram.sessions}
    reached: dict[int, Nanoseconds] = {}
    latest = 0
    found: list[Edge] = []
    for index, message in enumerate(diagram.messages):
        shift, before, after = under_way(message, sessions.get(message.session))
        start, end = (None if t is None or not diagram.timed else t + shift for t in (message.t, message.t_end))
        start = end if start is None else start
        end = start if end is None else max(end, start or end)
        apart = ((end or 0) - (start or 0)) * px_per_ms / MS
        long = message.bulk or (len(message.origins) > 1 and message.times == 1 and apart > LONG)
        double = long and message.sender != message.receiver
        told = end if double else start
        latest = key = max(told if told is not None else latest, reached.get(message.session, told if told is not None else latest))
        reached[message.session] = key
        if double:
            first = min(start if start is not None else key, key)
            found.append(Edge(index, start, before, after, first, last=False))
            found.append(Edge(index, end if start != end else None, before, after, key))
        else:
            found.append(Edge(index, start, before, after, key))
    return sorted(found, key=lambda edge: edge.key)
