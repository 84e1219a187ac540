"""Where the capture was taken: evidence that agrees, or "unknown"."""

import pytest

from seqdiag.connections import Connection
from tests.connections.playbook import Playbook, c, s


def taken(client_ttl: int | None, server_ttl: int | None, synack_ms: float, ack_ms: float) -> Connection:
    play = Playbook() >> c("S", ms=0, ttl=client_ttl) >> s("SA", ms=synack_ms, ttl=server_ttl)
    return (play >> c("A", ms=synack_ms + ack_ms, ttl=client_ttl)).connection()


@pytest.mark.parametrize(
    ("client_ttl", "server_ttl", "legs", "place"),
    [
        (64, 52, (24.0, 0.05), "client"),
        (57, 64, (0.05, 24.0), "server"),
        (57, 60, (11.0, 13.0), "between"),
        (None, None, (24.0, 0.05), "client"),
        (None, None, (0.05, 24.0), "server"),
        (None, None, (11.0, 13.0), "unknown"),
        (64, 64, (0.2, 0.1), "unknown"),
        (57, 64, (24.0, 0.05), "unknown"),
    ],
)
def test_place(client_ttl: int | None, server_ttl: int | None, legs: tuple[float, float], place: str) -> None:
    connection = taken(client_ttl, server_ttl, *legs)
    assert connection.taken_at == place
    assert bool(connection.evidence) or place == "unknown"


def test_the_legs_are_measured_from_where_the_capture_stood() -> None:
    assert taken(64, 52, 24.0, 0.05).legs == (24_000_000, 50_000)


def test_no_leg_where_the_syn_was_sent_again() -> None:
    play = Playbook() >> c("S") >> c("S", seq=1000) >> s("SA") >> c("A")
    assert play.connection().legs is None


def test_one_sided() -> None:
    play = Playbook() >> s("PA", b"220\r\n") >> s("PA", b"250\r\n")
    assert play.connection().quality.one_sided == "server"


def test_segments_larger_than_the_peers_mss_were_split_or_joined_by_a_card() -> None:
    play = Playbook() >> c("S", mss=1460) >> s("SA", mss=1460) >> c("A") >> c("PA", b"x" * 4000)
    assert play.connection().quality.offloaded == 1
