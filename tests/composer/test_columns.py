"""Who shares a column, and in which order columns stand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from seqdiag import pipeline
from seqdiag.diagram import Diagram
from seqdiag.errors import UsageError
from seqdiag.events import Endpoint, Recording, Segment
from seqdiag.renderers import RenderOptions, base
from tests.composer.story import compose
from tests.talk import lines, recording, understood

CLIENT, RELAY, SERVER = Endpoint("192.0.2.14", 53124), Endpoint("198.51.100.25", 25), Endpoint("203.0.113.9", 25)


def leg(client: Endpoint, server: Endpoint, *said: str, later: int = 0) -> list[Segment]:
    """One captured session between two ends."""
    moved = {CLIENT: client, RELAY: server}
    events = [event for event in recording(lines(*said)).events if isinstance(event, Segment)]
    return [replace(e, src=moved[e.src], dst=moved[e.dst], t=e.t + later if e.t is not None else None) for e in events]


def relayed() -> pipeline.Understood:
    """A client gives a relay a message, and the relay, from a port of its own, hands it on; the second leg is seen first."""
    onward = leg(Endpoint(RELAY.host, 40123), SERVER, "S: 220 mx ESMTP", "C: EHLO relay")
    inward = leg(CLIENT, RELAY, "S: 220 relay ESMTP", "C: EHLO client", later=1)
    return understood(Recording(recording(()).points, [*onward, *inward]))


def heads(diagram: Diagram) -> list[tuple[str, str]]:
    return [(participant.name, participant.address) for participant in diagram.participants]


def test_a_relay_is_two_columns_as_its_ports_differ() -> None:
    assert heads(compose(relayed())) == [
        ("Client", "198.51.100.25:40123"),
        ("Client", "192.0.2.14:53124"),
        ("Server", "203.0.113.9:25"),
        ("Server", "198.51.100.25:25"),
    ]


def test_a_label_for_its_host_makes_a_relay_one_column_in_the_middle() -> None:
    diagram = compose(relayed(), names={RELAY.host: "relay"})
    assert heads(diagram) == [("Client", "192.0.2.14:53124"), ("relay", "198.51.100.25"), ("Server", "203.0.113.9:25")]
    assert {(s.number, s.client, s.server) for s in diagram.sessions} == {(1, "p2", "p3"), (2, "p1", "p2")}
    assert {(m.session, m.sender, m.receiver) for m in diagram.messages} == {
        (1, "p2", "p3"),
        (1, "p3", "p2"),
        (2, "p1", "p2"),
        (2, "p2", "p1"),
    }


def test_what_a_relay_sends_looks_as_its_role_in_that_session() -> None:
    diagram = compose(relayed(), names={RELAY.host: "relay"})
    voices = {(row.message.session, row.message.sender): row.stroke.voice for row in base.rows(diagram, RenderOptions().times)}
    assert voices == {(1, "p2"): "client", (1, "p3"): "server", (2, "p1"): "client", (2, "p2"): "server"}


def test_a_session_with_one_label_at_both_ends_still_has_two_columns() -> None:
    known = understood(Recording(recording(()).points, leg(CLIENT, Endpoint(CLIENT.host, 25), "S: 220 x ESMTP")))
    assert heads(compose(known, names={CLIENT.host: "me"})) == [("me", "192.0.2.14:53124"), ("me", "192.0.2.14:25")]


def test_several_hosts_with_one_label_are_one_column() -> None:
    hosts = [Endpoint(f"192.0.2.{n}", 53124) for n in (1, 2, 3)]
    known = understood(Recording(recording(()).points, [event for host in hosts for event in leg(host, RELAY, "S: 220 x ESMTP")]))
    diagram = compose(known, names={"192.0.2.1": "us", "192.0.2.3:53124": "us"})
    assert heads(diagram) == [("us", "192.0.2.1, 192.0.2.3"), ("Client", "192.0.2.2:53124"), ("Server", "198.51.100.25:25")]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ((), ["Client", "relay", "Server"]),
        (("relay",), ["relay", "Client", "Server"]),
        (("Server", "relay"), ["Server", "relay", "Client"]),
        (("203.0.113.9:25",), ["Server", "Client", "relay"]),
        (("198.51.100.25", "203.0.113.9"), ["relay", "Server", "Client"]),
        (("Server", "203.0.113.9"), ["Server", "Client", "relay"]),
    ],
)
def test_columns_stand_as_asked_and_the_others_follow(order: tuple[str, ...], names: list[str]) -> None:
    diagram = compose(relayed(), names={RELAY.host: "relay"}, order=order)
    assert [participant.name for participant in diagram.participants] == names
    assert [participant.id for participant in diagram.participants] == ["p1", "p2", "p3"]


def test_an_order_that_names_nobody_says_who_is_there() -> None:
    with pytest.raises(UsageError, match=r"^order: no column is called 'mx'; known: 192\.0\.2\.14:53124, relay, 203\.0\.113\.9:25$"):
        compose(relayed(), names={RELAY.host: "relay"}, order=("relay", "mx"))
