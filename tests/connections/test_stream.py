"""Each byte once and in order: first copy wins, a hole is waited for, then said; never filled."""

from msgspec.structs import replace

from seqdiag.connections import track
from seqdiag.connections.connection import Chunk, Timeline
from seqdiag.events import Hidden, Segment
from tests.connections.playbook import CLIENT, c, handshake, lost, s, story, stream


def test_out_of_order() -> None:
    play = handshake() >> c("PA", b"SECOND", seq=1006) >> c("PA", b"FIRST", seq=1001)
    assert stream(play.connection(), "client") == b"FIRSTSECOND"


def test_sent_again_with_nothing_new() -> None:
    connection = (handshake() >> c("PA", b"QUIT") >> c("PA", b"QUIT", seq=1001)).connection()
    assert stream(connection, "client") == b"QUIT"
    assert story(connection)[-1] == "client repeat"
    assert connection.count.retransmitted == 1


def test_sent_again_with_more() -> None:
    play = handshake() >> c("PA", b"QU") >> c("PA", b"QUIT", seq=1001)
    assert stream(play.connection(), "client") == b"QUIT"


def test_first_copy_wins_and_the_conflict_is_a_finding() -> None:
    connection = (handshake() >> c("PA", b"AAAA") >> c("PA", b"XXAABB", seq=1001)).connection()
    assert stream(connection, "client") == b"AAAABB"
    assert "first copy is kept" in connection.findings[0].text


def test_sequence_numbers_wrap() -> None:
    play = handshake(client=0xFFFFFFF0) >> c("PA", b"A" * 10) >> c("PA", b"B" * 20) >> s("PA", b"ok")
    assert stream(play.connection(), "client") == b"A" * 10 + b"B" * 20
    assert play.connection().count.gaps == 0


def test_a_hole_that_the_peer_acknowledged_and_answered_is_a_gap_in_its_place() -> None:
    play = handshake() >> lost(c("PA", b"MAIL\r\n")) >> c("PA", b"RCPT\r\n") >> s("PA", b"250\r\n")
    assert story(play.connection())[3:] == ["client lacks 6", "client 'RCPT'", "server '250'"]


def test_a_hole_at_the_end_is_a_gap_too() -> None:
    connection = (handshake() >> c("PA", b"A") >> lost(c("PA", b"B")) >> c("PA", b"C")).connection()
    assert stream(connection, "client") == b"AC"
    assert connection.count.gaps == 1


def test_one_sided_capture_says_what_the_peer_must_have_sent() -> None:
    play = handshake() >> lost(c("PA", b"MAIL\r\n")) >> s("PA", b"250 a\r\n") >> lost(c("PA", b"RCPT\r\n")) >> s("PA", b"250 b\r\n")
    told = story(play.connection())[3:]
    assert told == ["server '250 a'", "client lacks 6", "server '250 b'", "client lacks 6"]


def test_what_the_snap_length_cut_off_is_a_gap() -> None:
    connection = (handshake() >> c("PA", b"MAIL", length=10) >> c("PA", b"RCPT")).connection()
    assert story(connection)[3:] == ["client 'MAIL'", "client lacks 6", "client 'RCPT'"]


def test_keep_alive_carries_nothing() -> None:
    play = handshake() >> c("PA", b"A") >> s("A") >> c("A", b"\0", seq=1001) >> s("A") >> c("A", seq=1001)
    connection = play.connection()
    assert stream(connection, "client") == b"A"
    assert [told for told in story(connection) if "keep" in told] == ["client keep-alive", "server keep-alive ACK", "client keep-alive"]


def test_a_one_byte_keystroke_sent_again_is_no_keep_alive() -> None:
    connection = (handshake() >> c("PA", b"Q") >> c("PA", b"Q", seq=1001)).connection()
    assert story(connection)[-1] == "client repeat"


def test_times_and_frames_of_a_run_of_bytes() -> None:
    connection = (handshake() >> c("PA", b"QU") >> c("PA", b"IT")).connection()
    t, t_end, origins = Timeline(connection.steps, "client").when(0, 4)
    assert (t, t_end, [o.index for o in origins]) == (80_000_000, 100_000_000, [4, 5])
    assert [o.index for o in Timeline(connection.steps, "client").when(2, 4)[2]] == [5]


def test_hidden_runs_follow_their_bytes_through_reassembly() -> None:
    play = handshake() >> c("PA", b"PASS ", seq=1001) >> c("PA", b"******\r\n", seq=1006)
    masked = [
        replace(event, hidden=(Hidden(0, 6, "password"),)) if isinstance(event, Segment) and event.payload.startswith(b"*") else event
        for event in play.events
    ]
    connection = track(masked).connections[0]
    runs = [run for step in connection.steps if isinstance(step, Chunk) for run in step.hidden]
    assert [(run.start, run.end, run.kind) for run in runs] == [(5, 11, "password")]


def test_carried_names_every_copy() -> None:
    connection = (handshake() >> c("PA", b"QUIT") >> c("PA", b"QUIT", seq=1001)).connection()
    assert [(one.event, one.offset) for one in connection.carried] == [(3, 0), (4, 0)]
    assert connection.client == CLIENT
