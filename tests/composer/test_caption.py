"""What stands above and below a figure: nothing is left out in silence, and the numbers are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from seqdiag import pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.diagram import Diagram
from seqdiag.errors import SeqdiagError
from seqdiag.events import Point, Recording
from tests.composer.story import compose
from tests.conftest import ROOT
from tests.connections.playbook import c, handshake, s
from tests.talk import talk, understood

NUMBER = r"[\d,]+"
SHOWN = re.compile(rf"({NUMBER}) of ({NUMBER}) segments drawn; left out: (.*)\.")
ALL = re.compile(rf"All ({NUMBER}) segments drawn\.|(The only) segment is drawn\.")


def count(text: str) -> int:
    return int(text.replace(",", ""))


def arithmetic(diagram: Diagram, captured: int) -> None:
    """N of M: M are those captured, N those that arrows stand for, and the parts are the rest."""
    drawn = len({(m.session, origin) for m in diagram.messages for origin in m.origins})
    for sentence in diagram.caption:
        if match := SHOWN.fullmatch(sentence):
            parts = [count(re.match(NUMBER, part)[0]) for part in match[3].split(", ") if re.match(NUMBER, part)]  # type: ignore[index]
            assert (count(match[1]), count(match[2])) == (drawn, captured)
            assert all(part > 0 for part in parts)
            assert sum(parts) == captured - drawn, sentence
            return
        if match := ALL.fullmatch(sentence):
            assert captured == drawn == (1 if match[2] else count(match[1]))
            return
    assert not captured, diagram.caption


def test_pure_acks_are_counted() -> None:
    play = handshake() >> s("PA", b"220 x ESMTP\r\n") >> c("A") >> c("PA", b"QUIT\r\n") >> s("A") >> s("A")
    assert "5 of 8 segments drawn; left out: 3 pure ACKs." in compose(play).caption
    assert "All 8 segments drawn." in compose(play, tcp="full").caption
    assert "共 8 个报文段，画出 5 个；略去：3 个纯 ACK。" in compose(play, lang="zh").caption


def test_repeats_and_keepalives_are_counted() -> None:
    play = handshake() >> s("PA", b"220 x ESMTP\r\n") >> c("A") >> s("PA", b"220 x ESMTP\r\n", seq=5001) >> s("A", b"", seq=5013) >> c("A")
    assert "5 of 8 segments drawn; left out: 1 pure ACK, 2 keep-alives." in compose(play).caption


@pytest.mark.parametrize("tcp", ["full", "phases", "none"])
def test_the_numbers_are_right_for_every_mail_session_of_the_corpus(corpus: Path, tcp: str) -> None:
    captures = [
        path
        for path in sorted([*corpus.glob("smtp/*"), *corpus.glob("pop/*"), *corpus.glob("pop3/*"), *corpus.glob("mail/*")])
        if path.is_file()
    ]
    assert len(captures) > 30
    checked = 0
    for path in captures:
        try:
            known = pipeline.read([path])
            chosen = pipeline.dialogues(known)
        except SeqdiagError:
            continue
        for one in chosen:
            if sum(one.connection.packets.values()) > 1500:
                continue
            diagram = pipeline.diagram(known, [one], ComposeOptions(tcp=tcp, show_secrets=False))  # type: ignore[arg-type]
            if any(" messages shown." in sentence for sentence in diagram.caption):
                continue
            captured = sum(one.connection.packets.values()) if one.connection.captured and one.connection.transport == "tcp" else 0
            arithmetic(diagram, captured)
            checked += 1
    assert checked > 50


def test_the_numbers_are_right_for_several_sessions() -> None:
    files = sorted((ROOT / "examples").glob("*/*.pcap"))
    known = pipeline.read(files)
    chosen = pipeline.dialogues(known)
    assert len(chosen) > 5
    for tcp in ("full", "phases", "none"):
        captured = sum(sum(d.connection.packets.values()) for d in chosen)
        arithmetic(pipeline.diagram(known, chosen, ComposeOptions(tcp=tcp)), captured)  # type: ignore[arg-type]


def test_title_and_subtitle() -> None:
    diagram = compose(talk("S: 220 x ESMTP", "C: QUIT"))
    assert diagram.title == "SMTP session"
    assert diagram.subtitle == "play.pcap · 192.0.2.14:53124 → 198.51.100.25:25"
    assert compose(talk("S: hm", port=9999)).title == "TCP connection"
    assert compose(talk("S: +OK x", "C: USER a", port=110), lang="zh").title == "POP3 会话"


@pytest.mark.parametrize(
    ("t", "date"),
    [
        (1_544_773_457_768_725_000, " · 2018-12-14 07:44:17 UTC"),
        (0, ""),
        (None, ""),
        (-5, ""),
        (2**63, " · 2262-04-11 23:47:16 UTC"),
        (10**30, ""),
    ],
)
def test_a_date_that_no_calendar_has_is_left_out(t: int | None, date: str) -> None:
    play = handshake()
    events = [replace(event, t=t) for event in play.events]  # type: ignore[call-arg]
    diagram = compose(understood(Recording({"p1": Point("capture", "x")}, list(events))))
    assert diagram.subtitle == f"x · 192.0.2.14:53124 → 198.51.100.25:25{date}"
    assert diagram.timed == (t is not None)


def test_findings_are_told_once_and_not_without_end() -> None:
    play = handshake() >> s("PA", b"220 x ESMTP\r\n") >> c("FA")
    for n in range(30):
        play >> c("PA", b"x" * (n + 2), seq=2000 + 100 * n)
    diagram = compose(play)
    notes = [sentence for sentence in diagram.caption if sentence.startswith("Note: ")]
    assert len(notes) == 10
    assert "20 more remarks of this kind." in diagram.caption
    assert len(diagram.findings) == 30


def test_hidden_and_shown_secrets_are_said() -> None:
    given = talk("S: +OK x", "C: USER a", "S: +OK", "C: PASS b1234", "S: +OK", port=110)
    assert any(sentence.startswith("Hidden values travelled unencrypted") for sentence in compose(given).caption)
    assert "Passwords and tokens are shown on request." in compose(given, show_secrets=True).caption
    assert not any("idden" in sentence for sentence in compose(talk("S: 220 x", "C: QUIT")).caption)


def test_no_sentence_is_longer_than_can_be_read() -> None:
    assert max(map(len, compose(talk("S: 220 " + "x" * 5000), title="t" * 5000).caption)) <= 300
    assert len(compose(talk("S: 220 x"), title="t" * 5000).title) == 200
