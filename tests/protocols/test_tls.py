"""TLS records by name, from bytes that are written out here."""

from __future__ import annotations

import pytest

from seqdiag.protocols import tls
from seqdiag.protocols.base import Pdu


def vector(size: int, data: bytes) -> bytes:
    return len(data).to_bytes(size, "big") + data


def record(kind: int, data: bytes) -> bytes:
    return bytes([kind, 3, 3]) + vector(2, data)


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + vector(3, body)


def extension(number: int, data: bytes) -> bytes:
    return number.to_bytes(2, "big") + vector(2, data)


SNI = extension(0, vector(2, b"\0" + vector(2, b"mail.example.org")))
ALPN = extension(16, vector(2, vector(1, b"h2") + vector(1, b"http/1.1")))
OFFERS_13 = extension(43, vector(1, b"\x1a\x1a\x03\x04\x03\x03"))
CHOSE_13 = extension(43, b"\x03\x04")


def client_hello(extensions: bytes) -> bytes:
    return message(1, b"\3\3" + bytes(32) + vector(1, b"") + vector(2, b"\x13\1") + vector(1, b"\0") + vector(2, extensions))


def server_hello(cipher: bytes, extensions: bytes) -> bytes:
    return message(2, b"\3\3" + bytes(32) + vector(1, b"") + cipher + b"\0" + vector(2, extensions))


def names(pdus: list[Pdu]) -> list[str]:
    return [str(f.values["name"]) for pdu in pdus for f in pdu.facts if f.kind == "tls_record"]


def fact(pdu: Pdu, kind: str) -> dict[str, str | int] | None:
    return next((dict(each.values) for each in pdu.facts if each.kind == kind), None)


def test_tls_1_3() -> None:
    decoder = tls.decoder()
    (hello,) = decoder.feed("client", 0, record(22, client_hello(SNI + ALPN + OFFERS_13)))
    assert fact(hello, "client_hello") == {"version": "TLS 1.3", "sni": "mail.example.org", "alpn": "h2, http/1.1"}
    assert (hello.kind, hello.state) == ("tls", "hello")
    pdus = decoder.feed("server", 0, record(22, server_hello(b"\x13\x02", CHOSE_13)) + record(20, b"\1") + record(23, bytes(80)))
    assert names(pdus) == ["ServerHello", "ChangeCipherSpec", "Application Data"]
    assert fact(pdus[0], "server_hello") == {"version": "TLS 1.3", "cipher": "AES_256_GCM_SHA384"}
    assert fact(pdus[2], "tls_record") == {"name": "Application Data", "bytes": 80} and pdus[2].state == "protected"


def test_tls_1_2() -> None:
    decoder = tls.decoder()
    decoder.feed("client", 0, record(22, client_hello(b"")))
    flight = server_hello(b"\xc0\x2f", b"") + message(11, b"cert") + message(14, b"")
    (pdu,) = decoder.feed("server", 0, record(22, flight))
    assert names([pdu]) == ["ServerHello, Certificate, ServerHelloDone"]
    assert fact(pdu, "server_hello") == {"version": "TLS 1.2", "cipher": "ECDHE_RSA_WITH_AES_128_GCM_SHA256"}
    pdus = decoder.feed("client", 100, record(22, message(16, b"key")) + record(20, b"\1") + record(22, bytes(40)) + record(21, bytes(20)))
    assert names(pdus) == ["ClientKeyExchange", "ChangeCipherSpec", "encrypted handshake", "encrypted alert"]


def test_a_message_over_two_records() -> None:
    hello = client_hello(SNI)
    decoder = tls.decoder()
    pdus = decoder.feed("client", 0, record(22, hello[:20]) + record(22, hello[20:]))
    assert names(pdus) == ["ClientHello (begin)", "ClientHello (end)"]
    assert fact(pdus[0], "client_hello") is None and fact(pdus[1], "client_hello") == {"version": "TLS 1.2", "sni": "mail.example.org"}


def test_a_hello_in_the_form_of_ssl_2() -> None:
    body = b"\1\3\1" + bytes.fromhex("000300000010") + b"\0\0\4" + bytes(16)
    (pdu,) = tls.decoder().feed("client", 0, b"\x80" + bytes([len(body)]) + body)
    assert names([pdu]) == ["ClientHello"] and fact(pdu, "client_hello") == {"version": "TLS 1.0"}
    assert tls.recognise(pdu.raw, b"") > 0.5


def test_an_alert_in_clear() -> None:
    (pdu,) = tls.decoder().feed("server", 0, record(21, b"\2\x28"))
    assert fact(pdu, "alert") == {"level": "fatal", "description": "handshake_failure"} and pdu.state == "closed"


def test_garbage_is_opaque_to_the_end() -> None:
    decoder = tls.decoder()
    pdus = decoder.feed("server", 0, record(23, b"x") + b"HTTP/1.1 ") + decoder.feed("server", 15, b"400") + decoder.finish()
    assert [(pdu.kind, pdu.start, len(pdu.raw)) for pdu in pdus] == [("tls", 0, 6), ("opaque", 6, 12)]


def test_a_record_that_was_cut_short() -> None:
    decoder = tls.decoder()
    assert decoder.feed("server", 0, record(23, bytes(100))[:50]) == []
    (pdu,) = decoder.finish()
    assert (pdu.kind, fact(pdu, "tls_record"), fact(pdu, "incomplete")) == ("tls", {"name": "Application Data", "bytes": 100}, {})


def test_after_a_gap_in_a_record_the_next_one_is_found() -> None:
    data = record(23, bytes(100)) + record(23, b"abc")
    decoder = tls.decoder()
    pdus = decoder.feed("server", 0, data[:50]) + decoder.gap("server", 50, 20) + decoder.feed("server", 70, data[70:])
    assert [(pdu.kind, pdu.start, len(pdu.raw)) for pdu in pdus] == [("tls", 0, 50), ("opaque", 70, 35), ("tls", 105, 8)]


def test_broken_hellos_raise_nothing() -> None:
    whole = client_hello(SNI + ALPN + OFFERS_13)[4:]
    for length in range(len(whole)):
        assert tls.client_hello(whole[:length])[0].kind == "client_hello"
        assert tls.server_hello(whole[:length])[0].kind == "server_hello"


@pytest.mark.parametrize(
    ("client", "server", "least", "most"),
    [
        (record(22, client_hello(b"")), b"", 0.9, 1),
        (record(22, client_hello(b"")), record(21, b"\2\x28"), 0.9, 1),
        (b"", record(23, b"x"), 0.5, 0.9),
        (b"\x16\3\1", b"220 mx\r\n", 0, 0),
        (b"GET / HTTP/1.1\r\n", b"", 0, 0),
        (b"", b"", 0, 0),
    ],
)
def test_recognise(client: bytes, server: bytes, least: float, most: float) -> None:
    assert least <= tls.recognise(client, server) <= most
