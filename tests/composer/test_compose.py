"""Several sessions in one figure, and figures that would be too long."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from seqdiag import pipeline
from seqdiag.composer import ComposeOptions, displayable
from seqdiag.events import Endpoint, Point, Recording, Remark, Segment
from seqdiag.provenance import Origin
from tests.composer.story import bars, compose, story
from tests.connections.playbook import c, handshake, s
from tests.talk import lines, recording, talk, understood


def another(given: Recording, host: str, later: float) -> list[Segment]:
    """The same session of another client, so many steps of the play later."""
    moved = []
    step = (given.events[1].t or 0) - (given.events[0].t or 0)
    for event in given.events:
        assert isinstance(event, Segment)
        ends = {
            name: Endpoint(host, end.port) if end.host == "192.0.2.14" else end for name, end in (("src", event.src), ("dst", event.dst))
        }
        moved.append(replace(event, t=event.t + int(later * step) if event.t is not None else None, **ends))
    return moved


def two(later: float, *said: str) -> pipeline.Understood:
    first = recording(lines(*said))
    return understood(Recording(first.points, [*first.events, *another(first, "192.0.2.15", later)]))


def test_sessions_are_interleaved_by_time() -> None:
    diagram = compose(two(2.5, "S: 220 x ESMTP", "C: QUIT"))
    assert [(m.session, line.text()) for m in diagram.messages for line in m.lines] == [
        (1, "SYN seq 0"),
        (1, "SYN, ACK seq 0, ack 1"),
        (1, "ACK ack 1"),
        (2, "SYN seq 0"),
        (1, "220 x ESMTP"),
        (2, "SYN, ACK seq 0, ack 1"),
        (1, "QUIT"),
        (2, "ACK ack 1"),
        (2, "220 x ESMTP"),
        (2, "QUIT"),
    ]
    assert [(p.role, p.address) for p in diagram.participants] == [
        ("client", "192.0.2.14:53124"),
        ("client", "192.0.2.15:53124"),
        ("server", "198.51.100.25:25"),
    ]
    assert [(phase.session, phase.kind) for phase in diagram.phases] == [
        (1, "handshake"),
        (2, "handshake"),
        (1, "dialogue"),
        (2, "dialogue"),
    ]
    assert [phase.session for phase in diagram.phases] == [diagram.messages[i].session for i in (0, 3, 4, 8)]
    assert diagram.title == "2 sessions: SMTP"


def test_each_note_stands_in_its_own_session() -> None:
    diagram = compose(two(2.5, "S: 220 x ESMTP", "C: QUIT"))
    assert [(note.session, note.before) for note in diagram.notes] == [(1, 7), (2, 10)]


def test_a_session_keeps_its_own_order_where_its_clock_goes_back() -> None:
    play = handshake() >> s("PA", b"220 x ESMTP\r\n") >> c("PA", b"QUIT\r\n")
    events = [replace(event, t=100 - n) for n, event in enumerate(play.events)]  # type: ignore[call-arg]
    first = Recording({"p1": Point("capture", "x.pcap")}, list(events))
    known = understood(Recording(first.points, [*first.events, *another(first, "192.0.2.15", 0)]))
    told = [line.text() for m in compose(known).messages if m.session == 1 for line in m.lines]
    assert told == ["SYN seq 0", "SYN, ACK seq 0, ack 1", "ACK ack 1", "220 x ESMTP", "QUIT"]


def test_without_times_one_follows_the_other() -> None:
    known = two(0, "S: 220 x ESMTP", "C: QUIT")
    untimed = understood(Recording(known.recording.points, [replace(event, t=None) for event in known.recording.events]))  # type: ignore[call-arg]
    assert [m.session for m in compose(untimed).messages] == [1] * 5 + [2] * 5


def test_bars_are_counted_in_the_whole_figure() -> None:
    said = lines("S: +OK x", "C: QUIT", "S: +OK")
    first = recording(said, port=110)
    known = understood(Recording(first.points, [*first.events, *another(first, "192.0.2.15", 0.5)]))
    diagram = compose(known)
    for bar in diagram.bars:
        assert diagram.messages[bar.first].session == diagram.messages[bar.last].session == bar.session
        assert diagram.messages[bar.first].lines[0].text() == "+OK x"


# --- too long -----------------------------------------------------------------------------------------------------

LONG = ("S: 220 x ESMTP", *(said for n in range(1100) for said in (f"C: NOOP {n}", "S: 250 ok")))


def test_a_long_figure_is_capped_and_says_so_twice() -> None:
    diagram = compose(talk(*LONG, close=True))
    assert len(diagram.messages) == 2000
    assert story(diagram)[-1] == "* 207 more messages not drawn (--first or --no-fold draws more)"
    assert "2,000 of 2,207 messages shown." in diagram.caption
    assert [note.text for note in diagram.notes if "capture ends" in note.text] == []
    assert [phase.kind for phase in diagram.phases] == ["handshake", "dialogue"]


def test_a_long_figure_whole_on_request() -> None:
    diagram = compose(talk(*LONG, close=True), fold=False)
    assert len(diagram.messages) == 2207
    assert diagram.notes == ()


@pytest.mark.parametrize("first", range(1, 12))
def test_a_figure_cut_anywhere_is_sound(first: int) -> None:
    given = talk("S: +OK x", "C: USER a", "S: +OK", "C: PASS b", "S: +OK", "C: QUIT", port=110)
    diagram = compose(given, first=first)
    whole = compose(given)
    count = min(first, len(whole.messages))
    assert story(diagram)[:count] == story(whole)[:count]
    assert all(0 <= bar.first <= bar.last < count for bar in diagram.bars)
    assert all(0 <= note.before <= count for note in diagram.notes)
    assert {m.phase for m in diagram.messages} == set(range(len(diagram.phases)))
    assert ("* the capture ends here: no close captured" in story(diagram)) == (count == len(whole.messages))
    assert [title for title, _, _ in bars(diagram)] == [title for title, start, _ in bars(whole) if start < count]


def test_no_figure_drowns_in_remarks() -> None:
    play = handshake()
    notes = [Remark(Origin("play.pcap", 3), None, f"remark {n}", "comment") for n in range(700)]
    known = understood(Recording({"p1": Point("capture", "x")}, [*play.events, *notes]))
    diagram = compose(known)
    assert len(diagram.notes) == 501
    assert "202 more remarks" not in story(diagram)
    assert [note.text for note in diagram.notes][-1] == "201 more remarks not drawn"
    assert len(compose(known, fold=False).notes) == 701


def test_columns_are_roles_hosts_and_ports() -> None:
    here = recording(lines("S: 220 x", "C: QUIT"))
    loop = [
        replace(e, src=Endpoint("127.0.0.1", e.src.port), dst=Endpoint("127.0.0.1", e.dst.port))  # type: ignore[union-attr,call-arg]
        for e in here.events
    ]
    diagram = compose(understood(Recording(here.points, list(loop))))
    assert [p.address for p in diagram.participants] == ["127.0.0.1:53124", "127.0.0.1:25"]


def test_names_by_host_and_by_port() -> None:
    given = talk("S: 220 x", "C: QUIT")
    diagram = compose(given, names={"192.0.2.14": "host", "192.0.2.14:53124": "port", "198.51.100.25": "long " * 30})
    assert [p.name for p in diagram.participants] == ["port", ("long " * 30)[:59] + "…"]


def test_nothing_that_cannot_be_shown_is_in_a_figure() -> None:
    """A hostile event list: what its file, hosts and remarks are called."""
    evil = "\x1b]0;x\x07\u202e"
    first = recording(lines("S: 220 x ESMTP", "C: QUIT"))
    events = [replace(event, origin=Origin(f"{evil}\n.pcap", event.origin.index)) for event in another(first, evil, 0)]
    note = Remark(Origin(evil, 1), None, evil, "comment")
    known = understood(Recording({"p1": Point("capture", evil)}, [*events, note, Remark(Origin(evil, 1), None, evil)]))
    diagram = pipeline.diagram(known, pipeline.dialogues(known), ComposeOptions(title=evil, names={"198.51.100.25": evil}))
    from tests.diagrams import READABLE

    assert not set(evil) & set("\x1b\x07\u202e") & set(pipeline.render(diagram, "json").decode())
    for renderer in READABLE:
        assert not set("\x1b\x07\u202e") & set(pipeline.render(diagram, renderer).decode()), renderer
    assert displayable(Origin("a\nb", 3)) == Origin("a␊b", 3)
    plain = Origin("a", 3)
    assert displayable(plain) is plain
