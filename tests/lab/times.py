"""Where the capture was taken, the round trip, the clocks, and how long each packet took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqdiag.connections.connection import Side
from tests.lab.truth import SIDES, Packet, Sighting, reaches
from tests.lab.view import MILLISECOND, Verdict, View, verdict


def taken_at(view: View) -> Iterator[Verdict]:
    said = view.connection.taken_at
    truly = view.truly(said) if said in SIDES else said
    yield verdict("taken at", None if said == "unknown" else truly == view.point, "", truly, view.point)


def legs(view: View) -> Iterator[Verdict]:
    """Their sum is one round trip: between the fastest possible one and the slowest answer that this end waited for."""
    if view.connection.legs is None:
        yield verdict("round trip", None)
        return
    said = sum(view.connection.legs)
    ways: dict[Side, list[int]] = {"client": [], "server": []}
    for p in view.run.packets:
        if p.ports == view.ports and p.arrived:
            ways[p.side].append(p.arrived[0] - p.sent)
    if not all(ways.values()):
        yield verdict("round trip", False, "", said, "no round trip at all")
        return
    least = sum(min(times) for times in ways.values())
    slow = [_answered(view.run.at_end(s.packet.side, view.ports), s.packet) for s in view.seen.values() if s.own and s.packet.span]
    most = max((wait for wait in slow if wait is not None), default=0)
    yield verdict("round trip", least * 0.999 <= said <= most * 1.001 + 2 * MILLISECOND, "", said, f"{least} to {most}")


def _answered(at_end: Sequence[Sighting], p: Packet) -> int | None:
    mine = next((s for s in at_end if s.packet is p), None)
    if mine is None:
        return None
    end = mine.segment.seq + p.span
    return next((s.true - p.sent for s in at_end if not s.own and s.true > p.sent and s.segment.ack is not None
                 and reaches(s.segment.ack, end)), None)  # fmt: skip


def alignment(view: View) -> Iterator[Verdict]:
    if view.point != "both":
        return
    a = view.connection.alignment
    if a is None:
        yield verdict("alignment", None)
        return
    times = [s.true for s in view.seen.values()]
    for when, true in (("at its start", min(times)), ("at its end", max(times))):
        said = a.offset + (true - a.epoch) * a.drift_ppm / 1e6 + sum(jump for t, jump in a.steps if t <= true)
        error = abs(said - view.run.clock_offset(true))
        yield verdict(f"clock {when}", error <= a.uncertainty, "", f"{said:.0f} +- {a.uncertainty}", f"{view.run.clock_offset(true):.0f}")


def transit(view: View) -> Iterator[Verdict]:
    a = view.connection.alignment
    for where, s, step in view.steps:
        if step.arrived is None:
            if view.point == "both" and s.packet.arrived:
                yield verdict("transit", None, where, "nothing", s.packet.arrived[0] - s.packet.sent)
            continue
        if s.packet.forged:
            yield verdict("transit", None, where, step.arrived - (step.t or 0), "no end sent it")
            continue
        if a is None or step.t is None or not s.packet.arrived:
            yield verdict("transit", False, where, step.arrived, "it never arrived" if a else "from one point")
            continue
        said = step.arrived - step.t
        errors = [abs(said - (arrived - s.packet.sent)) for arrived in s.packet.arrived]
        yield verdict("transit", said >= 0 and min(errors) <= a.uncertainty, where, said, s.packet.arrived[0] - s.packet.sent)
