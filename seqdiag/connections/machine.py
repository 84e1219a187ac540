"""What passes between two ends in, the states that it brings them to out: `states.TRANSITIONS`, walked at both ends.

A sender's state is what it did. What has reached the far end is known from its words alone: where the FINs crossed,
or a FIN may have overtaken the ACK before it, nothing is claimed that its order of arrival decides.
"""

from __future__ import annotations

from seqdiag.connections import states
from seqdiag.connections.connection import ControlPhase, What
from seqdiag.connections.end import End
from seqdiag.events import Endpoint, Segment
from seqdiag.provenance import Nanoseconds

OVERTAKEN = 10_000_000
"""Nanoseconds within which packets of one sender may change places on the way."""


class Machine:
    """`fins`: the first FIN of each end, and when it arrived where a second capture saw that. `seen`: the endpoints whose
    arrivals were captured as they were."""

    def __init__(
        self,
        fins: dict[Endpoint, tuple[Segment, Nanoseconds | None]],
        seen: frozenset[Endpoint],
        answering: frozenset[Endpoint] = frozenset(),
        unsure: bool = False,
    ) -> None:
        self.fins = fins
        self.answering = answering
        """Ends that sent a SYN-ACK: the other's SYN had come to them, though they sent one themselves."""
        self.unsure = unsure
        """A FIN is presumed lost: what the far end had of it by when, nobody knows."""
        self.seen = seen
        one, two = (*(fin for fin, _ in fins.values()), None, None)[:2]
        self.crossed = one is not None and two is not None and not covers(one, two) and not covers(two, one)
        """Both ends closed before the other's FIN had come: told by acknowledgment, never by order."""
        self.dead: set[Endpoint] = set()
        """Ends that a reset, sent or received, has closed: nothing moves them any more."""

    def step(
        self,
        me: End,
        peer: End,
        s: Segment,
        what: What,
        phase: ControlPhase | None,
        now: Nanoseconds | None,
        *,
        sends: bool = True,
        arrives: bool = True,
    ) -> tuple[str | None, str | None]:
        """The new states of sender and receiver, each None where it is the old one.

        `now`: when it arrived, as far as that is known. `sends`: for the first time; `arrives`: it was not lost on the way
        (known of two captures only).
        """
        before = me.state, peer.state
        dead = frozenset(self.dead)
        if what == "FIN":
            before = _established(me), _established(peer)
        if what in ("SYN", "SYN+ACK", "FIN") and sends:
            me.state = states.after(me.state, f"send {what}")
        if what == "RST" and phase == "abort":
            me.state = states.CLOSED
            peer.state = states.CLOSED if arrives else peer.state
            self.dead |= {me.endpoint, peer.endpoint} if arrives else {me.endpoint}
        elif not arrives:
            pass
        elif what in ("SYN", "SYN+ACK"):
            peer.state = states.after(peer.state, f"receive {what}")
        elif what == "FIN":
            self._receive_fin(me, peer)
        elif what == "ACK" and phase == "handshake":
            peer.state = states.after(peer.state, "receive ACK of SYN")
        elif what == "ACK" and phase == "close" and not self._may_be_overtaken(me, peer, s, now):
            peer.state = states.after(peer.state, "receive ACK of FIN")
        for end in (me, peer):
            if end.endpoint in dead:
                end.state, end.unreported = states.CLOSED, None
        reached = tuple(None if end.endpoint in dead else _reached(end, was) for end, was in ((me, before[0]), (peer, before[1])))
        # What is on its way already arrives after this: the other's SYN in a simultaneous open, its FIN where they crossed.
        if not sends or me.endpoint in dead:
            pass
        elif what == "SYN" and peer.isn is not None and not peer.synack_sent and me.endpoint in self.answering:
            me.state = me.unreported = states.after(me.state, "receive SYN")
        elif what == "FIN" and self.crossed and peer.fin_sent:
            me.state = me.unreported = states.after(me.state, "receive FIN")
        return reached[0], reached[1]

    def _receive_fin(self, me: End, peer: End) -> None:
        """The FIN of `me` reaches `peer`; where the FINs crossed, only after it has sent its own (RFC 9293 §3.6)."""
        if not self.crossed:
            acked = peer.fin_sent and peer.fin_acked
            peer.state = states.after(peer.state, "receive FIN+ACK of FIN" if acked else "receive FIN")
        elif peer.fin_sent:
            peer.state = states.after(peer.state, "receive FIN")

    def _may_be_overtaken(self, me: End, peer: End, ack: Segment, now: Nanoseconds | None) -> bool:
        """Does the sender's own FIN follow so soon that it may have arrived first? Then nobody knows of FIN-WAIT-2."""
        if self.unsure and peer.endpoint not in self.seen:
            return True
        fin, arrived = self.fins.get(me.endpoint, (None, None))
        if fin is None or fin.t is None or ack.t is None or fin.t < ack.t:
            return False
        if arrived is not None and now is not None:
            return arrived < now
        return peer.endpoint not in self.seen and fin.t - ack.t < OVERTAKEN


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
