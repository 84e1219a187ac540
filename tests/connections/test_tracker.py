"""Which packets are of one conversation, where the tunnel around them is not the same in both directions."""

from __future__ import annotations

from msgspec.structs import replace

from seqdiag.connections import Connection, track
from seqdiag.events import IcmpError, Segment, Tunnel
from tests.connections.playbook import CLIENT, SERVER, Playbook, c, handshake, s, stream

OUT, BACK = (Tunnel("geneve", ("192.0.2.1", "192.0.2.2"), (number,)) for number in (10, 11))
TALK = handshake() >> s("PA", b"220 mx\r\n") >> c("PA", b"QUIT\r\n") >> s("FA") >> c("FA") >> s("A")
MIDDLE = Playbook() >> c("PA", b"QUIT\r\n") >> s("PA", b"221 bye\r\n") >> c("A")


def told(play: Playbook, out: Tunnel | None, back: Tunnel | None) -> list[Segment | IcmpError]:
    tunnels = {CLIENT: out, SERVER: back}
    return [replace(event, tunnel=tunnels[event.src]) for event in play.events]


def tunnelled(play: Playbook, out: Tunnel | None, back: Tunnel | None) -> list[Connection]:
    return track(told(play, out, back)).connections


def test_a_network_id_per_direction_leaves_one_conversation() -> None:
    (connection,) = tunnelled(TALK, OUT, BACK)
    assert (connection.opened, connection.closed, connection.closed_by) == ("handshake", "fin", "server")
    assert stream(connection, "server") == b"220 mx\r\n"
    assert "its two directions do not travel in the same tunnel" in [finding.text for finding in connection.findings]


def test_a_tunnel_on_the_way_back_only_leaves_one_conversation() -> None:
    assert len(tunnelled(TALK, None, BACK)) == 1
    assert len(tunnelled(TALK, OUT, None)) == 1


def test_a_conversation_joined_in_its_middle_is_one_as_well() -> None:
    (connection,) = tunnelled(MIDDLE, OUT, BACK)
    assert (stream(connection, "client"), stream(connection, "server")) == (b"QUIT\r\n", b"221 bye\r\n")


def test_a_port_used_again_is_another_conversation_in_both_tunnels() -> None:
    again = handshake(client=700000, server=900000) >> s("PA", b"220 again\r\n")
    first, second = track([*told(TALK, OUT, BACK), *told(again, OUT, BACK)]).connections
    assert (stream(first, "server"), stream(second, "server")) == (b"220 mx\r\n", b"220 again\r\n")
    assert second.opened == "handshake"


def test_one_tunnel_is_no_finding() -> None:
    assert not tunnelled(TALK, OUT, OUT)[0].findings


def test_equal_addresses_in_two_tunnels_stay_apart() -> None:
    """Two customers of one network, each with both directions in its own tunnel."""
    other = handshake(client=700000, server=900000) >> s("PA", b"220 other\r\n") >> c("A")
    mixed = [
        replace(event, tunnel=tunnel)
        for pair in zip(TALK.events, other.events, strict=False)
        for event, tunnel in zip(pair, (OUT, BACK), strict=True)
    ]
    first, second = track(mixed).connections
    assert (stream(first, "server"), stream(second, "server")) == (b"220 mx\r\n", b"220 other\r\n")


def test_two_one_way_captures_whose_numbers_do_not_meet_stay_apart() -> None:
    other = handshake(client=700000, server=900000) >> s("PA", b"220 other\r\n")
    out = [replace(event, tunnel=OUT) for event in TALK.events if event.src == CLIENT]
    back = [replace(event, tunnel=BACK) for event in other.events if event.src == SERVER]
    assert len(track([*out, *back]).connections) == 2


def test_a_packet_captured_on_both_sides_of_a_router_is_of_one_conversation() -> None:
    """From VLAN 300 into VLAN 50: the same IP id and numbers, microseconds apart, and one hop less to live."""
    vlans = Tunnel("vlan", (), (300,)), Tunnel("vlan", (), (50,))
    seen = []
    for number, event in enumerate(TALK.events, 1):
        seen.append(replace(event, tunnel=vlans[0], ip_id=number, ttl=63))
        seen.append(replace(event, tunnel=vlans[1], ip_id=number, ttl=62, t=event.t + 16_000))
    (connection,) = track(seen).connections
    assert stream(connection, "server") == b"220 mx\r\n"
    assert connection.quality.copies == len(TALK.events)
    assert not [finding for finding in connection.findings if "tunnel" in finding.text]


def test_the_same_packets_seen_inside_and_outside_a_tunnel_stay_apart() -> None:
    """A capture on all interfaces of the tunnel's end sees each packet bare and wrapped."""
    both = [replace(event, tunnel=tunnel) for event in TALK.events for tunnel in (None, OUT)]
    assert [stream(one, "server") for one in track(both).connections] == [b"220 mx\r\n"] * 2
