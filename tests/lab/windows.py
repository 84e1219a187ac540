"""What the segments without bytes are called: zero windows, probes, keep-alives, window updates, duplicate ACKs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from seqdiag.connections.connection import Side
from tests.lab.truth import SIDES, Packet, Run, Sighting, beyond
from tests.lab.view import Verdict, View, verdict

MUST_SHOW = {"keepalive": ("keep-alive", 4), "zero-window": ("zero window", 3)}


def windows(view: View) -> Iterator[Verdict]:
    """Each frame is what its sender's own end makes of it."""
    truth = {s.packet.n: true for side in SIDES for s, true in _windows(view.run, side, view.ports)}
    shown: dict[str, int] = defaultdict(int)
    newest: dict[Side, Sighting] = {}
    for (source, frame), s in view.seen.items():
        before = newest.get(s.packet.side)
        hidden = before is not None and not s.own and s.packet.n < before.packet.n and not _marked(s, before)
        newest[s.packet.side] = s if before is None or s.packet.n > before.packet.n else before
        if s.copy or s.packet.forged or (view.point == "both" and not s.own):
            continue
        where, told = f"{source}:{frame}", view.whats[source, frame]
        for what, so in truth[s.packet.n].items():
            if what in told:
                shown[what] += 1
                yield verdict(what, so, where, what, _bare(s)) if so or not hidden else Verdict(what, "unseen", where, what, _bare(s))
            elif so and not told & {"repeat", *truth[s.packet.n]}:
                yield verdict(f"{what}, not told", None, where, " ".join(sorted(told)) or "bytes", what)
    what, least = MUST_SHOW.get(view.run.scenario, ("", 0))
    if least and not view.run.meta["loss"][0] and not view.run.meta["rules"]:
        yield verdict(f"{what} must show", shown[what] >= least, "", shown[what], f"at least {least}")


def _windows(run: Run, side: Side, ports: tuple[int, int]) -> Iterator[tuple[Sighting, dict[str, bool]]]:
    """Every packet of one end, and which of these names are true of it."""
    reach = 0  # the end of what it has sent
    acked: int | None = None  # its highest acknowledgment, raw
    window, peer_window = 1, 1
    asked, useless = False, 0  # a keep-alive waits for its answer; arrivals since then that brought it no further
    sack: tuple[tuple[int, int], ...] = ()
    newest = 0
    complete, ahead = 0, list[tuple[int, int]]()  # what came without a hole, and what came behind one
    for s in run.at_end(side, ports):
        p, ack = s.packet, s.segment.ack
        if not s.own:
            peer_window = p.window
            asked = asked or (p.bare and run.scenario == "keepalive" and _behind(run, p))
            useless += p.n < newest or (p.span > 0 and not p.at <= complete < p.end)
            newest = max(newest, p.n)
            ahead = sorted((*ahead, (p.at, p.end)))
            while ahead and ahead[0][0] <= complete:
                complete = max(complete, ahead.pop(0)[1])
            continue
        behind = p.bare and p.at == reach - 1
        same = p.bare and not behind and ack == acked
        alive = behind and run.scenario == "keepalive"
        opens = same and p.window > window and s.segment.options.sack == sack  # the reader has read on: no news of arrivals
        yield (
            s,
            {
                "zero window": p.window == 0 and not set("SR") & set(p.flags),
                "keep-alive": alive,
                "probe": (behind and not alive) or (p.length > 0 and peer_window == 0),
                "keep-alive ACK": same and asked,
                "window update": same and p.window > window,
                "duplicate ACK": same and not asked and not opens and (useless > 0 or s.segment.options.sack not in ((), sack)),
            },
        )
        reach, window, sack = max(reach, p.end), p.window, s.segment.options.sack
        asked = asked and behind
        if ack is not None and (acked is None or beyond(ack, acked)):
            acked = ack
            useless = useless if ahead else 0
        elif same:
            useless -= useless > 0


def _marked(s: Sighting, other: Sighting) -> bool:
    """Does a mark tell which of the two was sent first? IPv6 has no id, and a timestamp's tick is a millisecond."""
    one, two = s.segment.options.ts, other.segment.options.ts
    return bool(s.segment.ip_id and other.segment.ip_id) or (one is not None and two is not None and one[0] != two[0])


def _behind(run: Run, p: Packet) -> bool:
    """Its number is one before what its sender had sent."""
    return p.at == max((q.end for q in run.packets if q.side == p.side and q.ports == p.ports and q.n < p.n), default=0) - 1


def _bare(s: Sighting) -> str:
    return f"{s.packet.side} {s.packet.flags} {s.packet.at}+{s.packet.span} ack {s.packet.ack} win {s.packet.window}"
