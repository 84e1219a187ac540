"""Losses are told once, most frequent first, with the number of the first malformed frame."""

from __future__ import annotations

from seqdiag.sources.capture.tally import Tally, breakdown
from tests.sources.capture.craft import GOOD, ethernet, pcap


def test_nothing_lost_nothing_said():
    assert Tally("x.pcap").remarks() == []


def test_at_most_eight_names():
    counts = {f"P{n}": 1 for n in range(20)} | {"ARP": 10}
    assert breakdown(counts) == "ARP 10, P0 1, P1 1, P10 1, P11 1, P12 1, P13 1, P14 1, others 13"


def test_losses_come_last_one_sentence_each(events):
    arp, igmp, cut = ethernet(bytes(28), 0x0806), ethernet(bytes(28), 0x88CC), GOOD[0][:30]
    *segments, other, malformed = events(pcap([arp, GOOD[0], cut, igmp, arp, GOOD[1], cut]))
    assert [event.origin.index for event in segments] == [2, 6]
    assert other.text == "3 frames of other protocols: ARP 2, LLDP 1"
    assert malformed.text == "2 frames malformed or cut: IPv4 header 2"
    assert (other.about, malformed.about) == ("finding", "finding")
    assert (other.origin, malformed.origin.index) == (None, 3)


def test_twenty_thousand_empty_packets_are_one_sentence(events):
    (remark,) = events(pcap([b""] * 20000))
    assert remark.text == "20000 frames malformed or cut: Ethernet header 20000"
