"""Does the work grow with the input? t(2n)/t(n) of the whole pipeline for inputs that grow in one respect each.

    python bench/growth.py [CASE ...]

Twice the input may take 2.3 times as long; what is quadratic takes 4 times. Each time is the least of several runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from msgspec.structs import replace

from seqdiag import pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.connections import track
from seqdiag.events import Endpoint, IcmpError, Point, Recording, Remark, Segment
from seqdiag.provenance import Origin
from tests.connections.playbook import CLIENT, SERVER, Playbook, c, handshake, lost, s
from tests.talk import lines, recording

ALLOWED = 2.3
RUNS = 4
POINTS = {"p1": Point("capture", "play.pcap")}


def plain(play: Playbook) -> Recording:
    return Recording(POINTS, list(play.events))


def messages(n: int) -> Recording:
    return recording(lines("S: 220 x ESMTP", *(("C: NOOP", "S: 250 ok") * (n // 2))))


def opaque(n: int) -> Recording:
    return recording([("c" if k % 2 else "s", b"%d some bytes\n" % k) for k in range(n)], port=9999)


def connections(n: int) -> Recording:
    one = recording(lines("S: 220 x ESMTP", "C: QUIT", "S: 221 bye"), close=True).events
    moved = []
    for k in range(n):
        host = f"10.{k >> 16}.{k >> 8 & 255}.{k & 255}"
        for event in one:
            assert isinstance(event, Segment)
            ends = {name: Endpoint(host, end.port) if end == CLIENT else end for name, end in (("src", event.src), ("dst", event.dst))}
            moved.append(replace(event, **ends))
    return Recording(POINTS, moved)


def line_length(n: int) -> Recording:
    return recording([("s", b"220 x ESMTP\r\n"), *(("c", b"EHLO " + b"a" * 1400) for _ in range(n // 1400)), ("c", b"\r\n")])


def line_of_one_byte_segments(n: int) -> Recording:
    return recording([("s", b"220 x ESMTP\r\n"), *(("c", b"a") for _ in range(n)), ("c", b"\r\n")])


def body(n: int) -> Recording:
    text = b"a line of the message, of some length\r\n"
    return recording(
        [*lines("S: 220 x ESMTP", "C: DATA", "S: 354 go"), *(("c", text * 30) for _ in range(n)), ("c", b".\r\n"), ("s", b"250 ok\r\n")]
    )


def lines_of_one_segment(n: int) -> Recording:
    return recording([("s", b"220 x ESMTP\r\n"), ("c", b"NOOP\r\n" * n)])


def passwords(n: int) -> Recording:
    said = [line for k in range(n) for line in (f"C: PASS secret-{k:06}", "S: -ERR no")]
    return recording(lines("S: +OK x", "C: USER a", "S: +OK", *said), port=110)


def mended(n: int) -> Recording:
    return recording(lines("S: 220 x ESMTP", *(("C: NOOP", "S: 500 no") * n), "C: NOOP", "S: 250 ok"))


def flight(n: int) -> Recording:
    hello = b"\x16\3\3\0\x2e\1\0\0\x2a\3\3" + bytes(32) + b"\0\0\2\x13\1\1\0"
    return recording([("c", hello), *(("s", b"\x17\3\3\0\x20" + b"x" * 32) for _ in range(n))], port=443)


def gaps(n: int) -> Recording:
    play = handshake() >> s("PA", b"220 x ESMTP\r\n")
    for _ in range(n):
        play >> lost(c("PA", b"NOOP\r\n")) >> s("PA", b"250 ok\r\n") >> c("PA", b"NOOP\r\n") >> s("PA", b"250 ok\r\n")
    return plain(play)


def hole_never_filled(n: int) -> Recording:
    play = handshake() >> s("PA", b"220 x ESMTP\r\n") >> lost(c("PA", b"EHLO c\r\n"))
    for _ in range(n):
        play >> c("PA", b"NOOP\r\n")
    return plain(play)


def backwards(n: int) -> Recording:
    play = handshake()
    for k in reversed(range(n)):
        play >> c("PA", b"NOOP\r\n", seq=1001 + 6 * k)
    return plain(play)


def repeats(n: int) -> Recording:
    play = handshake() >> c("PA", b"EHLO c\r\n")
    for k in range(n):
        play >> c("PA", b"EHLO c\r\n", seq=1001, ms=100.0 + k)
    return plain(play)


def resets(n: int) -> Recording:
    play = handshake() >> c("PA", b"EHLO c\r\n") >> c("FA")
    for k in range(n):
        play >> s("RA", ms=100.0 + k)
    return plain(play)


def icmp_errors(n: int) -> Recording:
    play = Playbook() >> c("S")
    for k in range(n):
        play >> IcmpError(Origin("play.pcap", k + 2), 10**9 + k, f"192.0.2.{k % 250}", 4, 3, 1, "tcp", CLIENT, SERVER)
    return plain(play)


def comments(n: int) -> Recording:
    events = handshake().events
    return Recording(POINTS, [*events, *(Remark(Origin("play.pcap", 3), None, f"remark {k}", "comment") for k in range(n))])


CASES: dict[str, tuple[Callable[[int], Recording], int]] = {
    "messages": (messages, 2000),
    "opaque": (opaque, 2000),
    "connections": (connections, 400),
    "line length": (line_length, 1 << 21),
    "one-byte segments": (line_of_one_byte_segments, 4000),
    "body": (body, 3000),
    "lines of one segment": (lines_of_one_segment, 4000),
    "passwords": (passwords, 600),
    "mended refusals": (mended, 2000),
    "TLS flight": (flight, 4000),
    "gaps": (gaps, 1000),
    "hole never filled": (hole_never_filled, 3000),
    "backwards": (backwards, 3000),
    "repeats": (repeats, 3000),
    "resets": (resets, 3000),
    "ICMP errors": (icmp_errors, 3000),
    "comments": (comments, 3000),
}


def work(given: Recording, fold: bool) -> None:
    tracked = track(given.events)
    known = pipeline.Understood(given, tracked.connections, tracked.findings, ())
    chosen = pipeline.dialogues(known)
    for dialogue in pipeline.guarded(chosen, False):
        pipeline.session_row(dialogue)
        for _ in pipeline.message_rows(dialogue):
            pass
    pipeline.diagram(known, chosen[:90], ComposeOptions(fold=fold, tcp="full"))
    pipeline.shared_events(known, chosen, False)


def seconds(make: Callable[[int], Recording], n: int, fold: bool) -> float:
    given = make(n)
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        work(given, fold)
        times.append(time.process_time() - began)
    return min(times)


def main(names: list[str]) -> int:
    worst = 0.0
    for name in names or CASES:
        make, n = CASES[name]
        for fold in (True, False):
            once, twice = seconds(make, n, fold), seconds(make, 2 * n, fold)
            worst = max(worst, twice / once)
            mark = "" if twice / once <= ALLOWED else "  TOO MUCH"
            print(
                f"{name:22} {'' if fold else '--no-fold':9} n={n:<8} {once:7.3f} s  2n {twice:7.3f} s  ratio {twice / once:4.2f}{mark}",
                flush=True,
            )
    return worst > ALLOWED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
