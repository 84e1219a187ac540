"""A frame of some link type in, the packet that it carries out: Ethernet and its tags, PPP, cooked, loopback, raw IP.

MPLS labels, priority tags and PPP framing are crossed and forgotten: they differ by direction or tell nothing. VLAN
and PPPoE session ids are kept as a tunnel, so that equal addresses in two of them stay apart.
"""

from __future__ import annotations

from seqdiag.sources.capture.walk import Layer, Packet, Walk

MAX_TAGS = 8
MAX_LABELS = 16
VLAN_TYPES = frozenset((0x8100, 0x88A8, 0x9100, 0x9200))
ETHERNET_OVER_GRE = 0x6558
LENGTHS_BELOW = 0x0600
"""An Ethernet type below it is the length of an IEEE 802.3 frame (IEEE 802.3 §3.2.6)."""
LOOPBACK_FAMILIES = frozenset((2, 10, 23, 24, 28, 30))
"""AF_INET, and AF_INET6 as Linux, Windows, OpenBSD, FreeBSD and macOS number it."""
SNAP = b"\xaa\xaa\x03"
ETHERTYPE_OUIS = (b"\0\0\0", b"\0\0\xf8")

OTHER_LINKS = {
    **dict.fromkeys((139, 140), "MTP2"),
    141: "MTP3",
    142: "SCCP",
    165: "BACnet MS/TP",
    177: "LAPD",
    **dict.fromkeys((187, 201, 251, 254, 255, 256, 272), "Bluetooth"),
    **dict.fromkeys((186, 189, 220, 249, 266, 288, 293, 294, 295), "USB"),
    **dict.fromkeys((190, 227), "CAN"),
    209: "IPMB",
    210: "FlexRay",
    212: "LIN",
    231: "D-Bus",
    243: "MPEG-2 TS",
    253: "Netlink",
}
"""Link types whose frames never carry IP: a capture of them is well read, and holds no conversation."""
OTHER_ETHERTYPES = {
    0x0806: "ARP",
    0x2000: "CDP",
    0x22F0: "AVTP",
    0x8035: "RARP",
    0x809B: "AppleTalk",
    0x8137: "IPX",
    0x8809: "LACP",
    0x8863: "PPPoE discovery",
    0x886D: "Intel ANS",
    0x888E: "EAPOL",
    0x88CC: "LLDP",
    0x88E5: "MACsec",
    0x88E7: "802.1ah",
    0x88F7: "PTP",
    0x9000: "loopback test",
}
ARCNET_IP = {0xF0: 0, 0xD4: 3, 0xC4: 3}
"""System codes that carry IP, and how many bytes stand between the code and the packet (RFC 1051; RFC 1201 §2: flag and sequence)."""
ARCNET_EXCEPTION = 0xFF
OTHER_ARCNET = {0xCD: "BACnet", 0xD5: "ARP", 0xDD: "AppleTalk", 0xF1: "ARP"}
OTHER_LLC = {b"\x42\x42": "STP", b"\xe0\xe0": "IPX", b"\xf0\xf0": "NetBEUI", b"\xfe\xfe": "IS-IS"}
OTHER_PPP = {
    0x0203: "STP",
    0x8021: "IPCP",
    0x8057: "IPv6CP",
    0x80FD: "PPP CCP",
    0xC021: "LCP",
    0xC023: "PAP",
    0xC025: "LQR",
    0xC223: "CHAP",
}


def ethertype(walk: Walk, data: bytes, at: int, end: int, kind: int) -> Packet | None:
    """Whatever the 16-bit type says begins at `at`."""
    layer = walk.ethertypes.get(kind)
    if layer is not None:
        return layer(walk, data, at, end)
    if kind < LENGTHS_BELOW:
        return llc(walk, data, at, min(end, at + kind))
    return walk.other(OTHER_ETHERTYPES.get(kind, f"EtherType 0x{kind:04x}"))


def typed(kind: int) -> Layer:
    """The layer of an EtherType that is not known before the capture is read."""
    return lambda walk, data, at, end: ethertype(walk, data, at, end, kind)


def ethernet(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    if len(data) - at < 14:
        return walk.malformed("Ethernet header")
    kind = data[at + 12] << 8 | data[at + 13]
    layer = walk.ethertypes.get(kind)
    if layer is not None:
        return layer(walk, data, at + 14, end)
    return ethertype(walk, data, at + 14, end, kind)


def llc(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """IEEE 802.2: SNAP carries an EtherType, everything else is of another world."""
    if min(end, len(data)) - at < 3:
        return walk.malformed("LLC header")
    if data[at : at + 3] != SNAP:
        return walk.other(OTHER_LLC.get(data[at : at + 2], "LLC"))
    if min(end, len(data)) - at < 8:
        return walk.malformed("SNAP header")
    kind = data[at + 6] << 8 | data[at + 7]
    if data[at + 3 : at + 6] not in ETHERTYPE_OUIS:
        return walk.other(OTHER_ETHERTYPES.get(kind, "SNAP"))
    if kind < LENGTHS_BELOW:
        return walk.other("SNAP")
    return ethertype(walk, data, at + 8, end, kind)


def vlan(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """IEEE 802.1Q tags, one or several: `at` is behind the first tag's EtherType. VLAN 0 is a priority, no VLAN."""
    ids: tuple[int, ...] = ()
    for _ in range(MAX_TAGS):
        if len(data) - at < 4:
            return walk.malformed("VLAN tag")
        number = (data[at] << 8 | data[at + 1]) & 0x0FFF
        if number:
            ids = (*ids, number)
        kind = data[at + 2] << 8 | data[at + 3]
        at += 4
        if kind not in VLAN_TYPES:
            break
    else:
        return walk.malformed(f"more than {MAX_TAGS} VLAN tags")
    if not ids:
        return ethertype(walk, data, at, end, kind)
    return walk.inside("vlan", ids, typed(kind), data, at, end)


def vntag(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """IEEE 802.1BR: four bytes that name virtual interfaces, then an EtherType."""
    if len(data) - at < 6:
        return walk.malformed("VN-tag")
    kind = data[at + 4] << 8 | data[at + 5]
    return walk.inside("vntag", (), typed(kind), data, at + 6, end)


def fabricpath(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """Cisco FabricPath: two bytes of tag and TTL, then the Ethernet frame that is carried."""
    return walk.inside("fabricpath", (), ethernet, data, at + 2, end)


def mpls(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """RFC 3032: labels down to the bottom of the stack; the first nibble tells IP from a pseudowire (RFC 4928)."""
    for _ in range(MAX_LABELS):
        if len(data) - at < 5:
            return walk.malformed("MPLS label")
        bottom = data[at + 2] & 1
        at += 4
        if bottom:
            break
    else:
        return walk.malformed(f"more than {MAX_LABELS} MPLS labels")
    nibble = data[at] >> 4
    if nibble in (4, 6):
        return ip(walk, data, at, end)
    if nibble == 0:
        return walk.inside("pseudowire", (), ethernet, data, at + 4, end)
    return walk.other("MPLS")


def ip(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """IPv4 or IPv6, as its first nibble says."""
    if len(data) <= at:
        return walk.malformed("IP header")
    kind = IP_TYPES.get(data[at] >> 4)
    if kind is None:
        return walk.malformed("IP version")
    return walk.ethertypes[kind](walk, data, at, end)


IP_TYPES = {4: 0x0800, 6: 0x86DD}


def pppoe(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """RFC 2516 session stage: six bytes, then PPP."""
    if len(data) - at < 6:
        return walk.malformed("PPPoE header")
    session, size = data[at + 2] << 8 | data[at + 3], data[at + 4] << 8 | data[at + 5]
    return walk.inside("pppoe", (session,), ppp, data, at + 6, min(end, at + 6 + size))


def ppp(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """RFC 1661: address and control may be left out (RFC 1662), the protocol may be one byte when that is odd."""
    if data[at : at + 2] in (b"\xff\x03", b"\x0f\x00", b"\x8f\x00"):
        if data[at] != 0xFF:
            return hdlc(walk, data, at, end)
        at += 2
    if min(end, len(data)) - at < 2:
        return walk.malformed("PPP header")
    size = 1 if data[at] & 1 else 2
    kind = int.from_bytes(data[at : at + size], "big")
    layer = walk.ppp.get(kind)
    return layer(walk, data, at + size, end) if layer else walk.other(OTHER_PPP.get(kind, f"PPP 0x{kind:04x}"))


def hdlc(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """Cisco HDLC: address, control, EtherType (0x8035 is SLARP there)."""
    if len(data) - at < 4:
        return walk.malformed("HDLC header")
    return ethertype(walk, data, at + 4, end, data[at + 2] << 8 | data[at + 3])


def cooked(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_LINUX_SLL: 16 bytes, the last two an EtherType or, below 0x600, a Linux number (4: IEEE 802.2)."""
    if len(data) - at < 16:
        return walk.malformed("Linux cooked header")
    return linux(walk, data, at + 16, end, data[at + 14] << 8 | data[at + 15])


def cooked2(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_LINUX_SLL2: 20 bytes that begin with the EtherType."""
    if len(data) - at < 20:
        return walk.malformed("Linux cooked header")
    return linux(walk, data, at + 20, end, data[at] << 8 | data[at + 1])


def linux(walk: Walk, data: bytes, at: int, end: int, kind: int) -> Packet | None:
    if kind == 4:
        return llc(walk, data, at, end)
    return walk.other("Linux cooked") if kind < LENGTHS_BELOW else ethertype(walk, data, at, end, kind)


def loopback(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_NULL and LOOP: four bytes of address family, in the byte order of the machine that captured."""
    if len(data) - at < 4:
        return walk.malformed("loopback header")
    family = min(int.from_bytes(data[at : at + 4], "big"), int.from_bytes(data[at : at + 4], "little"))
    if family in LOOPBACK_FAMILIES:
        return ip(walk, data, at + 4, end)
    # Some writers put an EtherType into the last two bytes.
    layer = walk.ethertypes.get(data[at + 2] << 8 | data[at + 3])
    return layer(walk, data, at + 4, end) if layer else walk.other(f"address family {family}")


def nflog(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_NFLOG: attributes (length, type in the byte order of the machine that captured) of which type 9 is the packet."""
    start, at = at, at + 4
    while len(data) - at >= 4:
        size, kind = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
        if size < 4:
            break
        if kind & 0x7FFF == 9:
            return ip(walk, data, at + 4, min(end, at + size)) if data[start] in LOOPBACK_FAMILIES else walk.other("NFLOG")
        at += size + -size % 4
    return walk.malformed("NFLOG attributes")


def ppi(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_PPI: a little-endian header that tells its length and the link type of the frame behind it."""
    if len(data) - at < 8:
        return walk.malformed("PPI header")
    size, link = int.from_bytes(data[at + 2 : at + 4], "little"), int.from_bytes(data[at + 4 : at + 8], "little")
    layer = walk.links.get(link)
    if size < 8 or layer is ppi:
        return walk.malformed("PPI header")
    return layer(walk, data, at + size, end) if layer else walk.other(f"link type {link} in PPI")


def slip(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_SLIP: direction, and the packet's first byte and headers as RFC 1144 left them, in 16 bytes; then IP."""
    if len(data) - at < 17:
        return walk.malformed("SLIP header")
    if data[at + 1] & 0x80 or data[at + 16] >> 4 == 7:
        return walk.other("SLIP, compressed")
    return ip(walk, data, at + 16, end)


def arcnet_bsd(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_ARCNET_BSD: source and destination, a byte each, then the system code."""
    return arcnet(walk, data, at + 2, end)


def arcnet_linux(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_ARCNET_LINUX: two bytes of offset stand before the system code."""
    return arcnet(walk, data, at + 4, end)


def arcnet(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """`at` is the system code. A packet that RFC 1201 split over several frames is told, not put together."""
    if len(data) - at < 5:
        return walk.malformed("ARCNET header")
    code = data[at]
    if code not in ARCNET_IP:
        return walk.other(OTHER_ARCNET.get(code, f"ARCNET 0x{code:02x}"))
    at += 1
    if ARCNET_IP[code]:
        at += 4 if data[at] == ARCNET_EXCEPTION else 0
        if data[at : at + 1] not in (b"", b"\0"):
            return walk.other("ARCNET fragment")
    return ip(walk, data, at + ARCNET_IP[code], end)


def infiniband(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_IPOIB: two addresses of 20 bytes, an EtherType, two reserved bytes (RFC 4391 §6)."""
    if len(data) - at < 44:
        return walk.malformed("IP over InfiniBand header")
    return ethertype(walk, data, at + 44, end, data[at + 40] << 8 | data[at + 41])
