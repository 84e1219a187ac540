"""Segments that carry nothing of the stream, each by its name."""

from tests.connections.playbook import Playbook, c, handshake, s, story


def told(play: Playbook, skip: int = 3) -> list[str]:
    return story(play.connection())[skip:]


def test_duplicate_ack_repeats_the_last_while_bytes_are_open() -> None:
    play = handshake() >> s("PA", b"AA") >> s("PA", b"BB") >> c("A", ack=5003) >> c("A", ack=5003)
    assert told(play)[2:] == ["client ACK", "client duplicate ACK"]


def test_the_same_ack_with_nothing_open_is_no_duplicate() -> None:
    play = handshake() >> s("PA", b"AA") >> c("A") >> c("A")
    assert told(play)[1:] == ["client ACK", "client ACK"]


def test_window_update_repeats_the_ack_with_another_window() -> None:
    play = handshake() >> s("PA", b"AA") >> c("A", win=100) >> c("A", win=64240)
    assert told(play)[1:] == ["client ACK", "client window update"]


def test_zero_window_and_its_probes_and_its_opening() -> None:
    play = handshake() >> c("PA", b"AA") >> s("A", win=0) >> c("A", seq=1002) >> s("A", win=0) >> s("A", win=5000)
    assert told(play)[1:] == ["server zero window", "client probe", "server zero window", "server window update"]


def test_a_reset_or_a_syn_has_no_zero_window() -> None:
    play = Playbook() >> c("S") >> s("RA", seq=0, win=0)
    assert told(play, 0)[1] == "server RST [abort] ->  / CLOSED"


def test_keep_alive_lies_one_byte_before_an_acknowledged_end() -> None:
    play = handshake() >> c("PA", b"AA") >> s("A") >> c("A", seq=1002) >> s("A")
    assert told(play)[2:] == ["client keep-alive", "server keep-alive ACK"]


def test_the_same_segment_before_its_byte_is_acknowledged_is_no_keep_alive() -> None:
    play = handshake() >> c("PA", b"A") >> c("PA", b"A", seq=1001)
    assert told(play)[1] == "client repeat"
