"""How long packets were under way: half of the smallest round trip for each way, and who let the other wait."""

from __future__ import annotations

from seqdiag.diagram import Diagram, Wait
from tests.composer.story import compose
from tests.connections.playbook import Playbook, c, s

MS = 1_000_000
NEAR, ROUTED = 64, 57


def drawn(*after: object, client_ttl: int = NEAR, server_ttl: int = ROUTED, synack: float = 40, ack: float = 40.1) -> Diagram:
    """A path of 40 ms there and back; by the TTLs it is captured at the client, at the server or between."""
    play = Playbook() >> c("S", ms=0, ttl=client_ttl) >> s("SA", ms=synack, ttl=server_ttl) >> c("A", ms=ack, ttl=client_ttl)
    for line in after:
        play >> line._replace(ttl=client_ttl if line.who.port != 25 else server_ttl)  # type: ignore[attr-defined]
    return compose(play)


GREETED = s("PA", b"220 x ESMTP\r\n", ms=100)
HELLO = c("PA", b"EHLO x\r\n", ms=150)


def ways(diagram: Diagram) -> tuple[str | None, float | None, float | None]:
    session = diagram.sessions[0]
    return session.taken_at, *(None if way is None else way / MS for way in (session.to_client, session.to_server))


def test_from_the_client_half_of_the_openings_round_trip() -> None:
    assert ways(drawn(GREETED)) == ("client", 0, 20)


def test_from_the_server_likewise() -> None:
    assert ways(drawn(GREETED, client_ttl=ROUTED, server_ttl=NEAR, synack=0.1, ack=40.1)) == ("server", 20, 0)


def test_in_between_half_of_either_leg() -> None:
    assert ways(drawn(GREETED, client_ttl=62, server_ttl=ROUTED, synack=30, ack=40)) == ("between", 5, 15)


def test_no_answer_leaves_before_its_question_has_come() -> None:
    """A reply after 30 ms: the path has been faster than at the opening."""
    assert ways(drawn(GREETED, HELLO, s("PA", b"250 ok\r\n", ms=180))) == ("client", 0, 15)


def test_without_an_opening_nothing_is_estimated() -> None:
    play = Playbook() >> s("PA", b"220 x ESMTP\r\n", ms=0, ttl=ROUTED) >> c("PA", b"EHLO x\r\n", ms=20, ttl=NEAR)
    assert ways(compose(play))[1:] == (None, None)


def test_who_let_the_other_wait_stands_at_what_ended_it() -> None:
    diagram = drawn(GREETED, HELLO, s("PA", b"250 ok\r\n", ms=1190), c("PA", b"QUIT\r\n", ms=5190))
    assert {m.text(): m.wait for m in diagram.messages[4:]} == {
        "EHLO x": Wait("client", 49_900_000),
        "250 ok": Wait("server", 1_000_000_000),
        "QUIT": Wait("client", 3_999_900_000),
    }


def test_a_server_that_never_answers_was_silent_until_the_client_gave_up() -> None:
    diagram = drawn(GREETED, HELLO, s("A", ms=190), c("RA", ms=25_150))
    assert diagram.messages[-1].wait == Wait("server", 25_000_000_000, silent=True)
