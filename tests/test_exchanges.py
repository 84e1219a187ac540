"""Whose the time was: the path's share is measured at the opening, the rest is the wait of the side that answered."""

from __future__ import annotations

from seqdiag.connections import track
from seqdiag.exchanges import Times, account, unanswered_for, waits
from seqdiag.protocols import Dialogue, decode
from tests.connections.playbook import Playbook, c, s
from tests.talk import dialogue

MS = 1_000_000


def at_the_client(*after: object) -> Dialogue:
    """A path of 40 ms there and back, captured at the client: the SYN at 0, the ACK at 40.1 ms."""
    play = Playbook() >> c("S", ms=0) >> s("SA", ms=40) >> c("A", ms=40.1)
    for line in after:
        play >> line  # type: ignore[operator]
    (connection,) = track(play.events).connections
    return decode(connection)


GREETED = s("PA", b"220 x ESMTP\r\n", ms=100)
HELLO = c("PA", b"EHLO x\r\n", ms=150)


def times(dialogue: Dialogue) -> Times | None:
    return account(dialogue)[1]


def split(dialogue: Dialogue) -> list[tuple[str, float, float]]:
    return [(w.side, round((w.wait or 0) / MS, 3), round((w.network or 0) / MS, 3)) for w in waits(dialogue)]


def test_the_servers_wait_is_what_its_leg_does_not_explain() -> None:
    assert split(at_the_client(GREETED)) == [("server", 19.9, 40.0)]


def test_the_clients_wait_is_all_its_own_where_the_capture_stands_beside_it() -> None:
    assert split(at_the_client(GREETED, HELLO))[1] == ("client", 49.9, 0.1)


def test_a_reply_faster_than_the_path_costs_no_wait() -> None:
    assert split(at_the_client(s("PA", b"220 x\r\n", ms=60)))[0] == ("server", 0.0, 19.9)


def test_the_time_until_a_sending_again_is_the_networks() -> None:
    resent = c("PA", b"EHLO x\r\n", seq=1001, ms=350)
    answered = s("PA", b"250 ok\r\n", ms=395)
    assert split(at_the_client(GREETED, HELLO, resent, answered))[2] == ("server", 5.0, 240.0)


def test_pipelined_commands_are_one_turn() -> None:
    two = c("PA", b"MAIL FROM:<a@b>\r\n", ms=150), c("PA", b"RCPT TO:<c@d>\r\n", ms=151)
    found = waits(at_the_client(GREETED, *two, s("PA", b"250 ok\r\n", ms=200)))
    assert [(w.n, w.side) for w in found] == [(1, "server"), (2, "client"), (4, "server")]


def test_the_sums_are_the_whole() -> None:
    session = at_the_client(GREETED, HELLO, s("PA", b"250 ok\r\n", ms=200), c("PA", b"QUIT\r\n", ms=900))
    total = times(session)
    assert total is not None
    assert total.total == 900 * MS
    assert total.network + total.server + total.client + total.transfer == total.total
    assert (total.client, total.transfer) == (round(749.8 * MS), 0)


def test_without_a_measured_leg_nothing_is_split() -> None:
    play = Playbook() >> s("PA", b"220 x ESMTP\r\n") >> c("PA", b"EHLO x\r\n") >> s("PA", b"250 ok\r\n")
    (connection,) = track(play.events).connections
    session = decode(connection)
    assert times(session) is None
    assert [(w.side, w.wait, w.network, w.total // MS) for w in waits(session)] == [("client", None, None, 20), ("server", None, None, 20)]


def test_no_reply_for_so_long() -> None:
    silent = at_the_client(GREETED, HELLO, s("A", ms=190), c("A", seq=1008, ms=25150))
    assert unanswered_for(silent) == 25_000 * MS
    assert unanswered_for(dialogue("S: 220 x ESMTP", "C: QUIT", "S: 221 bye")) is None
