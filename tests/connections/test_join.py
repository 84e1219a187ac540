"""Two capture points of one conversation, as plays: what is sent when, how the path treats it, what is told afterwards.

Times are milliseconds of the true clock, which is the client's point's. A line of a story: when (by the first clock), who,
flags, bytes, and how long it took.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from seqdiag.connections.connection import Alignment
from seqdiag.connections.join import Joined, join, same
from seqdiag.events import FLAG_LETTERS, Endpoint, Options, Segment, flag_letters
from seqdiag.provenance import Origin

CLIENT, SERVER, GATEWAY = Endpoint("192.0.2.14", 53124), Endpoint("198.51.100.25", 25), Endpoint("203.0.113.7", 61001)
BITS = {letter: bit for bit, letter in FLAG_LETTERS}
MS = 1_000_000
START = 1_795_520_510_000_000_001


class Path:
    """A client's and a server's capture of what they say. `there` and `back`: how long a packet takes, in ms.

    `clock`: true milliseconds since the start to the second clock's lead in nanoseconds.
    """

    def __init__(
        self, there: float = 20, back: float = 20, clock: Callable[[float], float] = lambda _: 0, ids: bool = True, stamps: bool = True
    ) -> None:
        self.delay, self.clock, self.ids, self.stamps = {CLIENT: there, SERVER: back}, clock, ids, stamps
        self.next = {CLIENT: 1000, SERVER: 5000}
        self.seen: list[tuple[float, str, Segment, float | None]] = []  # when, at which point, what, and the truth: transit
        self.frames = 0

    def say(
        self,
        t: float,
        who: Endpoint,
        flags: str,
        data: bytes = b"",
        *,
        again: int | None = None,
        lost: bool = False,
        twice: bool = False,
        late: float = 0,
        unseen: str = "",
        ack: int | None = None,
    ) -> Path:
        """At `t`. `again`: the bytes from there once more. `unseen`: the points ("c", "s") whose captures lack it."""
        peer = SERVER if who == CLIENT else CLIENT
        bits = sum(BITS[letter] for letter in flags)
        number = self.next[who] if again is None else again
        acked = (self.next[peer] if ack is None else ack) if "A" in flags else None
        self.frames += 1
        options = Options(ts=(int(t), 0)) if self.stamps else Options()
        segment = Segment(
            Origin("play.pcap", self.frames), 0, who, peer, bits, number, acked, 501, data, len(data), options,
            ttl=64, ip_id=self.frames if self.ids else 0,
        )  # fmt: skip
        own, far = ("c", "s") if who == CLIENT else ("s", "c")
        if own not in unseen:
            self.seen.append((t, own, segment, None))
        if not lost and far not in unseen:
            for copy in range(1 + twice):
                transit = self.delay[who] + late + copy * 0.1
                self.seen.append((t + transit, far, replace(segment, ttl=60), transit))
        if again is None:
            self.next[who] += len(data) + ("S" in flags) + ("F" in flags)
        return self

    def c(self, t: float, flags: str, data: bytes = b"", **more: object) -> Path:
        return self.say(t, CLIENT, flags, data, **more)  # type: ignore[arg-type]

    def s(self, t: float, flags: str, data: bytes = b"", **more: object) -> Path:
        return self.say(t, SERVER, flags, data, **more)  # type: ignore[arg-type]

    def at(self, point: str) -> list[Segment]:
        """The capture of the client's point or the server's, in order of its frames."""
        lead = self.clock if point == "s" else lambda _: 0
        return [
            replace(segment, t=START + round(t * MS + lead(t)))
            for t, where, segment, _ in sorted(self.seen, key=lambda row: row[0])
            if where == point
        ]

    def joined(self, **options: bool) -> Joined:
        a, b = self.at("c"), self.at("s")
        assert same(a, b)
        return join(a, b, **options)


def story(joined: Joined) -> list[str]:
    lines = []
    for s, arrived, fate, copies, *_ in joined.sightings:
        assert s.t is not None
        took = "lost" if fate else "?" if arrived is None else f"{round((arrived - s.t) / MS, 1):g}"
        words = [f"{round((s.t - START) / MS, 1):g}", "client" if s.src == CLIENT else "server", flag_letters(s.flags)]
        lines.append(" ".join([*words, *([f"{s.length}"] if s.length else []), took, *(["twice"] if copies == 2 else [])]))
    return lines


def aligned(joined: Joined) -> Alignment:
    assert joined.alignment is not None
    return joined.alignment


def greeting(path: Path, t: float = 0) -> Path:
    """A handshake and a banner, its ACK, at `t`."""
    path.c(t, "S").s(t + 20, "SA").c(t + 40, "A")
    return path.s(t + 60, "PA", b"220 mail\r\n").c(t + 80, "A")


def chat(path: Path, t: float, lines: int, every: float = 50) -> Path:
    """Commands and replies."""
    for line in range(lines):
        path.c(t + line * every, "PA", b"NOOP\r\n").s(t + line * every + 20, "PA", b"250 OK\r\n")
    return path


# -- the clocks ------------------------------------------------------------------------------------------------------


def test_the_server_s_clock_is_five_seconds_ahead() -> None:
    joined = greeting(Path(clock=lambda _: 5000 * MS)).joined()
    assert story(joined) == [
        "0 client S 20",
        "20 server SA 20",
        "40 client A 20",
        "60 server AP 10 20",
        "80 client A 20",
    ]
    assert joined.near == CLIENT
    assert aligned(joined).offset == 5000 * MS
    assert 20 * MS <= aligned(joined).uncertainty < 20.1 * MS, "half of the round trip, and what the drift leaves"


def test_the_first_point_may_as_well_be_the_server_s() -> None:
    path = greeting(Path(clock=lambda _: 5000 * MS))
    joined = join(path.at("s"), path.at("c"))
    assert joined.near == SERVER
    assert aligned(joined).offset == -5000 * MS
    assert [line.split()[1:] for line in story(joined)] == [line.split()[1:] for line in story(path.joined())]
    assert joined.sightings[0].segment.t == START + 5000 * MS, "by the first point's clock"


def test_an_uneven_path_cannot_be_seen_and_is_within_the_uncertainty() -> None:
    path = Path(there=35, back=5)
    path.c(0, "S").s(35, "SA").c(40, "A")
    joined = path.joined()
    assert story(joined) == ["0 client S 20", "20 server SA 20", "40 client A 20"], "the middle of all that may be"
    assert 15 * MS < 20 * MS <= aligned(joined).uncertainty


def test_clocks_that_are_known_to_agree_show_it() -> None:
    path = Path(there=35, back=5)
    path.c(0, "S").s(35, "SA").c(40, "A")
    joined = path.joined(synced=True)
    assert story(joined) == ["0 client S 35", "35 server SA 5", "40 client A 35"]
    assert aligned(joined).uncertainty == 1, "the stamps are in nanoseconds"


def test_coarse_stamps_are_uncertain_by_their_resolution() -> None:
    path = Path(there=35.4, back=5.4)
    path.c(3, "S").s(38.4, "SA").c(43.8, "A")
    a, b = ([replace(s, t=(s.t or 0) // MS * MS) for s in path.at(point)] for point in "cs")
    joined = join(a, b, synced=True)
    assert aligned(joined).uncertainty == MS
    assert abs((joined.sightings[0].arrived or 0) - (a[0].t or 0) - 35.4 * MS) <= MS


def test_who_says_so_wrongly_is_not_believed() -> None:
    joined = greeting(Path(clock=lambda _: -300 * MS)).joined(synced=True)
    assert aligned(joined).offset == -300 * MS
    assert [line.split()[-1] for line in story(joined)] == ["20"] * 5


def test_a_clock_that_drifts() -> None:
    path = chat(greeting(Path(clock=lambda t: 80e-6 * t * MS)), 1000, 600, every=1000)
    joined = path.joined()
    assert aligned(joined).drift_ppm == pytest.approx(80, abs=0.5)
    assert all(abs(float(line.split()[-1]) - 20) < 0.1 for line in story(joined)), "over ten minutes, 48 ms of drift"
    assert aligned(joined).uncertainty < 20.5 * MS


@pytest.mark.parametrize("jump", [5000, -300, 8])
def test_a_clock_that_steps(jump: float) -> None:
    path = chat(greeting(Path(clock=lambda t: jump * MS if t > 1430 else 0)), 100, 60)
    joined = path.joined()
    assert [size for _, size in aligned(joined).steps] == [pytest.approx(jump * MS, abs=MS / 10)]
    assert all(abs(float(line.split()[-1]) - 20) < 0.2 for line in story(joined))
    assert [s.segment.t for s in joined.sightings] == sorted(s.segment.t or 0 for s in joined.sightings)


def test_the_first_clock_may_be_the_one_that_steps() -> None:
    path = chat(greeting(Path(clock=lambda t: -300 * MS if t > 1430 else 0)), 100, 60)
    joined = join(path.at("s"), path.at("c"))
    assert [size for _, size in aligned(joined).steps] == [pytest.approx(300 * MS, abs=MS / 10)]
    assert all(abs(float(line.split()[-1]) - 20) < 0.2 for line in story(joined))
    who = [s.segment.src for s in joined.sightings]
    assert who == [s.segment.src for s in path.joined().sightings], "nothing is out of order where its stamps go back"


def test_a_queue_is_no_step() -> None:
    path = greeting(Path())
    for line in range(60):
        path.c(100 + 50 * line, "PA", b"NOOP\r\n", late=30 if line > 30 else 0).s(155 + 50 * line, "PA", b"250 OK\r\n")
    joined = path.joined()
    assert aligned(joined).steps == ()
    assert {round(float(line.split()[-1])) for line in story(joined) if "client AP" in line} == {20, 50}


def test_one_direction_alone_bounds_no_clock() -> None:
    path = Path()
    for t in range(5):
        path.c(t * 10, "PA", b"log\r\n")
    joined = path.joined()
    assert joined.near == CLIENT, "by the TTL"
    assert joined.alignment is None
    assert {line.split()[-1] for line in story(joined)} == {"?"}


def test_two_points_at_one_place_measure_no_path() -> None:
    here = greeting(Path()).at("c")
    joined = join(here, [replace(s, t=(s.t or 0) + 7 * MS) for s in here])
    assert joined.near is None and joined.alignment is None
    assert len(joined.sightings) == 5
    assert {line.split()[-1] for line in story(joined)} == {"?"}


# -- lost, or not captured -------------------------------------------------------------------------------------------


def test_lost_both_ways_and_sent_again() -> None:
    path = greeting(Path(clock=lambda _: -2000 * MS))
    path.c(100, "PA", b"QUIT\r\n", lost=True).c(320, "PA", b"QUIT\r\n", again=1001)
    path.s(340, "PA", b"221 Bye\r\n", lost=True).s(560, "PA", b"221 Bye\r\n", again=5011).c(580, "A").s(600, "A")
    assert story(path.joined())[5:] == [
        "100 client AP 6 lost",
        "320 client AP 6 20",
        "340 server AP 9 lost",
        "560 server AP 9 20",
        "580 client A 20",
        "600 server A 20",
    ]


@pytest.mark.parametrize("stamps", [True, False])
def test_copies_that_nothing_tells_apart_are_told_by_the_time(stamps: bool) -> None:
    path = greeting(Path(ids=False, stamps=stamps))
    path.c(100, "PA", b"QUIT\r\n", lost=True).c(320, "PA", b"QUIT\r\n", again=1001)
    path.s(340, "PA", b"221 Bye\r\n").c(360, "A")
    assert story(path.joined())[5:] == ["100 client AP 6 lost", "320 client AP 6 20", "340 server AP 9 20", "360 client A 20"]


def test_which_of_two_twins_was_lost_stays_unknown() -> None:
    path = greeting(Path(ids=False, stamps=False))
    path.c(100, "A", lost=True).c(101, "A").s(160, "PA", b"250 OK\r\n").c(180, "A")
    assert story(path.joined())[5:] == ["100 client A ?", "101 client A ?", "160 server AP 8 20", "180 client A 20"]


def test_twins_that_both_arrive_are_taken_in_order_where_the_path_keeps_it() -> None:
    path = greeting(Path(ids=False, stamps=False))
    for k in range(12):
        path.c(100 + k, "PA", b"x")
    path.c(115, "R").c(116, "R").s(200, "A")
    assert [line for line in story(path.joined()) if " R " in line] == ["115 client R 20", "116 client R 20"]


def test_before_the_first_and_after_the_last_frame_nothing_is_known() -> None:
    path = Path()
    path.c(-1000, "S", lost=True).c(0, "S", again=1000).s(20, "SA").c(40, "A")
    path.c(60, "PA", b"QUIT\r\n", lost=True)
    assert story(path.joined()) == ["-1000 client S ?", "0 client S 20", "20 server SA 20", "40 client A 20", "60 client AP 6 ?"]


def test_a_capture_cut_short_proves_no_loss() -> None:
    path = chat(greeting(Path()), 100, 10)
    half = path.at("s")[:10]
    joined = join(path.at("c"), half)
    assert not any(s.fate for s in joined.sightings)
    assert len([s for s in joined.sightings if not s.b]) == len(path.at("c")) - 10


def test_what_the_receiver_acknowledged_was_not_lost() -> None:
    path = greeting(Path()).c(100, "PA", b"NOOP\r\n", unseen="s").s(120, "PA", b"250 OK\r\n").c(140, "A").s(160, "A")
    joined = path.joined()
    assert story(joined)[5:] == ["100 client AP 6 ?", "120 server AP 8 20", "140 client A 20", "160 server A 20"]
    assert joined.missed == (0, 6)


def test_in_a_capture_with_holes_only_the_receiver_proves_a_loss() -> None:
    path = greeting(Path()).c(100, "PA", b"NOOP\r\n", unseen="s").s(120, "PA", b"250 OK\r\n").c(140, "A", lost=True)
    path.c(300, "PA", b"QUIT\r\n", lost=True).s(400, "A", ack=1007).c(500, "PA", b"QUIT\r\n", again=1007).s(520, "A")
    assert story(path.joined())[5:] == [
        "100 client AP 6 ?",
        "120 server AP 8 20",
        "140 client A ?",
        "300 client AP 6 lost",
        "400 server A 20",
        "500 client AP 6 20",
        "520 server A 20",
    ]


def test_a_capture_that_admits_drops_proves_no_loss() -> None:
    path = greeting(Path()).c(100, "A", lost=True).s(160, "PA", b"250 OK\r\n").c(180, "A")
    a, b = path.at("c"), path.at("s")
    assert [s.fate for s in join(a, b).sightings[5:]] == ["lost", None, None]
    assert [s.fate for s in join(a, b, torn=(False, True)).sightings[5:]] == [None, None, None]


def test_what_only_the_receiver_saw_stands_where_it_arrived() -> None:
    path = greeting(Path()).s(100, "RA", unseen="s")
    joined = path.joined()
    last = joined.sightings[-1]
    assert (last.segment.t, last.arrived, last.a, last.b) == (START + 120 * MS, START + 120 * MS, (5,), ())
    assert last.fate is None


# -- what the path does ----------------------------------------------------------------------------------------------


def test_a_packet_that_the_network_doubles_arrives_twice() -> None:
    path = greeting(Path()).c(100, "PA", b"NOOP\r\n", twice=True).s(120, "PA", b"250 OK\r\n").c(140, "A")
    assert story(path.joined())[5:] == ["100 client AP 6 20 twice", "120 server AP 8 20", "140 client A 20"]


def test_a_packet_that_another_overtakes_arrives_later() -> None:
    path = greeting(Path()).c(100, "A", b"DATA", late=5).c(101, "PA", b"MORE").s(130, "A").c(160, "A")
    joined = path.joined()
    assert story(joined)[5:7] == ["100 client A 4 25", "101 client AP 4 20"]
    assert joined.sightings[5].b > joined.sightings[6].b


def behind(segments: list[Segment]) -> list[Segment]:
    """What a point behind the address translation captures."""
    swap = {CLIENT: GATEWAY}
    return [replace(s, src=swap.get(s.src, s.src), dst=swap.get(s.dst, s.dst)) for s in segments]


def test_through_address_translation_it_is_one_conversation() -> None:
    path = greeting(Path(clock=lambda _: 300 * MS))
    a, b = path.at("c"), behind(path.at("s"))
    assert same(a, b)
    joined = join(a, b)
    assert story(joined) == story(path.joined()), "with the addresses of the first point"
    assert joined.near == CLIENT


def test_other_conversations_are_not_the_same() -> None:
    a, b = greeting(Path()).at("c"), greeting(Path()).at("s")
    assert not same(a, [replace(s, seq=s.seq + 77, ack=s.ack and s.ack + 77) for s in b]), "the same ports used again"
    assert not same(a, behind(b)[2:]), "translated, and the opening not captured"
    assert not same(a, [replace(s, payload=s.payload.upper()) for s in behind(b)]), "translated, and other bytes"
    assert not same(a, [replace(s, seq=s.seq + (s.src == SERVER)) for s in behind(b)]), "another server's answer"
    assert not same(a, [])


def cut(s: Segment, at: int, size: int) -> Segment:
    """A piece of what offload was given, as the network card sends it: with an IP id of its own."""
    return replace(s, seq=s.seq + at, payload=s.payload[at : at + size], length=size, ip_id=(s.ip_id or 0) + at // 1000)


def test_offload_splits_at_the_sender() -> None:
    path = greeting(Path()).c(100, "PA", bytes(3000)).s(120, "A").c(200, "A")
    a = path.at("c")
    b = [piece for s in path.at("s") for piece in ([cut(s, k, 1000) for k in (0, 1000, 2000)] if s.length == 3000 else [s])]
    assert story(join(a, b))[5:] == [
        "100 client A 1000 20",
        "100 client A 1000 20",
        "100 client AP 1000 20",
        "120 server A 20",
        "200 client A 20",
    ]
    lacking = [s for s in b if s.length != 1000 or s.seq != 2001]
    assert story(join(a, lacking))[5:8] == ["100 client A 1000 20", "100 client A 1000 ?", "100 client AP 1000 20"], "it was acknowledged"
    assert b"".join(s.segment.payload for s in join(a, b).sightings if s.segment.src == CLIENT) == bytes(3000)


def test_a_piece_of_a_split_segment_is_lost() -> None:
    path = greeting(Path()).c(100, "PA", bytes(3000)).s(120, "A", ack=2001).c(330, "PA", bytes(1000), again=2001).s(350, "A").c(400, "A")
    a = path.at("c")
    b = [piece for s in path.at("s") for piece in ([cut(s, k, 1000) for k in (0, 2000)] if s.length == 3000 else [s])]
    assert story(join(a, b))[5:9] == ["100 client A 1000 20", "100 client A 1000 lost", "100 client AP 1000 20", "120 server A 20"]


def test_offload_joins_at_the_receiver() -> None:
    path = greeting(Path()).c(100, "A", b"a" * 1000).c(100.2, "PA", b"b" * 500).s(125, "A").c(200, "A")
    a, b = path.at("c"), path.at("s")
    one, two = (s for s in b if s.length >= 500)
    whole = replace(two, seq=one.seq, ip_id=one.ip_id, payload=one.payload + two.payload, length=1500, options=one.options)
    joined = join(a, [whole if s is two else s for s in b if s is not one])
    assert story(joined)[5:8] == ["100 client A 1000 20.2", "100.2 client AP 500 20", "125 server A 20"]


# -- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_path_does_no_statement_is_wrong(seed: int) -> None:
    """Transit times within the uncertainty, losses that are losses, every frame once, each point's order kept."""
    dice = random.Random(seed)
    drift, lead = dice.uniform(-100e-6, 100e-6), dice.uniform(-1e9, 1e9)
    path = Path(dice.uniform(1, 40), dice.uniform(1, 40), lambda t: lead + drift * t * MS, ids=seed % 3 > 0, stamps=seed % 2 > 0)
    loss, jitter = dice.choice([0, 0.05, 0.2]), dice.choice([0, 3])
    path.c(0, "S").s(41, "SA")
    for k in range(60):
        fate = {"lost": dice.random() < loss, "twice": dice.random() < loss / 4, "late": dice.uniform(0, jitter)}
        (path.c if dice.random() < 0.5 else path.s)(100 + k * 30, *dice.choice([("A", b""), ("PA", b"x" * dice.randrange(1, 50))]), **fate)
    path.s(2000, "FA").c(2100, "FA").s(2200, "A").c(2300, "A")
    a, b = path.at("c"), path.at("s")
    joined = join(a, b)
    assert sorted(i for s in joined.sightings for i in s.a) == list(range(len(a)))
    assert sorted(i for s in joined.sightings for i in s.b) == list(range(len(b)))
    for point, end in (("a", CLIENT), ("b", SERVER)):
        order = [getattr(s, point)[0] for s in joined.sightings if s.segment.src == end and getattr(s, point)]
        assert order == sorted(order)
    truth: dict[int, list[float]] = {}
    for _, _, segment, transit in path.seen:
        truth.setdefault(segment.origin.index, [])
        if transit is not None:
            truth[segment.origin.index].append(transit)
    timed = 0
    for s in joined.sightings:
        took = truth[s.segment.origin.index]
        if s.fate == "lost":
            assert took == []
        if s.arrived is not None and s.segment.t is not None:
            timed += 1
            assert s.arrived >= s.segment.t
            assert abs(s.arrived - s.segment.t - min(took) * MS) <= aligned(joined).uncertainty
    assert timed > 30
    assert aligned(joined).uncertainty < (sum(path.delay.values()) / 2 + jitter + 1) * MS


@pytest.mark.parametrize("seed", range(60))
def test_no_capture_is_too_strange(seed: int) -> None:
    """Any numbers, flags, lengths and times, none at all included: every frame stays, and nothing is raised."""
    dice = random.Random(seed)

    def strange(k: int) -> Segment:
        src, dst = dice.sample((CLIENT, SERVER), 2)
        t = dice.choice([None, dice.randrange(1 << 62), START + k * MS])
        seq, ack = (dice.choice([dice.randrange(8), dice.randrange(1 << 32)]) for _ in range(2))
        data = bytes(dice.choice([0, 0, 1, 3, 9]))
        options = Options(ts=dice.choice([None, (1, 1), (2, 1)]))
        return Segment(
            Origin("strange.pcap", k), t, src, dst, dice.randrange(32), seq, dice.choice([None, ack]), dice.randrange(2),
            data, len(data) + dice.choice([0, 0, 4]), options, ttl=dice.choice([None, 60, 64]), ip_id=dice.choice([None, 0, 7, k]),
        )  # fmt: skip

    a = [strange(k) for k in range(dice.randrange(40))]
    b = [s if dice.random() < 0.7 else strange(k) for k, s in enumerate(dice.sample(a, len(a)))]
    same(a, b)
    joined = join(a, b, synced=dice.random() < 0.3)
    assert {i for s in joined.sightings for i in s.a} == set(range(len(a)))
    assert {i for s in joined.sightings for i in s.b} == set(range(len(b)))
    assert all(s.arrived is None or s.segment.t is None or s.arrived >= s.segment.t for s in joined.sightings)


def test_seen_at_one_point_only() -> None:
    here = greeting(Path()).at("c")
    alone = join(here, [])
    assert [s.segment for s in alone.sightings] == here
    assert (alone.near, alone.alignment) == (None, None)
