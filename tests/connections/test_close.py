"""How a connection closed: per direction, by acknowledgment; a reset only in the window."""

from seqdiag.connections.connection import Control
from tests.connections.playbook import ISN, SERVER, Playbook, c, handshake, s, story, stream


def closing(play: Playbook) -> list[str]:
    return [told for told in story(play.connection()) if "[close]" in told or "[abort]" in told]


def test_four_segments() -> None:
    play = handshake() >> c("FA") >> s("A") >> s("FA") >> c("A")
    assert closing(play) == [
        "client FIN [close] -> FIN-WAIT-1 / CLOSE-WAIT",
        "server ACK [close] ->  / FIN-WAIT-2",
        "server FIN [close] -> LAST-ACK / TIME-WAIT",
        "client ACK [close] ->  / CLOSED",
    ]
    assert (play.connection().closed, play.connection().closed_by) == ("fin", "client")


def test_three_segments_go_from_fin_wait_1_to_time_wait_at_once() -> None:
    play = handshake() >> s("FA") >> c("FA") >> s("A")
    assert closing(play) == [
        "server FIN [close] -> FIN-WAIT-1 / CLOSE-WAIT",
        "client FIN [close] -> LAST-ACK / TIME-WAIT",
        "server ACK [close] ->  / CLOSED",
    ]


def test_simultaneous_close_is_told_by_acknowledgment_not_by_order() -> None:
    play = handshake() >> c("FA") >> s("FA", ack=ISN_CLIENT_DATA) >> c("A") >> s("A")
    assert closing(play) == [
        "client FIN [close] -> FIN-WAIT-1 / ",
        "server FIN [close] -> FIN-WAIT-1 / CLOSING",
        "client ACK [close] ->  / CLOSING → TIME-WAIT",
        "server ACK [close] ->  / TIME-WAIT",
    ]
    assert play.connection().closed_by is None


ISN_CLIENT_DATA = 1001
"""What the server acknowledges while the client's FIN is still on its way."""


def test_half_close_keeps_the_dialogue_inside() -> None:
    play = handshake() >> c("FA") >> s("A") >> s("PA", b"rest\r\n") >> c("A") >> s("FA") >> c("A")
    assert story(play.connection())[3:] == [
        "client FIN [close] -> FIN-WAIT-1 / CLOSE-WAIT",
        "server ACK [close] ->  / FIN-WAIT-2",
        "server 'rest'",
        "client ACK",
        "server FIN [close] -> LAST-ACK / TIME-WAIT",
        "client ACK [close] ->  / CLOSED",
    ]


def test_data_that_acknowledges_the_fin_moves_its_sender_on() -> None:
    play = handshake() >> c("FA") >> s("PA", b"rest\r\n")
    assert story(play.connection())[4:] == ["server 'rest'", "server ACK [close] ->  / FIN-WAIT-2"]


def test_one_fin_and_the_capture_ends() -> None:
    connection = (handshake() >> s("FA") >> c("A")).connection()
    assert (connection.closed, connection.closed_by) == ("half", "server")


def test_fin_rides_on_the_last_reply() -> None:
    play = handshake() >> s("FPA", b"221 Bye\r\n")
    assert story(play.connection())[3:] == ["server '221 Bye'", "server FIN [close] -> FIN-WAIT-1 / CLOSE-WAIT"]


def test_fin_captured_before_its_data_waits_for_it() -> None:
    play = handshake() >> c("FA", seq=1005) >> c("PA", b"QUIT")
    assert story(play.connection())[3:] == ["client 'QUIT'", "client FIN [close] -> FIN-WAIT-1 / CLOSE-WAIT"]


def test_reset_aborts() -> None:
    connection = (handshake() >> s("PA", b"220\r\n") >> c("RA")).connection()
    assert (connection.closed, connection.closed_by) == ("reset", "client")
    assert story(connection)[-1] == "client RST [abort] -> CLOSED / CLOSED"


def test_reset_after_both_fins_leaves_the_close_a_fin() -> None:
    connection = (handshake() >> c("FA") >> s("FA") >> c("R", seq=1002)).connection()
    assert connection.closed == "fin"
    assert connection.count.rst == 1


def test_reset_outside_the_window_is_ignored() -> None:
    connection = (handshake() >> s("PA", b"220\r\n") >> s("R", seq=ISN[SERVER] + 90_000_000) >> c("PA", b"QUIT\r\n")).connection()
    assert connection.closed == "open"
    assert "outside the window" in connection.findings[0].text
    assert stream(connection, "client") == b"QUIT\r\n"


def test_reset_that_answers_late_data_counts_from_what_was_acknowledged() -> None:
    play = handshake() >> s("PA", b"220 ready\r\n") >> c("A") >> s("FA") >> c("PA", b"QUIT\r\n") >> s("R", seq=ISN[SERVER] + 12)
    assert play.connection().closed == "reset"


def test_bytes_after_the_senders_fin_are_a_finding() -> None:
    connection = (handshake() >> c("FA") >> c("PA", b"late")).connection()
    assert stream(connection, "client") == b""
    assert "after the sender's FIN" in connection.findings[0].text


def test_a_fin_that_rides_has_its_own_sequence_number() -> None:
    fin = (handshake() >> s("FPA", b"221 Bye\r\n")).connection().steps[-1]
    assert isinstance(fin, Control)
    assert (fin.what, fin.seq, fin.rides) == ("FIN", 10, True)


def test_the_ack_on_a_fin_counts_though_the_fin_waits_for_its_bytes() -> None:
    here, there = {"ttl": 64}, {"ttl": 52}
    play = Playbook() >> c("S", **here) >> s("SA", **there) >> c("A", ms=40.1, **here)
    play >> c("FA", **here) >> s("FA", seq=5005, **there) >> s("PA", b"late", **there)
    assert story(play.connection())[3:] == [
        "client FIN [close] -> FIN-WAIT-1 / CLOSE-WAIT",
        "server ACK [close] ->  / FIN-WAIT-2",
        "server 'late'",
        "server FIN [close] -> LAST-ACK / TIME-WAIT",
    ]


def test_a_fin_may_end_the_handshake() -> None:
    play = Playbook() >> c("S") >> s("SA") >> c("FA")
    assert story(play.connection())[2:] == [
        "client ACK [handshake] ->  / ESTABLISHED",
        "client FIN [close] -> FIN-WAIT-1 / CLOSE-WAIT",
    ]


def test_a_fin_presumed_lost_moves_the_far_end_only_when_sent_again() -> None:
    here, there = {"ttl": 64}, {"ttl": 52}
    play = Playbook() >> c("S", **here) >> s("SA", **there) >> c("A", ms=40.1, **here)
    play >> c("FA", ms=100, **here) >> c("FA", seq=1001, ms=400, **here) >> s("A", **there)
    assert story(play.connection())[3:] == [
        "client FIN [close] -> FIN-WAIT-1 / ",
        "client FIN again [close] ->  / CLOSE-WAIT",
        "server ACK [close] ->  / FIN-WAIT-2",
    ]


def test_after_a_reset_nothing_moves_its_sender() -> None:
    play = handshake() >> c("RA") >> s("FA")
    assert story(play.connection())[3:] == ["client RST [abort] -> CLOSED / CLOSED", "server FIN [close]"]


def test_a_fin_that_follows_the_ack_at_once_may_come_first_so_fin_wait_2_is_not_claimed() -> None:
    play = handshake() >> s("FA", ms=100) >> c("A", ms=140) >> c("FA", ms=141)
    assert closing(play)[1:] == ["client ACK [close]", "client FIN [close] -> LAST-ACK / TIME-WAIT"]
