"""What was sent again: which segments, how long after, why, and whether the receiver had them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqdiag.connections.connection import Control, other
from tests.lab.truth import SIDES, Packet, Run, Sighting, beyond, reaches
from tests.lab.view import MICROSECOND, MILLISECOND, Verdict, View, verdict

SHORTEST_TIMEOUT = 195 * MILLISECOND
"""Linux waits 200 ms at least (TCP_RTO_MIN) after the last acknowledgment of new data."""


def again(view: View) -> Iterator[Verdict]:
    """Per segment: what is told to be sent again was, and nothing that was is left out."""
    told: dict[int, str] = {}
    for where, s, step in view.steps:
        if isinstance(step, Control) and step.what in ("keep-alive", "probe", "copy"):
            continue
        if step.again or (isinstance(step, Control) and step.what == "repeat"):
            real = bool(s.packet.before) and not s.copy
            if s.packet.n not in told or not real:
                fact = "sent again" if view.at_sender(s.packet) else "sent again (as arrived)"
                yield verdict(fact, real, where, "sent again", "the router's copy" if s.copy else "sent for the first time")
            told[s.packet.n] = where
    for (source, frame), s in view.seen.items():
        p = s.packet
        if not p.before or p.n in told or s.copy:
            continue
        if view.at_sender(p):
            whats = ", ".join(sorted(view.whats[source, frame])) or "bytes"
            yield verdict("sent again", False, f"{source}:{frame}", whats, f"sent again, {p.at}+{p.span}")
        elif _both_captured(view, s):
            yield verdict("sent again (as arrived)", None, f"{source}:{frame}", "nothing", "sent again")
        told[p.n] = ""


def _both_captured(view: View, s: Sighting) -> bool:
    return any(e.packet in s.packet.before and e.true < s.true for e in view.seen.values())


def again_count(view: View) -> Iterator[Verdict]:
    """The number by side, as the router and the kernel count."""
    for side, way in zip(SIDES, ("c2s", "s2c"), strict=True):
        if view.point not in ("both", side):
            continue
        frames = {
            s.packet.n
            for _, s, step in view.steps
            if s.packet.side == side
            and (step.again or (isinstance(step, Control) and step.what == "repeat"))
            and not (isinstance(step, Control) and step.what in ("keep-alive", "probe", "copy"))
        }
        router, kernel = view.run.flow(view.ports)["retransmissions"][way], view.run.kernel_retransmissions(side, view.ports)
        good = len(frames) == router and kernel in (None, router)
        yield verdict("sent again: how many", good, side, len(frames), f"router {router}, kernel {kernel}")
    most = len({s.packet.n for s in view.seen.values() if s.packet.before})
    said = view.connection.count.retransmitted
    yield verdict("count.retransmitted, at most", said <= most, "", said, f"{most} true ones captured here")


def again_after(view: View) -> Iterator[Verdict]:
    for where, s, step in view.steps:
        if step.again is None or not s.packet.before or s.copy:
            continue
        p = s.packet
        covering = [[q for q in p.before if q.at <= byte < q.end] or p.before for byte in (p.at, p.end - 1)]
        latest = {group[-1].n: group[-1] for group in (*covering, p.before)}
        if view.at_sender(p):
            waits, fact = {n: p.sent - q.sent for n, q in latest.items()}, "sent again: after"
        else:
            earlier = {e.packet.n: s.true - e.true for e in view.seen.values() if e.packet in p.before and e.true < s.true}
            last = [earlier[q.n] for q in p.before if q.n in earlier][-1:]
            waits, fact = dict(enumerate(last)), "sent again: after (as arrived)"
        said = step.again.after
        slack = MICROSECOND + abs(said or 0) * 200e-6 * (s.point == "server" or view.point == "both")
        good = None if said is None else any(abs(said - wait) <= slack for wait in waits.values())
        yield verdict(fact, good, where, said, sorted(waits.values()))
        if step.again.before is None:
            continue
        named = view.seen.get((step.again.before.source, step.again.before.index))
        yield verdict("sent again: the frame before", named is not None and named.packet in p.before, where, step.again.before, "another")


def again_spurious(view: View) -> Iterator[Verdict]:
    for where, s, step in view.steps:
        if step.again is None or not s.packet.before or s.copy:
            continue
        said, kept = step.again.spurious, [_kept(view.run, q, s.packet) for q in s.packet.before]
        true = True if True in kept else None if None in kept else False
        if true is not None or said is None:
            yield verdict("sent again: spurious", None if said is None else said == true, where, said, true)


def _kept(run: Run, q: Packet, p: Packet) -> bool | None:
    """When `p` came, had the receiver `q` already? None where that can be taken either way.

    An end that has no SYN-ACK yet, or no room, throws away what its capture holds. It acknowledges what it keeps, or names
    it in a SACK.
    """
    if not q.arrived:
        return False
    if p.arrived and q.arrived[0] > p.arrived[0]:
        return None  # overtaken by its own repeat: needless, and yet the receiver did not have it
    at_end = run.at_end(other(p.side), p.ports)
    seq = next(s.segment.seq for s in at_end if s.packet is q)
    until = p.arrived[0] if p.arrived else p.sent
    said = [s.segment for s in at_end if s.own and q.arrived[0] < s.true <= until and s.segment.ack is not None]
    for s in said:
        names = [((s.ack or 0) - (1 << 30), s.ack or 0), *s.options.sack]
        if any(reaches(seq, left) and reaches(right, seq + q.span) for left, right in names):
            return True
    return False if said else None


def again_cause(view: View) -> Iterator[Verdict]:
    for where, s, step in view.steps:
        if step.again is None or not s.packet.before or s.copy:
            continue
        cause, p = step.again.cause, s.packet
        at_end = view.run.at_end(p.side, view.ports)
        timed_out = _timed_out(view.run, at_end, p)
        checks: dict[str | None, tuple[bool | None, str]] = {
            None: (None, f"the kernel: after a timeout {timed_out}"),
            "fast": (_fast(at_end, p), "neither three duplicate ACKs nor a SACK came first"),
            "timeout": (timed_out is not False and _quiet(at_end, p) >= SHORTEST_TIMEOUT, f"{timed_out}, quiet {_quiet(at_end, p)} ns"),
            "probe": (timed_out is not True and p.end >= max(q.end for q in p.before), f"the kernel: after a timeout {timed_out}"),
        }
        good, true = checks[cause]
        yield verdict(f"sent again: cause {cause or 'unknown'}", good, where, cause, true)


def _fast(at_end: Sequence[Sighting], p: Packet) -> bool:
    mine = next(s for s in at_end if s.packet is p)
    arrivals = [s for s in at_end if not s.own and p.before[0].sent < s.true <= p.sent and s.segment.ack is not None]
    same = [s for s in arrivals if s.packet.bare and s.segment.ack == mine.segment.seq]
    sacked = any(beyond(right, mine.segment.seq) for s in arrivals for _, right in s.segment.options.sack)
    return len(same) >= 3 or sacked


def _quiet(at_end: Sequence[Sighting], p: Packet) -> int:
    """Nanoseconds since what restarts the timer: this segment's last sending, or an acknowledgment of something new."""
    latest = p.before[-1].sent
    highest: int | None = None
    for s in at_end:
        if s.true >= p.sent:
            break
        ack = s.segment.ack
        if not s.own and ack is not None and (highest is None or beyond(ack, highest)):
            highest, latest = ack, max(latest, s.true)
    return p.sent - latest


def _timed_out(run: Run, at_end: Sequence[Sighting], p: Packet) -> bool | None:
    """Whether the kernel counted a timeout then; None where no sample was taken in time."""
    news = min((s.true for s in at_end if not s.own and s.true > p.sent), default=None)
    for sample in run.samples[p.side, p.ports]:
        if sample.t > p.sent + 2 * MILLISECOND:
            if sample.retransmitted is None or (news is not None and sample.t >= news):
                return None
            return sample.timeouts > 0 or sample.after_timeout
    return None
