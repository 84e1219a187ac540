"""How it opened, how it closed, who closed it, and the states of both ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqdiag.connections.connection import Control, Side, other
from tests.lab.truth import SIDES, Packet
from tests.lab.view import Verdict, View, verdict


def opened(view: View) -> Iterator[Verdict]:
    flags = [s.packet.flags for s in view.seen.values()]
    syn, synack = any(f.startswith("S") and "A" not in f for f in flags), any("S" in f and "A" in f for f in flags)
    refused = not synack and (
        any("R" in f for f in flags) or bool(view.run.unreachable & {view.point, *(SIDES if view.point == "both" else ())})
    )
    true = "handshake" if syn and synack else "partial" if synack else "refused" if refused else "unanswered"
    yield verdict("opened", view.connection.opened == true, said=view.connection.opened, true=true)


def closed(view: View) -> Iterator[Verdict]:
    fins = {s.packet.side for s in view.seen.values() if "F" in s.packet.flags}
    reset = any("R" in s.packet.flags for s in view.seen.values())
    true = "fin" if len(fins) == 2 else "reset" if reset else "half" if fins else "open"
    yield verdict("closed", view.connection.closed == true, said=view.connection.closed, true=true)


def closed_by(view: View) -> Iterator[Verdict]:
    """The sender of the first FIN or RST, by the true clock. What crossed on the way, one end cannot put in order."""
    if any(s.packet.forged for s in view.seen.values()):
        return  # who made it, no capture can tell
    ends = [s.packet for side in SIDES for s in view.run.at_end(side, view.ports) if s.own and set("FR") & set(s.packet.flags)]
    firsts = {side: min((p for p in ends if p.side == side), key=lambda p: p.sent, default=None) for side in SIDES}
    first = min((p for p in firsts.values() if p is not None), key=lambda p: p.sent, default=None)
    said = view.connection.closed_by and view.truly(view.connection.closed_by)
    true = f"{first.side} {first.flags}" if first else None
    if said is None or first is None:
        yield verdict("closed by", None if first else said is None, "", said, true)
        return
    seen = {s.packet.n for s in view.seen.values()}
    mine, theirs = firsts[said], firsts[other(said)]
    if said == first.side:
        yield verdict("closed by", True)
    elif first.n not in seen:
        yield Verdict("closed by", "unseen", "", said, str(true))
    else:
        crossed = mine is not None and theirs is not None and _crossed(mine, theirs)
        yield Verdict("closed by", "WRONG", "", said, f"{true}{', they crossed' if crossed else ''}")


def _crossed(mine: Packet, theirs: Packet) -> bool:
    """Each was sent before the other arrived: the order of sending is not to be known at one end."""
    return all(not (p.arrived and p.arrived[0] < q.sent) for p, q in ((mine, theirs), (theirs, mine)))


def states(view: View) -> Iterator[Verdict]:
    for side in SIDES:
        told = _told_states(view, side)
        true, kernel = view.run.states(side, view.ports), view.run.kernel_states(side, view.ports)
        near = view.point in ("both", side)
        name = f"states of the {'near' if near else 'far'} end"
        shown, truth = f"{side}: {' '.join(told)}", f"{' '.join(true)}; kernel {' '.join(kernel)}"
        if told == true:
            yield verdict(name, True)
        elif _within(told, true):
            yield Verdict(name, "WRONG" if near and not _within(kernel, told) else "unknown", "", shown, truth)
        elif not near and (told[: len(true)] == true or _unheard(view, side)):
            yield Verdict(name, "unseen", "", shown, truth)  # its own news, or the last to it, got lost on the way
        else:
            yield Verdict(name, "WRONG", "", shown, truth)


def _unheard(view: View, side: Side) -> bool:
    """Did what tells of this end's state never come to the point?"""
    news = {p.n for p in view.run.packets if p.side == side and p.ports == view.ports and set("SFR") & set(p.flags)}
    return bool(news - {s.packet.n for s in view.seen.values()})


def _told_states(view: View, side: Side) -> list[str]:
    controls = [step for step in view.connection.steps if isinstance(step, Control)]
    changes = [c.sender_state if view.truly(c.side) == side else c.receiver_state for c in controls]
    return [state for change in changes if change for state in change.split(" → ")]


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    rest = iter(whole)
    return all(state in rest for state in part)
