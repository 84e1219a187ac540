"""Equal exchanges one after another are drawn once; what may differ is not folded."""

from __future__ import annotations

import pytest

from seqdiag.notes import Annotations, Entry
from tests.composer.story import compose, story
from tests.connections.playbook import Playbook, c
from tests.talk import recording, talk, understood

NOOP = ("C: NOOP", "S: 250 ok")


def test_equal_exchanges_are_drawn_once_with_how_often() -> None:
    diagram = compose(talk("S: 220 x ESMTP", *NOOP * 12, "C: QUIT", "S: 221 bye"))
    assert story(diagram)[3:] == [
        "dialogue S: 220 x ESMTP",
        "dialogue C: NOOP ×12",
        "dialogue S: 250 ok ×12",
        "* the same exchange 12 times in 460 ms",
        "dialogue C: QUIT",
        "dialogue S: 221 bye",
        "* the capture ends here: no close captured",
    ]
    assert "8 of 30 messages shown." in diagram.caption
    assert "×N: so many equal exchanges in a row, drawn once." in diagram.caption
    command, reply = diagram.messages[4:6]
    assert (command.times, reply.times, len(command.origins), len(reply.origins)) == (12, 12, 12, 12)
    assert (command.lines[0].n, reply.lines[0].n) == (2, 3)
    assert reply.t_end is not None and reply.t_end < diagram.messages[6].t  # type: ignore[operator]


def test_all_are_drawn_on_request() -> None:
    diagram = compose(talk("S: 220 x ESMTP", *NOOP * 12), fold=False)
    assert len(diagram.messages) == 3 + 1 + 24
    assert not any("shown" in sentence and "messages" in sentence for sentence in diagram.caption)


@pytest.mark.parametrize(
    "said",
    [
        NOOP * 2,
        ("C: NOOP", "S: 250 ok", "C: NOOP", "S: 250 okay") * 2,
        ("C: NOOP 1", "S: 250 ok", "C: NOOP 2", "S: 250 ok", "C: NOOP 3", "S: 250 ok"),
        ("C: AUTH PLAIN AGJvYgBvcGVuc2VzYW1l", "S: 535 no") * 4,  # the hidden values may differ
        ("C: NOOP " + "x" * 400, "S: 250 ok") * 4,  # so may what was cut
        ("C: EHLO c", "S: 250-x\r\n250-A\r\n250-B\r\n250 C") * 4,  # and what is summed up
    ],
)
def test_what_is_rare_or_may_differ_is_not_folded(said: tuple[str, ...]) -> None:
    assert all(message.times == 1 for message in compose(talk("S: 220 x ESMTP", *said)).messages)


def test_a_sending_again_is_not_folded() -> None:
    play = Playbook() >> c("S") >> c("S", seq=1000) >> c("S", seq=1000) >> c("S", seq=1000) >> c("S", seq=1000) >> c("S", seq=1000)
    assert len(compose(play).messages) == 6


def test_a_note_or_a_highlight_keeps_its_exchange_apart() -> None:
    known = talk("S: 220 x ESMTP", *NOOP * 9)
    diagram = compose(known, annotations=Annotations((Entry(n=10, note="here"),)))
    assert [message.times for message in diagram.messages[4:]] == [4, 4, 5, 5]
    diagram = compose(known, annotations=Annotations((Entry(n=10, highlight=True),)))
    assert [message.times for message in diagram.messages[4:]] == [4, 4, 1, 1, 4, 4]


def test_in_chinese_and_without_times() -> None:
    from msgspec.structs import replace

    timed = recording([(side, text) for _ in range(3) for side, text in (("c", b"NOOP\r\n"), ("s", b"250 ok\r\n"))])
    untimed = replace(timed, events=[replace(event, t=None) for event in timed.events])
    assert "* 同样的一问一答重复 3 次" in story(compose(understood(untimed), lang="zh"))
