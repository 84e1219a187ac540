"""Sent again: a bracket where both sendings were captured, a cause and a verdict on evidence alone."""

from seqdiag.connections import Connection
from seqdiag.connections.connection import Again, Chunk, Control
from tests.connections.playbook import Playbook, c, handshake, lost, s, story, stream

MS = 1_000_000
AT_CLIENT = {"ttl": 64}
FROM_AFAR = {"ttl": 52}


def at_the_client() -> Playbook:
    return Playbook() >> c("S", **AT_CLIENT) >> s("SA", **FROM_AFAR) >> c("A", ms=40.1, **AT_CLIENT)


def repeats(connection: Connection) -> list[Again]:
    return [step.again for step in connection.steps if isinstance(step, Control | Chunk) and step.again is not None]


def fates(connection: Connection) -> list[tuple[str, str]]:
    return [(step.side, step.fate) for step in connection.steps if isinstance(step, Control | Chunk) and step.fate is not None]


def test_sent_again_after_n_ms_names_both_frames() -> None:
    play = at_the_client() >> c("PA", b"QUIT\r\n", ms=100, **AT_CLIENT) >> c("PA", b"QUIT\r\n", seq=1001, ms=304, **AT_CLIENT)
    (again,) = repeats(play.connection())
    assert (again.after, again.before and again.before.index) == (204 * MS, 4)


def test_one_capture_point_presumes_a_loss_and_only_at_the_sender() -> None:
    play = at_the_client() >> c("PA", b"QUIT\r\n", **AT_CLIENT) >> c("PA", b"QUIT\r\n", seq=1001, **AT_CLIENT)
    assert fates(play.connection()) == [("client", "presumed lost")]
    elsewhere = handshake() >> c("PA", b"QUIT\r\n") >> c("PA", b"QUIT\r\n", seq=1001)
    assert fates(elsewhere.connection()) == []


def test_fast_on_three_duplicate_acks() -> None:
    play = (
        handshake()
        >> c("PA", b"A" * 9)
        >> c("PA", b"B" * 9)
        >> s("A", ack=1001)
        >> s("A", ack=1001)
        >> s("A", ack=1001)
        >> s("A", ack=1001)
    )
    play >> c("PA", b"A" * 9, seq=1001)
    assert repeats(play.connection())[0].cause == "fast"


def test_fast_on_a_sack() -> None:
    play = handshake() >> c("PA", b"A" * 9) >> c("PA", b"B" * 9) >> s("A", ack=1001, sack=((1010, 1019),)) >> c("PA", b"A" * 9, seq=1001)
    assert repeats(play.connection())[0].cause == "fast"


def test_timeout_only_when_the_silence_doubles() -> None:
    play = handshake() >> c("PA", b"Q", ms=100) >> c("PA", b"Q", seq=1001, ms=400) >> c("PA", b"Q", seq=1001, ms=1000)
    assert [again.cause for again in repeats(play.connection())] == [None, "timeout"]


def test_probe_is_the_tail_sent_again_while_older_bytes_are_open() -> None:
    play = handshake() >> c("PA", b"A" * 9) >> c("PA", b"B" * 9) >> c("PA", b"B" * 9, seq=1010)
    assert repeats(play.connection())[0].cause == "probe"


def test_spurious_by_a_d_sack_which_speaks_of_the_last_copy() -> None:
    play = handshake() >> c("PA", b"Q") >> c("PA", b"Q", seq=1001) >> c("PA", b"Q", seq=1001) >> s("A", ack=1002, sack=((1001, 1002),))
    assert [again.spurious for again in repeats(play.connection())] == [None, True]


def test_spurious_by_the_echoed_timestamp_of_the_first_copy() -> None:
    def answer(echo: int) -> bool | None:
        play = handshake() >> c("PA", b"Q", ts=(10, 1)) >> c("PA", b"Q", seq=1001, ts=(30, 1)) >> s("A", ack=1002, ts=(2, echo))
        return repeats(play.connection())[0].spurious

    assert (answer(10), answer(30), answer(99)) == (True, False, None)


def test_what_was_spurious_is_not_presumed_lost() -> None:
    play = at_the_client() >> c("PA", b"Q", ts=(10, 1), **AT_CLIENT) >> c("PA", b"Q", seq=1001, ts=(30, 1), **AT_CLIENT)
    play >> s("A", ack=1002, ts=(2, 10), **FROM_AFAR)
    assert fates(play.connection()) == []


def test_at_the_receiver_the_original_was_never_seen_so_no_bracket() -> None:
    play = (
        handshake()
        >> lost(c("PA", b"MAIL\r\n", ts=(10, 1)))
        >> c("PA", b"RCPT\r\n", ts=(11, 1))
        >> c("PA", b"MAIL\r\n", seq=1001, ts=(50, 1))
    )
    connection = play.connection()
    assert stream(connection, "client") == b"MAIL\r\nRCPT\r\n"
    (again,) = repeats(connection)
    assert (again.after, again.before) == (None, None)


def test_out_of_order_is_told_by_the_senders_own_marks() -> None:
    def captured(first: int, second: int) -> Connection:
        play = handshake() >> lost(c("PA", b"AA")) >> c("PA", b"BB", id=second) >> c("PA", b"AA", seq=1001, id=first)
        return play.connection()

    late = captured(first=7, second=8)
    assert [step.late for step in late.steps if isinstance(step, Chunk)] == [True, False]
    assert repeats(late) == []
    again = captured(first=9, second=8)
    assert [step.late for step in again.steps if isinstance(step, Chunk)] == [False, False]
    assert len(repeats(again)) == 1


def test_a_syn_sent_again_has_its_back_off() -> None:
    play = Playbook() >> c("S", ms=0) >> c("S", seq=1000, ms=1000) >> c("S", seq=1000, ms=3000)
    assert [(again.after, again.cause) for again in repeats(play.connection())] == [(1000 * MS, None), (2000 * MS, "timeout")]


def test_a_syn_doubled_on_the_way_or_by_its_answer_is_called_neither() -> None:
    """A path that doubles the SYN makes the server answer twice at once; one that doubles the SYN-ACK looks the same to the client."""
    play = Playbook() >> c("S", ms=0, ttl=64) >> s("SA", ms=20, ttl=57) >> s("SA", seq=5000, ms=20.06, ttl=57) >> c("A", ms=20.1, ttl=64)
    connection = play.connection()
    assert (connection.taken_at, repeats(connection), connection.count.retransmitted, connection.quality.copies) == ("client", [], 0, 0)


def test_at_its_sender_a_syn_ack_that_leaves_twice_was_sent_again() -> None:
    play = Playbook() >> c("S", ms=0, ttl=57) >> s("SA", ms=0.1, ttl=64) >> s("SA", seq=5000, ms=0.2, ttl=64) >> c("A", ms=20, ttl=57)
    connection = play.connection()
    assert (connection.taken_at, len(repeats(connection))) == ("server", 1)


def test_a_packet_taken_twice_is_a_copy_and_no_retransmission() -> None:
    play = handshake() >> c("PA", b"QUIT", id=5, ms=100) >> c("PA", b"QUIT", seq=1001, id=5, ms=100.02)
    connection = play.connection()
    assert story(connection)[-1] == "client copy"
    assert (connection.count.retransmitted, connection.quality.copies) == (0, 1)
    assert "twice" in connection.findings[0].text


def test_a_wrong_checksum_loses_against_its_good_copy() -> None:
    play = handshake() >> c("PA", b"XXXX", bad=True, ms=100) >> c("PA", b"QUIT", seq=1001, ms=300)
    connection = play.connection()
    assert stream(connection, "client") == b"QUIT"
    assert connection.quality.bad_checksums == 1


def test_a_routed_packet_is_kept_though_its_first_copy_had_its_checksum_left_open() -> None:
    """The capture of a machine that routes sees the packet come, its checksum not yet computed, and go."""
    play = handshake() >> c("PA", b"QUIT", bad=True, id=5, ttl=128, ms=100) >> c("PA", b"QUIT", seq=1001, id=5, ttl=127, ms=100.02)
    connection = play.connection()
    assert stream(connection, "client") == b"QUIT"
    assert connection.quality.copies == 1


def test_checksums_left_to_the_network_card_are_no_fault() -> None:
    play = Playbook() >> c("S", bad=True) >> s("SA") >> c("A", bad=True) >> c("PA", b"QUIT", bad=True)
    connection = play.connection()
    assert stream(connection, "client") == b"QUIT"
    assert (connection.quality.bad_checksums, connection.quality.open_checksums, connection.taken_at) == (0, ("client",), "client")


def test_a_first_sending_that_its_own_repeat_has_overtaken_is_late_and_no_repeat() -> None:
    play = handshake() >> lost(c("PA", b"QUIT", id=7)) >> c("PA", b"QUIT", seq=1001, id=9) >> c("PA", b"QUIT", seq=1001, id=7)
    connection = play.connection()
    assert story(connection)[3:] == ["client 'QUIT'", "client late"]
    assert (connection.count.retransmitted, repeats(connection)) == (0, [])


def test_a_loss_is_not_presumed_where_both_copies_came() -> None:
    play = at_the_client() >> c("PA", b"Q", ts=(10, 1), **AT_CLIENT) >> c("PA", b"Q", seq=1001, ts=(30, 1), **AT_CLIENT)
    play >> s("A", ack=1002, ts=(2, 30), **FROM_AFAR)
    assert fates(play.connection()) == [("client", "presumed lost")]
    play >> s("A", ack=1002, ts=(3, 30), sack=((1001, 1002),), **FROM_AFAR)
    assert fates(play.connection()) == []
