"""Which segment becomes which arrow, in which phase, with which states."""

from __future__ import annotations

import pytest

from seqdiag.connections import track
from seqdiag.diagram import Diagram
from seqdiag.events import Datagram, Endpoint, IcmpError, Point, Recording, Remark, SocketAct, Tls
from seqdiag.provenance import Origin
from tests.composer.story import bars, compose, story
from tests.connections.playbook import CLIENT, SERVER, Playbook, c, handshake, lost, s
from tests.talk import dialogue, lines, recording, talk, understood

OPENED = ["handshake C: SYN seq 0", "handshake S: SYN, ACK seq 0, ack 1", "handshake C: ACK ack 1"]
GREETING = (s("PA", b"220 x ESMTP\r\n"),)


def play(*more: object, start: Playbook | None = None) -> Playbook:
    whole = handshake() if start is None else start
    for line in more:
        whole >> line  # type: ignore[operator]
    return whole


def test_handshake_dialogue_and_close() -> None:
    diagram = compose(play(*GREETING, c("PA", b"QUIT\r\n"), s("PA", b"221 bye\r\n"), c("FA"), s("FA"), c("A")))
    assert story(diagram, states=True) == [
        "handshake C: SYN seq 0 -> SYN-SENT / -",
        "handshake S: SYN, ACK seq 0, ack 1 -> SYN-RECEIVED / ESTABLISHED?",
        "handshake C: ACK ack 1 -> - / ESTABLISHED?",
        "dialogue S: 220 x ESMTP -> - / -",
        "dialogue C: QUIT -> - / -",
        "dialogue S: 221 bye -> - / -",
        "close C: FIN, ACK seq 7, ack 23 -> FIN-WAIT-1 / CLOSE-WAIT?",
        "close S: FIN, ACK seq 23, ack 8 -> LAST-ACK / TIME-WAIT?",
        "close C: ACK seq 8, ack 24 -> - / CLOSED?",
    ]
    assert [phase.kind for phase in diagram.phases] == ["handshake", "dialogue", "close"]
    assert [phase.title for phase in diagram.phases] == ["handshake", "SMTP dialogue", "close"]
    assert [m.weight for m in diagram.messages] == ["control"] * 3 + ["data"] * 3 + ["control"] * 3


def test_a_fin_on_a_reply_moves_the_reply_to_the_close() -> None:
    diagram = compose(play(*GREETING, c("PA", b"QUIT\r\n"), s("FPA", b"221 bye\r\n"), c("A"), c("FA"), s("A")))
    assert story(diagram, states=True)[4:] == [
        "dialogue C: QUIT -> - / -",
        "close S: 221 bye FIN, PSH, ACK seq 23, ack 7 -> FIN-WAIT-1 / CLOSE-WAIT?",
        "close C: ACK seq 7, ack 24 -> - / FIN-WAIT-2?",
        "close C: FIN, ACK seq 7, ack 24 -> LAST-ACK / TIME-WAIT?",
        "close S: ACK seq 24, ack 8 -> - / CLOSED?",
    ]


def test_the_ack_of_the_handshake_rides_on_the_first_command() -> None:
    diagram = compose(play(c("S"), s("SA"), c("PA", b"EHLO c\r\n"), start=Playbook()))
    assert story(diagram, states=True)[1:3] == [
        "handshake S: SYN, ACK seq 0, ack 1 -> SYN-RECEIVED / ESTABLISHED?",
        "dialogue C: EHLO c -> - / ESTABLISHED?",
    ]


def test_lives_follow_the_states() -> None:
    diagram = compose(play(*GREETING, c("FA"), s("FA"), c("A")))
    lives = [(m.sender_state and m.sender_state.life, m.receiver_state and m.receiver_state.life) for m in diagram.messages]
    assert lives == [
        ("opening", None),
        ("opening", "open"),
        (None, "open"),
        (None, None),
        ("closing", "closing"),
        ("closing", "closed"),
        (None, "closed"),
    ]
    assert diagram.sessions[0].life_before == "none"


def test_on_one_machine_every_state_was_seen() -> None:
    here = {"src": Endpoint("127.0.0.2", 40000), "dst": Endpoint("127.0.0.1", 25)}
    events = []
    for event in play(*GREETING).events:
        back = event.src == SERVER
        ends = {"src": here["dst"], "dst": here["src"]} if back else here
        from msgspec.structs import replace

        events.append(replace(event, **ends))
    diagram = compose(understood(Recording({"p1": Point("capture", "x")}, events)))
    assert "handshake S: SYN, ACK seq 0, ack 1 -> SYN-RECEIVED / ESTABLISHED" in story(diagram, states=True)
    assert not any("inferred" in sentence for sentence in diagram.caption)


def test_refused() -> None:
    assert story(compose(play(c("S"), s("RA"), start=Playbook())), states=True) == [
        "handshake C: SYN seq 0 -> SYN-SENT / -",
        "abort S: RST, ACK ack 1 !abort -> - / CLOSED?",
    ]


def test_unanswered_with_its_repeats() -> None:
    assert story(compose(play(c("S"), c("S", seq=1000), c("S", seq=1000), start=Playbook()))) == [
        "handshake C: SYN seq 0 no answer !lost",
        "handshake C: SYN seq 0 sent again after 20.0 ms no answer !repeated !lost",
        "handshake C: SYN seq 0 sent again after 20.0 ms no answer !repeated !lost",
        "* no answer captured",
    ]


@pytest.mark.parametrize(
    ("version", "kind", "code", "words"),
    [
        (4, 3, 1, "host unreachable"),
        (4, 3, 13, "administratively prohibited"),
        (6, 1, 4, "port unreachable"),
        (4, 3, 200, "unreachable (type 3, code 200)"),
    ],
)
def test_an_icmp_error_is_a_note(version: int, kind: int, code: int, words: str) -> None:
    error = IcmpError(Origin("play.pcap", 9), None, "192.0.2.1", version, kind, code, "tcp", CLIENT, SERVER)  # type: ignore[arg-type]
    assert story(compose(play(c("S"), error, start=Playbook()))) == ["handshake C: SYN seq 0", f"* ICMP from 192.0.2.1: {words}"]


def test_the_same_remark_again_is_counted() -> None:
    errors = [IcmpError(Origin("play.pcap", 9 + n), None, "192.0.2.1", 4, 3, 1, "tcp", CLIENT, SERVER) for n in range(3)]
    assert story(compose(play(c("S"), *errors, start=Playbook())))[1:] == ["* ICMP from 192.0.2.1: host unreachable (×3)"]
    assert len(story(compose(play(c("S"), *errors, start=Playbook()), fold=False))) == 4


def test_half_closed() -> None:
    diagram = compose(play(*GREETING, c("FA"), s("A"), s("PA", b"421 closing\r\n")))
    assert story(diagram)[4:] == [
        "close C: FIN, ACK seq 1, ack 14",
        "close S: ACK seq 14, ack 2",
        "dialogue S: 421 closing !refused",
        "* the capture ends here: one side has closed",
    ]


def test_reset() -> None:
    assert story(compose(play(*GREETING, c("RA"))))[3:] == ["dialogue S: 220 x ESMTP", "abort C: RST, ACK seq 1, ack 14 !abort"]


def test_a_reset_outside_the_window_is_said_to_be_ignored() -> None:
    diagram = compose(play(*GREETING, c("RA", seq=900_000_000), c("PA", b"NOOP\r\n")))
    assert story(diagram)[4:6] == ["dialogue C: RST, ACK outside the window, ignored !abort", "dialogue C: NOOP"]
    assert any("a reset outside the window" in sentence for sentence in diagram.caption)


def test_a_gap_is_a_note_where_it_was() -> None:
    diagram = compose(play(*GREETING, lost(c("PA", b"EHLO c\r\n")), s("PA", b"250 x\r\n"), c("PA", b"NOOP\r\n"), s("PA", b"250 ok\r\n")))
    assert story(diagram)[3:] == [
        "dialogue S: 220 x ESMTP",
        "dialogue S: 250 x",
        "* 8 bytes not captured",
        "dialogue C: NOOP",
        "dialogue S: 250 ok",
        "* the capture ends here: no close captured",
    ]


def test_begun_late_is_not_drawn_as_if_it_were_not() -> None:
    diagram = compose(play(c("PA", b"EHLO c\r\n"), s("PA", b"250 x\r\n"), start=Playbook()))
    assert story(diagram) == [
        "* handshake not captured",
        "dialogue C: EHLO c",
        "dialogue S: 250 x",
        "* the capture ends here: no close captured",
    ]
    assert diagram.sessions[0].life_before == "open"
    assert "handshake" not in [phase.kind for phase in diagram.phases]
    one_side = compose(play(c("S"), lost(s("SA")), c("A"), c("PA", b"EHLO c\r\n"), start=Playbook()))
    assert story(one_side)[0] == "* only one side of the handshake was captured"


# --- one segment, several commands --------------------------------------------------------------------------------


def test_commands_of_one_segment_are_the_lines_of_one_arrow() -> None:
    diagram = compose(
        play(*GREETING, c("PA", b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"), s("PA", b"250 x\r\n250 ok\r\n550 no\r\n"))
    )
    assert story(diagram)[4:6] == [
        "dialogue C: EHLO c | MAIL FROM:<a@b> | RCPT TO:<c@d> 3 in one segment",
        "dialogue S: 250 x | 250 ok | 550 no 3 in one segment !refused",
    ]
    assert [line.n for line in diagram.messages[4].lines] == [2, 3, 4]
    assert [line.refused for line in diagram.messages[5].lines] == [False, False, True]
    assert [line.meaning for line in diagram.messages[5].lines] == ["hello; extensions offered", "sender accepted", "refuses c@d"]


def test_commands_of_several_segments_are_arrows_of_their_own() -> None:
    diagram = compose(play(*GREETING, c("PA", b"NOOP\r\n"), c("PA", b"NOOP\r\n")))
    assert story(diagram)[4:6] == ["dialogue C: NOOP", "dialogue C: NOOP"]


def test_a_command_of_several_segments_is_one_arrow() -> None:
    given = play(*GREETING, c("PA", b"EH"), c("PA", b"LO c"), c("PA", b"\r\n"))
    diagram = compose(given)
    assert story(diagram)[4] == "dialogue C: EHLO c"
    assert [origin.index for origin in diagram.messages[4].origins] == [5, 6, 7]
    assert (diagram.messages[4].t, diagram.messages[4].t_end) == (given.events[4].t, given.events[6].t)


def test_the_dot_and_the_quit_of_one_segment() -> None:
    body = c("PA", b"Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n")
    diagram = compose(play(*GREETING, c("PA", b"DATA\r\n"), s("PA", b"354 go\r\n"), body))
    assert story(diagram)[6:8] == ["dialogue C: message, 21 bytes Subject: x", "dialogue C: QUIT"]
    assert [m.bulk for m in diagram.messages[6:8]] == [True, False]


def test_lines_past_all_reading_are_counted() -> None:
    diagram = compose(play(*GREETING, c("PA", b"NOOP\r\n" * 60)))
    assert len(diagram.messages[4].lines) == 40
    assert story(diagram)[4].endswith("| NOOP and 20 more 60 in one segment")
    assert len(compose(play(*GREETING, c("PA", b"NOOP\r\n" * 60)), fold=False).messages[4].lines) == 60


# --- TLS ----------------------------------------------------------------------------------------------------------


def record(kind: int, body: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(body).to_bytes(2, "big") + body


CLIENT_HELLO = record(22, b"\1\0\0\x26\3\3" + bytes(32) + b"\0\0\0\0")


def test_the_records_of_one_side_are_one_flight() -> None:
    start = [*GREETING, c("PA", b"EHLO c\r\n"), s("PA", b"250 STARTTLS\r\n"), c("PA", b"STARTTLS\r\n"), s("PA", b"220 go\r\n")]
    flight = [
        s("PA", record(22, b"\2\0\0\2\3\3")),
        s("PA", record(20, b"\1")),
        s("PA", record(23, b"x" * 40)),
        s("PA", record(23, b"y" * 10)),
    ]
    diagram = compose(play(*start, c("PA", CLIENT_HELLO), *flight, c("PA", record(23, b"z" * 8))))
    told = story(diagram)
    assert told[8].startswith("tls C: ClientHello")
    assert told[9].startswith("tls S: ServerHello, ")
    assert told[9].endswith("2 encrypted records, 60 bytes")
    assert told[10] == "tls C: 1 encrypted record, 13 bytes"
    assert [origin.index for origin in diagram.messages[9].origins] == [10, 11, 12, 13]
    assert [phase.kind for phase in diagram.phases] == ["handshake", "dialogue", "tls"]


def test_what_a_recorded_socket_told_of_tls() -> None:
    ends = {"local": Endpoint("", 0), "remote": SERVER, "basis": "transcript"}
    said = [
        ("received", b"220 x ESMTP\r\n"),
        ("sent", b"EHLO c\r\n"),
        ("received", b"250 STARTTLS\r\n"),
        ("sent", b"STARTTLS\r\n"),
        ("received", b"220 go\r\n"),
    ]
    at = {"sent": 0, "received": 0}
    events: list[SocketAct | Tls] = []
    for n, (act, data) in enumerate(said, 1):
        events.append(SocketAct(Origin("x.log", n), None, "c1", act, payload=data, offset=at[act], **ends))  # type: ignore[arg-type]
        at[act] += len(data)
    events.append(Tls(Origin("x.log", 9), None, "c1", "starttls", version="TLSv1.3"))
    diagram = compose(understood(Recording({"p1": Point("transcript", "x.log", "none")}, list(events))))
    assert story(diagram)[-1] == "tls C: TLS begins: TLSv1.3"


# --- numbers ------------------------------------------------------------------------------------------------------


def test_numbers_are_real_where_nothing_is_hidden_and_symbols_where_something_is() -> None:
    clear = compose(talk("S: +OK x", "C: USER a", "S: +OK", "C: QUIT", close=True, port=110))
    assert story(clear)[-3:] == ["close C: FIN, ACK seq 15, ack 13", "close S: FIN, ACK seq 13, ack 16", "close C: ACK seq 16, ack 14"]
    hidden = compose(talk("S: +OK x", "C: USER a", "S: +OK", "C: PASS opensesame", close=True, port=110))
    assert story(hidden)[-3:] == ["close C: FIN, ACK seq u, ack v", "close S: FIN, ACK seq v, ack u+1", "close C: ACK seq u+1, ack v+1"]
    assert any("u and v" in sentence for sentence in hidden.caption)
    revealed = compose(talk("S: +OK x", "C: USER a", "S: +OK", "C: PASS opensesame", close=True, port=110), show_secrets=True)
    assert "seq u" not in "".join(story(revealed))


@pytest.mark.parametrize("tcp", ["full", "phases"])
def test_no_number_tells_the_length_of_what_is_hidden(tcp: str) -> None:
    def figure(password: str) -> Diagram:
        said = lines("S: +OK x", "C: USER a", "S: +OK", f"C: PASS {password}", "S: +OK")
        return compose(understood(recording(said, 110, close=True)), tcp=tcp)

    assert story(figure("short")) == story(figure("a much longer one"))


# --- POP3's own states --------------------------------------------------------------------------------------------

LOGIN = ("S: +OK x", "C: USER a", "S: +OK", "C: PASS b", "S: +OK")


def test_the_states_of_pop3() -> None:
    diagram = compose(talk(*LOGIN, "C: QUIT", "S: +OK", port=110, close=True))
    assert bars(diagram) == [("AUTHORIZATION", 3, 7), ("TRANSACTION", 7, 8), ("UPDATE", 8, 9)]
    assert {bar.participant for bar in diagram.bars} == {"p2"}
    chinese = compose(talk(*LOGIN, port=110), lang="zh")
    assert [(bar.title, bar.detail) for bar in chinese.bars] == [("认证状态", "AUTHORIZATION"), ("处理状态", "TRANSACTION")]


def test_a_connection_lost_in_transaction_has_no_update() -> None:
    assert bars(compose(talk(*LOGIN, "C: DELE 1", "S: +OK", port=110))) == [("AUTHORIZATION", 3, 7), ("TRANSACTION", 7, 9)]
    assert bars(compose(talk(*LOGIN, "C: DELE 1", "S: +OK", port=110, close=True)))[-1][0] == "TRANSACTION"


def test_a_quit_before_the_login_has_no_update() -> None:
    assert [title for title, _, _ in bars(compose(talk("S: +OK x", "C: QUIT", "S: +OK", port=110)))] == ["AUTHORIZATION"]


def test_a_command_that_its_state_forbids_is_marked_and_moves_nothing() -> None:
    diagram = compose(talk("S: +OK x", "C: STAT", "S: -ERR no", port=110))
    assert "dialogue C: STAT not allowed in state AUTHORIZATION" in story(diagram)
    assert [title for title, _, _ in bars(diagram)] == ["AUTHORIZATION"]


def test_smtp_has_no_bars() -> None:
    assert compose(talk("S: 220 x", "C: EHLO c", "S: 250 x")).bars == ()


# --- other sources ------------------------------------------------------------------------------------------------


def test_a_transcript_has_no_times_and_infers_its_opening() -> None:
    ends = {"local": Endpoint("", 0), "remote": SERVER, "basis": "transcript"}
    acts = [
        SocketAct(Origin("x.log", 1), None, "c1", "connected", **ends),  # type: ignore[arg-type]
        SocketAct(Origin("x.log", 2), None, "c1", "received", payload=b"220 x ESMTP\r\n", **ends),  # type: ignore[arg-type]
        Remark(Origin("x.log", 3), None, "a line between", "comment", conn="c1"),
        SocketAct(Origin("x.log", 4), None, "c1", "sent", payload=b"QUIT\r\n", **ends),  # type: ignore[arg-type]
        SocketAct(Origin("x.log", 5), None, "c1", "closed", by="remote", **ends),  # type: ignore[arg-type]
    ]
    diagram = compose(understood(Recording({"p1": Point("transcript", "x.log", "none")}, list(acts))))
    assert story(diagram) == [
        "handshake C: SYN !inferred",
        "handshake S: SYN, ACK !inferred",
        "handshake C: ACK !inferred",
        "dialogue S: 220 x ESMTP",
        "* a line between",
        "dialogue C: QUIT",
        "close S: FIN !inferred",
    ]
    assert not diagram.timed
    assert diagram.caption[:2] == ("Order only: the source has no times.", diagram.caption[1])
    assert "inferred from the source's words" in diagram.caption[1]


def test_a_connection_that_failed() -> None:
    failed = SocketAct(Origin("x.log", 1), None, "c1", "failed", Endpoint("", 0), SERVER, error="Connection refused", basis="transcript")
    assert track([failed]).connections
    told = story(compose(understood(Recording({"p1": Point("transcript", "x.log", "none")}, [failed]))))
    assert told == ["handshake C: connection failed: Connection refused !inferred !refused"]


def test_datagrams() -> None:
    ask = Datagram(Origin("x.pcap", 1), 5, Endpoint("10.0.0.1", 4000), Endpoint("10.0.0.2", 53), b"query", 5)
    answer = Datagram(Origin("x.pcap", 2), 9, Endpoint("10.0.0.2", 53), Endpoint("10.0.0.1", 4000), b"answer!", 7)
    diagram = compose(understood(Recording({"p1": Point("capture", "x.pcap")}, [ask, answer])))
    assert story(diagram) == ["dialogue C: 5 bytes", "dialogue S: 7 bytes"]
    assert diagram.title == "UDP conversation"
    assert diagram.sessions[0].life_before == "none"


def test_tcp_none_says_what_it_left_out() -> None:
    diagram = compose(play(*GREETING, c("A"), c("FA"), s("FA"), c("A")), tcp="none")
    assert story(diagram) == ["dialogue S: 220 x ESMTP"]
    assert "1 of 8 segments drawn; left out: 3 pure ACKs, 4 others." in diagram.caption


def test_the_dialogue_is_told_in_the_words_of_its_language() -> None:
    said = ("S: 220 x ESMTP", "C: EHLO c", "S: 250 x", "C: NOOP", "S: 500 what")
    english, chinese = (compose(talk(*said), lang=lang) for lang in ("en", "zh"))
    assert story(english)[:8] == story(chinese)[:8]  # wire text and flags are the same
    assert [line.meaning for m in english.messages for line in m.lines][-1] == "command unrecognized"
    assert [line.meaning for m in chinese.messages for line in m.lines][-1] == "命令无法识别"
    assert dialogue(*said).protocol == "smtp"
