"""What may follow what: the tables from which a frame's layers are walked. A new layer is one line here.

Numbers are those of the registries: LINKTYPE_*, EtherType, PPP protocol, IP protocol, UDP port.
"""

from __future__ import annotations

from seqdiag.sources.base import Limits
from seqdiag.sources.capture import icmp, link, network, transport, tunnels, wifi
from seqdiag.sources.capture.fragments import Fragments
from seqdiag.sources.capture.tally import Tally
from seqdiag.sources.capture.walk import Tables, Walk

TABLES = Tables(
    links={
        0: link.loopback,
        1: link.ethernet,
        7: link.arcnet_bsd,
        8: link.slip,
        9: link.ppp,
        12: link.ip,
        14: link.ip,
        50: link.ppp,
        51: link.pppoe,
        101: link.ip,
        104: link.hdlc,
        105: wifi.wlan,
        108: link.loopback,
        113: link.cooked,
        119: wifi.prism,
        127: wifi.radiotap,
        129: link.arcnet_linux,
        163: wifi.prism,
        192: link.ppi,
        228: link.ip,
        229: link.ip,
        239: link.nflog,
        242: link.infiniband,
        276: link.cooked2,
    },
    other_links=link.OTHER_LINKS,
    ethertypes={
        0x0800: network.ipv4,
        0x86DD: network.ipv6,
        **dict.fromkeys(link.VLAN_TYPES, link.vlan),
        0x8847: link.mpls,
        0x8848: link.mpls,
        0x8864: link.pppoe,
        0x880B: link.ppp,
        link.ETHERNET_OVER_GRE: link.ethernet,
        0x8903: link.fabricpath,
        0x8926: link.vntag,
    },
    ppp={
        0x0021: network.ipv4,
        0x0057: network.ipv6,
        0x0281: link.mpls,
        0x0283: link.mpls,
    },
    ip={
        1: icmp.icmp,
        4: tunnels.ipv4_inside,
        6: transport.tcp,
        17: transport.udp,
        41: tunnels.ipv6_inside,
        47: tunnels.gre,
        51: network.authentication,
        58: icmp.icmpv6,
        108: network.compressed,
    },
    udp={
        1701: tunnels.l2tp,
        2152: tunnels.gtp,
        4789: tunnels.vxlan,
        6081: tunnels.geneve,
        8472: tunnels.vxlan,
    },
)


def walk(name: str, limits: Limits, tally: Tally) -> Walk:
    """A fresh walk through the capture of this name."""
    return Walk(name, TABLES, tally, Fragments(limits, tally))
