"""`seqdiag stream`: the exact bytes of one side."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import POP3, SMTP, SWAKS, Run, capture, conversation
from tests.sources.capture import craft


def test_exactly_the_bytes_of_one_side(seqdiag: Run) -> None:
    (session,) = seqdiag("sessions", SMTP, "--json").rows
    client = seqdiag("stream", SMTP, "--side", "client")
    server = seqdiag("stream", SMTP, "-s", "1", "--side", "server")
    assert client.raw.startswith(b"EHLO client.example.test\r\n")
    assert client.raw.endswith(b"\r\n.\r\nQUIT\r\n")
    assert server.raw.startswith(b"220 ")
    assert {"client": len(client.raw), "server": len(server.raw)} == session["bytes"]


def test_it_says_when_they_hold_a_secret(seqdiag: Run) -> None:
    for given in (SMTP, POP3, SWAKS):
        assert "these bytes hold a password or token" in seqdiag("stream", given, "--side", "client").err
        assert "password" not in seqdiag("stream", given, "--side", "server", "-q").err
    assert seqdiag("stream", SMTP, "--side", "client", "-q").err == ""


def test_it_says_when_the_input_had_masked_it(seqdiag: Run) -> None:
    Path("e.jsonl").write_bytes(seqdiag("events", SMTP).raw)
    done = seqdiag("stream", "e.jsonl", "--side", "client")
    assert "asterisks stand for a secret that the input had masked" in done.err
    assert b"*" in done.raw


def test_it_says_what_was_not_captured(seqdiag: Run) -> None:
    packets = [data for _, data in conversation(1)]
    lost = craft.ethernet(craft.ipv4(craft.tcp(b"late\r\n", seq=1001 + 6 + 50, ack=5008), src=bytes((10, 0, 1, 1))))
    Path("x.pcap").write_bytes(craft.pcap([*packets, lost]))
    done = seqdiag("stream", "x.pcap", "--side", "client")
    assert done.raw == b"QUIT\r\nlate\r\n"
    assert "50 bytes of this side were not captured and are left out" in done.err


def test_a_side_without_bytes_gives_nothing(seqdiag: Run) -> None:
    Path("x.pcap").write_bytes(craft.pcap([craft.ethernet(craft.ipv4(craft.tcp(b"x\r\n")))]))
    assert (seqdiag("stream", "x.pcap", "--side", "server").code, seqdiag("stream", "x.pcap", "--side", "server").raw) == (0, b"")


def test_one_of_several_must_be_named(seqdiag: Run) -> None:
    Path("x.pcap").write_bytes(capture(conversation(1), conversation(2, b"220 second\r\n")))
    done = seqdiag("stream", "x.pcap", "--side", "server")
    assert (done.code, done.raw) == (2, b"")
    assert done.error == "x.pcap: 2 conversations; choose one with -s N"
    assert seqdiag("stream", "x.pcap", "--side", "server", "-s", "2").raw == b"220 second\r\n"
    assert seqdiag("stream", "x.pcap", "--side", "server", "-s", "3").code == 4


def test_to_a_file(seqdiag: Run) -> None:
    assert seqdiag("stream", SMTP, "--side", "server", "-o", "bytes").raw == b""
    assert Path("bytes").read_bytes() == seqdiag("stream", SMTP, "--side", "server").raw


def test_the_side_is_needed(seqdiag: Run) -> None:
    done = seqdiag("stream", SMTP)
    assert done.code == 2
    assert "--side" in done.error
