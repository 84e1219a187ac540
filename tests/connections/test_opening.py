"""How a connection opened: told by what was seen, by acknowledgment, and never assumed."""

from seqdiag.connections import track
from seqdiag.events import IcmpError
from seqdiag.provenance import Origin
from tests.connections.playbook import CLIENT, ISN, SERVER, Playbook, c, handshake, lost, s, story, stream


def test_three_way_handshake() -> None:
    connection = handshake().connection()
    assert connection.opened == "handshake"
    assert story(connection) == [
        "client SYN [handshake] -> SYN-SENT / ",
        "server SYN+ACK [handshake] -> SYN-RECEIVED / ESTABLISHED",
        "client ACK [handshake] ->  / ESTABLISHED",
    ]
    assert (connection.client, connection.server, connection.client_known) == (CLIENT, SERVER, True)


def test_numbers_count_from_each_sides_syn() -> None:
    steps = handshake().connection().steps
    assert [(step.seq, step.ack) for step in steps] == [(0, None), (0, 1), (1, 1)]


def test_last_ack_that_rides_on_data() -> None:
    connection = (Playbook() >> c("S") >> s("SA") >> c("PA", b"EHLO\r\n")).connection()
    assert story(connection)[2:] == ["client 'EHLO'", "client ACK [handshake] ->  / ESTABLISHED"]
    assert connection.findings == ()


def test_last_ack_not_captured_is_a_finding() -> None:
    connection = (Playbook() >> c("S") >> s("SA") >> s("PA", b"220\r\n")).connection()
    assert connection.opened == "handshake"
    assert "last ACK" in connection.findings[0].text


def test_syn_ack_captured_before_its_syn() -> None:
    connection = (Playbook() >> s("SA", seq=ISN[SERVER], ack=ISN[CLIENT] + 1) >> c("S") >> c("A", ack=ISN[SERVER] + 1)).connection()
    assert connection.opened == "handshake"
    assert connection.client == CLIENT


def test_syn_sent_again() -> None:
    connection = (Playbook() >> c("S") >> c("S", seq=ISN[CLIENT]) >> s("SA") >> c("A")).connection()
    assert story(connection)[1] == "client SYN again [handshake]"
    assert connection.count.syn == 2


def test_refused_by_reset() -> None:
    connection = (Playbook() >> c("S") >> s("RA", seq=0)).connection()
    assert (connection.opened, connection.closed, connection.closed_by) == ("refused", "reset", "server")
    assert story(connection)[1] == "server RST [abort] ->  / CLOSED"


def test_refused_by_icmp_stays_open() -> None:
    error = IcmpError(Origin("play.pcap", 2), 2, "203.0.113.1", 4, 3, 1, "tcp", CLIENT, SERVER, ISN[CLIENT])
    connection = (Playbook() >> c("S") >> error).connection()
    assert (connection.opened, connection.closed) == ("refused", "open")


def test_unanswered_syn_again_and_again() -> None:
    connection = (Playbook() >> c("S") >> c("S", seq=ISN[CLIENT]) >> c("S", seq=ISN[CLIENT])).connection()
    assert (connection.opened, connection.closed, connection.closed_by) == ("unanswered", "open", None)


def test_syn_ack_alone_is_partial() -> None:
    connection = (Playbook() >> s("SA", ack=ISN[CLIENT] + 1)).connection()
    assert connection.opened == "partial"
    assert connection.client == CLIENT


def test_capture_begun_late_is_uncaptured_and_client_told_by_system_port() -> None:
    connection = (Playbook() >> s("PA", b"250 ok\r\n") >> c("PA", b"QUIT\r\n")).connection()
    assert connection.opened == "uncaptured"
    assert (connection.client, connection.client_known) == (CLIENT, True)


def test_simultaneous_open() -> None:
    play = Playbook() >> c("S") >> s("S") >> c("SA", seq=ISN[CLIENT]) >> s("SA", seq=ISN[SERVER])
    connection = play.connection()
    assert connection.opened == "handshake"
    assert story(connection) == [
        "client SYN [handshake] -> SYN-SENT / ",
        "server SYN [handshake] -> SYN-SENT / SYN-RECEIVED",
        "client SYN+ACK [handshake] ->  / SYN-RECEIVED → ESTABLISHED",
        "server SYN+ACK [handshake] ->  / ESTABLISHED",
    ]


def test_fast_open_keeps_the_data_on_the_syn() -> None:
    connection = (Playbook() >> c("S", b"EHLO\r\n") >> s("SA") >> c("A")).connection()
    assert stream(connection, "client") == b"EHLO\r\n"


def test_a_new_syn_on_the_same_ports_is_a_new_connection() -> None:
    play = handshake() >> c("PA", b"A") >> c("S", seq=90_000) >> s("SA", seq=70_000, ack=90_001)
    first, second = play.connections()
    assert (first.number, second.number) == (1, 2)
    assert first.closed == "open"
    assert second.opened == "handshake"


def test_a_syn_ack_that_acknowledges_what_was_never_sent_completes_no_opening() -> None:
    """RFC 9293 §3.10.7.3: acceptable only if it acknowledges the SYN."""
    connection = (Playbook() >> c("S") >> s("SA", ack=900000) >> c("A")).connection()
    assert (connection.opened, connection.legs) == ("partial", None)


def test_after_both_fins_a_syn_ack_with_another_number_is_of_another_connection() -> None:
    closed = handshake() >> c("FA") >> s("FA") >> c("A")
    again = Playbook(client=700000, server=900000) >> lost(c("S")) >> s("SA", ms=9000) >> c("A", ms=9010)
    first, second = track([*closed.events, *again.events]).connections
    assert (first.closed, second.opened) == ("fin", "partial")
