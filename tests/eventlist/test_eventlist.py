"""The event list: what was written is read back, and whatever is wrong is named by its line."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdiag import eventlist
from seqdiag.errors import InputError
from seqdiag.events import (
    Datagram,
    Drop,
    Endpoint,
    Hidden,
    IcmpError,
    Options,
    Point,
    Recording,
    Remark,
    Segment,
    SocketAct,
    Tls,
    Tunnel,
)
from seqdiag.provenance import Origin

C, S = Endpoint("10.0.0.1", 53124), Endpoint("192.0.2.25", 25)


def written(recording: Recording) -> bytes:
    return b"".join(eventlist.write(recording, "test 1"))


def read(text: bytes | str) -> Recording:
    return eventlist.read(io.BytesIO(text.encode() if isinstance(text, str) else text), "x.events.jsonl")


# ---------------------------------------------------------------- the law

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
origins = st.builds(Origin, words, st.integers(0, 2**40))
times = st.none() | st.integers(-(2**63), 2**63 - 1)
ends = st.builds(Endpoint, words, st.integers(0, 65535))
u32 = st.integers(0, 2**32 - 1)
tunnels = st.none() | st.builds(Tunnel, words, st.tuples(words, words), st.tuples(st.integers(0, 2**24)))
points = st.sampled_from(["p1", "p2"])
payloads = st.binary(max_size=40) | words.map(str.encode)
options = st.builds(
    Options,
    mss=st.none() | st.integers(0, 65535),
    wscale=st.none() | st.integers(0, 255),
    sack_ok=st.booleans(),
    sack=st.lists(st.tuples(u32, u32), max_size=3).map(tuple),
    ts=st.none() | st.tuples(u32, u32),
    fast_open=st.booleans(),
)


@st.composite
def with_hidden(draw: st.DrawFn, payload: st.SearchStrategy[bytes] = payloads) -> dict[str, Any]:
    data = draw(payload)
    start = draw(st.integers(0, len(data)))
    runs = draw(st.just(()) | st.builds(Hidden, st.just(start), st.just(len(data) - start), words, st.none() | words).map(lambda h: (h,)))
    return {"payload": data, "hidden": runs}


def packets(kind: Any, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    built = st.tuples(with_hidden(), st.integers(0, 9), st.fixed_dictionaries(fields))
    return built.map(lambda x: kind(**x[0], length=len(x[0]["payload"]) + x[1], **x[2]))


segments = packets(
    Segment, origin=origins, t=times, src=ends, dst=ends, flags=st.integers(0, 255), seq=u32, ack=st.none() | u32,
    window=st.integers(0, 65535), options=options, tunnel=tunnels, point=points,
)  # fmt: skip
datagrams = packets(Datagram, origin=origins, t=times, src=ends, dst=ends, tunnel=tunnels, point=points)
icmps = st.builds(
    IcmpError, origins, times, words, st.sampled_from([4, 6]), st.integers(0, 255), st.integers(0, 255),
    st.sampled_from(["tcp", "udp"]), ends, ends, st.none() | u32, tunnels, points,
)  # fmt: skip
acts = st.tuples(
    with_hidden(),
    st.fixed_dictionaries(
        {
            "origin": origins,
            "t": times,
            "conn": words,
            "act": st.sampled_from(["connected", "accepted", "sent", "received", "shut", "closed", "reset", "failed"]),
            "local": ends,
            "remote": ends,
            "offset": st.integers(0, 2**50),
            "by": st.sampled_from([None, "local", "remote"]),
            "error": st.none() | words,
            "basis": st.sampled_from(["capture", "syscall", "transcript"]),
            "confidence": st.sampled_from(["exact", "state", "guess"]),
            "inferred": st.booleans(),
            "layer": st.sampled_from([None, "tls"]),
            "point": points,
        }
    ),
).map(lambda x: SocketAct(**x[0], **x[1]))
optional = st.none() | words
tlses = st.builds(Tls, origins, times, words, words, optional, optional, optional, optional, points)
abouts = st.sampled_from(["finding", "damage", "comment", "name"])
remarks = st.builds(Remark, st.none() | origins, times, words, abouts, optional, optional, points)
drops = st.builds(Drop, st.none() | origins, times, st.integers(0, 2**40), points)

kinds = st.sampled_from(["capture", "client-socket", "server-socket", "relay", "transcript"])
clocks = st.sampled_from(["realtime", "monotonic", "capture", "none"])
point = st.builds(Point, kinds, words, clocks, st.integers(0, 10**9))
recordings = st.builds(
    Recording,
    st.fixed_dictionaries({"p1": point, "p2": point}),
    st.lists(st.one_of(segments, datagrams, icmps, acts, tlses, remarks, drops), max_size=6),
    st.sampled_from(["none", "default", "strict"]),
)


@settings(max_examples=300, deadline=None)
@given(recordings)
def test_what_was_written_is_read_back_and_written_again_the_same(recording: Recording) -> None:
    text = written(recording)
    again = read(text)
    assert again == recording
    assert written(again) == text


def test_a_recording_without_points_or_events() -> None:
    assert read(written(Recording({}, []))) == Recording({}, [])


# ---------------------------------------------------------------- the file as it stands


def segment(n: int, payload: bytes = b"", **fields: Any) -> Segment:
    defaults: dict[str, Any] = {"src": C, "dst": S, "flags": 0x02, "seq": 7, "ack": None, "window": 64240, "length": len(payload)}
    return Segment(origin=Origin("mail.pcap", n), t=10**18 + n, payload=payload, **(defaults | fields))


def capture(*events: Any) -> Recording:
    return Recording({"p1": Point("capture", "mail.pcap", "capture", 1000)}, list(events))


def test_the_lines_are_what_the_format_says() -> None:
    events = [
        segment(1, options=Options(mss=1460)),
        segment(2, b"220 hi\r\n", src=S, dst=C, flags=0x18, ack=8, length=20),
        segment(3, b"\x16\x03\x01", dst=Endpoint("192.0.2.25", 110)),
    ]
    header, *lines = [json.loads(line) for line in written(capture(*events)).splitlines()]
    assert header == {
        "seqdiag": "events",
        "version": 1,
        "generator": "test 1",
        "points": {"p1": {"kind": "capture", "source": "mail.pcap", "clock": "k1"}},
        "clocks": {"k1": {"source": "capture", "resolution_ns": 1000}},
        "redaction": "none",
    }
    assert lines[0] == {
        "ev": "segment",
        "n": 1,
        "point": "p1",
        "clock": "k1",
        "t": 10**18 + 1,
        "conn": "c1",
        "origin": {"source": "mail.pcap", "index": 1},
        "src": ["10.0.0.1", 53124],
        "dst": ["192.0.2.25", 25],
        "flags": "S",
        "seq": 7,
        "ack": None,
        "win": 64240,
        "opts": {"mss": 1460},
        "len": 0,
    }
    assert (lines[1]["text"], lines[1]["len"], lines[1]["cut"], lines[1]["flags"]) == ("220 hi\r\n", 20, 12, "AP")
    assert "text" not in lines[2] and lines[2]["b64"] == "FgMB"
    assert [line["conn"] for line in lines] == ["c1", "c1", "c2"], "both directions of one conversation, and another"


@pytest.mark.parametrize("payload", [b"\x1b[2J", b"a\x00", b"\x7f", "\x9b31m".encode(), b"\xff\xfe", b"\x08"])
def test_control_characters_never_stand_in_text(payload: bytes) -> None:
    line = written(capture(segment(1, payload))).splitlines()[1]
    assert b'"text"' not in line and read(written(capture(segment(1, payload)))).events[0].payload == payload  # type: ignore[union-attr]


def test_a_conversation_of_packets_never_takes_the_name_of_a_socket() -> None:
    act = SocketAct(Origin("x", 1), None, "c1", "sent", C, S, b"x")
    lines = [json.loads(line) for line in written(capture(act, segment(1))).splitlines()[1:]]
    assert [line["conn"] for line in lines] == ["c1", "c2"]


# ---------------------------------------------------------------- what is wrong, and what is not

HEADER = b'{"seqdiag":"events","version":1,"generator":"t","points":{"p1":{"kind":"capture","source":"m.pcap"}}}\n'
DROP = b'{"n":1,"point":"p1","t":null,"ev":"drop","count":3}\n'
NOTE = {"n": 1, "point": "p1", "t": None, "ev": "note", "text": "x"}


def line(**fields: Any) -> bytes:
    return json.dumps(NOTE | fields).encode() + b"\n"


@pytest.mark.parametrize("torn", [DROP[:20], DROP[:-2], '{"n":1,"point":"p1","t":null,"ev":"note","text":"é'.encode()[:-1]])
def test_a_torn_last_line_is_dropped_and_said(torn: bytes) -> None:
    assert read(HEADER + DROP + torn).events == [
        Drop(None, None, 3),
        Remark(Origin("x.events.jsonl", 3), None, "the last line is torn and was dropped", "damage"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        HEADER + DROP[:-1],
        HEADER.replace(b"\n", b"\r\n") + DROP,
        b"\xef\xbb\xbf" + HEADER + DROP,
        HEADER + b"\n\n" + DROP + b"\n",
        HEADER + b'{"n":1,"point":"p1","t":null,"ev":"quux","constructor":1}\n' + DROP,
        HEADER + DROP.replace(b"}", b',"new":[{"a":1}]}'),
        HEADER.replace(b"}}}", b'}},"new":1}') + DROP,
        HEADER + HEADER + DROP,
    ],
    ids=["no last LF", "CRLF", "BOM", "blank lines", "unknown kind", "unknown field", "unknown field of a header", "header twice"],
)
def test_read_without_a_word(text: bytes) -> None:
    assert read(text) == Recording({"p1": Point("capture", "m.pcap")}, [Drop(None, None, 3)])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty file"),
        (b"\n" * 1000, "no header"),
        (DROP, "line 1: no header"),
        (HEADER.replace(b":1,", b":999,"), "line 1: an event list of version 999"),
        (HEADER.replace(b"{", b'{"seqdiag":"x",', 1).replace(b'"events"', b'"y"'), "line 1:"),
        (HEADER + b"not json\n" + DROP, "line 2:"),
        (HEADER + b"\0" * 4096 + DROP + DROP, "line 2:"),
        (HEADER + DROP[:-1] + DROP + DROP, "line 2:"),
        (HEADER + b"[1,2]\n", "line 2:"),
        (HEADER + b"[" * 100_000 + b"\n", "line 2:"),
        (HEADER + DROP.replace(b"}", b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "line 2: nested too deeply"),
        (HEADER + DROP.replace(b"null", b"NaN"), "line 2:"),
        (HEADER + DROP.replace(b"null", b"1e999"), "line 2:"),
        (HEADER + DROP.replace(b"null", b"1.5"), "line 2:"),
        (HEADER + DROP.replace(b"null", b"9" * 5000), "line 2:"),
        (HEADER + DROP.replace(b"null", b"9" * 30), "line 2:"),
        (HEADER + DROP.replace(b"p1", b"p9"), "line 2: no header names the point 'p9'"),
        (HEADER + line(text="\ud800"), "line 2:"),
        (HEADER + line(text=None), "line 2:"),
        (HEADER + line(about="\x1b[31m\n"), "line 2:"),
        (HEADER + line(ev="sent", local=["a", 1], remote=["b", 2], conn="c1", len=4, b64="!!notb64!!"), "line 2:"),
        (HEADER + line(ev="sent", local=["a", 1], remote=["b", 70000], conn="c1"), "line 2:"),
        (HEADER + line(ev="sent", local=["a", 1], remote=["b", 2], conn="c1", len=5), "line 2: `len` is 5"),
        (HEADER + line(ev="sent", local=["a", 1], remote=["b", 2]), "line 2:"),
        (HEADER + line(ev="sent", local=["a", 1], remote=["b", 2], conn="c1", len=1, hidden=[[-1, 5, "x", None]]), "line 2: a hidden run"),
    ],
)  # fmt: skip
def test_refused_in_one_line_that_names_the_place(text: bytes, says: str) -> None:
    with pytest.raises(InputError) as error:
        read(text)
    assert says in str(error.value) and str(error.value).startswith("x.events.jsonl: ")
    assert str(error.value).isprintable()


def test_a_line_past_16_mib_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InputError, match="line 2: longer than 16 MiB"):
        read(HEADER + line(text="A" * (16 << 20)) + DROP)


def test_two_lists_one_behind_the_other_stay_two_recordings() -> None:
    def half(source: str) -> Recording:
        act = SocketAct(Origin(source, 1), None, "c1", "sent", C, S, b"x")
        return Recording({"p1": Point("client-socket", source, "none", 0)}, [act], "default" if source == "a" else "none")

    both = read(written(half("a")) + written(half("b")))
    assert [p.source for p in both.points.values()] == ["a", "b"]
    assert len({e.conn for e in both.events}) == 2 and len({e.point for e in both.events}) == 2  # type: ignore[union-attr]
    assert both.redaction == "none", "the whole is as open as its most open part"


def test_the_schema_describes_every_line_that_is_written() -> None:
    schema = eventlist.schema()
    kinds = {d["properties"]["ev"]["enum"][0] for d in schema["$defs"].values() if "ev" in d.get("properties", {})}
    assert kinds == {
        "segment", "datagram", "icmp", "tls", "note", "drop",
        "connected", "accepted", "sent", "received", "shut", "closed", "reset", "failed",
    }  # fmt: skip
    assert msgspec.json.encode(schema)
