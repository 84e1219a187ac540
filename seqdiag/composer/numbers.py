"""TCP's sequence numbers as a figure prints them: in the opening and the close, and never so that they tell a secret's length."""

from __future__ import annotations

from collections.abc import Mapping

from seqdiag.connections.connection import Connection, Control, Side, Timeline, other

SYMBOLS = {"client": "u", "server": "v"}
"""What stands for the sequence number of a side's FIN, where the number would tell a hidden value's length."""


class Numbers:
    """Of one connection. `hides`: a value in it is hidden."""

    def __init__(self, connection: Connection, timelines: Mapping[Side, Timeline], hides: bool) -> None:
        self.steps = connection.steps
        self.timelines = timelines
        self.hides = hides
        self.fins = {side: self._fin_number(side) for side in timelines}

    def of(self, step: Control) -> str:
        """Sequence numbers of the opening and the close; symbols where real ones would tell a hidden value's length."""
        if step.phase == "handshake" and step.seq is not None and not step.inferred:
            parts = [f"seq {step.seq}"] if step.what != "ACK" else []
            if step.ack is not None:
                parts.append(f"ack {step.ack}")
            if step.options.mss is not None:
                parts.append(f"mss {step.options.mss}")
            return ", ".join(parts)
        if step.phase not in ("close", "abort") or step.inferred:
            return ""
        own, peer = self._number(step.seq, step.side), self._number(step.ack, other(step.side))
        return ", ".join(part for part in (own and f"seq {own}", peer and f"ack {peer}") if part)

    def _fin_number(self, side: Side) -> int | None:
        fins = (s for s in self.steps if isinstance(s, Control) and s.what == "FIN" and s.side == side)
        fin = next(fins, None)
        if fin is None or fin.seq is None:
            return None
        chunks = self.timelines[side].ends
        return max(fin.seq, chunks[-1] + 1 if chunks else 0)

    def _number(self, value: int | None, side: Side) -> str:
        if value is None:
            return ""
        if not self.hides:
            return str(value)
        fin = self.fins[side]
        if fin is None or not 0 <= value - fin <= 1:
            return ""
        return SYMBOLS[side] if value == fin else f"{SYMBOLS[side]}+1"
