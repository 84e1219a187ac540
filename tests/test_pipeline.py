"""Inputs to conversations, conversations to rows and figures: the seams of the pipeline."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from seqdiag import eventlist, pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.errors import InputError, LimitError, NothingMatched, UsageError
from seqdiag.events import Drop, Endpoint, Event, Point, Recording, Remark, Segment
from seqdiag.pipeline import Selection
from seqdiag.provenance import Origin
from tests.talk import lines, recording, talk, understood

SAID = lines("S: 220 x", "C: QUIT", "S: 221 bye")


def moved(given: Recording, client: str, seconds: float = 0.0, source: str = "play.pcap") -> Recording:
    """The same capture of another client, at another time, in another file."""

    def one(event: Event) -> Event:
        assert isinstance(event, Segment)
        ends = {
            name: Endpoint(client, end.port) if end.host == "192.0.2.14" else end for name, end in (("src", event.src), ("dst", event.dst))
        }
        assert event.t is not None
        by = 1000 * sum(client.encode()) - 1000 * sum(b"192.0.2.14")  # another conversation, not the same through a NAT
        seq = (event.seq + by) % 2**32 if event.src.host == "192.0.2.14" else event.seq
        ack = (event.ack + by) % 2**32 if event.ack is not None and event.dst.host == "192.0.2.14" else event.ack
        return replace(event, t=event.t + int(seconds * 1e9), origin=Origin(source, event.origin.index), seq=seq, ack=ack, **ends)

    return Recording({"p1": replace(given.points["p1"], source=source)}, [one(event) for event in given.events], given.redaction)


def numbers(dialogues: Iterable[pipeline.Dialogue]) -> list[int]:
    return [d.connection.number for d in dialogues]


@pytest.fixture
def three() -> pipeline.Understood:
    """SMTP, POP3 on its port, and SMTP's words on a port of their own."""
    parts = [
        moved(recording(SAID), "192.0.2.1"),
        moved(recording(lines("S: +OK POP3", "C: USER a"), port=110), "192.0.2.2"),
        moved(recording([("s", b"hello\r\n"), ("c", b"PASS geheim\r\n")], port=2525), "192.0.2.3"),
    ]
    return understood(Recording(parts[0].points, [event for part in parts for event in part.events]))


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(frozenset((1, 3, 9))), [1, 3]),
        (Selection(hosts=("192.0.2.2",)), [2]),
        (Selection(hosts=("198.51.100.25",)), [1, 2, 3]),
        (Selection(ports=(110, 25)), [1, 2]),
        (Selection(protocols=("smtp",)), [1]),
        (Selection(protocols=("pop3",), decode_as={("tcp", 2525): "pop3"}), [2, 3]),
        (Selection(frozenset((1,)), hosts=("192.0.2.1",), ports=(25,), protocols=("smtp",)), [1]),
        (Selection(everything=True, ports=(110,)), [2]),
    ],
)
def test_selection(three: pipeline.Understood, selection: Selection, found: list[int]) -> None:
    assert numbers(pipeline.dialogues(three, selection)) == found


def test_nothing_matched_says_how_many_there_are(three: pipeline.Understood) -> None:
    with pytest.raises(NothingMatched, match=r"^play\.pcap: none of its 3 conversations matches"):
        pipeline.dialogues(three, Selection(ports=(26,)))


def test_no_conversation_says_what_was_there_in_one_line() -> None:
    remarks: list[Event] = [Remark(Origin("x.pcap", i), None, f"{i} frames of something") for i in range(9)]
    nothing = understood(Recording({"p1": Point("capture", "x.pcap")}, [*remarks, Drop(None, None, 7)]))
    with pytest.raises(NothingMatched) as caught:
        pipeline.dialogues(nothing)
    assert str(caught.value) == (
        "x.pcap: no TCP or UDP conversation in it (0 frames of something; 1 frames of something; 2 frames of something; and 7 more remarks)"
    )


def test_unknown_protocols_are_a_usage_error() -> None:
    pipeline.check_protocols(["smtp", "pop3"])
    with pytest.raises(UsageError, match="unknown protocol 'nntp'"):
        pipeline.check_protocols(["smtp", "nntp"])


# --- several inputs -----------------------------------------------------------------------------------------------


def test_captures_one_after_the_other_are_one_run() -> None:
    whole = recording(SAID)
    first, second = (Recording({"p1": Point("capture", name)}, part) for name, part in (("a", whole.events[:3]), ("b", whole.events[3:])))
    for given in ([first, second], [second, first]):
        merged = pipeline.merge(given)
        assert merged.events == whole.events
        assert [point.source for point in merged.points.values()] == ["a, b"]


def test_captures_that_overlap_are_points_of_their_own() -> None:
    a, b = moved(recording(SAID), "192.0.2.1"), moved(recording(SAID), "192.0.2.2", 0.001, "b.pcap")
    merged = pipeline.merge([a, b])
    assert {name: point.source for name, point in merged.points.items()} == {"p1": "play.pcap", "p2": "b.pcap"}
    assert [event.point for event in merged.events] == ["p1"] * 6 + ["p2"] * 6
    assert [c.number for c in understood(merged).connections] == [1, 2]


def test_one_conversation_captured_at_two_points_is_one() -> None:
    there = moved(recording(SAID), "192.0.2.14", 0.001, "b.pcap")
    (connection,) = understood(pipeline.merge([recording(SAID), there])).connections
    assert (connection.taken_at, connection.number) == ("both", 1)


def test_a_capture_without_times_is_no_part_of_a_ring() -> None:
    timed = moved(recording(SAID), "192.0.2.1", 100)
    untimed = Recording(timed.points, [replace(event, t=None) for event in recording(SAID).events])  # type: ignore[call-arg]
    assert len(pipeline.merge([timed, untimed]).points) == 2


def test_a_merged_recording_is_as_masked_as_its_most_masked_part() -> None:
    a, b = moved(recording(SAID), "192.0.2.1"), moved(recording(SAID), "192.0.2.1", 9)
    for redaction in ("none", "default", "strict"):
        b.redaction = redaction  # type: ignore[assignment]
        assert pipeline.merge([a, b]).redaction == pipeline.merge([b, a]).redaction == redaction


def test_an_input_that_opens_and_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(pipeline, "open_input", fail)
    with pytest.raises(InputError, match=r"^disk\.pcap: cannot be read: Input/output error$"):
        pipeline.read(["disk.pcap"])


# --- events to share ----------------------------------------------------------------------------------------------


def test_shared_events_lose_the_secrets_of_a_forced_protocol_too(three: pipeline.Understood) -> None:
    forced = pipeline.dialogues(three, Selection(frozenset((3,)), decode_as={("tcp", 2525): "pop3"}))
    assert forced[0].protocol == "pop3"
    shared = pipeline.shared_events(three, forced, False)
    assert not any(b"geheim" in event.payload for event in shared.events if isinstance(event, Segment))
    assert shared.redaction == "default"
    assert any(b"geheim" in event.payload for event in pipeline.shared_events(three, forced, True).events if isinstance(event, Segment))


def test_shared_events_are_those_of_the_chosen_and_of_nobody(three: pipeline.Understood) -> None:
    note = Remark(Origin("play.pcap", 1), None, "a remark on the file")
    known = understood(Recording(three.recording.points, [note, *three.recording.events]))
    shared = pipeline.shared_events(known, pipeline.dialogues(known, Selection(frozenset((2,)))), False)
    assert shared.events[0] == note
    assert {event.src.port for event in shared.events[1:] if isinstance(event, Segment)} == {110, 53124}
    assert numbers(pipeline.dialogues(understood(shared))) == [1]


def test_the_figure_of_shared_events_is_that_of_the_chosen(three: pipeline.Understood) -> None:
    chosen = pipeline.dialogues(three, Selection(frozenset((1,))))
    listed = b"".join(eventlist.write(pipeline.shared_events(three, chosen, False), "test"))
    again = understood(eventlist.read(io.BytesIO(listed), "x"))
    options = ComposeOptions()
    assert pipeline.diagram(again, pipeline.dialogues(again), options) == pipeline.diagram(three, chosen, options)


# --- rows ---------------------------------------------------------------------------------------------------------


def test_a_row_shows_no_hosts_name_raw() -> None:
    hostile = moved(recording(SAID), "\x1b]0;x\x07")
    (dialogue,) = pipeline.dialogues(understood(hostile))
    row = pipeline.session_row(dialogue)
    assert row.client == "␛]0;x␇:53124"
    hostile = moved(recording(SAID), "192.0.2.1", 0, "\x9b31m.pcap")
    (dialogue,) = pipeline.dialogues(understood(hostile))
    assert {origin["source"] for row in pipeline.message_rows(dialogue) for origin in row.origins} == {"<U+009B>31m.pcap"}


def test_message_rows_say_who_answers_what() -> None:
    (dialogue,) = pipeline.dialogues(talk("S: 220 x", "C: EHLO c", "S: 250 x", "C: DATA", "S: 354 go", "C: hello\r\n.", "S: 250 queued"))
    rows = list(pipeline.message_rows(dialogue))
    assert [(row.n, row.kind, row.answers) for row in rows] == [
        (1, "greeting", None),
        (2, "command", None),
        (3, "reply", 2),
        (4, "command", None),
        (5, "reply", 4),
        (6, "body", None),
        (7, "reply", 6),
    ]
    assert [row.origins[0]["index"] for row in rows] == list(range(4, 11))


def test_a_figure_has_room_for_so_many_columns() -> None:
    many = [moved(recording(SAID), f"192.0.{n // 250}.{n % 250}", n) for n in range(450)]
    known = understood(Recording(many[0].points, [event for one in many for event in one.events]))
    chosen = pipeline.dialogues(known)
    diagram = pipeline.diagram(known, chosen, ComposeOptions())
    assert len(diagram.participants) == 100
    assert len(diagram.sessions) == 99
    assert "99 of 450 sessions shown." in diagram.caption
    assert diagram.title == "450 sessions: SMTP"
    with pytest.raises(LimitError, match="450 conversations need more than 400 columns"):
        pipeline.diagram(known, chosen, ComposeOptions(fold=False))
    assert len(pipeline.diagram(known, chosen[:300], ComposeOptions(fold=False)).participants) == 301
    one_label = ComposeOptions(fold=False, names={chosen[k].connection.client.host: "clients" for k in range(450)})
    assert len(pipeline.diagram(known, chosen, one_label).participants) == 2
