"""What passes between two ends in, the states that it brings them to out: `states.TRANSITIONS`, walked at both ends.

A sender's state is what it did. What has reached the far end is known from its words alone: where the FINs crossed,
or a FIN may have overtaken the ACK before it, nothing is claimed that its order of arrival decides.
"""

from __future__ import annotations

from seqdiag.connections import states
from seqdiag.connections.connection import ControlPhase, What
from seqdiag.connections.end import End
from seqdiag.events import Endpoint, Segment

OVERTAKEN = 10_000_000
"""Nanoseconds within which packets of one sender may change places on the way."""


class Machine:
    """`fins`: the first FIN of each end. `seen`: the endpoints whose arrivals the capture saw as they were."""

    def __init__(self, fins: dict[Endpoint, Segment], seen: frozenset[Endpoint]) -> None:
        self.fins = fins
        self.seen = seen
        one, two = (*fins.values(), None, None)[:2]
        self.crossed = one is not None and two is not None and not covers(one, two) and not covers(two, one)
        """Both ends closed before the other's FIN had come: told by acknowledgment, never by order."""
        self.aborted = False

    def step(self, me: End, peer: End, s: Segment, what: What, phase: ControlPhase | None) -> tuple[str | None, str | None]:
        """The new states of sender and receiver, each None where it is the old one. `what` is new, not sent again."""
        if self.aborted:
            return None, None
        before = me.state, peer.state
        if what in ("SYN", "SYN+ACK"):
            me.state = states.after(me.state, f"send {what}")
            peer.state = states.after(peer.state, f"receive {what}")
        elif what == "FIN":
            before = _established(me), _established(peer)
            me.state = states.after(me.state, "send FIN")
            self._receive_fin(me, peer)
        elif what == "RST" and phase == "abort":
            me.state = peer.state = states.CLOSED
            self.aborted = True
        elif what == "ACK" and phase == "handshake":
            peer.state = states.after(peer.state, "receive ACK of SYN")
        elif what == "ACK" and phase == "close" and not self._may_be_overtaken(me, peer, s):
            peer.state = states.after(peer.state, "receive ACK of FIN")
        reached = _reached(me, before[0]), _reached(peer, before[1])
        if what == "FIN" and self.crossed and peer.fin_sent:
            me.state = me.unreported = states.after(me.state, "receive FIN")  # the other's, on its way already
        return reached

    def _receive_fin(self, me: End, peer: End) -> None:
        """The FIN of `me` reaches `peer`; where the FINs crossed, only after it has sent its own (RFC 9293 §3.6)."""
        if not self.crossed:
            acked = peer.fin_sent and peer.fin_acked
            peer.state = states.after(peer.state, "receive FIN+ACK of FIN" if acked else "receive FIN")
        elif peer.fin_sent:
            peer.state = states.after(peer.state, "receive FIN")

    def _may_be_overtaken(self, me: End, peer: End, ack: Segment) -> bool:
        """Does the sender's own FIN follow so soon that it may have arrived first? Then nobody knows of FIN-WAIT-2."""
        fin = self.fins.get(me.endpoint)
        if peer.endpoint in self.seen or fin is None or fin.t is None or ack.t is None:
            return False
        return 0 <= fin.t - ack.t < OVERTAKEN


def covers(s: Segment, fin: Segment) -> bool:
    """Does `s` acknowledge that FIN?"""
    behind = (fin.seq + fin.length + 1) & 0xFFFFFFFF
    return s.ack is not None and (s.ack - behind) & 0xFFFFFFFF < 0x80000000


def _established(end: End) -> str:
    """An end that closes was open, whether or not the handshake was captured (or its last ACK rode on data)."""
    if end.state in (states.CLOSED, states.LISTEN, states.SYN_SENT, states.SYN_RECEIVED):
        end.state = states.ESTABLISHED
    return end.state


def _reached(end: End, before: str) -> str | None:
    """The state into which a step brought an end; two, where it had reached one unseen: "CLOSING → TIME-WAIT"."""
    unseen, end.unreported = end.unreported, None
    if unseen is not None and unseen != end.state:
        return f"{unseen} → {end.state}"
    return end.state if end.state != before or unseen is not None else None
