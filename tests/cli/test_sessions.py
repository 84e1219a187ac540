"""`seqdiag sessions`: one row a conversation, for people and for scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import POP3, RST, SMTP, SWAKS, Run, capture, conversation
from tests.sources.capture import craft

FIELDS = [
    *("session", "transport", "protocol", "client", "server", "first", "last", "packets", "bytes", "opened", "closed", "segments"),
    *("closed_by", "client_known", "taken_at", "tunnel", "verdict", "evidence", "rtt", "alignment", "times", "slowest"),
]


@pytest.mark.parametrize("given", [SMTP, POP3, RST, SWAKS])
def test_json_rows_have_the_documented_fields_first(seqdiag: Run, given: Path) -> None:
    for row in seqdiag("sessions", given, "--json").rows:
        assert list(row)[: len(FIELDS)] == FIELDS  # others may follow
        assert list(row["packets"]) == list(row["bytes"]) == ["client", "server"]
        assert list(row["segments"]) == ["syn", "synack", "fin", "rst", "retransmitted", "gaps"]


def test_a_captured_session(seqdiag: Run) -> None:
    (row,) = seqdiag("sessions", SMTP, "--json").rows
    assert (row["session"], row["transport"], row["protocol"], row["server"]) == (1, "tcp", "smtp", "127.0.0.1:25")
    assert (row["opened"], row["closed"], row["closed_by"], row["client_known"], row["verdict"]) == (
        "handshake",
        "fin",
        "client",
        True,
        "ok",
    )
    assert row["segments"] == {"syn": 1, "synack": 1, "fin": 2, "rst": 0, "retransmitted": 0, "gaps": 0}
    assert isinstance(row["first"], int)
    assert row["first"] < row["last"]


def test_a_transcript_saw_no_packets(seqdiag: Run) -> None:
    (row,) = seqdiag("sessions", SWAKS, "--json").rows
    assert (row["opened"], row["closed"], row["first"], row["last"]) == (None, None, None, None)
    assert row["packets"] == {"client": 0, "server": 0}


def test_udp_has_no_opening(seqdiag: Run) -> None:
    Path("dns.pcap").write_bytes(craft.pcap([craft.ethernet(craft.ipv4(craft.udp(b"query"), protocol=17))]))
    (row,) = seqdiag("sessions", "dns.pcap", "--json").rows
    assert (row["transport"], row["opened"], row["closed"], row["client"], row["server"]) == (
        "udp",
        None,
        None,
        "10.0.0.1:40000",
        "10.0.0.2:53",
    )


def test_ipv6_stands_in_brackets_and_is_found_in_every_spelling(seqdiag: Run) -> None:
    Path("six.pcap").write_bytes(craft.pcap([craft.ethernet(craft.ipv6(craft.tcp(b"EHLO x\r\n")), 0x86DD)]))
    (row,) = seqdiag("sessions", "six.pcap", "--json").rows
    assert (row["client"], row["server"]) == ("[2001:db8::1]:40000", "[2001:db8::2]:25")
    for spelling in ("2001:db8::1", "[2001:db8::1]", "2001:0DB8:0:0::0001"):
        assert len(seqdiag("sessions", "six.pcap", "--json", "--host", spelling).rows) == 1
    assert "[2001:db8::1]:40000" in seqdiag("sessions", "six.pcap").out


def test_numbers_do_not_change_under_a_filter(seqdiag: Run, many: Path) -> None:
    assert [row["session"] for row in seqdiag("sessions", many, "--json", "--host", "10.0.1.7").rows] == [7]
    assert [row["session"] for row in seqdiag("sessions", many, "--json", "-s", "2,8-9").rows] == [2, 8, 9]


def test_the_table(seqdiag: Run, many: Path) -> None:
    lines = seqdiag("sessions", many).out.splitlines()
    assert lines[0].split() == [
        "#",
        *["client", "server", "protocol", "start", "duration", "packets", "bytes", "opened", "closed", "verdict"],
    ]
    assert len(lines) == 10
    assert lines[1].split()[:4] == ["1", "10.0.1.1:40000", "10.0.0.2:25", "smtp"]


def test_no_colour_unless_on_a_terminal_or_asked_for(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def coloured(*args: str) -> bool:
        done = seqdiag(*args, "sessions", SMTP)
        assert done.code == 0
        return b"\x1b[" in done.raw

    assert not coloured()
    assert coloured("--color", "always")
    monkeypatch.setattr("seqdiag.cli.console.to_terminal", lambda: True)
    assert coloured()
    assert not coloured("--color", "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured()
    assert coloured("--color", "always")


def test_a_time_that_no_calendar_has_is_told_in_seconds() -> None:
    from seqdiag.cli.sessions import clock

    assert clock(None) == ""
    assert clock(1544773457 * 10**9) == "2018-12-14 07:44:17"
    assert clock(10**30) == f"{10**21} s"


def test_verdicts_are_told(seqdiag: Run) -> None:
    assert seqdiag("sessions", RST, "--json").rows[0]["verdict"] == "reset by client"
    Path("x.pcap").write_bytes(capture(conversation(1)))
    assert seqdiag("sessions", "x.pcap", "--json").rows[0]["verdict"] == "capture ends in mid-session"
