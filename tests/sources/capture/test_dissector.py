"""The tables hold every number that the documentation promises."""

from __future__ import annotations

from seqdiag.sources.capture.dissector import TABLES


def test_the_promised_link_types_are_there():
    assert {0, 1, 9, 12, 14, 101, 105, 108, 113, 127, 228, 229, 276} <= set(TABLES.links)


def test_the_promised_tags_and_tunnels_are_there():
    assert {0x8100, 0x88A8, 0x9100, 0x8847, 0x8864} <= set(TABLES.ethertypes)
    assert {4, 6, 17, 41, 47} <= set(TABLES.ip)
    assert {1701, 2152, 4789, 6081} <= set(TABLES.udp)
