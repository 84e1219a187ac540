"""The plug-in as a whole: recognising, reading, mutants of every kind of capture, and third-party captures against their truth."""

from __future__ import annotations

import gzip
import io
import json
import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from seqdiag.errors import InputError, SeqdiagError
from seqdiag.events import ACK, FIN, RST, SYN, Point, Segment
from seqdiag.sources import capture
from seqdiag.sources.base import Limits, Match
from tests.sources.capture import test_link, test_tunnels, test_wifi
from tests.sources.capture.craft import GOOD, ethernet, option, pcap, pcap_header, pcapng


def test_recognised_by_its_magic_alone():
    assert capture.recognise(pcap(GOOD)) == capture.recognise(pcapng(GOOD, order=">")) == Match(1, exclusive=True)
    assert capture.recognise(gzip.compress(pcap(GOOD))) == Match(1, exclusive=True)
    for head in (b"", b"\xd4\xc3\xb2", b"220 mx ESMTP\r\n", b"{}"):
        assert capture.recognise(head) is None


def test_a_capture_without_packets_is_empty_and_no_error(read):
    recording = read(pcap([]))
    assert recording.events == []
    assert recording.points == {"p1": Point("capture", "x.pcap", "capture", 1000)}


def test_an_unknown_link_type_is_refused_by_its_number(events):
    with pytest.raises(InputError, match="link type 999"):
        events(pcap(GOOD, link=999))
    assert len(events(pcapng(GOOD) + pcapng(GOOD[:1], link=999))) == 5, "but counted where other packets can be read"


def test_damage_before_the_first_packet_is_an_error(events):
    with pytest.raises(InputError, match="cut at byte 27"):
        events(pcap_header() + b"\1\2\3")


def test_the_same_bytes_give_the_same_events(read):
    file = pcap([frame for _, frame, _ in test_link.CARRIERS.values()])
    assert read(file) == read(file) == read(gzip.compress(file))


def seeds() -> list[bytes]:
    """One capture of every shape that the other tests know."""
    tunnels = [ethernet(packet) for packet, _ in test_tunnels.TUNNELS.values()]
    by_link: dict[int, list[bytes]] = {}
    for link, frame, *_ in [*test_link.CARRIERS.values(), *test_wifi.FRAMES.values()]:
        by_link.setdefault(link, []).append(frame)
    by_link[1] += tunnels
    return [
        *(pcap(frames, link) for link, frames in by_link.items()),
        pcapng(by_link[1]) + pcapng(by_link[1], order=">"),
        pcapng(GOOD) + option(1, b"comment"),
        gzip.compress(pcap(tunnels)),
    ]


def mutant(dice: random.Random, data: bytes) -> bytes:
    """Some bytes changed, a piece cut out or repeated, or the end missing."""
    made = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8, 64))):
        place = dice.randrange(len(made)) if dice.random() < 0.7 else dice.randrange(min(80, len(made)))
        made[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    start, size = dice.randrange(len(made)), dice.randrange(1, 40)
    match dice.randrange(6):
        case 0:
            del made[start : start + size]
        case 1:
            made[start:start] = made[start : start + size]
        case 2:
            del made[start:]
    return bytes(made)


def test_mutants_raise_nothing_but_our_own_errors():
    dice, shapes, read_at_all = random.Random(20240607), seeds(), 0
    for _ in range(3000):
        data = mutant(dice, dice.choice(shapes))
        began = time.perf_counter()
        try:
            capture.read(io.BytesIO(data), "mutant", Limits())
            read_at_all += 1
        except SeqdiagError as error:
            assert str(error).startswith("mutant: ")
            assert "\n" not in str(error)
        assert time.perf_counter() - began < 2
    assert read_at_all > 1500, "mutants that are all refused test nothing"


# Where tshark, from which the truth was made, says something else; each with what speaks for our reading.
OTHERWISE = {
    "arkime__gtp-iphone.pcap": "the truth names the outer addresses of the tunnel",
    "dpkt__nb6-http.pcap": "the truth names the outer addresses of the tunnel",
    "ndpi__fuzz-2006-06-26-2594.pcap": "a total length beyond the frame means missing bytes",
    "ndpi__telnet.pcap": "a total length beyond the frame means missing bytes; the sequence numbers agree",
    "zeek__reassembly.pcap": "a total length beyond the frame means missing bytes; the sequence numbers agree",
    "peafowl__truncated_tcp.pcap": "its data offset lies behind its packet",
}


def flows(events) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for event in events:
        if isinstance(event, Segment):
            counts = found.setdefault((plain(str(event.src)), plain(str(event.dst))), Counter())
            syn, ack = event.flags & SYN, event.flags & ACK
            counts["pkts"] += 1
            counts["bytes"] += event.length
            counts["syn"] += bool(syn and not ack)
            counts["synack"] += bool(syn and ack)
            counts["fin"] += bool(event.flags & FIN)
            counts["rst"] += bool(event.flags & RST)
    return found


def expected(truth) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for stream in truth["tcp_streams"]:
        for here, there in ("ab", "ba"):
            counts = found.setdefault((plain(stream[here]), plain(stream[there])), Counter())
            counts.update({name: stream[name][here] for name in ("pkts", "bytes", "syn", "synack", "fin", "rst")})
    return {ends: counts for ends, counts in found.items() if counts["pkts"]}


def plain(endpoint: str) -> str:
    return endpoint.replace("[", "").replace("]", "")


def test_third_party_captures_have_the_segments_of_their_truth(corpus):
    differing, compared = set(), 0
    for path in (corpus / "files.txt").read_text().split():
        truth_file = corpus / "truth" / f"{path.rpartition('/')[2]}.json"
        if not truth_file.exists():
            continue
        truth = json.loads(truth_file.read_text())
        try:
            with (corpus / path).open("rb") as stream:
                events = capture.read(stream, path, Limits()).events
        except InputError:
            events = []
        compared += 1
        if {ends: +counts for ends, counts in flows(events).items()} != {ends: +counts for ends, counts in expected(truth).items()}:
            differing.add(truth_file.stem)
    assert compared >= 390
    assert differing == set(OTHERWISE)


def test_hostile_captures_raise_nothing_but_our_own_errors(shared, tmp_path):
    builder = shared / "vectors" / "build_pcaps.py"
    subprocess.run([sys.executable, str(builder), str(tmp_path)], check=True, capture_output=True)
    files = [path for path in sorted(tmp_path.iterdir()) if path.suffix != ".tsv"]
    assert len(files) == 98
    for path in files:
        began = time.perf_counter()
        try:
            with path.open("rb") as stream:
                recording = capture.read(stream, path.name, Limits())
            assert path.name != "c22_dsb_tls_keys.pcapng" or "CANARY" not in repr(recording)
        except SeqdiagError as error:
            assert error.exit_code == 3
        assert time.perf_counter() - began < 5, path.name
