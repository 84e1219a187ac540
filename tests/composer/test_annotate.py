"""A person's notes, put to the messages that they select; whatever they change is said."""

from __future__ import annotations

from typing import Any

import pytest

from seqdiag.diagram import Diagram
from seqdiag.notes import Annotations, Entry
from tests.composer.story import compose, story
from tests.talk import talk

SAID = ("S: 220 x ESMTP", "C: EHLO c", "S: 250 x", "C: RCPT TO:<a@x>", "S: 550 5.1.1 no such user", "C: QUIT", "S: 221 bye")


def noted(*entries: Entry, said: tuple[str, ...] = SAID, close: bool = True, **options: Any) -> Diagram:
    return compose(talk(*said, close=close), annotations=Annotations(entries, source="x.notes.toml"), **options)  # type: ignore[arg-type]


def dialogue(diagram: Diagram) -> list[str]:
    return [line.removeprefix("dialogue ") for line in story(diagram) if line.startswith(("dialogue", "* "))]


def test_a_note_stands_before_or_after_every_message_that_is_selected() -> None:
    diagram = noted(Entry(n=4, note="not here"), Entry(match="550", note="the list is local", place="after"))
    assert dialogue(diagram) == [
        "S: 220 x ESMTP",
        "C: EHLO c",
        "S: 250 x",
        "* not here",
        "C: RCPT TO:<a@x>",
        "S: 550 5.1.1 no such user !refused",
        "* the list is local",
        "C: QUIT",
        "S: 221 bye",
    ]
    assert diagram.caption == noted().caption


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Entry(n=2, highlight=True), "EHLO c"),
        (Entry(session=1, n=2, highlight=True), "EHLO c"),
        (Entry(frame=5, highlight=True), "EHLO c"),
        (Entry(frame="play.pcap:5", highlight=True), "EHLO c"),
        (Entry(match="ehlo", highlight=True), "EHLO c"),
        (Entry(match="RCPT TO:<a@x>", highlight=True), "RCPT TO:<a@x>"),
        (Entry(match="250", highlight=True), "250 x"),
        (Entry(match="SYN, ACK", highlight=True), "SYN, ACK seq 0, ack 1"),
        (Entry(match="EHLO", n=3, highlight=True), None),
        (Entry(session=2, n=2, highlight=True), None),
        (Entry(frame="other.pcap:5", highlight=True), None),
        (Entry(match="EHL", highlight=True), None),
    ],
)
def test_what_an_entry_selects(entry: Entry, text: str | None) -> None:
    diagram = noted(entry)
    assert [m.text() for m in diagram.messages if "highlight" in m.marks] == ([text] if text else [])
    assert len(diagram.findings) == (text is None)


def test_an_own_label_is_no_wire_text_and_the_caption_says_so() -> None:
    diagram = noted(Entry(n=1, text="greets\u202e"))
    (message,) = [m for m in diagram.messages if m.lines[0].n == 1]
    assert [(run.text, run.kind) for run in message.lines[0].runs] == [("greets<U+202E>", "decoded")]
    assert message.lines[0].meaning is None
    assert "1 label replaced by the author's own words." in diagram.caption
    assert "1 条标签改用了作者自己的文字。" in noted(Entry(n=1, text="x"), lang="zh").caption


def test_what_is_hidden_is_counted() -> None:
    diagram = noted(Entry(match="EHLO", hide=True), Entry(n=3, hide=True))
    assert "C: EHLO c" not in dialogue(diagram) and "S: 250 x" not in dialogue(diagram)
    assert "11 of 13 messages shown." in diagram.caption
    assert "2 messages left out on request." in diagram.caption


def test_a_line_of_several_in_one_segment_is_hidden_alone() -> None:
    from tests.talk import recording, understood

    known = understood(recording([("s", b"220 x ESMTP\r\n"), ("c", b"NOOP\r\nHELP\r\nQUIT\r\n")]))
    diagram = compose(known, annotations=Annotations((Entry(n=3, hide=True),)))
    assert dialogue(diagram)[1] == "C: NOOP | QUIT 3 in one segment"


def test_a_hidden_segment_leaves_the_lifelines_as_they_were() -> None:
    def lives(diagram: Diagram) -> dict[str, str]:
        return {
            end: state.life
            for m in diagram.messages
            for end, state in ((m.sender, m.sender_state), (m.receiver, m.receiver_state))
            if state is not None
        }

    whole = noted()
    for hidden in (Entry(match="ACK", hide=True), Entry(match="SYN, ACK", hide=True), Entry(match="FIN, ACK", hide=True)):
        diagram = noted(hidden)
        assert len(diagram.messages) < len(whole.messages)
        assert lives(diagram) == lives(whole)


def test_a_note_that_finds_no_message_is_not_lost_in_silence() -> None:
    diagram = noted(Entry(n=99, note="gone"), Entry(session=7, n=1, note="elsewhere"))
    assert [(str(finding), finding.damage) for finding in diagram.findings] == [
        ("x.notes.toml: message 1 (n 99) selects no message of this figure", True),
        ("x.notes.toml: message 2 (session 7, n 1) its session is not drawn", False),
    ]


def test_a_secret_can_be_neither_matched_nor_shown() -> None:
    said = ("S: 220 x ESMTP", "C: AUTH PLAIN AGJvYgBvcGVuc2VzYW1l", "S: 235 ok")
    diagram = noted(Entry(match="AGJvYgBvcGVuc2VzYW1l", highlight=True), Entry(match="[hidden]", highlight=True), said=said)
    assert not any("highlight" in message.marks for message in diagram.messages)


def test_names_order_and_title_give_way_to_those_asked_for() -> None:
    notes = Annotations(names={"192.0.2.14": "ours", "198.51.100.25:25": "mx"}, order=("mx", "nobody"), title="From the file")
    diagram = compose(talk(*SAID), annotations=notes)
    assert (diagram.title, [p.name for p in diagram.participants]) == ("From the file", ["mx", "ours"])
    diagram = compose(talk(*SAID), annotations=notes, title="Asked", names={"198.51.100.25": "theirs"}, order=("ours",))
    assert (diagram.title, [p.name for p in diagram.participants]) == ("Asked", ["ours", "theirs"])
